import { dirname, join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import { bytesOf, isUnkept, same } from '../edits/file-bytes.ts'
import { type Image, isBare } from '../edits/images.ts'
import type { ByteEdit } from '../edits/splice.ts'
import { isContinuation } from '../edits/utf8.ts'
import type { Env } from '../journal/env.ts'
import type { Intent, PathFacts, Purpose } from '../journal/intent.ts'
import { asLeft, FAILED, type Failure, type Outcome, PUT_BACK } from '../journal/outcomes.ts'
import type { Session } from '../journal/session.ts'
import { movesAmong } from './bare-moves.ts'
import { linkTarget } from './make-durable.ts'
import { imageAt } from './observe.ts'
import { withOrigins, withoutOrigin } from './origins.ts'
import { caseless, type Respelling, respellingsAmong } from './spelling.ts'
import type { Left, Way } from './ways.ts'
import {
  type Change,
  HalfWritten,
  isProblem,
  type Placed,
  type Problem,
  PutBack,
  Refused,
  type Workspace,
} from './workspace.ts'

/** What was done for an intent, path by path. */
export interface Report {
  readonly purpose: Purpose
  readonly of: Intent
  /** The intent that records what was done, so that it can be taken back; undefined: nothing was to do. */
  readonly own: Intent | undefined
  readonly written: readonly string[]
  /** Put into an editor's buffers: not on the disk before they are saved. */
  readonly buffered: readonly string[]
  /** Those of them for which there is the editor's word alone so far. */
  readonly unseen: readonly string[]
  readonly left: readonly Left[]
  /** Those of them that were to be written, and which the system kept from that. */
  readonly failures: ReadonlyMap<string, Failure>
  /** Paths whose bytes were kept out of the log: as they were. */
  readonly withheld: readonly Left[]
  /** A write in place failed half way: the intent stays open until that is mended. */
  readonly halfWritten: boolean
}

/**
 * Carries out a way forward or back: first its own intent is made durable, then each path is written.
 * Cut short at any instant, the next start finds that intent and finishes it.
 * @throws DiskError, JournalError where the intent cannot be recorded: nothing is written then
 */
export async function carryOut(
  env: Env,
  session: Session,
  workspace: Workspace,
  intent: Intent,
  purpose: Purpose,
  way: Way,
): Promise<Report> {
  const changes = withOrigins(way.changes, intent, purpose)
  const own =
    changes.length === 0
      ? undefined
      : await record(env, session, workspace, intent, purpose, { ...way, changes })
  const recorded = own === undefined ? way : { ...way, changes: asRecorded(changes, own) }
  const { isOpen, ...report } = await placeAll(env, workspace, { intent, purpose, own }, recorded)
  if (own !== undefined && !isOpen) {
    // Not `landed` where a path was left: the intent that it was to carry out is still open then.
    session.note({ id: own.id, at: env.host.now().toISOString(), ...endOf(report) })
  }
  return report
}

/** How an intent ends that was to take another one forward or back, once nothing of it is in a buffer only. */
export function endOf({
  left,
  failures,
}: Pick<Report, 'left' | 'failures'>): Pick<Outcome, 'event' | 'paths' | 'reason'> {
  if (left.length === 0) return { event: 'landed' }
  const reason = left.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  return { event: 'superseded', reason, paths: asLeft(left, failures) }
}

/**
 * The changes with their bytes where this session's own log holds them: that of the other intent may go meanwhile, as
 * too old for the history, and the files that were not written yet could not be any more.
 */
function asRecorded(changes: readonly Change[], own: Intent): Change[] {
  return changes.map((change) => {
    const { before, after } = imageAt(own, change.path)!
    return { ...change, before, after: after.kind === 'file' ? after.bytes : undefined }
  })
}

/** `isOpen`: its end is not known yet, or known only as long as its intent is open. */
interface Placing extends Report {
  readonly isOpen: boolean
}

/**
 * Writes each path of a way, which `own` has recorded: an intent that carries another one forward or back, or that
 * very intent.
 */
export async function placeAll(
  env: Env,
  workspace: Workspace,
  {
    intent,
    purpose,
    own,
  }: { readonly intent: Intent; readonly purpose: Purpose; readonly own: Intent | undefined },
  way: Way,
): Promise<Placing> {
  const written: string[] = []
  const buffered: string[] = []
  const unseen: string[] = []
  const left: Left[] = [...way.left]
  const failures = new Map<string, Failure>()
  const nameOf = (path: string) => temporaryNameOf(env, own!.id, path)
  const folders = foldersOf(intent, purpose)
  let halfWritten = false
  const leave = (path: string, problem: Problem) => {
    left.push({ path, reason: problem.message })
    const failure = failureOf(problem)
    if (failure !== undefined) failures.set(path, failure)
    halfWritten ||= problem instanceof HalfWritten
  }
  const place = async (changes: readonly Change[]) => {
    const placed = changes.length === 0 ? [] : await workspace.place(changes, nameOf)
    for (const [i, each] of placed.entries()) {
      const { path } = changes[i]!
      if (each.where === 'left') leave(path, each.problem)
      else (each.where === 'disk' ? written : buffered).push(path)
      if (each.where === 'buffer' && each.unseen) unseen.push(path)
    }
  }
  /** Gives files their names that differ from what they have in case alone; resolves with what is left to be done. */
  const respell = async (changes: readonly Change[]): Promise<readonly Change[]> => {
    const rest = new Set(changes)
    const done = ({ gone, come }: Respelling<Change>, placed: Placed) => {
      rest.delete(gone)
      rest.delete(come)
      if (placed.where === 'left') for (const { path } of [come, gone]) leave(path, placed.problem)
      else {
        written.push(gone.path)
        // A crash before that is written leaves the old text by the new name, which the next look knows.
        if (same(gone.before, come.after)) written.push(come.path)
        else rest.add({ ...withoutOrigin(come), before: gone.before })
      }
    }
    const pairs = respellingsAmong(changes, endsOf)
    try {
      const spellings = await workspace.spellings(pairs.map(({ gone, come }) => [gone.path, come.path]))
      const here = pairs.filter(({ gone }, i) => spellings[i] === gone.path)
      const moves = here.map(({ gone, come }) => ({ from: gone.path, to: come.path }))
      const placed = here.length === 0 ? [] : await workspace.respell(moves, folders)
      for (const [i, pair] of here.entries()) done(pair, placed[i]!)
    } catch (error) {
      if (!isProblem(error)) throw error
      for (const pair of pairs) done(pair, { where: 'left', problem: error })
    }
    return [...rest]
  }
  const { moves, others: all } = movesAmong(withOrigins(way.changes, intent, purpose))
  const others = await respell(all)
  const files = others.filter(({ after }) => after !== undefined)
  await place(files.filter(({ cameFrom }) => cameFrom === undefined))
  // Where they would not be removed below, they are made as files of their own.
  const isHeld = left.length > way.left.length || unseen.length > 0
  const arriving = files.filter(({ cameFrom }) => cameFrom !== undefined)
  await place(isHeld ? arriving.map(withoutOrigin) : arriving)
  const removals = others.filter(({ after }) => after === undefined)
  // A removal may be the other end of a move: the bytes are to stand somewhere first, and durably.
  const obstacle =
    left.length > way.left.length
      ? 'another file could not be written'
      : unseen.length > 0
        ? 'the editor has yet to show another change'
        : undefined
  if (obstacle === undefined) await place(removals.map(withRespelt(intent, purpose)))
  else for (const { path } of removals) left.push({ path, reason: `not removed, since ${obstacle}` })
  // Last: none of them is needed for the others, nor the other way round.
  const moved = moves.length === 0 ? [] : await workspace.move(moves, folders)
  for (const [i, each] of moved.entries()) {
    const { from, to } = moves[i]!
    if (each.where === 'left')
      for (const path of [to, from]) left.push({ path, reason: each.problem.message })
    else (each.where === 'disk' ? written : buffered).push(to, from)
  }
  // What a path that could not be written left behind; with its intent settled nobody would look for it.
  if (own !== undefined && left.length > way.left.length) await removeTemporaries(env, own).catch(() => {})
  // Where nothing could be put in them, none are made.
  const isInVain = written.length + buffered.length === 0
  const made = isInVain && left.length > 0 ? [] : folders.made
  // Nor is one removed that was there without them: it is somebody else's by now.
  const removed = isInVain && purpose === 'undo' ? [] : folders.removed
  await settleThese(workspace, { made, removed }, left)
  return {
    purpose,
    of: intent,
    own,
    written,
    buffered,
    unseen,
    left,
    failures,
    withheld: way.withheld ?? [],
    // The end of a file that is half written is known only as long as this intent is open.
    isOpen: buffered.length > 0 || halfWritten,
    halfWritten,
  }
}

const endsOf = ({ before, after }: Change) => ({ before: before !== undefined, after: after !== undefined })

function failureOf(problem: Problem): Failure | undefined {
  if (problem instanceof PutBack) return PUT_BACK
  return problem instanceof DiskError ? FAILED : undefined
}

/** Says of each removal whether a path of the same name, but for its case, is to hold a file. */
function withRespelt({ images }: Intent, purpose: Purpose): (change: Change) => Change {
  const kept = new Map(
    images
      .filter(({ before, after }) => (purpose === 'finish' ? after.kind !== 'absent' : before !== undefined))
      .map(({ path }) => [caseless(path), path]),
  )
  return (change) => {
    const respelt = kept.get(caseless(change.path))
    return respelt === undefined || respelt === change.path ? change : { ...change, respelt }
  }
}

/** Makes and removes the folders that an intent did, or the other way round. */
export async function settleFolders(
  workspace: Workspace,
  intent: Intent,
  purpose: Purpose,
  left: Left[],
): Promise<void> {
  await settleThese(workspace, foldersOf(intent, purpose), left)
}

async function settleThese(
  workspace: Workspace,
  { made, removed }: Intent['folders'],
  left: Left[],
): Promise<void> {
  try {
    await workspace.settleFolders(made, removed)
  } catch (error) {
    if (!(error instanceof Refused || error instanceof DiskError)) throw error
    left.push({ path: made[0] ?? removed[0] ?? '', reason: error.message })
  }
}

/** Backwards: what was removed is made again, outermost first, and what was made is removed, innermost first. */
function foldersOf({ folders }: Intent, purpose: Purpose): Intent['folders'] {
  if (purpose === 'finish') return folders
  return { made: [...folders.removed].reverse(), removed: [...folders.made].reverse() }
}

async function record(
  env: Env,
  session: Session,
  workspace: Workspace,
  of: Intent,
  purpose: Purpose,
  { after = of.about.at, changes, named }: Way,
): Promise<Intent> {
  const facts = new Map<string, PathFacts>()
  for (const change of changes) {
    const { path, was, cameFrom } = change
    facts.set(path, {
      ...(await factsOf(workspace, change)),
      ...(was !== undefined && { was }),
      ...(cameFrom !== undefined && { cameFrom: cameFrom.path }),
    })
  }
  const own: Intent = {
    id: env.host.random(16),
    images: imagesOf(changes),
    facts,
    folders: foldersOf(of, purpose),
    foreign: false,
    about: {
      at: timeAfter(after, env.host.now()),
      session: session.id,
      road: purpose,
      label: labelOf(purpose, of),
      server: of.about.server,
      purpose,
      of: of.id,
      ...(named && { named }),
    },
  }
  return session.append(own)
}

/** Now, or right after what is of a later time: clocks are set back, and what takes an intent back is younger. */
function timeAfter(at: string, now: Date): string {
  const after = Date.parse(at) + 1
  return (after > now.getTime() && after <= LAST_DATE_MS ? new Date(after) : now).toISOString()
}

// 9999-12-31, the last day that is written with four digits: times are compared as text.
const LAST_DATE_MS = Date.UTC(9999, 11, 31)

const LABELS: Record<Purpose, string> = { finish: 'Finish: ', 'roll-back': 'Roll back: ', undo: 'Undo: ' }
const REDO = 'Redo: '

function labelOf(purpose: Purpose, { about, id }: Intent): string {
  const label = about.label || id.slice(0, 8)
  const own =
    about.purpose === undefined
      ? undefined
      : [...Object.values(LABELS), REDO].find((each) => label.startsWith(each))
  const bare = label.slice(own?.length ?? 0)
  const takesBack = own === LABELS.undo || own === LABELS['roll-back']
  return (purpose === 'undo' && takesBack ? REDO : LABELS[purpose]) + bare
}

async function factsOf(workspace: Workspace, { path, before, after, mode }: Change): Promise<PathFacts> {
  const bare = [before, after].find(isUnkept)
  const sight = await workspace.look(path, bare)
  const stat = sight.kind === 'file' ? sight.stat : undefined
  if (stat === undefined)
    return { from: sight.kind === 'file' ? 'buffer' : 'disk', ...(mode !== undefined && { mode }) }
  return { from: 'disk', size: stat.size, mtimeNs: stat.mtimeNs, mode: stat.mode }
}

function imagesOf(changes: readonly Change[]): Image[] {
  const sources = new Map(changes.map(({ path, before }) => [before, path]))
  return changes.map((change) => {
    const { path, before, after } = change
    if (!isUnkept(after)) return imageOf(change)
    return { path, before, after: { kind: 'file', bytes: after }, source: sources.get(after), edits: [] }
  })
}

/** A change as an image: the one range that differs, where that can be said in text. */
function imageOf({ path, before, after: bytes }: Change): Image {
  if (bytes === undefined) return { path, before, after: { kind: 'absent' }, source: undefined, edits: [] }
  const after = { kind: 'file', bytes } as const
  const edit = differenceOf(before === undefined ? new Uint8Array() : bytesOf(before), bytesOf(bytes))
  if (edit === undefined) return { path, before, after, source: undefined, edits: [] }
  return { path, before, after, source: before === undefined ? undefined : path, edits: [edit] }
}

function differenceOf(before: Uint8Array, after: Uint8Array): ByteEdit | undefined {
  const shorter = Math.min(before.length, after.length)
  let start = sameBlocks(before, after, shorter, 'from the start')
  while (start < shorter && before[start] === after[start]) start++
  let end = sameBlocks(before, after, shorter - start, 'from the end')
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  // Out to whole characters: what is inserted has to be text on its own.
  while (start > 0 && isContinuation(after[start])) start--
  while (end > 0 && isContinuation(after[after.length - end])) end--
  const inserted = Buffer.from(after.subarray(start, after.length - end))
  const text = inserted.toString('utf8')
  return Buffer.from(text, 'utf8').equals(inserted) ? { start, end: before.length - end, text } : undefined
}

const BLOCK_BYTES = 16 * 1024

/** In how many bytes two files agree, at most `most`, in whole blocks: native code compares them. */
function sameBlocks(
  a: Uint8Array,
  b: Uint8Array,
  most: number,
  from: 'from the start' | 'from the end',
): number {
  const blockOf = (bytes: Uint8Array, at: number) =>
    from === 'from the start'
      ? bytes.subarray(at, at + BLOCK_BYTES)
      : bytes.subarray(bytes.length - at - BLOCK_BYTES, bytes.length - at)
  let same = 0
  while (same + BLOCK_BYTES <= most && Buffer.compare(blockOf(a, same), blockOf(b, same)) === 0)
    same += BLOCK_BYTES
  return same
}

/** Of one intent and path alone; known to whoever knows both, to clear up what a run that was cut short left. */
function temporaryNameOf(env: Env, id: string, path: string): string {
  return `.lsp-wal-${env.hasher.hash(Buffer.from(`${id}:${path}`))}`
}

/**
 * Removes the temporary files that carrying out `own` may have left when it was cut short, for good: settled before
 * that is durable, a loss of power would bring them back, and nobody would look for them any more.
 */
export async function removeTemporaries(env: Env, own: Intent): Promise<void> {
  const folders = new Set<string>()
  for (const { path } of own.images.filter((image) => !isBare(image))) {
    const target = await linkTarget(env.disk, path)
    if (target === undefined) continue
    const folder = dirname(target)
    const temporary = join(folder, temporaryNameOf(env, own.id, path))
    if ((await env.disk.lstat(temporary))?.kind === 'file') await env.disk.remove(temporary)
    // Also where it is gone already: whoever removed it may not have got so far.
    folders.add(folder)
  }
  for (const folder of folders)
    if ((await env.disk.stat(folder))?.kind === 'folder') await env.disk.syncFolder(folder)
}
