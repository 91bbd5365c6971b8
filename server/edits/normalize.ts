import { viewOf } from './buffer-view.ts'
import { bomLength } from './utf8.ts'

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const BOM_START = 0xef

/**
 * Drops every CR, then spaces and tabs before an LF and at the end, then all leading UTF-8 byte order marks.
 * Bytes that hold none of these come back as they are, the same object; part of a log's format, see FORMAT.md.
 */
export function normalize(bytes: Uint8Array): Uint8Array {
  return withoutBoms(needsRewriting(viewOf(bytes)) ? withoutCrAndBlanks(bytes) : bytes)
}

/** Whether `normalize` gives bytes back as they are; nothing is made for it. */
export function isNormalized(bytes: Uint8Array): boolean {
  return bomLength(bytes) === 0 && !needsRewriting(viewOf(bytes))
}

/**
 * Whether the parts, put together, are their own normalized bytes for certain; each of them is a stretch of bytes
 * that are, or is `isNew`. Only what is new and where parts meet is looked at.
 */
export function joinNormalized(parts: readonly Buffer[], isNew: (part: number) => boolean): boolean {
  let last: number | undefined
  for (const [i, part] of parts.entries()) {
    if (part.length === 0) continue
    // At the very beginning, whatever follows the first byte of a byte order mark may be one.
    if (last === undefined ? part[0] === BOM_START : isBlank(last) && part[0] === LF) return false
    if (isNew(i) && hasCrOrBlankEnds(part)) return false
    last = part[part.length - 1]
  }
  return !isBlank(last)
}

/** Whether an editor that saves one may have made it the other: equal when normalized, final newlines aside. */
export function looselyEqual(a: Uint8Array, b: Uint8Array): boolean {
  return viewOf(withoutFinalNewlines(normalize(a))).equals(withoutFinalNewlines(normalize(b)))
}

/**
 * Whether two texts differ by no more than line endings (CRLF, CR or LF), a leading byte order mark and one final
 * newline. Unlike in `looselyEqual`, blanks at line ends count.
 */
export function sameText(a: Uint8Array, b: Uint8Array): boolean {
  const textA = asLfText(a)
  const textB = asLfText(b)
  return textA.equals(textB) || hasOneNewlineMore(textA, textB) || hasOneNewlineMore(textB, textA)
}

/**
 * Looks with native searches alone: nearly all files need nothing, and every append asks.
 * Backwards: Node searches for the byte of a pattern that it meets first, and then compares. Line feeds are few;
 * forwards it would stop at every blank, which takes ten times as long on source code.
 */
function needsRewriting(bytes: Buffer): boolean {
  return isBlank(bytes[bytes.length - 1]) || hasCrOrBlankEnds(bytes)
}

function hasCrOrBlankEnds(bytes: Buffer): boolean {
  return bytes.includes(CR) || bytes.lastIndexOf(' \n') !== -1 || bytes.lastIndexOf('\t\n') !== -1
}

function withoutCrAndBlanks(bytes: Uint8Array): Buffer {
  const kept = Buffer.allocUnsafe(bytes.length)
  let length = 0
  // Blanks are dropped once the CRs between them and the line's end are gone.
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === CR) continue
    if (byte === LF) length = lengthWithoutBlanks(kept, length)
    kept[length++] = byte
  }
  return kept.subarray(0, lengthWithoutBlanks(kept, length))
}

function lengthWithoutBlanks(bytes: Buffer, length: number): number {
  let end = length
  while (end > 0 && isBlank(bytes[end - 1])) end--
  return end
}

function withoutBoms(bytes: Uint8Array): Uint8Array {
  let rest = bytes
  while (bomLength(rest) > 0) rest = rest.subarray(bomLength(rest))
  return rest
}

function withoutFinalNewlines(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === LF) end--
  return bytes.subarray(0, end)
}

function hasOneNewlineMore(longer: Buffer, shorter: Buffer): boolean {
  if (longer.length !== shorter.length + 1 || longer[shorter.length] !== LF) return false
  return longer.subarray(0, shorter.length).equals(shorter)
}

function asLfText(bytes: Uint8Array): Buffer {
  const text = viewOf(bytes).subarray(bomLength(bytes))
  if (!text.includes(CR)) return text
  const kept = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!
    if (byte !== CR) kept[length++] = byte
    else if (text[at + 1] !== LF) kept[length++] = LF
  }
  return kept.subarray(0, length)
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}
