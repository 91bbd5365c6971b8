const SLAB_BYTES = 1 << 20

/**
 * Memory for many small texts. A memory block of its own for each takes longer to make, and later to collect, than
 * the text to write. What is given out once is never given out again; the block stays as long as any of it is used.
 */
export class Slab {
  #free: Buffer = Buffer.alloc(0)
  /** Bytes that will be asked for yet, at most. */
  #ahead: number

  constructor(ahead: number) {
    this.#ahead = ahead
  }

  /** Memory that holds anything. */
  take(length: number): Buffer {
    if (this.#free.length < length)
      this.#free = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.#ahead, SLAB_BYTES)))
    const taken = this.#free.subarray(0, length)
    this.#free = this.#free.subarray(length)
    this.#ahead -= length
    return taken
  }
}
