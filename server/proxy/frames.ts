import { FixedText, viewOf } from './fixed-text.ts'

/**
 * What stands at a place in the stream: what belongs to no frame, a frame's beginning, how one goes on; or whole
 * frames that were stepped over.
 */
export type PartKind = 'noise' | 'frame' | 'more' | 'passed'

const EMPTY = Buffer.alloc(0)
const LF = 10
const CR = 13
/** A header longer than this is none, nor is a line of one. */
const LONGEST_HEADER = 8 * 1024
/**
 * How much of a chunk is copied behind a frame that the chunk before it cut: as a rule that tells what the frame is.
 * Copying all of the chunk would cost as much again as reading it.
 */
const SEAM = 512

/**
 * Cuts a byte stream into LSP frames without touching, copying or waiting for a byte that need not be.
 *
 * A frame is header lines, one of them `Content-Length`, an empty line, and so many bytes of body (LSP 3.17,
 * "Base Protocol"). Lines end with CRLF; a lone LF is taken too. Whatever stands between frames is noise: a log
 * line on stdout. It is a part like any other, in its place.
 *
 * `next` moves to the next part, which its fields then describe: `bytes`, from `from` to `to`.
 * A frame's first part holds its whole header and the beginning of its body; `more` parts hold the rest.
 * `passing` says where the whole frames end that begin at a place and need no look; that place, if there are none.
 *
 * Law: the parts, one after the other, and `rest()` are the bytes that were pushed.
 */
export class FrameCutter {
  kind: PartKind = 'noise'
  bytes: Buffer = EMPTY
  from = 0
  to = 0
  /** Of a `frame`: where its body begins in `bytes`. */
  body = 0
  /** Bytes of the current frame that have yet to come; 0: it is whole, or there is none. */
  left = 0

  /** Where the next part begins in `bytes`. */
  at = 0
  #view = viewOf(EMPTY)

  /** What came behind `bytes` and was not needed yet. */
  #behind: Buffer[] = []
  #behindLength = 0
  /** How many bytes must be there before it is worth looking again. */
  #enough = 1
  /** Whether the next part begins inside a line whose beginning was handed on as noise. */
  #inLine = false
  /** The chunk that `bytes` hold a beginning of, from `#seamAt` on; its rest is the first of `#behind`. */
  #seam: Buffer | undefined
  #seamAt = 0

  readonly #passing: (bytes: Buffer, at: number) => number

  constructor(passing: (bytes: Buffer, at: number) => number = (_, at) => at) {
    this.#passing = passing
  }

  push(chunk: Buffer): void {
    if (this.at === this.bytes.length && this.#behind.length === 0) {
      this.#take(chunk, 0)
    } else {
      this.#behind.push(chunk)
      this.#behindLength += chunk.length
    }
  }

