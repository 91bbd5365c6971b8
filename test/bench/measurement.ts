import type { Contender } from './contenders.ts'
import type { Effort } from './effort.ts'
import type { LineUp } from './line-up.ts'
import type { Placement } from './placement.ts'
import type { Row } from './row.ts'

/** What a contender came to in one round, by name. */
export type Figures = Readonly<Record<string, number>>

/** Something that is measured: what is run for it, and the rows of the table that come of it. */
export interface Measurement {
  readonly name: string
  readonly cases: readonly Case[]
  readonly rows: readonly Row[]
}

/** One thing to run, with all contenders, in a driver of its own. */
export interface Case {
  readonly label: string
  /** Where it is run, if not wherever the scheduler likes. */
  readonly placement?: Placement
  isFor(contender: Contender): boolean
  /** In the rounds that come after, it is left out. */
  rounds(effort: Effort): number
  run(lineUp: LineUp, stage: Stage): Promise<void>
}

/** Where a case is run. */
export interface Stage {
  readonly effort: Effort
  /** For this run alone. */
  readonly folder: string
  /** For all of them. */
  readonly shared: string
}

/** What most cases answer: to `isFor`, and to `rounds`. */
export const everyone = (): boolean => true
export const everyRound = ({ rounds }: Effort): number => rounds
export const heavyRounds = (effort: Effort): number => effort.heavyRounds

/** Milliseconds on the monotonic clock. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
