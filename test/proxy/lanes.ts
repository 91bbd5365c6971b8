import { type Readable, Writable } from 'node:stream'
import { frameOf } from '../../server/proxy/frames.ts'
import { type Faults, Lane } from '../../server/proxy/lane.ts'
import type { Message } from '../../server/proxy/message.ts'
import { NO_ANSWERS, type Route, type Watched } from '../../server/proxy/routes.ts'

export const frame = (n: number | string): Buffer => frameOf({ method: String(n) })
export const text = (n: number | string): string => frame(n).toString()
export const bodyOf = (n: number | string): string => JSON.stringify({ method: String(n) })

/** Keeps what it is given; takes each write only when it is told to. */
export class SlowSink extends Writable {
  readonly taken: Buffer[] = []
  #waiting: (() => void)[] = []
  #open = false

  constructor(highWaterMark = 1) {
    super({ highWaterMark })
  }

  get text(): string {
    return Buffer.concat(this.taken).toString()
  }

  /** From now on everything is taken at once. */
  open(): void {
    this.#open = true
    for (const take of this.#waiting.splice(0)) take()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk)
    if (this.#open) done()
    else this.#waiting.push(done)
  }
}

export function openSink(): SlowSink {
  const sink = new SlowSink(1 << 20)
  sink.open()
  return sink
}

export interface Gate<T> {
  readonly promise: Promise<T>
  open(value: T): void
}

export function gate<T>(): Gate<T> {
  let open: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    open = done
  })
  return { promise, open }
}

/** Lets everything run that needs no more input. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((done) => setImmediate(done))
}

/** Watches these methods and nothing else. */
export const watching = (calls: Record<string, Route>): Watched => ({
  calls,
  answers: NO_ANSWERS,
  undecided: () => 'pass',
})
export const NOTHING = watching({})
export const hold = (settle: (message: Message) => Promise<Buffer | undefined>): Route => ({
  kind: 'hold',
  settle,
  tooLong: () => 'pass',
})
export const observe = (look: (message: Message) => unknown): Route => ({ kind: 'observe', look })

export const failing: Faults = {
  garbled: () => {},
  failed: (error) => {
    throw error
  },
}
export const laneOf = (source: Readable, sink: Writable, watched = NOTHING, faults = failing) =>
  new Lane(source, sink, watched, faults)
