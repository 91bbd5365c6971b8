import { bomLength } from './utf8.ts'

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const BOM_BYTES = 3

/**
 * `normalize` of bytes that come in slices: each of what comes of it is there until the next is asked for.
 * `roomBytes`: how much is put together at a time, but for longer runs of blanks.
 */
export function* normalizeSlices(slices: Iterable<Uint8Array>, roomBytes = 32 * 1024): Generator<Uint8Array> {
  const kept = new Kept(roomBytes)
  for (const slice of slices)
    for (let at = kept.take(slice, 0); at < slice.length; at = kept.take(slice, at)) {
      yield kept.certain()
      kept.makeRoom()
    }
  yield kept.rest()
}

/** What is left of the bytes so far, and was not given out yet. */
class Kept {
  #room: Buffer
  #length = 0
  /** Up to where it was given out, or dropped. */
  #done = 0
  /** Nothing but byte order marks have come so far. */
  #isStart = true

  constructor(roomBytes: number) {
    this.#room = Buffer.allocUnsafe(roomBytes)
  }

  /** Takes bytes of a slice from `from` on, as many as there is room for; returns where the others begin. */
  take(slice: Uint8Array, from: number): number {
    const room = this.#room
    let length = this.#length
    let at = from
    for (; at < slice.length; at++) {
      const byte = slice[at]!
      if (byte === CR) continue
      if (byte === LF) length = lengthWithoutBlanks(room, length)
      if (length === room.length) break
      room[length++] = byte
    }
    this.#length = length
    return at
  }

  /** What no byte that follows changes any more. */
  certain(): Buffer {
    const end = lengthWithoutBlanks(this.#room, this.#length)
    const start = this.#startBefore(end)
    // Too few to tell whether they begin a byte order mark.
    if (this.#isStart && end - start < BOM_BYTES) {
      this.#done = start
      return this.#room.subarray(0, 0)
    }
    this.#isStart = false
    this.#done = end
    return this.#room.subarray(start, end)
  }

  /** Once what was given out is not needed any more. */
  makeRoom(): void {
    const rest = this.#room.subarray(this.#done, this.#length)
    // Blanks alone: whether they end a line is not known.
    const room = this.#done === 0 ? Buffer.allocUnsafe(2 * this.#room.length) : this.#room
    room.set(rest)
    this.#room = room
    this.#length = rest.length
    this.#done = 0
  }

  rest(): Buffer {
    const end = lengthWithoutBlanks(this.#room, this.#length)
    return this.#room.subarray(this.#startBefore(end), end)
  }

  #startBefore(end: number): number {
    let start = 0
    if (this.#isStart) while (bomLength(this.#room.subarray(start, end)) > 0) start += BOM_BYTES
    return start
  }
}

function lengthWithoutBlanks(bytes: Buffer, length: number): number {
  let end = length
  while (end > 0 && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--
  return end
}
