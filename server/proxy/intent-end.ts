import type { FileBytes } from '../edits/file-bytes.ts'
import type { Image } from '../edits/images.ts'
import type { Event } from '../journal/outcomes.ts'
import type { Observation } from '../recovery/observe.ts'
import type { OpenIntent } from './open-intent.ts'

/** Editors tell of a buffer's change up to a second after they have answered (Emacs when it is idle). */
export const LATE_CHANGE_MS = 2000
/** How long an edit that the editor asked for may leave no trace until it counts as declined. */
const TAKEN_UP_WITHIN_MS = 10_000

/** What tells what became of an open intent, beside what was seen of it. */
export interface Moment {
  readonly nowMs: number
  /** The session ends: what is not there by now does not come any more. */
  readonly isFinishing: boolean
  /** Whether a path's buffer holds `bytes`, as what was there without the edit. */
  readonly isBackAt: (image: Image, bytes: FileBytes | undefined) => boolean
}

/** How an intent has ended; undefined: it has not. */
export function endOf(open: OpenIntent, seen: readonly Observation[], moment: Moment): Event | undefined {
  if (seen.length > 0 && seen.every(({ image }) => open.landed.has(image.path))) return 'landed'
  if (!seen.every(({ state }) => state === 'untouched' || state === 'restored')) return undefined
  const waited = moment.nowMs - open.refusedAt
  const refused = open.answer === 'refused' && (moment.isFinishing || waited >= LATE_CHANGE_MS)
  const ends = seen.map((each) => endOfPath(open, each, refused, moment))
  // Nothing to see: only folders change, or nothing at all.
  if (ends.length === 0) return open.answer === 'refused' ? 'rejected' : 'landed'
  if (ends.includes(undefined)) return undefined
  return ends.includes('abandoned') ? 'abandoned' : ends.includes('reverted') ? 'reverted' : 'rejected'
}

/** What became of an edit to a path whose file is as before; undefined: its buffer may still be saved. */
function endOfPath(
  open: OpenIntent,
  { image, sight }: Observation,
  refused: boolean,
  moment: Moment,
): Event | undefined {
  const { path } = image
  if (open.discarded.has(path)) return 'abandoned'
  if (!open.buffered.has(path)) {
    if (moment.isFinishing && isDropped(open, moment.nowMs)) return 'abandoned'
    return refused ? 'rejected' : undefined
  }
  // Clean, though not as before: the original was a buffer with unsaved work, and that is gone too.
  const isClean = sight.kind === 'file' && moment.isBackAt(image, sight.bytes)
  return isClean || moment.isBackAt(image, image.before) ? 'reverted' : undefined
}

/** How many paths hold an edit that was refused. What buffers hold may still be on its way for a while. */
export function changedIn(
  { buffered, discarded, images, landed, refusedAt }: OpenIntent,
  moment: Moment,
): number {
  const isLate = moment.nowMs - refusedAt >= LATE_CHANGE_MS
  const isInBuffer = (image: Image) =>
    buffered.has(image.path) && !discarded.has(image.path) && !moment.isBackAt(image, image.before)
  return images.filter((image) => landed.has(image.path) || (isLate && isInBuffer(image))).length
}

/** Whether the editor asked for the edit, and it was seen since in no buffer, nor on the disk. */
export function isUnseenFor(
  ms: number,
  { answer, isAnswer, landed, since }: OpenIntent,
  nowMs: number,
): boolean {
  const age = nowMs - since
  return isAnswer && answer === undefined && landed.size === 0 && age >= ms
}

/** Whether it was left alone for so long that it counts as declined. */
export function isDropped(open: OpenIntent, nowMs: number): boolean {
  return !open.maybeTakenUp && isUnseenFor(TAKEN_UP_WITHIN_MS, open, nowMs)
}
