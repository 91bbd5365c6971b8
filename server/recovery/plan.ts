import type { Intent } from '../journal/intent.ts'
import type { Observation } from './observe.ts'
import { driftOf, finishWay, rollBackWay, type Way } from './ways.ts'
import type { WithheldSight } from './withheld.ts'

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
  /** Paths that the editor said it changed, and was never seen to: its user may have declined. */
  readonly unseen?: ReadonlySet<string>
  /** The editor asked for the edit, and was never seen to do anything with it. */
  readonly notTakenUp?: boolean
  /** The editor may have asked its user which parts of the edit it was to carry out. */
  readonly isConfirmed?: boolean
  /** Why the record alone is no ground to act on (a damaged log, a foreign writer); undefined: it is. */
  readonly doubt: string | undefined
  /** What the paths hold whose bytes were kept out of the log. */
  readonly withheld?: readonly WithheldSight[]
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

  const stale = seen.filter(
    ({ image, state }) => state === 'untouched' && intent.facts.get(image.path)?.stale,
  )
  if (stale.length > 0 && !rollBack)
    return {
      kind: 'ask',
      reason: `${namesOf(stale)} written by another program, or opened with unsaved work`,
    }

  if (rollBack) {
    const { left, ...back } = rollBackWay(intent, seen, { withheld })
    if (left.length > 0) return { kind: 'ask', reason: `${left[0]!.path}: ${left[0]!.reason}` }
    return { kind: 'roll-back', ...back }
  }
  const takenBack = seen.filter(({ image, state }) => state !== 'landed' && about.takenBack?.has(image.path))
  if (takenBack.length > 0 && begun)
    return { kind: 'ask', reason: `${namesOf(takenBack)} undone, or closed unsaved` }
  const unseen = seen.filter(({ image, state }) => state !== 'landed' && about.unseen?.has(image.path))
  if (unseen.length > 0 && begun)
    return { kind: 'ask', reason: `${namesOf(unseen)} not seen to change in the editor` }
  if (begun && about.isConfirmed && about.mode === 'auto')
    return { kind: 'ask', reason: 'some of its parts may have been declined' }
  const { left, ...finish } = finishWay(intent, seen, { withheld })
  if (left.length > 0) return { kind: 'ask', reason: left[0]!.reason }
  const doubt = begun && about.mode === 'auto' ? doubtAboutMove(intent, seen, about) : undefined
  if (doubt !== undefined) return { kind: 'ask', reason: doubt }
  // It is recorded before it is picked, and maybe nobody was to pick it.
  if (!begun && intent.about.road === 'textDocument/codeAction' && !about.editorHadIt)
    return { kind: 'offer', reason: 'it stood in a menu, and nobody was seen to pick it' }
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

function reasonOf(drifted: readonly Observation[]): string {
  const other = drifted.find(({ sight }) => sight.kind === 'other')
  return other === undefined ? `${namesOf(drifted)} changed since` : `${other.image.path}: ${driftOf(other)}`
}

function namesOf(seen: readonly Observation[]): string {
  return names(seen.map(({ image }) => image.path))
}

function names([first, ...rest]: readonly string[]): string {
  return rest.length === 0 ? `${first} was` : `${first} and ${rest.length} more were`
}
