import type { Figures } from './measurement.ts'
import type { Value } from './row.ts'
import { median } from './statistics.ts'

/** What every contender's runs came to, round by round. */
export class Results {
  readonly #rounds: Map<string, Figures>[] = []
  readonly #failures: string[] = []

  add(round: number, name: string, figures: Figures): void {
    this.#rounds[round] ??= new Map()
    this.#rounds[round].set(name, { ...this.#rounds[round].get(name), ...figures })
  }

  fail(what: string): void {
    this.#failures.push(what)
  }

  get failures(): readonly string[] {
    return this.#failures
  }

  /** The middle of what the rounds gave. */
  value(name: string, value: Value): number | undefined {
    return median(this.#each((round) => valueIn(round, name, value)))
  }

  /** Of each round that has both, the one's value over the other's. */
  ratios(name: string, row: Value, base: string, against: Value): number[] {
    return this.#each((round) => {
      const [value, divisor] = [valueIn(round, name, row), valueIn(round, base, against)]
      return value === undefined || divisor === undefined || divisor === 0 ? undefined : value / divisor
    })
  }

  values(name: string, value: Value): number[] {
    return this.#each((round) => valueIn(round, name, value))
  }

  #each(read: (round: ReadonlyMap<string, Figures>) => number | undefined): number[] {
    return this.#rounds.flatMap((round) => read(round) ?? [])
  }
}

function valueIn(round: ReadonlyMap<string, Figures>, name: string, value: Value): number | undefined {
  const figures = round.get(name)
  return figures === undefined ? undefined : value(figures)
}
