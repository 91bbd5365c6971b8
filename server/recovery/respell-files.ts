import { basename, dirname } from 'node:path'
import type { Disk, Folder } from '../disk/disk.ts'
import type { Intent } from '../journal/intent.ts'
import { isWithin } from '../journal/root.ts'
import type { RealOf } from './move-files.ts'
import { mustBeAt, OpenFolders } from './open-folders.ts'
import { isRespelling, spellingOf } from './spelling.ts'
import { isProblem, type Move, type Placed, type Problem, Refused } from './workspace.ts'

/**
 * Gives files names that differ from theirs in case alone, where that does not count: first the folders that the intent
 * spells otherwise, with all that is in them, then the files. Tells of each move what became of it; what was done is
 * durable. Cut short at any instant, each name is spelt one way or the other.
 */
export async function respellFiles(
  disk: Disk,
  moves: readonly Move[],
  folders: Intent['folders'],
  realOf: RealOf,
): Promise<Placed[]> {
  const open = new OpenFolders(disk)
  try {
    const unspelt = await respellFolders(disk, folders, realOf, open)
    const touched = new Map<Move, Folder>()
    const problems = new Map<Move, Problem>()
    for (const move of moves) {
      const above = [...unspelt].find(([folder]) => isWithin(folder, move.to))
      const done = above?.[1] ?? (await orProblem(() => respellEntry(move, realOf, open)))
      if (isProblem(done)) problems.set(move, done)
      else if (done !== undefined) touched.set(move, done)
    }
    const unsynced = new Map<Folder, Problem>()
    for (const folder of new Set(touched.values())) {
      const synced = await orProblem(() => folder.sync())
      if (isProblem(synced)) unsynced.set(folder, synced)
    }
    return moves.map((move) => {
      const problem = problems.get(move) ?? unsynced.get(touched.get(move)!)
      return problem === undefined ? { where: 'disk' } : { where: 'left', problem }
    })
  } finally {
    await open.close()
  }
}

/** Resolves with what could not be spelt otherwise, and why. */
export async function respellFolders(
  disk: Disk,
  { made, removed }: Intent['folders'],
  realOf: RealOf,
  open: OpenFolders,
): Promise<ReadonlyMap<string, Problem>> {
  const problems = new Map<string, Problem>()
  // The outer ones first: each is found where that leaves it.
  for (const to of [...made].sort((a, b) => a.length - b.length)) {
    const from = removed.find((each) => isRespelling(each, to))
    if (from === undefined || basename(from) === basename(to)) continue
    const done = await orProblem(async () => {
      if ((await spellingOf(disk, from, to)) !== from) return
      await (await respellEntry({ from, to }, realOf, open))?.sync()
    })
    if (isProblem(done)) problems.set(to, done)
  }
  return problems
}

/** Resolves with the folder that is to be synced; undefined: only folders above it differ. */
async function respellEntry(
  { from, to }: Move,
  realOf: RealOf,
  open: OpenFolders,
): Promise<Folder | undefined> {
  const [old, name] = [basename(from), basename(to)]
  if (old === name) return undefined
  const folderPath = await realOf(dirname(to))
  const folder = await open.get(folderPath)
  if (!folder.isSyncable)
    throw new Refused(`${folderPath} may not be read, so that nothing could be made durable in it`)
  if ((await folder.stat(old))?.kind === 'link') throw new Refused(`${from} is a symbolic link`)
  await mustBeAt(folder, folderPath)
  await folder.rename(old, name)
  return folder
}

async function orProblem<T>(act: () => Promise<T>): Promise<T | Problem> {
  try {
    return await act()
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}
