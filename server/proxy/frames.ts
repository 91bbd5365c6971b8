/**
 * Cuts a byte stream into LSP frames without touching a byte of them.
 *
 * A frame is header lines, one of them `Content-Length`, an empty line, and so many bytes of body (LSP 3.17,
 * "Base Protocol"). Lines end with CRLF; a lone LF is taken too. Whatever stands between frames is noise: a log
 * line on stdout. It is handed on in its place.
 */
export type Piece =
  | { readonly kind: 'frame'; readonly bytes: Buffer; readonly body: Buffer }
  | { readonly kind: 'noise'; readonly bytes: Buffer }

const LF = 10
const CR = 13
/** A header longer than this is none, nor is a line of one. */
const LONGEST_HEADER = 8 * 1024

export class FrameReader {
  /** Bytes that came and are not yet part of a whole piece, in order. */
  #kept: Buffer[] = []
  #length = 0
  /** Total bytes of the frame that is being collected, its header included; its header's length. */
  #frame: { readonly total: number; readonly header: number } | undefined
  /** Whether what is kept begins inside a line whose beginning was handed on as noise. */
  #inLine = false

  /** Takes a chunk and returns every piece that is whole by now. */
  push(chunk: Buffer): Piece[] {
    this.#kept.push(chunk)
    this.#length += chunk.length
    // Most of a large frame comes in chunks that complete nothing: nothing is copied or looked at then.
    if (this.#frame !== undefined && this.#length < this.#frame.total) return []
    return this.#cut(this.#take())
  }

  /** What is left when the stream ends: a frame or a header cut short. */
  rest(): Buffer {
    return this.#take()
  }

  #take(): Buffer {
    const bytes = this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept, this.#length)
    this.#kept = []
    this.#length = 0
    return bytes
  }

  #cut(bytes: Buffer): Piece[] {
    const pieces: Piece[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#frame === undefined) {
        const found = findHeader(bytes, at, this.#inLine)
        if (found.noiseEnd > at) pieces.push({ kind: 'noise', bytes: bytes.subarray(at, found.noiseEnd) })
        at = found.noiseEnd
        this.#inLine = found.inLine
        if (found.frame === undefined) break
        this.#frame = found.frame
      }
      const { total, header } = this.#frame
      if (bytes.length - at < total) break
      pieces.push({
        kind: 'frame',
        bytes: bytes.subarray(at, at + total),
        body: bytes.subarray(at + header, at + total),
      })
      at += total
      this.#frame = undefined
    }
    if (at < bytes.length) {
      this.#kept = [bytes.subarray(at)]
      this.#length = bytes.length - at
    }
    return pieces
  }
}

interface HeaderSearch {
  /** Where the noise before the header, or before what may become one, ends. */
  readonly noiseEnd: number
  /** Whether that is inside a line that is no header line, whatever comes. */
  readonly inLine: boolean
  /** Undefined: no whole header yet. */
  readonly frame: { readonly total: number; readonly header: number } | undefined
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
    if (lf < 0) return { ...noiseBeforeUnfinished(bytes, start, line, fromItsStart), frame: undefined }
    const end = lf > line && bytes[lf - 1] === CR ? lf - 1 : lf
    if (end === line && length !== undefined) {
      const header = lf + 1 - start
      return { noiseEnd: start, inLine: false, frame: { total: header + length, header } }
    }
    // The end of a line, since text that a server printed without a line's end may stand right before a length.
    const text = bytes.toString('latin1', Math.max(line, end - LONGEST_HEADER), end)
    const isHeaderLine = fromItsStart && end - line <= LONGEST_HEADER && HEADER_LINE.test(text)
    const value = CONTENT_LENGTH.exec(text)
    if (value !== null && (value.index === 0 || length === undefined || !isHeaderLine)) {
      if (value.index > 0 || end - line > LONGEST_HEADER) start = end - text.length + value.index
      length = Number(value[1])
    } else if (!isHeaderLine || lf + 1 - start > LONGEST_HEADER) {
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
  fromItsStart: boolean,
): Pick<HeaderSearch, 'noiseEnd' | 'inLine'> {
  // The last byte may be the CR of the line's end.
  const longest = LONGEST_HEADER + 1
  const tailStart = Math.max(line, bytes.length - longest)
  const tail = bytes.toString('latin1', tailStart)
  if (fromItsStart && tailStart === line && HEADER_LINE_START.test(tail))
    return { noiseEnd: start, inLine: false }
  const length = CONTENT_LENGTH_START.exec(tail)
  return { noiseEnd: length === null ? bytes.length : tailStart + length.index, inLine: true }
}

const CONTENT_LENGTH = /content-length[ \t]*:[ \t]*(\d{1,10})[ \t]*$/i
const HEADER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:/
// What may become one of these with the bytes that follow. Both are linear: anything may be printed.
const CONTENT_LENGTH_START = /c[a-z-]{0,13}(?:[ \t]*(?::[ \t]*(?:\d{1,10}[ \t]*)?)?)?\r?$/i
const HEADER_LINE_START = /^(?:\r?$|[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(?:$|:))/

/** A frame around `message`, for the proxy's own traffic. */
export function frameOf(message: object): Buffer {
  return frameAround(JSON.stringify(message))
}

/** A frame around a body that is JSON already. */
export function frameAround(json: string): Buffer {
  const body = Buffer.from(json, 'utf8')
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}
