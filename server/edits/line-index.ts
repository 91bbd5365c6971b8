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
  readonly #bytes: Buffer
  /** Of the lines that were found so far. Edits of the first lines of long files are what is asked for most. */
  readonly #starts: number[]
  /** The line feed and the carriage return that come next; -1: there are none left. */
  #lf: number
  #cr: number
  readonly #ascii: boolean
  // Many positions on one long line (minified code) would each walk it from its start; asked for in order, each
  // goes on where the one before it stopped.
  #cursor: Cursor | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = viewOf(bytes)
    const first = bomLength(bytes)
    this.#starts = [first]
    this.#lf = this.#bytes.indexOf(LF, first)
    this.#cr = this.#bytes.indexOf(CR, first)
    this.#ascii = isAscii(this.#bytes.subarray(first))
  }

  get lineCount(): number {
    while (this.#findNext() !== undefined);
    return this.#starts.length
  }

  positionToByte(position: Position, encoding: PositionEncoding): number {
    const line = wholeNumber(position.line)
    const character = wholeNumber(position.character)
    if (this.#startOf(line) === undefined) return this.#bytes.length
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

  /** Undefined: there is no such line. */
  #startOf(line: number): number | undefined {
    while (this.#starts.length <= line && this.#findNext() !== undefined);
    return this.#starts[line]
  }

  /** Where the line after those that were found so far begins. */
  #findNext(): number | undefined {
    const lf = this.#lf
    const cr = this.#cr
    if (lf === -1 && cr === -1) return undefined
    const isLoneCr = cr !== -1 && (lf === -1 || cr < lf - 1)
    const next = (isLoneCr ? cr : lf) + 1
    this.#starts.push(next)
    if (lf !== -1 && lf < next) this.#lf = this.#bytes.indexOf(LF, next)
    if (cr !== -1 && cr < next) this.#cr = this.#bytes.indexOf(CR, next)
    return next
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
    const next = this.#startOf(line + 1)
    if (next === undefined) return this.#bytes.length
    const isPair = this.#bytes[next - 1] === LF && this.#bytes[next - 2] === CR
    return isPair ? next - 2 : next - 1
  }

  /** The line that an offset lies in: the last one that starts at or before it. */
  #lineAt(offset: number): number {
    for (let start = this.#starts.at(-1); start !== undefined && start <= offset; ) start = this.#findNext()
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle
    }
    return low
  }
}

function wholeNumber(value: number): number {
  return value > 0 ? Math.floor(value) : 0
}
