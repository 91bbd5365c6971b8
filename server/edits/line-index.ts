import { isAscii } from 'node:buffer'
import { viewOf } from './buffer-view.ts'
import { bomLength, characterLength, characterStart } from './utf8.ts'

/** What `character` counts: bytes, UTF-16 code units, or code points. */
export type PositionEncoding = 'utf-8' | 'utf-16' | 'utf-32'

/** A place in a text, zero-based; `character` is in units of the encoding that was agreed on. */
export interface Position {
  readonly line: number
  readonly character: number
}

const LF = 0x0a
const CR = 0x0d

/** Where a walk along a line got to. */
interface Cursor {
  readonly line: number
  readonly encoding: PositionEncoding
  readonly byte: number
  readonly units: number
}

/**
 * Turns positions into byte offsets and back.
 *
 * - Lines end at `\n`, `\r\n` or `\r`, and nothing else (LSP, "Text Documents").
 * - A leading byte order mark is no part of line 0: editors and servers strip it, so 0:0 lies behind it.
 * - What lies outside the text is clamped as the LSP says: to the line's end, before its line ending, or to the
 *   end of the text. Numbers that are none (negative, NaN, fractions) come from a server too: 0, 0, rounded down.
 * - A position never splits a character; it is rounded down to the character's start.
 * - Each bad sequence of bytes is one character (see utf8.ts): one unit in UTF-16 and UTF-32, its bytes in UTF-8.
 *
 * Law: `positionToByte(byteToPosition(b)) = b` for every `b` that starts a character or a line ending.
 */
export class LineIndex {
  readonly lineCount: number
  readonly #bytes: Buffer
  readonly #starts: readonly number[]
  readonly #ascii: boolean
  // Many positions on one long line (minified code) would each walk it from its start; asked for in order, each
  // goes on where the one before it stopped.
  #cursor: Cursor | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = viewOf(bytes)
    this.#starts = lineStarts(this.#bytes, bomLength(bytes))
    this.#ascii = isAscii(this.#bytes.subarray(this.#starts[0]))
    this.lineCount = this.#starts.length
  }

  positionToByte(position: Position, encoding: PositionEncoding): number {
    const line = wholeNumber(position.line)
    const character = wholeNumber(position.character)
    if (line >= this.lineCount) return this.#bytes.length
    const end = this.#contentEnd(line)
    if (this.#ascii || encoding === 'utf-8') {
      return characterStart(this.#bytes, Math.min(this.#starts[line]! + character, end))
    }
    return this.#walk(line, encoding, end, character).byte
  }

  byteToPosition(offset: number, encoding: PositionEncoding): Position {
    const inText = Math.min(Math.max(wholeNumber(offset), this.#starts[0]!), this.#bytes.length)
    const line = this.#lineAt(inText)
    const byte = characterStart(this.#bytes, Math.min(inText, this.#contentEnd(line)))
    if (this.#ascii || encoding === 'utf-8') return { line, character: byte - this.#starts[line]! }
    return { line, character: this.#walk(line, encoding, byte, Number.POSITIVE_INFINITY).units }
  }

  /** Goes along a line, whole characters at a time, as far as neither bound is crossed. */
  #walk(line: number, encoding: 'utf-16' | 'utf-32', maxByte: number, maxUnits: number): Cursor {
    const bytes = this.#bytes
    let byte = this.#starts[line]!
    let units = 0
    const last = this.#cursor
    if (last?.line === line && last.encoding === encoding && last.byte <= maxByte && last.units <= maxUnits) {
      byte = last.byte
      units = last.units
    }
    while (byte < maxByte && units < maxUnits) {
      const length = bytes[byte]! < 0x80 ? 1 : characterLength(bytes, byte)
      const width = length === 4 && encoding === 'utf-16' ? 2 : 1
      if (byte + length > maxByte || units + width > maxUnits) break
      byte += length
      units += width
    }
    this.#cursor = { line, encoding, byte, units }
    return this.#cursor
  }

  /** Where a line's content ends: before its line ending. */
  #contentEnd(line: number): number {
    const next = this.#starts[line + 1]
    if (next === undefined) return this.#bytes.length
    const isPair = this.#bytes[next - 1] === LF && this.#bytes[next - 2] === CR
    return isPair ? next - 2 : next - 1
  }

  /** The line that an offset lies in: the last one that starts at or before it. */
  #lineAt(offset: number): number {
    let low = 0
    let high = this.lineCount
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle
    }
    return low
  }
}

function lineStarts(bytes: Buffer, first: number): number[] {
  const starts = [first]
  let lf = bytes.indexOf(LF, first)
  let cr = bytes.indexOf(CR, first)
  while (lf !== -1 || cr !== -1) {
    const loneCr = cr !== -1 && (lf === -1 || cr < lf - 1)
    const next = (loneCr ? cr : lf) + 1
    starts.push(next)
    if (lf !== -1 && lf < next) lf = bytes.indexOf(LF, next)
    if (cr !== -1 && cr < next) cr = bytes.indexOf(CR, next)
  }
  return starts
}

function wholeNumber(value: number): number {
  return value > 0 ? Math.floor(value) : 0
}
