import { bytesOf, type FileBytes, same } from '../edits/file-bytes.ts'
import type { Image } from '../edits/images.ts'
import type { Hunk, merge } from '../edits/merge.ts'
import type { Intent } from '../journal/intent.ts'
import { type BareMove, bareMovesIn, bareWay } from './bare-moves.ts'
import { holdsAfter, type Observation } from './observe.ts'
import type { WithheldSight } from './withheld.ts'
import type { Change } from './workspace.ts'

/**
 * Changes, and the paths that are left alone because something else stands there. `withheld`: those whose bytes were
 * kept out of the log, and which would be written otherwise: no reason to come back to the intent later.
 */
export interface Way {
  readonly changes: readonly Change[]
  readonly left: readonly Left[]
  readonly withheld?: readonly Left[]
  /** Those of the intent, where later ones have moved them since. */
  readonly folders?: Intent['folders']
  /** Of some of the files only, which the user named. */
  readonly named?: true
  /** When the newest intent was recorded that touches its paths, as far as that is known: this comes after it. */
  readonly after?: string
}

export interface Left {
  readonly path: string
  readonly reason: string
  /** Where later changes got in the way. */
  readonly hunks?: readonly Hunk[]
}

/** Whether what a session told of a path that was left is that. */
export function isLeft(value: unknown): boolean {
  const { path, reason, hunks = [] } = (value ?? {}) as Partial<Record<keyof Left, unknown>>
  const isHunk = (hunk: Partial<Record<string, unknown>> | null) =>
    typeof hunk?.line === 'number' && [hunk.base, hunk.ours, hunk.theirs].every(areStrings)
  return areStrings([path, reason]) && Array.isArray(hunks) && hunks.every(isHunk)
}

export function areStrings(values: unknown): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === 'string')
}

export interface WayOptions {
  /** Paths that the user has asked for by name. */
  readonly named?: ReadonlySet<string> | undefined
  readonly withheld?: readonly WithheldSight[]
  /** Puts a way into what was changed since; without it, that is left alone. */
  readonly merge?: typeof merge | undefined
  /** A crash may have cut the edit off before it got to a path. */
  readonly isCutOff?: true
}

/** Forward: the missing after-images. What drifted, and does not merge, is left alone. Pure. */
export function finishWay(intent: Intent, seen: readonly Observation[], options: WayOptions = {}): Way {
  const changes: Change[] = []
  const left: Left[] = []
  const { bare, rest } = bareMovesIn(seen)
  for (const move of bare)
    if (move.source.state !== 'landed' || move.target.state !== 'landed')
      addBare(move, 'target', intent, changes, left)
  for (const { image, state, sight } of rest) {
    const { path, before, after } = image
    const now = contentOf(sight)
    if (state === 'landed') continue
    if (after.kind === 'unknown') {
      const reason = `what the edit makes of ${path} is not known: ${after.reason}`
      left.push({ path, reason: state === 'drifted' ? driftOf({ state, sight }) : reason })
    } else if (state === 'drifted') {
      const theirs = after.kind === 'file' ? after.bytes : undefined
      const merged = mergedInto({ state, sight }, before, theirs, options)
      if ('reason' in merged) left.push({ path, ...merged })
      else if (!same(merged.bytes, now))
        changes.push({ path, before: now, after: merged.bytes, mode: undefined, merged: true })
    } else {
      const mode = intent.facts.get(image.source ?? path)?.mode
      changes.push({ path, before: now, after: after.kind === 'file' ? after.bytes : undefined, mode })
    }
  }
  return { changes, left, ...leftWithheld(options.withheld, 'forward') }
}

/**
 * Back: the originals, where the after-image stands; out of what was changed since, the edit is taken as far as it
 * merges. Left alone is what does not, both ends of a move together, and a path whose after-image is not known, unless
 * the user has named it: what stands there may be later work. Pure.
 */
export function rollBackWay(intent: Intent, seen: readonly Observation[], options: WayOptions = {}): Way {
  const changes: Change[] = []
  const left: Left[] = []
  const { bare, rest } = bareMovesIn(seen)
  for (const move of bare) addBare(move, 'source', intent, changes, left)
  const targets = targetsOf(rest)
  const sources = new Map(rest.map((each) => [targets.get(each.image.path), each]))
  for (const observation of rest) {
    const { image, state, sight } = observation
    const { path, before, after } = image
    const now = contentOf(sight)
    const mode = intent.facts.get(path)?.mode
    const target = targets.get(path)
    const source = sources.get(observation)
    if (state === 'untouched' || state === 'restored') {
      // The editor has kept the buffer of what was deleted, or moved: it is the file that is missing.
      if (isGone(sight) && after.kind === 'absent' && !(target !== undefined && isChanged(target)))
        changes.push({ path, before: undefined, after: before, mode })
    } else if (target !== undefined && isChanged(target)) {
      // What was moved goes back with what was made of it meanwhile.
      const merged = mergedBack(target, before, options)
      if ('reason' in merged) left.push({ path, reason: `${target.image.path}: ${merged.reason}` })
      else if (now !== undefined) left.push({ path, reason: driftOf(observation) })
      else changes.push({ path, before: now, after: merged.bytes, mode, merged: true })
    } else if (isChanged(observation)) {
      const merged = mergedBack(observation, source === undefined ? before : source.image.before, options)
      if ('reason' in merged) left.push({ path, ...merged })
      else if (source === undefined) {
        // Somebody, or an earlier undo, has taken it out already.
        if (!same(merged.bytes, now))
          changes.push({ path, before: now, after: merged.bytes, mode, merged: true })
      } else if (source.sight.kind === 'absent') changes.push({ path, before: now, after: undefined, mode })
      else left.push({ path, reason: `${source.image.path} is there again` })
    } else if (after.kind === 'unknown' && !options.named?.has(path))
      left.push({ path, reason: `what the edit made of it is not known: ${after.reason}` })
    else if (source !== undefined && (isChanged(source) || isNoCopy(source, observation)))
      left.push({ path, reason: `something else stands at ${source.image.path}` })
    else if (before !== undefined || now !== undefined)
      changes.push({ path, before: now, after: before, mode })
  }
  return { changes, left, ...leftWithheld(options.withheld, 'back') }
}

