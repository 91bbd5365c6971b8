import { Stage } from '../stage.ts'
import { Processes } from './processes.ts'
import { Session } from './session.ts'

/** One session for many rows; the row after one that failed gets a new one. */
export class LiveSession {
  readonly stage: Stage
  readonly #options: readonly string[]
  #processes: Processes | undefined
  #session: Promise<Session> | undefined

  constructor(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
    this.stage = new Stage(files)
    this.#options = options
  }

  session(): Promise<Session> {
    this.#session ??= this.#start()
    return this.#session
  }

  /** The session is not to be used again. */
  drop(): void {
    this.#processes?.end()
    this.#session = undefined
  }

  [Symbol.dispose](): void {
    this.drop()
    this.stage[Symbol.dispose]()
  }

  async #start(): Promise<Session> {
    this.#processes = new Processes(this.stage.workspace)
    const session = await Session.start(this.stage, this.#processes, (server) =>
      this.stage.wrapped(this.#options, server),
    )
    await session.initialize(this.stage)
    return session
  }
}
