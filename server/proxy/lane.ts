import type { Readable, Writable } from 'node:stream'
import { FrameCutter } from './frames.ts'
import { Message } from './message.ts'
import { type Route, Routes, type Watched } from './routes.ts'

/** Bytes of one message: a longer one is not collected. (V8 makes no string of twice as many.) */
const LONGEST_MESSAGE = 256 * 2 ** 20

/**
 * Bytes that may wait in the sink while more is read. With none, every write that is a little larger than what is
 * free in a pipe would stop the reading until the rest of it is gone: a third of the rate of a stream.
 */
const MOST_WAITING = 256 * 1024

/** Who hears what is wrong with that which passes. */
export interface Faults {
  /** A frame's length is not that of the message in it, or there is no message in it. Told once. */
  readonly garbled: () => void
  /** Looking at a message failed, or settling it; its bytes went on as they came. */
  readonly failed: (error: unknown) => void
}

/** `unwanted`: the sink takes no more. The source is read on all the same, for its end to be seen. */
export type LaneEnd = 'ended' | 'unwanted'

/**
 * One direction of the relay. Bytes go on as they came, in order, and as soon as it is known that nobody needs the
 * whole message that they are part of: a long one is not waited for.
 *
 * It reads no further while its sink is full or a message is held: that is the back-pressure, and all of the queue.
 */
export class Lane {
  readonly #source: Readable
  readonly #sink: Writable
  readonly #routes: Routes
  readonly #faults: Faults
  readonly #longest: number
  readonly #cutter = new FrameCutter((bytes, at) => this.#routes.afterPassing(bytes, at))

  /** What goes on with the next write: a range of one chunk. */
  #pending: Buffer = NOTHING
  #pendingFrom = 0
  #pendingTo = 0
  /** What is to be done once that is written. */
  #looks: (() => void)[] = []

  /** What becomes of the frame that is being read. */
  #mode: 'pass' | 'drop' | Route = 'pass'
  /** What has come of it, where it is collected, and the length of its header. */
  #parts: Buffer[] = []
  #header = 0
  /** A held message is being settled. */
  #settling = false

  /** The proxy's own messages that wait until a frame has passed; that wait until nothing is held. */
  #own: Buffer[] = []
  #ownUnheld: Buffer[] = []

  #isCorked = false
  #reading = true
  #full = false
  #refused = false
  #over = false
  #garbled = false
  #behindFrame: 'a body' | 'no body' | undefined
  #heardAt = 0
  #done: (end: LaneEnd) => void = () => {}

  constructor(source: Readable, sink: Writable, watched: Watched, faults: Faults, longest = LONGEST_MESSAGE) {
    this.#source = source
    this.#sink = sink
    this.#routes = new Routes(watched)
    this.#faults = faults
    this.#longest = longest
    sink.on('drain', () => {
      this.#full = false
      this.#flow()
    })
    // Without a listener an error would end the process; a sink may also close without one.
    const refuse = () => {
      this.#refused = true
      this.#flow()
      this.#done('unwanted')
    }
    sink.on('error', refuse)
    sink.on('close', refuse)
  }

