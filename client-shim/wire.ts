import type { Readable, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import {
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  NullLogger,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node'

/** One message as it went over the wire; `at` is an ISO time. */
export interface TraceEntry {
  readonly at: string
  readonly from: 'client' | 'server'
  readonly message: Message
}

/** After so many turns of the event loop without a message none is left on its way to a handler. */
const QUIET_TURNS = 8

/** A JSON-RPC connection that knows when an answer of ours has left. */
export class Wire {
  readonly connection: MessageConnection
  readonly #awaited = new Map<unknown, () => void>()
  #lastError: Error | undefined
  /** Messages read, and messages handed on: the connection queues them, and takes a turn for each. */
  #moves = 0

  constructor(stdout: Readable, stdin: Writable, trace: (entry: TraceEntry) => void) {
    const entry = (from: TraceEntry['from'], message: Message) =>
      trace({ at: new Date().toISOString(), from, message })
    const reader = new ObservedReader(stdout, (message) => {
      this.#moves++
      entry('server', message)
    })
    const writer = new ObservedWriter(
      stdin,
      (message) => entry('client', message),
      (message) => this.#flushed(message),
    )
    this.connection = createMessageConnection(reader, writer, NullLogger, {
      messageStrategy: {
        handleMessage: (message, next) => {
          this.#moves++
          return next(message)
        },
      },
    })
    // A pipe that breaks is told by the end of the process; a frame that cannot be read, by the deadline
    // of the request it would have answered, which carries this error as its cause.
    this.connection.onError(([error]) => {
      this.#lastError = error
    })
  }

  /** What last went wrong on the wire itself: a frame that could not be read, a pipe that broke. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  /**
   * Resolves once the response whose result is this very object is in the server's stdin: the kernel has
   * it and delivers it even if this process dies now. Whether the server has read it is not known.
   */
  flushed(result: object): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(result, resolve))
  }

  /** Resolves when every message that was read has been handed to its handler. */
  async drained(): Promise<void> {
    for (let quiet = 0, seen = this.#moves; quiet < QUIET_TURNS; quiet++) {
      await setImmediate()
      if (this.#moves !== seen) {
        seen = this.#moves
        quiet = 0
      }
    }
  }

  #flushed(message: Message): void {
    if (!('result' in message)) return
    this.#awaited.get(message.result)?.()
    this.#awaited.delete(message.result)
  }
}

class ObservedReader extends StreamMessageReader {
  readonly #observe: (message: Message) => void

  constructor(stream: Readable, observe: (message: Message) => void) {
    super(stream)
    // It would ask again and again for the rest of a message whose sender died in the middle of it.
    this.partialMessageTimeout = 0
    this.#observe = observe
  }

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      this.#observe(message)
      callback(message)
    })
  }
}

class ObservedWriter extends StreamMessageWriter {
  readonly #before: (message: Message) => void
  readonly #after: (message: Message) => void

  constructor(stream: Writable, before: (message: Message) => void, after: (message: Message) => void) {
    super(stream)
    this.#before = before
    this.#after = after
  }

  override async write(message: Message): Promise<void> {
    this.#before(message)
    await super.write(message)
    this.#after(message)
  }
}
