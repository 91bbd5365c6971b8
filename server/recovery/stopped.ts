import { same } from '../edits/file-bytes.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import { DISCARDED, FAILED, type Outcome, PUT_BACK } from '../journal/outcomes.ts'
import { imageAt, type Observation } from './observe.ts'

/** A recovery that errors kept from writing all that it was to, as it told itself: what it wrote is its own hand. */
export interface Stopped {
  /** What it recorded before it wrote anything. */
  readonly intent: Intent
  /** What it said of the paths that it left. */
  readonly left: Readonly<Record<string, string>>
  /** When it had come to its end. */
  readonly byMs: number
}

/** The recovery that an intent tells of, if it was stopped. */
export function stoppedIn(intent: Intent, outcomes: readonly Outcome[]): Stopped | undefined {
  const { of, purpose } = intent.about
  // An undo may have been asked for of some files only, and is asked for again.
  if (of === undefined || purpose === undefined || purpose === 'undo') return undefined
  const end = outcomes.findLast(({ event }) => event === 'superseded')
  if (end?.paths === undefined || end.reason === DISCARDED) return undefined
  return { intent, left: end.paths, byMs: Date.parse(end.at) }
}

/** Whether all that was stopped of an intent was to roll it back, as far as the logs tell. */
export function wasGoingBack({ id }: Intent, stopped: readonly Stopped[]): boolean {
  const own = stopped.filter(({ intent: { about } }) => about.of === id)
  return own.length > 0 && own.every(({ intent: { about } }) => about.purpose === 'roll-back')
}

/**
 * Whether that is so, what was rolled back of it stands there yet, and nothing of it has come to stand there since:
 * what is to be done about the rest is decided.
 */
export function isGoingBack(
  intent: Intent,
  seen: readonly Observation[],
  stopped: readonly Stopped[],
): boolean {
  if (!wasGoingBack(intent, stopped)) return false
  const own = stopped.filter(({ intent: { about } }) => about.of === intent.id)
  const done = own.flatMap((each) => each.intent.images.filter(({ path }) => each.left[path] === undefined))
  // What it was not to write held the original then: somebody has made the edit anew.
  const met = new Set(own.flatMap((each) => [...touchedPaths(each.intent), ...Object.keys(each.left)]))
  if (seen.some(({ image, state }) => state !== 'untouched' && !met.has(image.path))) return false
  const back = new Set(
    seen.filter(({ state }) => state === 'untouched' || state === 'restored').map(({ image }) => image.path),
  )
  const mayBeDone = own.flatMap(({ intent: { images }, left }) =>
    images.filter(({ path }) => left[path] === undefined || left[path] === FAILED),
  )
  return mayBeDone.some(({ path }) => back.has(path)) && done.every(({ path }) => back.has(path))
}

/** Whether what stands at a path was written by a recovery that was stopped, and nobody has written there since. */
export function isHandOf({ intent, left, byMs }: Stopped, { image: { path }, sight }: Observation): boolean {
  const own = imageAt(intent, path)
  if (own === undefined || sight.kind !== 'file' || sight.stat === undefined) return false
  if (Number(sight.stat.mtimeNs / 1_000_000n) > byMs) return false
  switch (left[path]) {
    case undefined:
    case FAILED:
      return own.after.kind === 'file' && same(own.after.bytes, sight.bytes)
    case PUT_BACK:
      return same(own.before, sight.bytes)
    default:
      return false
  }
}
