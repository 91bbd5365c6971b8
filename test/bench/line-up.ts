import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from './contenders.ts'
import type { Figures } from './measurement.ts'
import { Session } from './session.ts'

/** What came of a contender's run: its figures, or why there are none. */
export type Outcome =
  | { readonly kind: 'measured'; readonly figures: Figures }
  | { readonly kind: 'failed'; readonly reason: string }

const AT_TURN = 'at-turn'
/** Longer than any name. */
const NAME = 40

/** The contender that was at turn when its driver was ended. */
export function whoseTurn(folder: string): string {
  return readFileSync(join(folder, AT_TURN), 'utf8').trim()
}

/** A contender in one run. */
export class Entrant {
  readonly contender: Contender
  readonly figures: Record<string, number> = {}
  readonly #folder: string
  #session: Session | undefined

  constructor(contender: Contender, folder: string) {
    this.contender = contender
    this.#folder = folder
    mkdirSync(folder)
  }

  /** Starts it around the bench's server; nothing is sent yet. */
  start(): Session {
    this.#session = new Session(this.contender, this.#folder)
    return this.#session
  }

  /** The one that was started last. */
  get session(): Session {
    if (this.#session === undefined) throw new Error(`${this.contender.name} was not started`)
    return this.#session
  }

  /** What its processes have said on stderr. */
  get errors(): string {
    return this.#session?.child.errors.trim().slice(-500) ?? ''
  }
}

/**
 * The contenders of a case, which take turns: short ones, so that what disturbs the machine meanwhile disturbs all of
 * them alike. Who is not at turn waits for input and costs nothing.
 */
export class LineUp {
  readonly #entrants: readonly Entrant[]
  readonly #failures = new Map<Entrant, string>()
  readonly #atTurn: number
  #turns = 0

  constructor(contenders: readonly Contender[], folder: string) {
    this.#atTurn = openSync(join(folder, AT_TURN), 'w')
    this.#entrants = contenders.map((contender, i) => new Entrant(contender, join(folder, `entrant-${i}`)))
  }

  /** Starts all of them, and then says `initialize` to each. */
  async open(workspace?: string): Promise<void> {
    await this.turn((entrant) => void entrant.start())
    await this.turn(({ session }) => session.initialize(workspace))
  }

  /** Tells all of them to exit, and then waits for each. */
  async close(): Promise<void> {
    await this.turn(({ session }) => session.child.sayExit())
    await this.turn(({ session }) => session.child.hasExited())
  }

  /** Has one after the other do something, each time another one first; who fails is out from then on. */
  async turn(act: (entrant: Entrant) => void | Promise<void>): Promise<void> {
    const first = this.#turns++ % this.#entrants.length
    for (const entrant of [...this.#entrants.slice(first), ...this.#entrants.slice(0, first)]) {
      if (this.#failures.has(entrant)) continue
      // On disk, for whoever ends this process because it blocks for good.
      writeSync(this.#atTurn, entrant.contender.name.padEnd(NAME), 0)
      try {
        await act(entrant)
      } catch (error) {
        this.#failures.set(entrant, [(error as Error).message, entrant.errors].join(' ').trim())
      }
    }
  }

  /** By the contenders' names. */
  get outcomes(): Readonly<Record<string, Outcome>> {
    return Object.fromEntries(
      this.#entrants.map((entrant) => {
        const reason = this.#failures.get(entrant)
        const { contender, figures } = entrant
        return [
          contender.name,
          reason === undefined ? { kind: 'measured', figures } : { kind: 'failed', reason },
        ]
      }),
    )
  }
}
