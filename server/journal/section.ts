import { viewOf } from '../edits/buffer-view.ts'
import { base64Length } from './base64.ts'

const BASE64_SLICE = 3 * 64 * 1024 // of three bytes each, or it would be padded
const FIRST_ROOM = 16 * 1024

/** Bytes that are put together. What was made for them is used again: new memory takes as long as what is done in it. */
export class Section {
  length = 0
  #bytes: Buffer = Buffer.alloc(0)

  text(text: string): void {
    // UTF-8 takes three bytes at most for each UTF-16 unit.
    this.#reserve(3 * text.length)
    this.length += this.#bytes.write(text, this.length, 'utf8')
  }

  base64(bytes: Uint8Array): void {
    this.#reserve(base64Length(bytes.length))
    for (let at = 0; at < bytes.length; at += BASE64_SLICE) {
      const slice = viewOf(bytes.subarray(at, at + BASE64_SLICE))
      this.length += this.#bytes.write(slice.toString('base64'), this.length, 'latin1')
    }
  }

  section(other: Section): void {
    this.#reserve(other.length)
    this.length += other.bytes.copy(this.#bytes, this.length)
  }

  /** Until something is added, or it is cleared. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  #reserve(length: number): void {
    const needed = this.length + length
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, needed, FIRST_ROOM))
    this.#bytes.copy(grown, 0, 0, this.length)
    this.#bytes = grown
  }
}
