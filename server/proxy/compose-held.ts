import { type Image, isBare } from '../edits/images.ts'
import { type Env, JournalError } from '../journal/env.ts'
import type { HeldEdit, HeldIn } from '../journal/held-edit.ts'
import { type About, type Intent, type PathFacts, touchedPaths } from '../journal/intent.ts'
import { atHand, ChangedMeanwhile, composeIntent, TooLarge } from './compose-intent.ts'
import { excludedBy } from './exclusion.ts'
import { Mirror } from './mirror.ts'
import { fromWorkspaceEdit, type Lowered } from './workspace-edit.ts'

export interface Composed {
  /** Undefined: it touches no file. */
  readonly intent: Intent | undefined
  /** Why it cannot be carried out as a whole: paths, or URIs, and reasons. */
  readonly obstacles: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Makes an intent of an edit that is to be carried out without an editor, as one that passes is made.
 * @throws DiskError where an original cannot be read
 */
export async function composeHeld(env: Env, held: HeldEdit, about: HeldIn): Promise<Composed> {
  const mirror = new Mirror()
  mirror.encoding = held.encoding
  for (const { uri, text } of held.texts) mirror.open({ textDocument: { uri, text } })
  const lowered = fromWorkspaceEdit(held.edit)
  const obstacles = lowered.unrecorded.map((path) => ({ path, reason: 'it is no file' }))
  if (lowered.steps.length === 0) return { intent: undefined, obstacles }
  const { road, label, server, edit } = held
  const at = env.host.now().toISOString()
  const whole = { at, session: about.session, road, label, server, edit }
  const { intent, skipped } = await atHandOf(env, mirror, lowered, whole, about.maxIntent)
  for (const path of skipped)
    obstacles.push({ path, reason: 'it is no ordinary file, or its name is not UTF-8' })
  for (const { path, after } of intent.images) {
    if (after.kind === 'unknown')
      obstacles.push({ path, reason: `what the edit makes of it cannot be told: ${after.reason}` })
    else if (intent.facts.get(path)?.from === 'buffer')
      obstacles.push({ path, reason: 'it was changed while the server was at work' })
  }
  const excluded = await excludedBy(env.disk, about.exclude, about.folders)
  // What is only moved gives nothing to the log.
  const kept = intent.images.filter((image) => !isBare(image))
  for (const path of touchedPaths({ ...intent, images: kept }))
    if (await excluded?.(path)) obstacles.push({ path, reason: 'it is kept out of the log (--exclude)' })
  return { intent: intent.images.length === 0 ? undefined : intent, obstacles }
}

/** The whole of it at hand: it may be shown, and recorded nowhere. @throws JournalError, DiskError */
async function atHandOf(env: Env, mirror: Mirror, lowered: Lowered, about: About, limit: number) {
  const facts = new Map<string, PathFacts>()
  const images: Image[] = []
  try {
    const composed = await composeIntent(env, mirror, lowered, about, limit)
    for await (const batch of composed.batches()) {
      images.push(...batch.images.map(atHand))
      for (const [path, each] of batch.facts) facts.set(path, each)
    }
    const { id, folders, skipped } = composed
    return { intent: { id, images, facts, folders, foreign: false, about }, skipped }
  } catch (error) {
    if (!(error instanceof TooLarge || error instanceof ChangedMeanwhile)) throw error
    throw new JournalError(error.message)
  }
}
