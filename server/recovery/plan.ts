import type { Intent } from '../journal/intent.ts'
import { holdsAfter, type Observation } from './observe.ts'
import type { WithheldSight } from './withheld.ts'
import type { Change } from './workspace.ts'

/** `--recover`: what a start does by itself about what a dead session left pending. */
export type RecoverMode = 'auto' | 'replay' | 'ask' | 'rollback' | 'report'

/** What is to become of a pending intent. */
export type Plan =
  /** Nothing is left to do. */
  | { readonly kind: 'settle'; readonly event: 'landed' | 'rolled-back' | 'abandoned' }
  | ({ readonly kind: 'finish' | 'roll-back' } & Omit<Way, 'left'>)
  /** The user decides. `offer`: it was never saved, which a crash and a deliberate quit both look like. */
  | { readonly kind: 'offer' | 'ask'; readonly reason: string }

export interface Circumstances {
  readonly mode: RecoverMode
  /** The editor was seen to have the edit in its buffers. */
  readonly editorHadIt: boolean
  /** Some of it was seen in a buffer, or said to be. */
  readonly editorShowedIt?: boolean
  /** Paths that the session saw taken back: undone in their buffer, or closed unsaved. */
  readonly takenBack?: ReadonlySet<string>
  /** The editor asked for the edit, and was never seen to do anything with it. */
  readonly notTakenUp?: boolean
  /** Why the record alone is no ground to act on (a damaged log, a foreign writer); undefined: it is. */
  readonly doubt: string | undefined
  /** What the paths hold whose bytes were kept out of the log. */
  readonly withheld?: readonly WithheldSight[]
}

/**
 * Changes, and the paths that are left alone because something else stands there. `withheld`: those whose bytes were
 * kept out of the log, and which would be written otherwise: no reason to come back to the intent later.
 */
export interface Way {
  readonly changes: readonly Change[]
  readonly left: readonly Left[]
  readonly withheld?: readonly Left[]
}

export interface Left {
  readonly path: string
  readonly reason: string
}

/** Decides what to do about one pending intent. Pure. */
export function planRecovery(intent: Intent, seen: readonly Observation[], about: Circumstances): Plan {
  const plan = planOf(intent, seen, about)
  const { withheld = [] } = about
  if ((plan.kind !== 'ask' && plan.kind !== 'offer') || withheld.length === 0) return plan
  return { ...plan, reason: `${plan.reason}; ${names(withheld.map(({ path }) => path))} kept out of the log` }
}

function planOf(intent: Intent, seen: readonly Observation[], about: Circumstances): Plan {
  const { withheld = [] } = about
  const all = [...seen, ...withheld]
  if (all.every(({ state }) => state === 'landed')) return { kind: 'settle', event: 'landed' }
  if (about.doubt !== undefined) return { kind: 'ask', reason: about.doubt }
  if (about.notTakenUp && all.every(({ state }) => state === 'untouched' || state === 'restored'))
    return { kind: 'settle', event: 'abandoned' }
  if (about.mode === 'ask' || about.mode === 'report')
    return { kind: 'ask', reason: 'it was left unfinished' }
  const rollBack = about.mode === 'rollback'
  const begun = all.some(({ state }) => state === 'landed' || state === 'halfway')
  if (rollBack && !begun && all.every(({ state }) => state !== 'drifted'))
    return { kind: 'settle', event: 'rolled-back' }

  const drifted = seen.filter(({ state }) => state === 'drifted')
  if (drifted.length > 0) return { kind: 'ask', reason: reasonOf(drifted) }
  const restored = seen.filter(({ state }) => state === 'restored')
  if (restored.length > 0) return { kind: 'ask', reason: `${namesOf(restored)} written again since` }

  if (rollBack) {
    const { left, ...back } = rollBackWay(intent, seen, new Set(), withheld)
    if (left.length > 0) return { kind: 'ask', reason: `${left[0]!.path}: ${left[0]!.reason}` }
    return { kind: 'roll-back', ...back }
  }
  const takenBack = seen.filter(({ image, state }) => state !== 'landed' && about.takenBack?.has(image.path))
  if (takenBack.length > 0 && begun)
    return { kind: 'ask', reason: `${namesOf(takenBack)} undone, or closed unsaved` }
  const { left, ...finish } = finishWay(intent, seen, withheld)
  if (left.length > 0) return { kind: 'ask', reason: left[0]!.reason }
  const doubt = begun && about.mode === 'auto' ? doubtAboutMove(intent, seen, about) : undefined
  if (doubt !== undefined) return { kind: 'ask', reason: doubt }
  // Of one that is withheld as a whole there is nothing to bring back.
  if (!begun && about.editorHadIt && about.mode === 'auto' && seen.length > 0)
    return { kind: 'offer', reason: 'it was never saved' }
  return { kind: 'finish', ...finish }
}

