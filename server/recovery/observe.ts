import { DiskError } from '../disk/disk.ts'
import { bytesOf, type FileBytes, isUnkept, same } from '../edits/file-bytes.ts'
import type { Hasher } from '../edits/hash.ts'
import { type Image, unkeptOf } from '../edits/images.ts'
import { looselyEqual, sameText } from '../edits/normalize.ts'
import { type Intent, isWrittenHere, type PathFacts } from '../journal/intent.ts'
import { isCutShort } from './cut-short.ts'
import { isRespelling, respellingsIn } from './spelling.ts'
import type { Lookout, Sight } from './workspace.ts'

/**
 * What a path holds, seen from one intent.
 * `landed`: the after-image (or what a later intent made of it). `halfway`: the file operations are done and the
 * text edits are not, since terminal editors do the first on the disk and the second in unsaved buffers.
 * `untouched`: the original, and not written since. `restored`: the original, but written since: somebody put it
 * back. `drifted`: none of these.
 */
export type PathState = 'landed' | 'halfway' | 'untouched' | 'restored' | 'drifted'

export interface Observation {
  readonly image: Image
  readonly state: PathState
  readonly sight: Sight
}

/** Looks at every path of an intent. `later`: intents recorded after it, in append order. */
export async function observe(
  workspace: Lookout,
  intent: Intent,
  later: readonly Intent[],
  hasher: Hasher,
): Promise<Observation[]> {
  const sights = new Map<Image, Sight>()
  for (const image of intent.images) {
    // Of a file that is only moved what counts is where it is: it is not read, whatever was written to it since.
    sights.set(image, lightened(await workspace.look(image.path, unkeptOf(image)), image))
  }
  const unlisted = await respeltAmong(workspace, intent, later, sights)
  const states = new Map(
    intent.images.map((image) => [image, stateOf(image, intent, sights.get(image)!, later, hasher)]),
  )
  // Not gone again by a later edit: it has not come yet.
  for (const { gone, come } of respellingsIn(intent))
    if (unlisted.has(come) && states.get(gone) !== 'landed') states.set(come, 'untouched')
  return intent.images.map((image) => ({ image, state: states.get(image)!, sight: sights.get(image)! }))
}

/**
 * Where case does not count, a file is seen by both spellings of its name, and stands at the one that is listed. Says
 * of the others that nothing is there, and resolves with them.
 */
async function respeltAmong(
  workspace: Lookout,
  intent: Intent,
  later: readonly Intent[],
  sights: Map<Image, Sight>,
): Promise<ReadonlySet<Image>> {
  const unlisted = new Set<Image>()
  const pairs = [intent, ...later].flatMap(respellingsIn).flatMap(({ gone, come }) => {
    const paths = [gone.path, come.path] as const
    const images = paths.flatMap((path) => imageAt(intent, path) ?? [])
    const seen = images.filter((image) => sights.get(image)!.kind === 'file')
    return seen.length === 0 ? [] : [{ seen, paths }]
  })
  if (pairs.length === 0) return unlisted
  try {
    const spellings = await workspace.spellings(pairs.map(({ paths }) => paths))
    for (const [i, { seen }] of pairs.entries())
      for (const image of spellings[i] === undefined ? [] : seen)
        if (image.path !== spellings[i]) unlisted.add(image)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const reason = error.message
    for (const image of pairs.flatMap(({ seen }) => seen)) sights.set(image, { kind: 'other', reason })
  }
  for (const image of unlisted) sights.set(image, { kind: 'absent' })
  return unlisted
}

/**
 * Without the bytes of what is known, and can be had again: an intent may have thousands of paths. Those are one value
 * then, and compared with themselves for nothing.
 */
function lightened(sight: Sight, { before, after }: Image): Sight {
  if (sight.kind !== 'file') return sight
  const known = [before, after.kind === 'file' ? after.bytes : undefined]
  const bytes = known.find((each) => each !== undefined && same(sight.bytes, each))
  return bytes === undefined ? sight : { ...sight, bytes }
}

/** The state of one path, from what stands there. */
function stateOf(
  image: Image,
  intent: Intent,
  sight: Sight,
  later: readonly Intent[],
  hasher: Hasher,
): PathState {
  const facts = intent.facts.get(image.path)
  if (sight.kind === 'other') return 'drifted'
  const now = sight.kind === 'file' ? sight.bytes : undefined
  const isGone = sight.kind === 'file' && sight.isGone === true
  // Asked first: but for a line end, a mixture of both images may be what an editor makes of the later one.
  const isMixture = now !== undefined && isHalfWritten(image, intent, now)
  if ((holdsAfter(image, now) && !isMixture) || holdsLater(image, now, later)) return 'landed'
  if (holdsBefore(image, facts, now, { hasher, isGone }))
    return isAsRecorded(facts, sight) ? 'untouched' : 'restored'
  if (isMixture || (now !== undefined && holdsHalf(image, intent, now))) return 'halfway'
  // What its edits make of it could not be told, but they, or something after them, have been at it.
  return image.after.kind === 'unknown' ? 'landed' : 'drifted'
}

