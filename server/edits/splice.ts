import { viewOf } from './buffer-view.ts'

/**
 * Puts `text` in the place of a half-open range of the original bytes.
 * It is written as UTF-8; a lone surrogate becomes U+FFFD.
 */
export interface ByteEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Carries out edits that all index the original bytes.
 * They are sorted and disjoint; touching ones are fine, several inserts at one offset are written in array
 * order, and inserts may stand before a replacement that starts where they do.
 */
export function splice(original: Uint8Array, edits: readonly ByteEdit[]): Buffer {
  return Buffer.concat(splicedParts(original, edits))
}

/** What `splice` puts together: by turns what is kept of the original and what is written, either maybe empty. */
export function splicedParts(original: Uint8Array, edits: readonly ByteEdit[]): Buffer[] {
  assertEdits(original.length, edits)
  const bytes = viewOf(original)
  const parts: Buffer[] = []
  let kept = 0
  for (const edit of edits) {
    parts.push(bytes.subarray(kept, edit.start), Buffer.from(edit.text, 'utf8'))
    kept = edit.end
  }
  parts.push(bytes.subarray(kept))
  return parts
}

/** The length of what `splice` puts together, of an original of `length` bytes. */
export function splicedLength(length: number, edits: readonly ByteEdit[]): number {
  return edits.reduce((sum, { start, end, text }) => sum - (end - start) + Buffer.byteLength(text), length)
}

/** `splice` of an original that comes in slices; each of what comes of it is there until the next is asked for. */
export function* spliceSlices(
  original: Iterable<Uint8Array>,
  edits: readonly ByteEdit[],
): Generator<Uint8Array> {
  let next = 0
  // Both in bytes of the original: where the slice begins, and up to where it is kept, or replaced.
  let at = 0
  let done = 0
  for (const slice of original) {
    const end = at + slice.length
    for (; next < edits.length && edits[next]!.start < end; next++) {
      const edit = edits[next]!
      if (edit.start > done) yield slice.subarray(done - at, edit.start - at)
      if (edit.text !== '') yield Buffer.from(edit.text, 'utf8')
      done = edit.end
    }
    if (done < end) {
      yield slice.subarray(done - at)
      done = end
    }
    at = end
  }
  for (; next < edits.length; next++)
    if (edits[next]!.text !== '') yield Buffer.from(edits[next]!.text, 'utf8')
}

/** Throws where edits could not be spliced: a bug of whoever made them, not something met in the world. */
export function assertEdits(length: number, edits: readonly ByteEdit[]): void {
  const fault = editsFault(length, edits)
  if (fault !== undefined) throw new Error(`broken invariant: ${fault}`)
}

/** Why edits, read from where anything may stand, cannot be spliced into `length` bytes; undefined: they can. */
export function editsFault(length: number, edits: readonly ByteEdit[]): string | undefined {
  let previous: ByteEdit | undefined
  for (const [index, edit] of edits.entries()) {
    const named = `edit ${index} (${edit.start}..${edit.end})`
    if (!Number.isSafeInteger(edit.start) || !Number.isSafeInteger(edit.end))
      return `${named} is not in whole bytes`
    if (edit.start < 0) return `${named} starts before the first byte`
    if (edit.end < edit.start) return `${named} ends before it starts`
    if (edit.end > length) return `${named} ends beyond the last of ${length} bytes`
    if (previous !== undefined && edit.start < previous.end) {
      const before = `edit ${index - 1} (${previous.start}..${previous.end})`
      return edit.start < previous.start
        ? `${named} is not sorted after ${before}`
        : `${named} overlaps ${before}`
    }
    previous = edit
  }
  return undefined
}