/**
 * An editor that asks before it moves files applies the edit that it is given, and then moves them by itself, or does
 * only one of the two: the edit came too late for it, its user skipped it, or the move failed.
 */
function doubtAboutMove(
  { about: { road } }: Intent,
  seen: readonly Observation[],
  { editorShowedIt }: Circumstances,
): string | undefined {
  if (road !== 'workspace/willRenameFiles') return undefined
  const isMoved = ({ image }: Observation) => image.source !== undefined && image.source !== image.path
  const isDone = ({ state }: Observation) => state === 'landed' || state === 'halfway'
  const missing = seen.filter((each) => isMoved(each) && !isDone(each))
  if (missing.length > 0) return `${namesOf(missing)} not moved there, or moved on`
  const [moved] = seen.filter(isMoved)
  if (moved === undefined || editorShowedIt === true) return undefined
  return `${moved.image.path} was moved without the edits that go with it`
}

/** Forward: the missing after-images. What drifted is left alone. */
export function finishWay(
  intent: Intent,
  seen: readonly Observation[],
  withheld: readonly WithheldSight[] = [],
): Way {
  const changes: Change[] = []
  const left: Left[] = []
  for (const { image, state, sight } of seen) {
    const { path, after } = image
    if (state === 'landed') continue
    if (state === 'drifted') left.push({ path, reason: driftOf(sight) })
    else if (after.kind === 'unknown')
      left.push({ path, reason: `what the edit makes of ${path} is not known: ${after.reason}` })
    else {
      const mode = intent.facts.get(image.source ?? path)?.mode
      changes.push({
        path,
        before: bytesOf(sight),
        after: after.kind === 'file' ? after.bytes : undefined,
        mode,
      })
    }
  }
  return { changes, left, ...leftWithheld(withheld, 'forward') }
}

/**
 * Back: the originals, where the after-image stands. What drifted, or was edited on, is left alone, and so is a
 * path whose after-image is not known, unless the user has `named` it: what stands there may be later work.
 */
export function rollBackWay(
  intent: Intent,
  seen: readonly Observation[],
  named: ReadonlySet<string> = new Set(),
  withheld: readonly WithheldSight[] = [],
): Way {
  const changes: Change[] = []
  const left: Left[] = []
  for (const { image, state, sight } of seen) {
    const { path, before } = image
    const now = bytesOf(sight)
    if (state === 'untouched' || state === 'restored') continue
    if (state === 'drifted') left.push({ path, reason: driftOf(sight) })
    else if (image.after.kind === 'unknown' && !named.has(path))
      left.push({ path, reason: `what the edit made of it is not known: ${image.after.reason}` })
    else if (state === 'landed' && image.after.kind !== 'unknown' && !holdsAfter(image, now))
      left.push({ path, reason: 'a later edit changed it' })
    else if (before !== undefined || now !== undefined)
      changes.push({ path, before: now, after: before, mode: intent.facts.get(path)?.mode })
  }
  return { changes, left, ...leftWithheld(withheld, 'back') }
}

/** Those that a way would have to write and cannot; no key where there is none. */
function leftWithheld(seen: readonly WithheldSight[], way: 'forward' | 'back'): Pick<Way, 'withheld'> {
  const isDone = ({ state }: WithheldSight) =>
    way === 'forward' ? state === 'landed' : state === 'untouched' || state === 'restored'
  const left = seen.filter((each) => !isDone(each))
  if (left.length === 0) return {}
  const cannot = way === 'forward' ? 'finished' : 'put back'
  const reason = `its bytes were kept out of the log: it cannot be ${cannot}`
  return { withheld: left.map(({ path }) => ({ path, reason })) }
}

function reasonOf(drifted: readonly Observation[]): string {
  const other = drifted.find(({ sight }) => sight.kind === 'other')
  return other === undefined
    ? `${namesOf(drifted)} changed since`
    : `${other.image.path}: ${driftOf(other.sight)}`
}

function driftOf(sight: Observation['sight']): string {
  return sight.kind === 'other' ? sight.reason : 'it was changed since'
}

function bytesOf(sight: Observation['sight']): Uint8Array | undefined {
  return sight.kind === 'file' ? sight.bytes : undefined
}

function namesOf(seen: readonly Observation[]): string {
  return names(seen.map(({ image }) => image.path))
}

function names([first, ...rest]: readonly string[]): string {
  return rest.length === 0 ? `${first} was` : `${first} and ${rest.length} more were`
}