  /** Moves to the next part; false: there is none until more bytes come. */
  next(): boolean {
    if (this.#seam !== undefined && this.at >= this.#seamAt) this.#leaveSeam(this.#seam)
    const there = this.bytes.length - this.at
    if (there + this.#behindLength < this.#enough) return false
    if (this.#behindLength > 0 && there < this.#enough) this.#join(this.#enough)
    this.#enough = 1
    if (this.left > 0) {
      this.kind = 'more'
      this.from = this.at
      this.to = Math.min(this.at + this.left, this.bytes.length)
      this.left -= this.to - this.from
      this.at = this.to
      return true
    }
    return this.#passed() || this.#plainFrame() || this.#search()
  }

  /**
   * What has come of the current frame does not tell its kind: it is given again, as a whole `frame` part, once
   * there is twice as much of it, or all.
   */
  undecided(): void {
    const come = this.to - this.from
    this.#enough = Math.min(2 * come, come + this.left)
    this.at = this.from
    this.left = 0
  }

  /** What is left when the stream ends: a header cut short, or a frame of which too little has come. */
  rest(): Buffer {
    this.#join(Number.POSITIVE_INFINITY)
    const rest = this.bytes
    this.#take(EMPTY, 0)
    this.left = 0
    this.#enough = 1
    return rest
  }

  /** Makes `bytes` hold what is left of them and `enough` bytes in all, or everything that there is. */
  #join(enough: number): void {
    const rest = this.bytes.subarray(this.at)
    const [next, ...others] = this.#behind
    const needed = Math.max(enough - rest.length, rest.length, SEAM)
    this.#seam = undefined
    if (next !== undefined && needed < next.length) {
      this.#take(Buffer.concat([rest, next.subarray(0, needed)]), 0)
      this.#seam = next
      this.#seamAt = rest.length
      this.#behind = [next.subarray(needed), ...others]
      this.#behindLength -= needed
    } else {
      this.#take(next === undefined ? rest : Buffer.concat([rest, ...this.#behind]), 0)
      this.#behind = []
      this.#behindLength = 0
    }
  }

  /** Goes on in the chunk itself: what is in front of `at` in `bytes` was the end of the one before it. */
  #leaveSeam(chunk: Buffer): void {
    this.#behindLength -= this.#behind.shift()!.length
    this.#seam = undefined
    this.#take(chunk, this.at - this.#seamAt)
  }

  #take(bytes: Buffer, at: number): void {
    this.bytes = bytes
    this.#view = viewOf(bytes)
    this.at = at
  }

  #passed(): boolean {
    if (this.#inLine) return false
    const to = this.#passing(this.bytes, this.at)
    if (to === this.at) return false
    this.kind = 'passed'
    this.from = this.at
    this.to = this.at = to
    return true
  }

  /** The header that nearly every server writes, and nothing else, without a search. */
  #plainFrame(): boolean {
    if (!PLAIN.isAt(this.#view, this.at)) return false
    const { bytes } = this
    let at = this.at + PLAIN.length
    let length = 0
    const digits = at
    let digit = bytes[at]! - ZERO
    while (digit >= 0 && digit <= 9) {
      length = length * 10 + digit
      digit = bytes[++at]! - ZERO
    }
    if (at === digits || at - digits > MOST_DIGITS || at + 4 > bytes.length) return false
    if (bytes[at] !== CR || bytes[at + 1] !== LF || bytes[at + 2] !== CR || bytes[at + 3] !== LF) return false
    this.#frame(this.at, at + 4, length)
    return true
  }

  #search(): boolean {
    const found = findHeader(this.bytes, this.at, this.#inLine)
    this.#inLine = found.inLine
    if (found.noiseEnd > this.at) {
      this.kind = 'noise'
      this.from = this.at
      this.to = found.noiseEnd
      this.at = found.noiseEnd
      return true
    }
    if (found.frame === undefined) {
      this.#enough = this.bytes.length - this.at + 1
      return this.#behindLength > 0 && this.next()
    }
    this.#frame(this.at, this.at + found.frame.header, found.frame.body)
    return true
  }

  #frame(from: number, body: number, length: number): void {
    this.kind = 'frame'
    this.from = from
    this.body = body
    this.to = Math.min(body + length, this.bytes.length)
    this.left = body + length - this.to
    this.at = this.to
    this.#inLine = false
  }
}

const PLAIN = new FixedText('Content-Length: ')
const ZERO = 0x30
const MOST_DIGITS = 10

interface HeaderSearch {
  /** Where the noise before the header, or before what may become one, ends. */
  readonly noiseEnd: number
  /** Whether that is inside a line that is no header line, whatever comes. */
  readonly inLine: boolean
  /** The lengths of header and body. Undefined: no whole header yet. */
  readonly frame: { readonly header: number; readonly body: number } | undefined
}

/**
 * Finds the first header at or after `from`: a run of header lines with a length among them, and an empty line.
 * `inLine`: `from` is not the start of a line.
 *
 * Law: however the bytes are cut into chunks, the same headers are found. So only a line that is whole is judged,
 * and of one that is not, nothing is called noise that could still be part of a header.
 */
