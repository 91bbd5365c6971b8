import type { Contender } from './contenders.ts'
import type { Effort } from './effort.ts'
import type { Measurement } from './measurement.ts'
import { Results } from './results.ts'
import { runCase } from './run-case.ts'

/** What is run, and where. */
export interface Plan {
  readonly measurements: readonly Measurement[]
  readonly contenders: readonly Contender[]
  readonly effort: Effort
  readonly place: { readonly cpus: readonly number[]; readonly shared: string }
}

/** Runs every case with every contender, so many times, each time in another order. */
export async function runRounds(
  { contenders, effort, measurements, place }: Plan,
  interrupted: AbortSignal,
  say: (text: string) => void,
): Promise<Results> {
  const results = new Results()
  const cases = measurements.flatMap(({ cases, name }) => cases.map((each) => ({ each, measurement: name })))
  for (let round = 0; round < effort.rounds; round++) {
    for (const { each, measurement } of cases) {
      const entered = rotated(contenders, round).filter((contender) => each.isFor(contender))
      if (round >= each.rounds(effort) || entered.length === 0) continue
      say(`round ${round + 1} of ${effort.rounds}: ${measurement}, ${each.label}`)
      const about = { measurement, contenders: entered.map(({ name }) => name), effort, ...place }
      for (const [name, outcome] of Object.entries(await runCase(each, about, interrupted))) {
        if (outcome.kind === 'measured') results.add(round, name, outcome.figures)
        else results.fail(`${name}, ${each.label}, round ${round + 1}: ${outcome.reason}`)
      }
    }
  }
  return results
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const from = by % items.length
  return [...items.slice(from), ...items.slice(0, from)]
}
