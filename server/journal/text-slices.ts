import type { ByteEdit } from '../edits/splice.ts'

const TEXT_SLICE = 128 * 1024 // UTF-16 units; JSON takes at most 6 bytes for one

/** An edit as several, none of which is too long for a line. */
export function* slicesOf(edit: ByteEdit): Generator<ByteEdit> {
  const text = edit.text.toWellFormed()
  let at = 0
  let start = edit.start
  do {
    let end = Math.min(at + TEXT_SLICE, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--
    yield { start, end: edit.end, text: text.slice(at, end) }
    at = end
    start = edit.end // what follows is inserted where the first slice ended
  } while (at < text.length)
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
