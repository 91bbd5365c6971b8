import { setTimeout } from 'node:timers/promises'
import {
  CancellationTokenSource,
  ConnectionError,
  ErrorCodes,
  type MessageConnection,
  type NotificationType,
  type RequestType,
  ResponseError,
} from 'vscode-jsonrpc/node'
import { DeadlineError, within } from './deadline.ts'
import type { ServerProcess } from './server-process.ts'
import { type TraceEntry, Wire } from './wire.ts'

const ASK_AGAIN_MS = 150
const END_PAUSE_MS = 2_000

/**
 * Talks with the server, and never waits for good: every wait ends with what was awaited, with a
 * DeadlineError, or with a ServerEndedError once the server has gone and all it said has been heard.
 */
export class Conversation {
  readonly connection: MessageConnection
  readonly timeoutMs: number
  readonly #server: ServerProcess
  readonly #wire: Wire
  readonly #watchers = new Set<() => void>()

  constructor(server: ServerProcess, timeoutMs: number, trace: (entry: TraceEntry) => void) {
    this.timeoutMs = timeoutMs
    this.#server = server
    this.#wire = new Wire(server.stdout, server.stdin, trace)
    this.connection = this.#wire.connection
  }

  /** Sends a request; gives its answer. A request that is given up is cancelled. */
  async ask<P, R, E>(type: RequestType<P, R, E>, params: P, timeoutMs?: number): Promise<R> {
    const cancellation = new CancellationTokenSource()
    const { method } = type
    try {
      const send = () => this.connection.sendRequest<R>(method, params, cancellation.token)
      return await this.bounded(`an answer to ${method}`, send, timeoutMs)
    } catch (error) {
      if (error instanceof DeadlineError) cancellation.cancel()
      throw error
    }
  }

  /** Sends a request that has no parameters, not even `null`. */
  async askPlainly(method: string, timeoutMs?: number): Promise<unknown> {
    return await this.bounded(`an answer to ${method}`, () => this.connection.sendRequest(method), timeoutMs)
  }

  /** Asks again until an answer is there; a refusal counts as "not yet", unless time cannot mend it. */
  async askUntil<T>(
    what: string,
    timeoutMs: number,
    ask: (leftMs: number) => Promise<T | undefined>,
  ): Promise<T> {
    const end = Date.now() + timeoutMs
    let cause: unknown
    for (let left = timeoutMs; left > 0; left = end - Date.now()) {
      try {
        const answer = await ask(left)
        if (answer !== undefined) return answer
      } catch (error) {
        if (!(error instanceof DeadlineError) && !isRefusalForNow(error)) throw error
        cause = error
      }
      await setTimeout(Math.min(ASK_AGAIN_MS, Math.max(end - Date.now(), 0)))
    }
    throw new DeadlineError(timeoutMs, what, { cause })
  }

  /** Sends a notification; resolves when it is in the server's stdin. */
  async tell<P>(type: NotificationType<P>, params: P): Promise<void> {
    const { method } = type
    await this.bounded(`the server to take ${method}`, () => this.connection.sendNotification(method, params))
  }

  /** Sends a notification that has no parameters: some servers stay when `exit` comes with `[null]`. */
  async tellPlainly(method: string): Promise<void> {
    await this.bounded(`the server to take ${method}`, () => this.connection.sendNotification(method))
  }

  /** Resolves when the response that carries this very object is in the server's stdin. */
  flushed(result: object): Promise<void> {
    return this.bounded('the server to take an answer', () => this.#wire.flushed(result))
  }

  /**
   * Resolves with the first value but undefined that `condition` gives; it is asked now and whenever
   * something has `stirred`.
   */
  async waitFor<T>(what: string, condition: () => T | undefined, timeoutMs?: number): Promise<T> {
    let look = () => {}
    const found = new Promise<T>((resolve, reject) => {
      look = () => {
        try {
          const value = condition()
          if (value !== undefined) resolve(value)
        } catch (error) {
          reject(error)
        }
      }
    })
    this.#watchers.add(look)
    look()
    try {
      return await this.bounded(what, () => found, timeoutMs)
    } finally {
      this.#watchers.delete(look)
    }
  }

  /** To be called when there is something new to wait for. */
  stirred(): void {
    for (const look of this.#watchers) look()
  }

  /** What `work` gives. `what` is a noun, for the message of the error that this may end with instead. */
  async bounded<T>(what: string, work: () => Promise<T>, timeoutMs: number = this.timeoutMs): Promise<T> {
    const ended = this.#server.ended.then(async (exit): Promise<never> => {
      await this.#wire.drained()
      throw this.#server.endedError(`waiting for ${what}`, exit)
    })
    try {
      return await within(timeoutMs, what, Promise.race([work(), ended]))
    } catch (error) {
      // The pipe may tell of the end before the process does.
      if (isBrokenPipe(error)) {
        await within(END_PAUSE_MS, what, ended).catch((end) => {
          throw end instanceof DeadlineError ? error : end
        })
      }
      if (!(error instanceof DeadlineError) || this.#wire.lastError === undefined) throw error
      throw new DeadlineError(timeoutMs, `${what}, after: ${this.#wire.lastError.message}`, { cause: error })
    }
  }
}

function isBrokenPipe(error: unknown): boolean {
  if (error instanceof ConnectionError) return true
  if (error instanceof ResponseError) {
    return error.code === ErrorCodes.MessageWriteError || error.code === ErrorCodes.PendingResponseRejected
  }
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
  )
}

/** While they load, servers refuse with all sorts of codes; these two no patience will mend. */
function isRefusalForNow(error: unknown): boolean {
  return (
    error instanceof ResponseError &&
    error.code !== ErrorCodes.MethodNotFound &&
    error.code !== ErrorCodes.InvalidParams
  )
}
