import { sep } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Image } from '../edits/images.ts'
import type { Intent } from '../journal/intent.ts'

/** The same for all spellings of a path that are one where the case of names does not count. */
export const caseless = (path: string): string => path.normalize('NFC').toLowerCase()

export function isRespelling(a: string, b: string): boolean {
  return a !== b && caseless(a) === caseless(b)
}

/** A path that a file leaves, and another spelling of it, to which one comes. */
export interface Respelling<T> {
  readonly gone: T
  readonly come: T
}

/** Those among some paths; `endsOf`: whether there is a file before and after. */
export function respellingsAmong<T extends { readonly path: string }>(
  all: readonly T[],
  endsOf: (each: T) => { readonly before: boolean; readonly after: boolean },
): Respelling<T>[] {
  const gone = new Map<string, T>()
  for (const each of all) {
    const { before, after } = endsOf(each)
    if (before && !after) gone.set(caseless(each.path), each)
  }
  if (gone.size === 0) return []
  return all.flatMap((come) => {
    const { before, after } = endsOf(come)
    const from = before || !after ? undefined : gone.get(caseless(come.path))
    return from === undefined ? [] : [{ gone: from, come }]
  })
}

const inIntents = new WeakMap<Intent, readonly Respelling<Image>[]>()

/** Those that an intent carries out. */
export function respellingsIn(intent: Intent): readonly Respelling<Image>[] {
  let found = inIntents.get(intent)
  if (found === undefined) {
    const endsOf = ({ before, after }: Image) => ({
      before: before !== undefined,
      after: after.kind !== 'absent',
    })
    found = respellingsAmong(intent.images, endsOf)
    inIntents.set(intent, found)
  }
  return found
}

/** What folders hold, by path, for as long as many questions are asked about one moment. */
export type Listings = Map<string, ReadonlySet<string>>

/**
 * Where two spellings of a path are one file or folder: the one by which it is listed, as far as the last name tells in
 * which they differ; `a` where neither is. Undefined: they are not one. Inodes do not tell: some file systems without
 * case give each spelling a number of its own.
 */
export async function spellingOf(
  disk: Disk,
  a: string,
  b: string,
  listings: Listings = new Map(),
): Promise<string | undefined> {
  if (!isRespelling(a, b)) return undefined
  if ((await disk.lstat(a)) === undefined || (await disk.lstat(b)) === undefined) return undefined
  const [names, others] = [a.split(sep), b.split(sep)]
  let spelling = a
  for (const [i, name] of names.entries()) {
    const other = others[i]!
    if (name === other) continue
    const listed = await listedIn(disk, names.slice(0, i).join(sep) || sep, listings)
    // Two entries of one folder: here the case counts.
    if (listed.has(name) && listed.has(other)) return undefined
    spelling = listed.has(other) ? b : a
  }
  return spelling
}

async function listedIn(disk: Disk, folder: string, listings: Listings): Promise<ReadonlySet<string>> {
  const known = listings.get(folder)
  if (known !== undefined) return known
  const listed = new Set(((await disk.list(folder)) ?? []).map(({ name }) => name))
  listings.set(folder, listed)
  return listed
}
