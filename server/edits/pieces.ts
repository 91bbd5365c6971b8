import { viewOf } from './buffer-view.ts'
import { assertEdits, type ByteEdit } from './splice.ts'
import { isContinuation } from './utf8.ts'

/** A part of a text: a half-open range of the original bytes, in place, or inserted UTF-8. */
type Piece =
  | { readonly kind: 'original'; readonly start: number; readonly end: number }
  | { readonly kind: 'inserted'; readonly utf8: Buffer }

/**
 * A text as a row of pieces, none of them empty; the original ranges among them ascend and are disjoint.
 * This is how edits of an edited text come to be edits of the original.
 *
 * Law: `splice(original, toEdits(applyEdits(applyEdits(ofOriginal(length), a), b), length))`
 * = `splice(splice(original, a), b)`.
 */
export type Pieces = readonly Piece[]

/** The original itself, as it is. */
export function ofOriginal(length: number): Pieces {
  return length === 0 ? [] : [{ kind: 'original', start: 0, end: length }]
}

/** Carries out edits that index the text as the pieces have it now. None may cut an inserted character in two. */
export function applyEdits(pieces: Pieces, edits: readonly ByteEdit[]): Pieces {
  const length = lengthOfAll(pieces)
  assertEdits(length, edits)
  const result: Piece[] = []
  const reader = new PieceReader(pieces)
  let at = 0
  for (const edit of edits) {
    reader.read(edit.start - at, result)
    reader.skip(edit.end - edit.start)
    if (edit.text !== '') result.push({ kind: 'inserted', utf8: Buffer.from(edit.text, 'utf8') })
    at = edit.end
  }
  reader.read(length - at, result)
  return result
}

/** The bytes of the text; those of the original itself where it is whole. */
export function materialise(pieces: Pieces, original: Uint8Array): Buffer {
  const bytes = viewOf(original)
  const [first] = pieces
  if (pieces.length === 1 && first!.kind === 'original' && lengthOf(first!) === bytes.length) return bytes
  const text = Buffer.allocUnsafe(lengthOfAll(pieces))
  let at = 0
  for (const piece of pieces) {
    at += piece.kind === 'inserted' ? piece.utf8.copy(text, at) : bytes.copy(text, at, piece.start, piece.end)
  }
  return text
}

/** The length of the text in bytes. */
export function lengthOfAll(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)
}

/** The edits that make the text out of the original: sorted, disjoint, no two of them touching. */
export function toEdits(pieces: Pieces, originalLength: number): ByteEdit[] {
  const edits: ByteEdit[] = []
  let inserted: Buffer[] = []
  let at = 0
  const close = (end: number) => {
    if (inserted.length > 0 || end > at)
      edits.push({ start: at, end, text: Buffer.concat(inserted).toString('utf8') })
    inserted = []
  }
  for (const piece of pieces) {
    if (piece.kind === 'inserted') {
      inserted.push(piece.utf8)
    } else {
      close(piece.start)
      at = piece.end
    }
  }
  close(originalLength)
  return edits
}

/** Goes once through pieces, cutting them where it is told to stop. */
class PieceReader {
  readonly #pieces: Pieces
  #index = 0
  #offset = 0

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }

  /** Appends the next `length` bytes to `into`. */
  read(length: number, into: Piece[]): void {
    this.#advance(length, (piece) => into.push(piece))
  }

  skip(length: number): void {
    this.#advance(length, () => {})
  }

  #advance(length: number, visit: (piece: Piece) => void): void {
    let left = length
    while (left > 0) {
      const piece = this.#pieces[this.#index]!
      const end = Math.min(lengthOf(piece), this.#offset + left)
      visit(slice(piece, this.#offset, end))
      left -= end - this.#offset
      this.#offset = end
      if (end === lengthOf(piece)) {
        this.#index++
        this.#offset = 0
      }
    }
  }
}

function slice(piece: Piece, from: number, to: number): Piece {
  if (piece.kind === 'original') return { kind: 'original', start: piece.start + from, end: piece.start + to }
  // Half a character could not be said as an edit's text any more. Every cut is the start of a slice.
  if (isContinuation(piece.utf8[from])) {
    throw new Error('broken invariant: an edit cuts an inserted character in two')
  }
  return { kind: 'inserted', utf8: piece.utf8.subarray(from, to) }
}

function lengthOf(piece: Piece): number {
  return piece.kind === 'original' ? piece.end - piece.start : piece.utf8.length
}