function addBare(
  move: BareMove,
  towards: 'target' | 'source',
  { facts }: Intent,
  changes: Change[],
  left: Left[],
): void {
  const way = bareWay(move, towards, facts.get(move.source.image.path)?.mode)
  if ('left' in way) left.push(way.left)
  else changes.push(...way.changes)
}

/** Where the files that an edit has moved went, by where they were. */
function targetsOf(seen: readonly Observation[]): ReadonlyMap<string, Observation> {
  const gone = new Set(
    seen.filter(({ image }) => image.after.kind === 'absent').map(({ image }) => image.path),
  )
  const isMoved = ({ path, source, before, after }: Image) =>
    after.kind === 'file' && before === undefined && source !== undefined && source !== path
  return new Map(
    seen.flatMap((each) =>
      isMoved(each.image) && gone.has(each.image.source!) ? [[each.image.source!, each] as const] : [],
    ),
  )
}

/**
 * Whether what stands in a moved file's old place is no copy of it, so that the one that was moved is all there is: the
 * text that the disk had under unsaved work, or a link to that very file.
 */
function isNoCopy({ image, sight }: Observation, target: Observation): boolean {
  if (sight.kind !== 'file' || isGone(sight)) return false
  if (!same(sight.bytes, image.before)) return true
  return (
    sight.stat !== undefined &&
    target.sight.kind === 'file' &&
    sight.stat.identity === target.sight.stat?.identity &&
    // By two names of its own it may lose one of them: a way that was cut short has left it so.
    sight.stat.links === 1
  )
}

/** Whether something else stands there than what the edit makes of it, or made it of. */
function isChanged({ image, state, sight }: Observation): boolean {
  if (image.after.kind === 'unknown') return state === 'drifted'
  return state === 'drifted' || (state === 'landed' && !holdsAfter(image, contentOf(sight)))
}

function mergedBack(observation: Observation, before: FileBytes | undefined, options: WayOptions) {
  const { after } = observation.image
  const merged = mergedInto(observation, after.kind === 'file' ? after.bytes : undefined, before, options)
  return options.isCutOff && 'hunks' in merged
    ? { ...merged, reason: 'the lines that the edit was to change hold something else' }
    : merged
}

/** What stands there, with what lies between `base` and `theirs` in it. */
function mergedInto(
  seen: Pick<Observation, 'state' | 'sight'>,
  base: FileBytes | undefined,
  theirs: FileBytes | undefined,
  { merge }: WayOptions,
): { readonly bytes: Uint8Array } | Omit<Left, 'path'> {
  const reason = driftOf(seen)
  const now = contentOf(seen.sight)
  if (merge === undefined || base === undefined || theirs === undefined || now === undefined)
    return { reason }
  const merged = merge(bytesOf(base), bytesOf(now), bytesOf(theirs))
  switch (merged.kind) {
    case 'clean':
      return { bytes: merged.bytes }
    case 'conflict':
      return { reason: 'the same lines were changed since', hunks: merged.hunks }
    case 'impossible':
      return { reason: `${reason}, and ${merged.reason}` }
  }
}

/** Those that a way would have to write and cannot; no key where there is none. */
function leftWithheld(seen: readonly WithheldSight[] = [], way: 'forward' | 'back'): Pick<Way, 'withheld'> {
  const isDone = ({ state }: WithheldSight) =>
    way === 'forward' ? state === 'landed' : state === 'untouched' || state === 'restored'
  const left = seen.filter((each) => !isDone(each))
  if (left.length === 0) return {}
  const cannot = way === 'forward' ? 'finished' : 'put back'
  const reason = `its bytes were kept out of the log: it cannot be ${cannot}`
  return { withheld: left.map(({ path }) => ({ path, reason })) }
}

export function driftOf({ state, sight }: Pick<Observation, 'state' | 'sight'>): string {
  if (sight.kind === 'other') return sight.reason
  return state === 'landed' ? 'a later edit changed it' : 'it was changed since'
}

function isGone(sight: Observation['sight']): boolean {
  return sight.kind === 'file' && sight.isGone === true
}

function contentOf(sight: Observation['sight']): FileBytes | undefined {
  return sight.kind === 'file' ? sight.bytes : undefined
}