function findHeader(bytes: Buffer, from: number, inLine: boolean): HeaderSearch {
  let start = from
  let length: number | undefined
  let fromItsStart = !inLine
  for (let line = from; ; ) {
    const lf = bytes.indexOf(LF, line)
    if (lf < 0) {
      const mayBeHeader = fromItsStart && (length === undefined ? HEADER_LINE_START : ANY_LINE_START)
      return { ...noiseBeforeUnfinished(bytes, start, line, mayBeHeader), frame: undefined }
    }
    const end = lf > line && bytes[lf - 1] === CR ? lf - 1 : lf
    if (end === line && length !== undefined) {
      return { noiseEnd: start, inLine: false, frame: { header: lf + 1 - start, body: length } }
    }
    // The end of a line, since text that a server printed without a line's end may stand right before a length.
    const text = bytes.toString('latin1', Math.max(line, end - LONGEST_HEADER), end)
    const value = CONTENT_LENGTH.exec(text)
    // Behind a length, editors take any line with a colon for a header's: a log line may stand in the middle of one.
    const form = length === undefined || value !== null ? HEADER_LINE : ANY_HEADER_LINE
    const isHeaderLine = fromItsStart && end - line <= LONGEST_HEADER && form.test(text)
    const odd = isHeaderLine ? ODD_LENGTH.exec(text) : null
    const isTooLong = lf + 1 - start > LONGEST_HEADER
    if (value !== null && (value.index === 0 || length === undefined || !isHeaderLine)) {
      const begins = value.index > 0 || end - line > LONGEST_HEADER || isTooLong
      if (begins) start = end - text.length + value.index
      length = Number(value[1])
    } else if (odd !== null) {
      if (isTooLong) start = line
      length = Number(odd[1])
    } else if (!isHeaderLine || isTooLong) {
      start = lf + 1
      length = undefined
    }
    line = lf + 1
    fromItsStart = true
  }
}

/** How much of the bytes is noise for certain, where they end inside a line. */
function noiseBeforeUnfinished(
  bytes: Buffer,
  start: number,
  line: number,
  mayBeHeader: RegExp | false,
): Pick<HeaderSearch, 'noiseEnd' | 'inLine'> {
  // The last byte may be the CR of the line's end.
  const longest = LONGEST_HEADER + 1
  const tailStart = Math.max(line, bytes.length - longest)
  const tail = bytes.toString('latin1', tailStart)
  if (mayBeHeader !== false && tailStart === line && mayBeHeader.test(tail))
    return { noiseEnd: start, inLine: false }
  const length = CONTENT_LENGTH_START.exec(tail)
  return { noiseEnd: length === null ? bytes.length : tailStart + length.index, inLine: true }
}

const CONTENT_LENGTH = /content-length[ \t]*:[ \t]*(\d{1,10})[ \t]*$/i
// As editors that read it with parseInt do (vscode-jsonrpc): what they take for a frame must not be noise here.
const ODD_LENGTH = /^content-length[ \t]*:\s*\+?0*(\d{1,10})(?!\d)/i
const ANY_HEADER_LINE = /:/
const HEADER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:/
// What may become one of these with the bytes that follow. Both are linear: anything may be printed.
const CONTENT_LENGTH_START = /c[a-z-]{0,13}(?:[ \t]*(?::[ \t]*(?:\d{1,10}[ \t]*)?)?)?\r?$/i
const ANY_LINE_START = /^/
const HEADER_LINE_START = /^(?:\r?$|[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(?:$|:))/

/** A frame around `message`, for the proxy's own traffic. */
export function frameOf(message: object): Buffer {
  return frameAround(JSON.stringify(message))
}

/** A frame around a body that is JSON already. */
export function frameAround(json: string | Buffer): Buffer {
  const body = typeof json === 'string' ? Buffer.from(json, 'utf8') : json
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}
