import type { Intent } from '../journal/intent.ts'
import type { Outcome } from '../journal/outcomes.ts'
import type { FoundSession } from '../journal/session-folder.ts'

/** One pending intent of a dead session, and what is known of it. */
export interface Case extends Ranked {
  readonly outcomes: readonly Outcome[]
  readonly doubt: string | undefined
}

/** An intent and its place among those that were read. */
export interface Ranked {
  readonly intent: Intent
  readonly session: FoundSession
  /** In which order they were read: within one log, the order in time. */
  readonly rank: number
}

/** Whether an intent carries another one forward or back. */
export const isCarrier = (kase: Case): boolean => kase.intent.about.of !== undefined

export function inTime(a: Ranked, b: Ranked): number {
  // One log knows its own order; clocks are set back.
  if (a.session.info.session === b.session.info.session) return a.rank - b.rank
  const [at, bt] = [a.intent.about.at, b.intent.about.at]
  return at === bt ? a.rank - b.rank : at < bt ? -1 : 1
}
