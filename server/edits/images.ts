import { sep } from 'node:path'
import type { FileBytes } from './file-bytes.ts'
import type { PositionEncoding } from './line-index.ts'
import { lengthOfAll, materialise, toEdits } from './pieces.ts'
import type { ByteEdit } from './splice.ts'
import type { Original, Step } from './steps.ts'
import { type Entry, type Fault, Tree } from './tree.ts'

/** What a path holds once every step is carried out; `absent`: no file, though there may be a folder. */
export type After =
  | { readonly kind: 'file'; readonly bytes: FileBytes }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * What becomes of one path.
 *
 * Law: where `after` is a file, its bytes are `splice(original, edits)`, where `original` is that of `source`, or
 * no bytes where that is undefined.
 */
export interface Image {
  readonly path: string
  /** The bytes before the first step; undefined: no file, though there may be a folder. */
  readonly before: FileBytes | undefined
  readonly after: After
  /** The path itself, or the one it was moved from; undefined: it is created, or there is no known after-image. */
  readonly source: string | undefined
  /** Sorted and disjoint; none where there is no known after-image. */
  readonly edits: readonly ByteEdit[]
}

export interface Images {
  /** One for each path that a step touched, as first touched; not for one that is absent before and after. */
  readonly images: readonly Image[]
  /** Each folder before those in it. */
  readonly foldersMade: readonly string[]
  /** Each folder after those in it. */
  readonly foldersRemoved: readonly string[]
}

/**
 * Carries out steps in memory and says what they come to, path by path.
 *
 * `originals` has every path of `pathsOf(steps)`, and every file beneath those that are folders.
 * After a step that editors disagree on (some abort there and keep what was done, some go on, some overwrite) every
 * path of that step and of all later ones is unknown. Text edits that cannot be lowered exactly make their own
 * file unknown, and no other.
 * Folders that a new file needs are made by editors unasked; they are in `foldersMade` only where the originals tell
 * that they are missing.
 */
export function imagesOf(
  steps: readonly Step[],
  originals: ReadonlyMap<string, Original>,
  encoding: PositionEncoding,
): Images {
  const tree = new Tree(originals, encoding)
  const foldersBefore = new Set(tree.folders)
  let fault: Fault | undefined
  for (const step of steps) {
    fault ??= tree.carryOut(step)
    if (fault !== undefined) tree.lose(step, fault)
  }
  const images = [...tree.touched].map((path) => imageOf(path, originals.get(path), tree))
  return {
    images: images.filter(({ before, after }) => before !== undefined || after.kind !== 'absent'),
    foldersMade: tree.folders.filter((path) => !foldersBefore.has(path)).sort(byDepth),
    foldersRemoved: [...foldersBefore].filter((path) => isGone(tree.at(path))).sort((a, b) => byDepth(b, a)),
  }
}

function imageOf(path: string, original: Original | undefined, tree: Tree): Image {
  const before = original?.kind === 'file' ? original.bytes : undefined
  const entry = tree.at(path)
  switch (entry.kind) {
    case 'absent':
    case 'folder':
      return { path, before, after: { kind: 'absent' }, source: undefined, edits: [] }
    case 'unknown':
      return { path, before, after: { kind: 'unknown', reason: entry.reason }, source: undefined, edits: [] }
    case 'file': {
      const { source, pieces } = entry
      const from = tree.originalBytes(source)
      // Put together when it is asked for: recording an edit needs none of them.
      const bytes = { length: lengthOfAll(pieces), load: () => materialise(pieces, from) }
      const after: After = { kind: 'file', bytes }
      return { path, before, after, source, edits: toEdits(pieces, from.length) }
    }
  }
}

/** Whether what was a folder is none any more. */
function isGone(entry: Entry): boolean {
  return entry.kind === 'absent' || entry.kind === 'file'
}

function byDepth(a: string, b: string): number {
  return a.split(sep).length - b.split(sep).length
}
