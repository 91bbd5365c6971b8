import { doublesOf, wordsOf } from './fixed-text.ts'

/**
 * Steps over whole frames that nobody wants to see, where they are written as nearly everybody writes them.
 *
 * It only saves time: whatever it does not know at a glance it leaves to be read by the book (`FrameCutter`,
 * `Routes`). Small messages come by the hundred thousand, and read by the book each costs more than passing it on
 * does; so their bytes are compared where they stand, eight at a time, in one loop that calls nothing but what is
 * inlined. Eight bytes are a double, which V8 compares without making an object of it; no text is one that is NaN.
 *
 * Law: what it steps over, the book passes.
 */
export class PlainFrames {
  /** By a method's first byte: which of the watched ones, in alphabetical order, begin with it. */
  readonly #first = new Uint8Array(256)
  readonly #behind = new Uint8Array(256)
  /** Of each watched method its first four bytes; where its next ones begin in `#rests`. */
  readonly #starts: Int32Array
  readonly #from: Int32Array
  readonly #rests: Float64Array

  constructor(methods: readonly string[]) {
    const sorted = methods.toSorted()
    const rests = sorted.map((method) => doublesOf(`${method}"`.slice(4, LONGEST_METHOD)))
    this.#starts = Int32Array.from(sorted, (method) => wordsOf(method)[0]!)
    this.#from = Int32Array.from([0, ...rests.map((_, i) => rests.slice(0, i + 1).flat().length)])
    this.#rests = Float64Array.from(rests.flat())
    sorted.forEach((method, i) => {
      const byte = method.charCodeAt(0)
      if (this.#behind[byte] === 0) this.#first[byte] = i
      this.#behind[byte] = i + 1
    })
  }

  /**
   * The offset after the last frame to be stepped over; `from`, where there is none.
   * `answers`: whether those are stepped over, too.
   */
  after(bytes: Uint8Array, from: number, answers: boolean): number {
    const watchedFirst = this.#first
    const watchedBehind = this.#behind
    const starts = this.#starts
    const rests = this.#rests
    const froms = this.#from
    // Made here: a view that is not handed on costs nothing to read from.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const last = bytes.length - LONGEST_LOOK
    let at = from
    frames: while (at < last) {
      if (view.getFloat64(at, true) !== CONTENT || view.getFloat64(at + 8, true) !== LENGTH) break
      let body = at + 16
      let length = 0
      for (let digit = bytes[body]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++body]! - ZERO)
        length = length * 10 + digit
      if (body === at + 16 || body > at + 16 + MOST_DIGITS || view.getInt32(body, true) !== EMPTY_LINE) break
      body += 4
      const end = body + length
      if (end > bytes.length || bytes[end - 1] !== CLOSE) break

      if (view.getFloat64(body, true) !== JSONRP || view.getFloat64(body + 8, true) !== C_TWO) break
      if (bytes[body + 16] !== COMMA) break
      let key = body + 17
      if (view.getInt32(key, true) === ID) {
        if (bytes[key + 4] !== COLON) break
        key += 5
        const id = key
        for (let digit = bytes[key]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++key]! - ZERO);
        if (key === id || key > id + MOST_DIGITS || bytes[key++] !== COMMA) break
        if (view.getFloat64(key, true) === RESULT) {
          if (!answers || bytes[key + 8] !== COLON) break
          at = end
          continue
        }
      }
      if (view.getFloat64(key, true) !== METHOD || bytes[key + 8] !== COLON || bytes[key + 9] !== QUOTE) break
      // Behind an escape the same character stands in other bytes.
      const start = view.getInt32(key + 10, true)
      if (hasBackslash(start)) break
      const byte = bytes[key + 10]!
      const behind = watchedBehind[byte]!
      for (let i = watchedFirst[byte]!; i < behind; i++) {
        if (starts[i] !== start) continue
        let word = key + 14
        let w = froms[i]!
        const to = froms[i + 1]!
        while (w < to && view.getFloat64(word, true) === rests[w]) {
          w++
          word += 8
        }
        if (
          w === to ||
          hasBackslash(view.getInt32(word, true)) ||
          hasBackslash(view.getInt32(word + 4, true))
        )
          break frames
      }
      at = end
    }
    return at
  }
}

/** Whether one of four bytes is a backslash (a zero byte in a word: "Bit Twiddling Hacks", S. E. Anderson). */
function hasBackslash(word: number): boolean {
  const zeroed = word ^ BACKSLASHES
  return ((zeroed - 0x01010101) & ~zeroed & 0x80808080) !== 0
}

const ZERO = 0x30
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const CLOSE = 0x7d
const BACKSLASHES = 0x5c5c5c5c
const MOST_DIGITS = 9
/** Of a method: what is the same so far is for the book. */
const LONGEST_METHOD = 4 + 5 * 8
/** From a frame's first byte to the last that is looked at. */
const LONGEST_LOOK = 128

const [CONTENT, LENGTH] = doublesOf('Content-Length: ') as [number, number]
const [EMPTY_LINE] = wordsOf('\r\n\r\n') as [number]
const [JSONRP, C_TWO] = doublesOf('{"jsonrpc":"2.0"') as [number, number]
const [ID] = wordsOf('"id"') as [number]
const [METHOD] = doublesOf('"method"') as [number]
const [RESULT] = doublesOf('"result"') as [number]
