import { isAscii, isUtf8 } from 'node:buffer'
import { viewOf } from './buffer-view.ts'
import { LineIndex, type Position, type PositionEncoding } from './line-index.ts'
import type { ByteEdit } from './splice.ts'

/** Puts `newText` in the place of a half-open range between two positions. */
export interface TextEdit {
  readonly range: { readonly start: Position; readonly end: Position }
  readonly newText: string
}

/** Edits in bytes; or why nobody can tell which bytes are meant. */
export type Lowered =
  | { readonly kind: 'exact'; readonly edits: readonly ByteEdit[] }
  | { readonly kind: 'inexact'; readonly reason: string }

/** A text edit and the bytes that its positions come to. */
interface Placed {
  readonly edit: TextEdit
  readonly start: number
  readonly end: number
}

/**
 * Turns text edits into byte edits, sorted and disjoint, ready to be spliced.
 * All of them refer to one state of the document, and several inserts at one position keep their order
 * (LSP, "TextEdit[]"). Edits that change nothing are kept, and none are merged.
 */
export function lowerTextEdits(
  bytes: Uint8Array,
  edits: readonly TextEdit[],
  encoding: PositionEncoding,
): Lowered {
  const index = new LineIndex(bytes)
  const placed = placeAll(index, edits, encoding)
  // Some clients swap the two ends, some refuse the edit.
  const backwards = placed.find(
    ({ edit, start, end }) => end < start || isBefore(edit.range.end, edit.range.start),
  )
  if (backwards !== undefined) return inexact(`${rangeName(backwards.edit)} ends before it starts`)
  for (const [at, later] of placed.entries()) {
    const earlier = placed[at - 1]
    if (earlier !== undefined && later.start < earlier.end) {
      return inexact(`${rangeName(earlier.edit)} and ${rangeName(later.edit)} overlap`)
    }
  }
  if (!isUtf8(bytes) && !isSurelyAscii(bytes, index, placed)) return inexact('not UTF-8')
  return { kind: 'exact', edits: placed.map(({ start, end, edit }) => ({ start, end, text: edit.newText })) }
}

/** In order of their starts; those that start at one byte in array order, even where clamping made them meet. */
function placeAll(index: LineIndex, edits: readonly TextEdit[], encoding: PositionEncoding): Placed[] {
  const placed: Placed[] = new Array(edits.length)
  // Placed in the text's order, in which the index is fast on long lines, whatever order they came in.
  const inTextOrder = isSorted(edits, (edit) => edit.range.start, isBefore)
    ? edits.entries()
    : [...edits.entries()].sort(([, a], [, b]) => byPosition(a.range.start, b.range.start))
  for (const [at, edit] of inTextOrder) {
    const start = index.positionToByte(edit.range.start, encoding)
    placed[at] = { edit, start, end: index.positionToByte(edit.range.end, encoding) }
  }
  return placed.sort((a, b) => a.start - b.start)
}

/**
 * Whether edits of bytes in an unknown encoding touch only what is ASCII in any of those that editors guess:
 * all that they write, and each line they touch, from its start to the end of the range.
 * A NUL or a UTF-16 byte order mark speaks of an encoding in which ASCII is not one byte a character.
 */
function isSurelyAscii(bytes: Uint8Array, index: LineIndex, placed: readonly Placed[]): boolean {
  if (bytes.includes(0) || hasWideBom(bytes)) return false
  const view = viewOf(bytes)
  return placed.every(({ edit, start, end }) => {
    const { line } = index.byteToPosition(start, 'utf-8')
    const lineStart = index.positionToByte({ line, character: 0 }, 'utf-8')
    return isAscii(view.subarray(lineStart, end)) && isAscii(Buffer.from(edit.newText, 'utf8'))
  })
}

/** A byte order mark of UTF-16, or of little-endian UTF-32, which starts alike; the other of UTF-32 holds NULs. */
function hasWideBom(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}

/** Most servers send edits in the order of the text. */
function isSorted<T, K>(
  all: readonly T[],
  keyOf: (each: T) => K,
  isBefore: (a: K, b: K) => boolean,
): boolean {
  return all.every((each, i) => i === 0 || !isBefore(keyOf(each), keyOf(all[i - 1]!)))
}

function byPosition(a: Position, b: Position): number {
  return isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character)
}

function rangeName({ range: { start, end } }: TextEdit): string {
  return `${start.line}:${start.character}-${end.line}:${end.character}`
}

function inexact(reason: string): Lowered {
  return { kind: 'inexact', reason }
}
