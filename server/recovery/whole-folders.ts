import { basename, dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Intent } from '../journal/intent.ts'
import type { Move } from './workspace.ts'

/** A folder that can be given its other name as a whole, and the moves that this comes to. */
export interface WholeFolder {
  readonly from: string
  readonly to: string
  readonly moves: readonly Move[]
}

/**
 * The folders that hold nothing but what is moved, each to the same place in another folder, which is not there yet.
 * None lies in another one.
 */
export async function wholeFolders(
  disk: Disk,
  moves: readonly Move[],
  { made, removed }: Intent['folders'],
): Promise<WholeFolder[]> {
  const [goes, comes] = [new Set(removed), new Set(made)]
  const byFrom = new Map(moves.map((move) => [move.from, move]))
  const found = new Map<string, WholeFolder>()

  /** Undefined: something else is in it. */
  const movesIn = async (from: string, to: string): Promise<Move[] | undefined> => {
    if (!goes.has(from) || !comes.has(to)) return undefined
    const inside: Move[] = []
    for (const { name, kind } of (await disk.list(from)) ?? []) {
      const [inner, target] = [join(from, name), join(to, name)]
      const move = byFrom.get(inner)
      const more = kind === 'folder' ? await movesIn(inner, target) : move?.to === target ? [move] : undefined
      if (more === undefined) return undefined
      for (const each of more) inside.push(each)
    }
    return inside
  }

  const isInFound = (folder: string): boolean =>
    found.has(folder) || (dirname(folder) !== folder && isInFound(dirname(folder)))
  // The outer ones first: with one of them goes all that is in it.
  const candidates = [...candidatesIn(moves, goes, comes)].sort(([a], [b]) => a.length - b.length)
  for (const [from, to] of candidates) {
    if (isInFound(from) || (await disk.lstat(to)) !== undefined) continue
    if ((await disk.lstat(from))?.kind !== 'folder') continue
    const inside = await movesIn(from, to)
    if (inside !== undefined && inside.length > 0) found.set(from, { from, to, moves: inside })
  }
  return [...found.values()]
}

/** Each folder above what is moved, and where it would go. */
function candidatesIn(
  moves: readonly Move[],
  goes: ReadonlySet<string>,
  comes: ReadonlySet<string>,
): Map<string, string> {
  const candidates = new Map<string, string>()
  for (const move of moves) {
    let [from, to] = [move.from, move.to]
    while (basename(from) === basename(to)) {
      from = dirname(from)
      to = dirname(to)
      if (candidates.has(from) || !goes.has(from) || !comes.has(to)) break
      candidates.set(from, to)
    }
  }
  return candidates
}
