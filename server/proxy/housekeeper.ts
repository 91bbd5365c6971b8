import type { MayGoOn } from '../journal/retention.ts'

/** After an edit was recorded: nobody is in the middle of one any more. */
const QUIET_MS = 60_000
/** Of what an editor waits for at the end, if it does (it gives five seconds in all). */
const AT_THE_END_MS = 2000

/**
 * Says when the journal's house is to be kept: at some quiet time after an edit was recorded, or else at the end of
 * the session, never on the way of a start or an edit. Editors kill what they start: an end alone would not do.
 */
export class Housekeeper {
  readonly #keepHouse: (mayGoOn: MayGoOn) => Promise<void>
  /** Resolves once no edit is being recorded. */
  readonly #idle: () => Promise<void>
  readonly #tell: (problem: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()
  /** Milliseconds since 1970. */
  #latest = Number.POSITIVE_INFINITY

  constructor(
    keepHouse: (mayGoOn: MayGoOn) => Promise<void>,
    idle: () => Promise<void>,
    tell: (problem: unknown) => void,
  ) {
    this.#keepHouse = keepHouse
    this.#idle = idle
    this.#tell = tell
  }

  /** An edit was recorded: there is something to keep house for. */
  recorded(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#begin()
    }, QUIET_MS).unref()
  }

  /** Resolves soon, whatever is left to do: it may be cut short anywhere. */
  end(): Promise<void> {
    this.#latest = Date.now() + AT_THE_END_MS
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#begin()
    }
    return this.#work
  }

  #begin(): void {
    this.#work = this.#work.then(() => this.#keepHouse(() => this.#mayGoOn())).catch(this.#tell)
  }

  async #mayGoOn(): Promise<boolean> {
    await this.#idle()
    return Date.now() < this.#latest
  }
}
