import { sep } from 'node:path'
import { type FileBytes, isUnkept, Unkept } from './file-bytes.ts'
import type { PositionEncoding } from './line-index.ts'
import { applyEdits, lengthOfAll, materialise, ofOriginal, type Pieces, toEdits } from './pieces.ts'
import type { ByteEdit } from './splice.ts'
import type { Standing, Step } from './steps.ts'
import { lowerTextEdits } from './text-edit.ts'
import { type Entry, type Fault, type Texts, Tree } from './tree.ts'

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
 * A _bare_ image is one end of a move of which no bytes are kept: `before` of the one end and `after` of the other are
 * the same {@link Unkept}.
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

/** What stands for the bytes of a bare image; undefined: it is none. */
export function unkeptOf({ before, after }: Pick<Image, 'before' | 'after'>): Unkept | undefined {
  if (isUnkept(before)) return before
  return after.kind === 'file' && isUnkept(after.bytes) ? after.bytes : undefined
}

export function isBare(image: Pick<Image, 'before' | 'after'>): boolean {
  return unkeptOf(image) !== undefined
}

/** Both ends of a bare move. */
export function bareImages(from: string, to: string, length: number): readonly [Image, Image] {
  const bytes = new Unkept(length)
  return [
    { path: from, before: bytes, after: { kind: 'absent' }, source: undefined, edits: [] },
    { path: to, before: undefined, after: { kind: 'file', bytes }, source: from, edits: [] },
  ]
}

/** An image as far as it can be told without what any file holds. */
export interface Outline {
  readonly path: string
  readonly hasBefore: boolean
  readonly after: { readonly kind: 'file'; readonly texts: Texts } | Exclude<After, { kind: 'file' }>
  /** Of its image, if that has one: edits may turn out such that nobody can tell what they make of it. */
  readonly source: string | undefined
}

export interface Outlines {
  /** One for each path that a step touched, as first touched; not for one that is absent before and after. */
  readonly outlines: readonly Outline[]
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
export function outlinesOf(steps: readonly Step[], originals: ReadonlyMap<string, Standing>): Outlines {
  const tree = new Tree(originals)
  const foldersBefore = new Set(tree.folders)
  let fault: Fault | undefined
  for (const step of steps) {
    fault ??= tree.carryOut(step)
    if (fault !== undefined) tree.lose(step, fault)
  }
  const outlines = [...tree.touched].map((path) => outlineOf(path, originals.get(path), tree.at(path)))
  return {
    outlines: outlines.filter(({ hasBefore, after }) => hasBefore || after.kind !== 'absent'),
    foldersMade: tree.folders.filter((path) => !foldersBefore.has(path)).sort(byDepth),
    foldersRemoved: [...foldersBefore].filter((path) => isGone(tree.at(path))).sort((a, b) => byDepth(b, a)),
  }
}

function outlineOf(path: string, original: Standing | undefined, entry: Entry): Outline {
  const hasBefore = original?.kind === 'file'
  switch (entry.kind) {
    case 'absent':
    case 'folder':
      return { path, hasBefore, after: { kind: 'absent' }, source: undefined }
    case 'unknown':
      return { path, hasBefore, after: entry, source: undefined }
    case 'file':
      return { path, hasBefore, after: { kind: 'file', texts: entry.texts }, source: entry.source }
  }
}

/** The image of an outline. `originalOf`: the bytes of its path and of its source, where they are files. */
export function imageOf(
  { path, hasBefore, after, source }: Outline,
  originalOf: (path: string) => Uint8Array,
  encoding: PositionEncoding,
): Image {
  const before = hasBefore ? originalOf(path) : undefined
  if (after.kind !== 'file') return { path, before, after, source: undefined, edits: [] }
  const original = source === undefined ? new Uint8Array() : originalOf(source)
  let pieces: Pieces = ofOriginal(original.length)
  for (const edits of after.texts) {
    const lowered = lowerTextEdits(materialise(pieces, original), edits, encoding)
    if (lowered.kind === 'inexact')
      return {
        path,
        before,
        after: { kind: 'unknown', reason: lowered.reason },
        source: undefined,
        edits: [],
      }
    pieces = applyEdits(pieces, lowered.edits)
  }
  // Put together when it is asked for: recording an edit needs none of them.
  const bytes = { length: lengthOfAll(pieces), load: () => materialise(pieces, original) }
  const edits = toEdits(pieces, original.length)
  return { path, before, after: { kind: 'file', bytes }, source, edits }
}

/** Whether what was a folder is none any more. */
function isGone(entry: Entry): boolean {
  return entry.kind === 'absent' || entry.kind === 'file'
}

function byDepth(a: string, b: string): number {
  return a.split(sep).length - b.split(sep).length
}
