import type { Readable } from 'node:stream'

/** What comes out of one end, kept until a test takes it. */
export class Inbox {
  readonly source: Readable
  #kept = Buffer.allocUnsafe(2 ** 16)
  #length = 0
  #ended = false
  #wake: () => void = () => {}
  #divert: ((chunk: Buffer) => void) | undefined

  constructor(source: Readable) {
    this.source = source
    source.on('data', (chunk: Buffer) => this.#take(chunk))
    source.on('error', () => {}) // an end that breaks off has ended too
    source.once('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Bytes that came and are not taken yet. */
  get length(): number {
    return this.#length
  }

  get bytes(): Buffer {
    return this.#kept.subarray(0, this.#length)
  }

  /** Resolves once so many bytes are there. */
  async reach(length: number): Promise<void> {
    await this.#until(() => this.#length >= length)
  }

  /** Takes what came up to the end of the first `mark`, once that is there. */
  async takeThrough(mark: string | Buffer): Promise<Buffer> {
    const bytes = Buffer.from(mark)
    let looked = 0
    let at = -1
    await this.#until(() => {
      at = this.bytes.indexOf(bytes, looked)
      looked = Math.max(0, this.#length - bytes.length)
      return at >= 0
    })
    return this.#cut(at + bytes.length)
  }

  /** Takes everything that is left, once the stream has ended. */
  async takeAll(): Promise<Buffer> {
    await this.#until(() => this.#ended)
    return this.#cut(this.#length)
  }

  /** From now on nothing is kept: what is there and what comes goes to `take`. */
  divert(take: (chunk: Buffer) => void): void {
    if (this.#length > 0) take(this.#cut(this.#length))
    this.#divert = take
  }

  #take(chunk: Buffer): void {
    if (this.#divert !== undefined) return this.#divert(chunk)
    if (this.#length + chunk.length > this.#kept.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#length + chunk.length))
      this.bytes.copy(larger)
      this.#kept = larger
    }
    chunk.copy(this.#kept, this.#length)
    this.#length += chunk.length
    this.#wake()
  }

  #cut(length: number): Buffer {
    const taken = Buffer.from(this.#kept.subarray(0, length))
    this.#kept.copyWithin(0, length, this.#length)
    this.#length -= length
    return taken
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#ended)
        throw new Error(`the stream ended first, after: ${this.bytes.toString('latin1').slice(-200)}`)
      await new Promise<void>((done) => {
        this.#wake = done
      })
    }
  }
}