/** Raw equality, or what an editor may change on save; an edit that changes only such things is compared raw. */
export function holdsAfter({ before, after }: Image, now: FileBytes | undefined): boolean {
  switch (after.kind) {
    case 'unknown':
      return false
    case 'absent':
      return now === undefined
    case 'file':
      if (now === undefined) return false
      if (isUnkept(after.bytes)) return true
      // A later edit has moved it on, unread: its length is all that is known of it.
      if (isUnkept(now)) return now.length === after.bytes.length
      if (same(now, after.bytes)) return true
      // Most files hold their originals yet: that is told without normalizing anything.
      if (same(now, before)) return false
      return isLoosely(now, after.bytes) && !(before !== undefined && isLoosely(before, after.bytes))
  }
}

const isLoosely = (a: FileBytes, b: FileBytes): boolean => looselyEqual(bytesOf(a), bytesOf(b))

/** Whether a file that was moved or made holds what it was moved or made with, before its text edits. */
function holdsHalf(image: Image, intent: Intent, now: FileBytes): boolean {
  const { path, after, source } = image
  // Its text is there already, and its name has the old spelling yet.
  if (after.kind === 'absent') {
    const respelt = respeltTo(image, intent)?.after
    return respelt?.kind === 'file' && same(now, respelt.bytes)
  }
  if (after.kind !== 'file' || source === path) return false
  // Overwritten or new, and made from nothing: empty until its text is saved.
  if (source === undefined) return now.length === 0 || same(now, respeltFrom(image, intent)?.before)
  return same(now, imageAt(intent, source)?.before)
}

/** Whether it was a recovery or an undo that was cut short while it wrote the file in place: nothing else does. */
function isHalfWritten(image: Image, intent: Intent, now: FileBytes): boolean {
  const { before = respeltFrom(image, intent)?.before, after } = image
  if (!isWrittenHere(intent) || after.kind !== 'file' || before === undefined) return false
  if (same(now, before) || same(now, after.bytes)) return false
  return isCutShort(bytesOf(before), bytesOf(after.bytes), bytesOf(now))
}

/** Where the other spelling of its name leads. */
function respeltTo(image: Image, intent: Intent): Image | undefined {
  return respellingsIn(intent).find(({ gone }) => gone === image)?.come
}

/** What a recovery or an undo writes text into once it has the other spelling of its name. */
function respeltFrom({ path, before }: Image, intent: Intent): Image | undefined {
  const from = intent.facts.get(path)?.cameFrom
  if (before !== undefined || from === undefined || !isRespelling(from, path)) return undefined
  return imageAt(intent, from)
}

function holdsLater(image: Image, now: FileBytes | undefined, later: readonly Intent[]): boolean {
  let current = image
  for (const intent of later) {
    const next = imageAt(intent, image.path)
    if (next === undefined || !holdsAfter(current, next.before)) continue
    if (holdsAfter(next, now)) return true
    current = next
  }
  return false
}

function holdsBefore(
  { before }: Image,
  facts: PathFacts | undefined,
  now: FileBytes | undefined,
  { hasher, isGone }: { readonly hasher: Hasher; readonly isGone: boolean },
): boolean {
  if (same(now, before)) return true
  // A buffer has no BOM, and may have other line ends than the file had that is gone from under it.
  if (isGone && before !== undefined && now !== undefined) return sameText(bytesOf(now), bytesOf(before))
  // The original was a buffer with unsaved work: the disk may hold what lay under it.
  if (facts?.disk === undefined) return false
  return now === undefined ? facts.disk === null : facts.disk === hasher.hash(bytesOf(now))
}

/** Whether what stands there was not written since it was recorded, as far as its size and time tell. */
export function isAsRecorded(facts: PathFacts | undefined, sight: Sight): boolean {
  if (sight.kind !== 'file' || sight.stat === undefined || facts?.mtimeNs === undefined) return true
  return sight.stat.mtimeNs === facts.mtimeNs && sight.stat.size === facts.size
}

const indexes = new WeakMap<Intent, ReadonlyMap<string, Image>>()

/** What an intent makes of a path. Looked up for each path of each intent: a search would go through all each time. */
export function imageAt(intent: Intent, path: string): Image | undefined {
  let index = indexes.get(intent)
  if (index === undefined) {
    index = new Map(intent.images.map((image) => [image.path, image]))
    indexes.set(intent, index)
  }
  return index.get(path)
}
