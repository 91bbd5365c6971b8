import { join } from 'node:path'
import type { Env } from './env.ts'
import type { Intent } from './intent.ts'
import { intentsAtEnd } from './log-end.ts'
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
  const outcomes = await outcomesById(env, folder)
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
      yield recordedOf(entry.intent, outcomes)
    }
  }
}

/**
 * Replays the end of a session's folder: the intents that begin in the last `lines` lines of its log, in append order.
 * Undefined where the whole is to be replayed: that is little more, or it is not as simple as that.
 */
export async function replayEnd(
  env: Env,
  folder: string,
  lines: number,
): Promise<readonly Recorded[] | undefined> {
  const log = join(folder, logName(0))
  if ((await env.disk.lstat(log))?.kind !== 'file') return undefined
  // After a failed sync some of it stands in the next log, and some in both.
  if ((await env.disk.lstat(join(folder, logName(1)))) !== undefined) return undefined
  const intents = await intentsAtEnd(env.disk, log, env.hasher, lines)
  if (intents === undefined || new Set(intents.map(({ id }) => id)).size < intents.length) return undefined
  const outcomes = await outcomesById(env, folder)
  return intents.map((intent) => recordedOf(intent, outcomes))
}

async function outcomesById(env: Env, folder: string): Promise<ReadonlyMap<string, readonly Outcome[]>> {
  const outcomes = new Map<string, Outcome[]>()
  for (const outcome of await readOutcomes(env, folder)) {
    const known = outcomes.get(outcome.id)
    if (known === undefined) outcomes.set(outcome.id, [outcome])
    else known.push(outcome)
  }
  return outcomes
}

function recordedOf(intent: Intent, outcomes: ReadonlyMap<string, readonly Outcome[]>): Recorded {
  const own = outcomes.get(intent.id) ?? []
  return { kind: 'intent', intent, outcomes: own, settled: own.some(({ event }) => isFinal(event)) }
}