  /** Resolves when the source has ended and its last bytes are handed to the sink, or nobody takes them. */
  run(): Promise<LaneEnd> {
    return new Promise((done) => {
      this.#done = done
      if (!this.#sink.writable) this.#refused = true
      const end = () => {
        this.#over = true
        this.#read()
      }
      this.#source.on('data', (chunk: Buffer) => this.#take(chunk))
      this.#source.on('end', end)
      // A source that breaks off has ended as well as one that says so.
      this.#source.on('error', end)
      this.#source.on('close', end)
      if (this.#source.readableEnded || this.#source.destroyed) end()
    })
  }

  /** Writes a message of the proxy's own, as soon as no other one is in the middle of passing. */
  inject(frame: Buffer): void {
    if (!this.#sink.writable) return
    if (this.#insideFrame) this.#own.push(frame)
    else {
      this.#write()
      this.#sink.write(frame)
    }
  }

  /**
   * The same for what waits for an answer: an editor that waits for the response that is held would not give one,
   * and one that is asked something in between may act on what it does not know yet.
   */
  injectUnheld(frame: Buffer): void {
    if (this.#isHeld) this.#ownUnheld.push(frame)
    else this.inject(frame)
  }

  /** When something came last (`Date.now()`); undefined: it is kept back, by the sink or by a held message. */
  get quietSince(): number | undefined {
    return this.#reading ? this.#heardAt : undefined
  }

  get isSettling(): boolean {
    return this.#settling
  }

  #take(chunk: Buffer): void {
    this.#heardAt = Date.now()
    this.#cutter.push(chunk)
    this.#read()
  }

  #read(): void {
    const cutter = this.#cutter
    while (!this.#settling && cutter.next()) {
      if (cutter.kind === 'frame') this.#frame()
      else if (cutter.kind === 'more') this.#more()
      else if (cutter.kind === 'passed') this.#passed()
      else this.#noise()
    }
    this.#write()
    if (this.#isCorked) {
      this.#isCorked = false
      this.#sink.uncork()
    }
    this.#look()
    if (this.#over && !this.#settling) this.#end()
    else this.#flow()
  }

  #passed(): void {
    this.#mode = 'pass'
    this.#goOn(this.#cutter.from)
    this.#behindFrame = 'a body'
  }

  #frame(): void {
    const { bytes, from, body, to, left } = this.#cutter
    const route = this.#routes.of(bytes, body, to, left === 0)
    if (route === 'unknown yet' && to - from <= this.#longest) return this.#cutter.undecided()
    if (route === 'pass') this.#mode = route
    else if (to - from + left > this.#longest) this.#mode = this.#tooLong(route)
    else if (route !== 'unknown yet') this.#mode = route
    if (typeof this.#mode === 'object') {
      this.#parts = [bytes.subarray(from, to)]
      this.#header = body - from
    }
    this.#goOn(from)
    if (left === 0) this.#frameEnd(to > body)
  }

  #more(): void {
    const { bytes, from, to, left } = this.#cutter
    if (typeof this.#mode === 'object') this.#parts.push(bytes.subarray(from, to))
    this.#goOn(from)
    if (left === 0) this.#frameEnd(true)
  }

  #noise(): void {
    const { bytes, from } = this.#cutter
    // The end of a message whose length was told too small, or all of it.
    const first = bytes[from]
    const endsBody = first === CLOSE || first === CLOSE_LIST || first === QUOTE
    if (this.#behindFrame === 'a body' ? endsBody : this.#behindFrame && first === OPEN) this.#isGarbled()
    this.#behindFrame = undefined
    this.#mode = 'pass'
    this.#goOn(from)
  }

  /** Passes the current part on, where that is what becomes of it. */
  #goOn(from: number): void {
    if (this.#keepsBack) return
    const { bytes, to } = this.#cutter
    if (this.#pending !== bytes || this.#pendingTo !== from) {
      this.#cork()
      this.#write()
      this.#pending = bytes
      this.#pendingFrom = from
    }
    this.#pendingTo = to
  }

  /** What stands in two buffers, the end of a frame that was cut and what follows it, goes in one call. */
  #cork(): void {
    if (this.#isCorked || this.#pending === NOTHING) return
    this.#isCorked = true
    this.#sink.cork()
  }

  #frameEnd(hasBody: boolean): void {
    const mode = this.#mode
    this.#behindFrame = hasBody ? 'a body' : 'no body'
    if (hasBody && !endsValue(this.#cutter)) this.#isGarbled()
    if (typeof mode === 'object') {
      const frame = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
      this.#parts = []
      const message = new Message(frame, this.#header)
      if (mode.kind === 'hold') void this.#settle(mode.settle, message)
      else this.#looks.push(() => mode.look(message))
    }
    if (this.#own.length + this.#ownUnheld.length > 0) this.#writeOwn()
  }

  async #settle(settle: (message: Message) => Promise<Buffer | undefined>, message: Message): Promise<void> {
    this.#settling = true
    this.#write()
    this.#look()
    this.#flow()
    let settled: Buffer | undefined = message.frame
    try {
      settled = await settle(message)
    } catch (error) {
      this.#faults.failed(error)
    }
    this.#settling = false
    this.#mode = 'pass'
    if (settled !== undefined) this.#send(settled)
    this.#writeOwn()
    this.#read()
  }

  #tooLong(route: Route | 'unknown yet'): 'pass' | 'drop' {
    // What is said on the way goes before it.
    this.#mode = 'drop'
    if (route === 'unknown yet') return this.#routes.undecided()
    if (route.kind === 'hold') return route.tooLong(this.#routes.idIn(this.#cutter.bytes))
    this.#faults.failed(new Error('a message is too long to be looked at'))
    return 'pass'
  }

  get #keepsBack(): boolean {
    return this.#mode === 'drop' || (typeof this.#mode === 'object' && this.#mode.kind === 'hold')
  }

  get #insideFrame(): boolean {
    return this.#cutter.left > 0 && !this.#keepsBack
  }

  get #isHeld(): boolean {
    return this.#settling || (this.#cutter.left > 0 && this.#keepsBack)
  }

  #write(): void {
    const bytes = this.#pending
    if (bytes === NOTHING) return
    this.#pending = NOTHING
    const whole = this.#pendingFrom === 0 && this.#pendingTo === bytes.length
    this.#send(whole ? bytes : bytes.subarray(this.#pendingFrom, this.#pendingTo))
  }

  #writeOwn(): void {
    this.#write()
    if (this.#insideFrame) return
    const own = this.#isHeld ? this.#own.splice(0) : [...this.#own.splice(0), ...this.#ownUnheld.splice(0)]
    for (const frame of own) this.#send(frame)
  }

  #send(bytes: Buffer): void {
    if (!this.#sink.writable) return
    if (!this.#sink.write(bytes) && this.#sink.writableLength > MOST_WAITING) this.#full = true
  }

  #look(): void {
    if (this.#looks.length === 0) return
    for (const look of this.#looks.splice(0)) {
      try {
        look()
      } catch (error) {
        this.#faults.failed(error)
      }
    }
  }

  #flow(): void {
    const read = !this.#settling && (this.#refused || !this.#full)
    if (read === this.#reading) return
    this.#reading = read
    if (read) {
      this.#heardAt = Date.now()
      this.#source.resume()
    } else this.#source.pause()
  }

  /** What came of a frame or a header that was cut short is delivered as well. */
  #end(): void {
    if (this.#keepsBack) for (const part of this.#parts.splice(0)) this.#send(part)
    const rest = this.#cutter.rest()
    if (rest.length > 0) this.#send(rest)
    this.#done(this.#refused ? 'unwanted' : 'ended')
  }

  #isGarbled(): void {
    if (this.#garbled) return
    this.#garbled = true
    this.#faults.garbled()
  }
}

const NOTHING = Buffer.alloc(0)
const QUOTE = 0x22
const SPACE = 0x20
const OPEN = 0x7b
const CLOSE = 0x7d
const CLOSE_LIST = 0x5d

/** Whether a frame's last bytes end a message; white space may follow it. */
function endsValue({ bytes, from, to }: FrameCutter): boolean {
  if (bytes[to - 1] === CLOSE) return true
  let last = to - 1
  while (last > from && bytes[last]! <= SPACE) last--
  return bytes[last] === CLOSE || bytes[last] === CLOSE_LIST || bytes[last]! <= SPACE
}
