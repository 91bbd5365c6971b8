import { basename, dirname, join } from 'node:path'
import type { Disk, Folder } from '../disk/disk.ts'
import type { Intent } from '../journal/intent.ts'
import { atOnce } from './at-once.ts'
import { type Arrived, arrive, type Held, leave, type MoveSite } from './move-file.ts'
import { mustBeAt, OpenFolders } from './open-folders.ts'
import { type WholeFolder, wholeFolders } from './whole-folders.ts'
import { isProblem, type Move, type Placed, type Problem, Refused } from './workspace.ts'

/** As many files are on their way at a time, and as many folders are held open. */
const BATCH = 256
const AT_ONCE = 16

/** Where a folder really is. @throws Refused where nothing may be written in it */
export type RealOf = (folder: string) => Promise<string>

/**
 * Carries out many moves and tells of each, in their order, what became of it. What was done is durable.
 * Cut short at any instant, each file stands by its old name, its new one, or both.
 */
export async function moveFiles(
  disk: Disk,
  moves: readonly Move[],
  folders: Intent['folders'],
  realOf: RealOf,
): Promise<Placed[]> {
  const placed = new Map<Move, Placed>()
  const whole = await orProblem(() => wholeFolders(disk, moves, folders))
  // What may not be listed may yet be moved file by file.
  for (const each of isProblem(whole) ? [] : whole) {
    const done = await moveWhole(disk, each, realOf)
    if (done !== undefined) for (const move of each.moves) placed.set(move, done)
  }
  const rest = moves.filter((move) => !placed.has(move))
  for (let at = 0; at < rest.length; at += BATCH) {
    const batch = rest.slice(at, at + BATCH)
    const done = await moveEach(disk, batch, realOf)
    for (const [i, move] of batch.entries()) placed.set(move, done[i]!)
  }
  return moves.map((move) => placed.get(move)!)
}

/** Undefined: it is not to be had as a whole, and stands where it stood. */
async function moveWhole(disk: Disk, whole: WholeFolder, realOf: RealOf): Promise<Placed | undefined> {
  const open = new OpenFolders(disk)
  try {
    const sides = await orProblem(async () => {
      const [from, to] = [await realOf(whole.from), await realOf(whole.to)]
      await open.make(dirname(to))
      const held = async (path: string) => ({
        folder: syncable(await open.get(dirname(path)), dirname(path)),
        name: basename(path),
      })
      const [source, target] = [await held(from), await held(to)]
      if ((await source.folder.stat(source.name))?.kind !== 'folder')
        throw new Refused(`${from} is no folder`)
      await mustBeAt(source.folder, dirname(from))
      await mustBeAt(target.folder, dirname(to))
      // Where anything but an empty folder has come to stand, this fails. A crash leaves the one name or the other.
      await source.folder.renameInto(source.name, target.folder, target.name)
      return { source, target }
    })
    if (isProblem(sides)) return undefined
    const unsynced = await orProblem(async () => {
      await sides.target.folder.sync()
      await sides.source.folder.sync()
    })
    if (isProblem(unsynced)) return { where: 'left', problem: unsynced }
    await orProblem(() => sendBack(disk, whole, realOf))
    return { where: 'disk' }
  } finally {
    await open.close()
  }
}

/** What came into the folder right before it was moved was not to go with it. */
async function sendBack(disk: Disk, { from, to, moves }: WholeFolder, realOf: RealOf): Promise<void> {
  const known = new Set(moves.map((move) => move.to))
  const strays: Move[] = []
  const walk = async (folder: string, back: string): Promise<void> => {
    for (const { name, kind } of (await disk.list(folder)) ?? []) {
      const [path, target] = [join(folder, name), join(back, name)]
      if (kind === 'folder') await walk(path, target)
      else if (!known.has(path)) strays.push({ from: path, to: target })
    }
  }
  await walk(to, from)
  // What cannot go back is where its folder is.
  if (strays.length > 0) await moveEach(disk, strays, realOf)
}

async function moveEach(disk: Disk, moves: readonly Move[], realOf: RealOf): Promise<Placed[]> {
  const open = new OpenFolders(disk)
  const real = new Map<string, Promise<string>>()
  const realOnce = (folder: string) => {
    const known = real.get(folder) ?? realOf(folder)
    real.set(folder, known)
    return known
  }
  const hold = async (path: string, how: 'make' | 'find'): Promise<Held> => {
    const name = basename(path)
    if (name.toLowerCase() === '.git') throw new Refused(`${path} is called .git`)
    if (name.includes('\ufffd')) throw new Refused(`${path} has a name that is not UTF-8`)
    const folderPath = await realOnce(dirname(path))
    if (how === 'make') await open.make(folderPath)
    const folder = syncable(await open.get(folderPath), folderPath)
    return { folder, folderPath, identity: (await disk.lstat(folderPath))?.identity, name }
  }
  try {
    const arrived = await atOnce(AT_ONCE, moves, (move) =>
      orProblem(async () => {
        const source = await hold(move.from, 'find')
        const site: MoveSite = { move, source, target: await hold(move.to, 'make') }
        return { site, arrived: await arrive(site) }
      }),
    )
    // No file loses its old name before the new one is durable.
    const unsynced = await syncAll(arrived, ({ target }) => target.folder)
    const done = await atOnce(AT_ONCE, arrived, (each) => {
      if (isProblem(each)) return Promise.resolve(each)
      const problem = unsynced.get(each.site.target.folder)
      if (problem !== undefined) return Promise.resolve(problem)
      return orProblem(async () => {
        await leave(each.site, each.arrived)
        return each
      })
    })
    const undurable = await syncAll(done, ({ source }) => source.folder)
    return done.map((each) => {
      const problem = isProblem(each) ? each : undurable.get(each.site.source.folder)
      return problem === undefined ? { where: 'disk' } : { where: 'left', problem }
    })
  } finally {
    await open.close()
  }
}

/** The folders that could not be synced. */
async function syncAll(
  all: readonly (Problem | { readonly site: MoveSite; readonly arrived: Arrived })[],
  folderOf: (site: MoveSite) => Folder,
): Promise<Map<Folder, Problem>> {
  const unsynced = new Map<Folder, Problem>()
  const folders = new Set(all.flatMap((each) => (isProblem(each) ? [] : [folderOf(each.site)])))
  await atOnce(AT_ONCE, [...folders], async (folder) => {
    const synced = await orProblem(() => folder.sync())
    if (isProblem(synced)) unsynced.set(folder, synced)
  })
  return unsynced
}

function syncable(folder: Folder, path: string): Folder {
  if (folder.isSyncable) return folder
  throw new Refused(`${path} may not be read, so that nothing could be made durable in it`)
}

async function orProblem<T>(act: () => Promise<T>): Promise<T | Problem> {
  try {
    return await act()
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}
