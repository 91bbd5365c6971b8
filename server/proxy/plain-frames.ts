import { wordsOf } from './fixed-text.ts'

/**
 * Steps over whole frames that nobody wants to see, where they are written as nearly everybody writes them.
 *
 * It only saves time: whatever it does not know at a glance it leaves to be read by the book (`FrameCutter`,
 * `Routes`). Small messages come by the hundred thousand, and read by the book each costs more than passing it on
 * does; so their bytes are compared where they stand, four at a time, in one loop that calls nothing but what is inlined.
 *
 * Law: what it steps over, the book passes.
 */
export class PlainFrames {
  /** Of each watched method: how many words its first bytes fill, and those words. */
  readonly #watched: Int32Array

  constructor(methods: readonly string[]) {
    const starts = methods.map((method) => wordsOf(method.slice(0, LONGEST_METHOD)))
    this.#watched = Int32Array.from(starts.flatMap((start) => [start.length, ...start]))
  }

  /**
   * The offset after the last frame to be stepped over; `from`, where there is none.
   * `answers`: whether those are stepped over, too.
   */
  after(bytes: Uint8Array, from: number, answers: boolean): number {
    const watched = this.#watched
    // Made here: a view that is not handed on costs nothing to read from.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const last = bytes.length - LONGEST_LOOK
    let at = from
    frames: while (at < last) {
      if (view.getInt32(at, true) !== CONT || view.getInt32(at + 4, true) !== ENT) break
      if (view.getInt32(at + 8, true) !== LENG || view.getInt32(at + 12, true) !== TH) break
      let body = at + 16
      let length = 0
      for (let digit = bytes[body]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++body]! - ZERO)
        length = length * 10 + digit
      if (body === at + 16 || body > at + 16 + MOST_DIGITS || view.getInt32(body, true) !== EMPTY_LINE) break
      body += 4
      const end = body + length
      if (end > bytes.length || bytes[end - 1] !== CLOSE) break

      if (view.getInt32(body, true) !== JS || view.getInt32(body + 4, true) !== ONRP) break
      if (view.getInt32(body + 8, true) !== C || view.getInt32(body + 12, true) !== TWO) break
      if (bytes[body + 16] !== COMMA) break
      let key = body + 17
      if (view.getInt32(key, true) === ID) {
        if (bytes[key + 4] !== COLON) break
        key += 5
        const id = key
        for (let digit = bytes[key]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++key]! - ZERO);
        if (key === id || key > id + MOST_DIGITS || bytes[key++] !== COMMA) break
        if (view.getInt32(key, true) === RES && view.getInt32(key + 4, true) === ULT) {
          if (!answers || bytes[key + 8] !== COLON) break
          at = end
          continue
        }
      }
      if (view.getInt32(key, true) !== MET || view.getInt32(key + 4, true) !== HOD) break
      if (bytes[key + 8] !== COLON || bytes[key + 9] !== QUOTE) break
      // Behind an escape the same character stands in other bytes.
      const first = view.getInt32(key + 10, true)
      if (hasBackslash(first)) break
      for (let i = 0; i < watched.length; i += watched[i]! + 1) {
        if (watched[i + 1] !== first) continue
        const count = watched[i]!
        let w = 1
        while (w < count && view.getInt32(key + 10 + 4 * w, true) === watched[i + 1 + w]) w++
        if (w === count || hasBackslash(view.getInt32(key + 10 + 4 * w, true))) break frames
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
const LONGEST_METHOD = 48
/** From a frame's first byte to the last that is looked at. */
const LONGEST_LOOK = 128

const [CONT, ENT, LENG, TH] = wordsOf('Content-Length: ') as [number, number, number, number]
const [EMPTY_LINE] = wordsOf('\r\n\r\n') as [number]
const [JS, ONRP, C, TWO] = wordsOf('{"jsonrpc":"2.0"') as [number, number, number, number]
const [ID] = wordsOf('"id"') as [number]
const [MET, HOD] = wordsOf('"method"') as [number, number]
const [RES, ULT] = wordsOf('"result"') as [number, number]
