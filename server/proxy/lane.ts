import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { FrameReader } from './frames.ts'

/** What is to become of a frame. */
export type Verdict =
  | { readonly kind: 'pass' }
  /** Passed on at once; looked at afterwards. */
  | { readonly kind: 'observe'; readonly look: () => void }
  /** Kept back, and everything behind it, until `settle` says what goes on in its place; undefined: nothing. */
  | { readonly kind: 'hold'; readonly settle: () => Promise<Buffer | undefined> }

export const PASS: Verdict = { kind: 'pass' }

/**
 * One direction of the relay. Frames go on as the bytes that came, in order; what is written is always whole
 * frames, so an own message fits between any two writes.
 *
 * It reads no further while its sink is full or a frame is held: that is the back-pressure, and all of the queue.
 */
export class Lane {
  readonly #source: Readable
  readonly #sink: Writable
  readonly #judge: (body: Buffer, frame: Buffer) => Verdict
  readonly #reader = new FrameReader()
  #run: Buffer[] = []
  #looks: (() => void)[] = []

  constructor(source: Readable, sink: Writable, judge: (body: Buffer, frame: Buffer) => Verdict) {
    this.#source = source
    this.#sink = sink
    this.#judge = judge
    // Where nobody takes it, nothing is read any more: that ends `run`. Without a listener an error would end the
    // process; a sink may also close without one.
    sink.on('error', () => source.destroy())
    sink.on('close', () => source.destroy())
  }

  /**
   * Resolves when the source has ended and everything is written, or the sink takes no more.
   * Rejects with what judging, settling or looking threw; what came before that frame is written.
   */
  async run(): Promise<void> {
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const chunk of this.#source) {
        try {
          await this.#take(chunk as Buffer)
        } catch (error) {
          failure = { error }
          break
        }
      }
    } catch {
      // A source that breaks off has ended as well as one that says so; what came before is delivered.
    }
    if (failure === undefined) this.#add(this.#reader.rest())
    await this.#flush()
    if (failure !== undefined) throw failure.error
  }

  /** Writes a message of the proxy's own. */
  inject(frame: Buffer): void {
    if (!this.#sink.writable) return
    this.#sink.write(frame)
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const piece of this.#reader.push(chunk)) {
      const verdict = piece.kind === 'noise' ? PASS : this.#judge(piece.body, piece.bytes)
      switch (verdict.kind) {
        case 'pass':
          this.#add(piece.bytes)
          break
        case 'observe':
          this.#add(piece.bytes)
          this.#looks.push(verdict.look)
          break
        case 'hold': {
          await this.#flush()
          const bytes = await verdict.settle()
          if (bytes !== undefined) this.#add(bytes)
          break
        }
      }
    }
    await this.#flush()
  }

  /** Adds to what goes out with the next write; neighbours in one chunk become one piece without copying. */
  #add(bytes: Buffer): void {
    if (bytes.length === 0) return
    const last = this.#run.at(-1)
    if (
      last !== undefined &&
      last.buffer === bytes.buffer &&
      last.byteOffset + last.length === bytes.byteOffset
    )
      this.#run[this.#run.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + bytes.length)
    else this.#run.push(bytes)
  }

  async #flush(): Promise<void> {
    const run = this.#run
    const looks = this.#looks
    this.#run = []
    this.#looks = []
    let more = true
    if (run.length > 0 && this.#sink.writable) {
      this.#sink.cork()
      for (const bytes of run) more = this.#sink.write(bytes)
      this.#sink.uncork()
    }
    for (const look of looks) look()
    if (!more) await drained(this.#sink)
  }
}

async function drained(sink: Writable): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  try {
    await Promise.race(['drain', 'close', 'error'].map((event) => once(sink, event, { signal })))
  } catch {
    // `error` rejects: the sink is gone, and its listener in the constructor has seen to the source.
  } finally {
    over.abort()
  }
}
