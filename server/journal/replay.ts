import { join } from 'node:path'
import type { Env } from './env.ts'
import type { Intent } from './intent.ts'
import { logName } from './log-writer.ts'
import { isFinal, type Outcome, readOutcomes } from './outcomes.ts'
import { type Damage, scanLog } from './scan.ts'

/** One intent of a session's folder and what is recorded of its end. */
export interface Recorded {
  readonly kind: 'intent'
  readonly intent: Intent
  /** In the order they were recorded. */
  readonly outcomes: readonly Outcome[]
  readonly settled: boolean
}

export type Found = Recorded | (Damage & { readonly log: string })

/**
 * Replays a session's folder: every recorded intent in append order, one in memory at a time, and every
 * damage where it stands. An intent that a log holds after damage is still listed.
 */
export async function* replay(env: Env, folder: string): AsyncGenerator<Found> {
  const outcomes = new Map<string, Outcome[]>()
  for (const outcome of await readOutcomes(env, folder))
    outcomes.set(outcome.id, [...(outcomes.get(outcome.id) ?? []), outcome])
  const met = new Set<string>()
  for (let n = 0; ; n++) {
    const log = join(folder, logName(n))
    const stat = await env.disk.lstat(log)
    if (stat === undefined) return
    if (stat.kind !== 'file') {
      yield { kind: 'corrupt', at: 0, reason: 'it is no ordinary file', log }
      continue
    }
    for await (const entry of scanLog(env.disk, log, env.hasher)) {
      if (entry.kind !== 'intent') {
        yield { ...entry, log }
        continue
      }
      // After a failed sync an intent may stand in the poisoned log and in the one that follows.
      if (!entry.intent.foreign && met.has(entry.intent.id)) continue
      met.add(entry.intent.id)
      const own = outcomes.get(entry.intent.id) ?? []
      yield {
        kind: 'intent',
        intent: entry.intent,
        outcomes: own,
        settled: own.some((o) => isFinal(o.event)),
      }
    }
  }
}
