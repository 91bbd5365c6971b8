import { viewOf } from '../edits/buffer-view.ts'
import type { Hasher } from '../edits/hash.ts'

/** A chunk is written while the next one is put together; the two of them fit a processor's cache. */
const CHUNK_BYTES = 256 * 1024
const BASE64_SLICE = 3 * 64 * 1024 // of three bytes each, or it would be padded

/** Lines as bytes, each with its hash. They are taken away in chunks, whose memory is used again. */
export class LineBytes {
  readonly #hasher: Hasher
  #sum: ReturnType<Hasher['stream']>
  #bytes: Buffer
  #length = 0
  /** Up to where the bytes are hashed. */
  #hashed = 0
  /** The memory of the chunk that was taken before. */
  #spare: Buffer = Buffer.alloc(0)

  /** `size`: about how many bytes will come. */
  constructor(hasher: Hasher, size: number) {
    this.#hasher = hasher
    this.#sum = hasher.stream()
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(size, CHUNK_BYTES))
  }

  text(text: string): void {
    // UTF-8 takes three bytes at most for each UTF-16 unit.
    this.#reserve(3 * text.length)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  base64(bytes: Uint8Array): void {
    this.#reserve(base64Length(bytes.length))
    for (let at = 0; at < bytes.length; at += BASE64_SLICE) {
      const slice = viewOf(bytes.subarray(at, at + BASE64_SLICE))
      this.#length += this.#bytes.write(slice.toString('base64'), this.#length, 'latin1')
    }
  }

  /** The hash of the line up to here. What follows, up to and including the LF, is no part of it. */
  sum(): string {
    this.#hash()
    return this.#sum.digest()
  }

  endLine(text: string): void {
    this.text(text)
    this.#hashed = this.#length
    this.#sum = this.#hasher.stream()
  }

  get isFull(): boolean {
    return this.#length >= CHUNK_BYTES
  }

  /** The bytes since the last chunk. They stay as they are until the next chunk has been taken. */
  take(): Buffer {
    this.#hash()
    const chunk = this.#bytes.subarray(0, this.#length)
    ;[this.#bytes, this.#spare] = [this.#spare, this.#bytes]
    this.#length = 0
    this.#hashed = 0
    return chunk
  }

  #hash(): void {
    this.#sum.update(this.#bytes.subarray(this.#hashed, this.#length))
    this.#hashed = this.#length
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(
      Math.max(2 * this.#bytes.length, this.#length + length, this.#spare.length),
    )
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

/** What so many bytes take in base64, padded. */
export function base64Length(length: number): number {
  return 4 * Math.ceil(length / 3)
}
