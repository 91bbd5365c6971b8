import type { Env } from '../journal/env.ts'
import { JournalError } from '../journal/env.ts'
import { type Intent, isFinishing, touchedPaths, wasOf } from '../journal/intent.ts'
import { checkOwn } from '../journal/root.ts'
import type { Session } from '../journal/session.ts'
import { carryOut, type Report } from '../recovery/carry-out.ts'
import { makeDurable, pathsByBytes } from '../recovery/make-durable.ts'
import { type Left, rollBackWay, type Way } from '../recovery/ways.ts'
import { observeWithheld } from '../recovery/withheld.ts'
import type { Change, Workspace } from '../recovery/workspace.ts'
import { changesOf } from './changes.ts'
import type { Entry } from './history.ts'
import type { State, States } from './state.ts'
import type { Undone } from './undone.ts'

/** To redo is to undo an undo. */
export type Direction = 'undo' | 'redo'

/** What is to be taken back. */
export interface Wish {
  readonly direction: Direction
  /**
   * What the user named; undefined: the newest edit that is still there, or the newest undo that still holds, in all
   * the files that are named.
   */
  readonly entry: Entry | undefined
  /** Absolute; none: all of them. */
  readonly files: readonly string[]
  /** Where nothing is named: which intents come into question, those of the first of these that has any. */
  readonly among?: readonly Among[]
}

type Among = (entry: Entry) => boolean

/**
 * Takes back what is meant, by `act`, one intent after the other. Where nothing is named, one that was put back by other
 * means already is passed over, and the next older one is taken; `act` finds nothing to write for it.
 * @throws JournalError where that cannot be taken back on its own
 */
export async function* takenBack(
  wish: Wish,
  entries: readonly Entry[],
  states: States,
  act: (entry: Entry) => Promise<Undone>,
): AsyncGenerator<Undone> {
  if (wish.entry !== undefined) {
    for (const each of await toTakeBack(wish, entries, states)) yield act(each)
    return
  }
  const passed = new Map<Entry, Undone>()
  for (;;) {
    const [target] = await toTakeBack(wish, entries, states, passed)
    if (target === undefined) {
      const [newest] = passed.values()
      if (newest !== undefined) yield newest
      return
    }
    const mayPass = await isAtRest(states, target, wish.files)
    const undone = await act(target)
    if (!mayPass || undone.by !== null || undone.files.length + undone.left.length > 0) {
      for (const each of passed.values()) yield { ...each, passedOver: true }
      yield undone
      return
    }
    passed.set(target, undone)
  }
}

/**
 * Whether nothing of it is left to be put back, on the disk as well as in a buffer: a pending one may be yet to be shown
 * by an editor.
 */
async function isAtRest(states: States, entry: Entry, named: readonly string[]): Promise<boolean> {
  if ((await states.of(entry)).kind === 'pending' || !(await states.hasFolders(entry))) return false
  const files = await states.filesOf(entry)
  return files.every(
    ({ file, state }) =>
      state === 'untouched' || state === 'restored' || (named.length > 0 && !named.includes(file.path)),
  )
}

/**
 * The intents that are to be taken back, in this order; `passed`: not these.
 * @throws JournalError where that cannot be taken back on its own
 */
export async function toTakeBack(
  wish: Wish,
  entries: readonly Entry[],
  states: States,
  passed: ReadonlyMap<Entry, Undone> = new Map(),
): Promise<readonly Entry[]> {
  await states.countBuffered()
  const { direction, entry, files } = wish
  const found = entry ?? (await newestLeft(wish, entries, states, passed))
  if (found === undefined) return []
  if (direction === 'redo') {
    const undos = undosOf(entries, states, found)
    if (files.length === 0) {
      const half = undos.find((each) => states.isOfHalf(each))
      if (half !== undefined) throw new JournalError(wouldTear(half.recorded.intent))
      return undos
    }
    const touching = undos.filter(({ recorded: { intent } }) =>
      touchedPaths(intent).some((path) => files.includes(path) || files.includes(wasOf(intent, path))),
    )
    if (touching.length > 0 || undos.length === 0) return touching
    throw new JournalError(`what was undone does not touch ${files.join(', ')}`)
  }
  const { about, id } = found.recorded.intent
  if (about.purpose === 'finish')
    throw new JournalError(
      `${short(id)} finished ${short(about.of)}: taken back alone it would tear that edit; lsp-wal undo ${short(about.of)} takes back the whole`,
    )
  return [found]
}

function wouldTear({ id, about }: Intent): string {
  return `${short(id)} rolled back ${short(about.of ?? id)}, which a crash had cut off half way: its redo would bring back that half; do the edit anew, or name the files that are to come back (--file)`
}

/**
 * The newest one that is left to be taken back, in all the files that are named.
 * @throws JournalError where there is one, and none in those files
 */
async function newestLeft(
  { direction, files, among = [() => true] }: Wish,
  entries: readonly Entry[],
  states: States,
  passed: ReadonlyMap<Entry, Undone>,
): Promise<Entry | undefined> {
  const newest = direction === 'undo' ? newestEdit : newestUndo
  const isLeftThere = (entry: Entry) => {
    const paths = states.pathsLeft(entry)
    return !passed.has(entry) && files.every((file) => paths.has(file))
  }
  for (const isMeant of among) {
    const found = await newest(entries, states, (entry) => isMeant(entry) && isLeftThere(entry))
    if (found !== undefined) return found
  }
  if (files.length === 0 || passed.size > 0) return undefined
  if ((await newest(entries, states, () => true)) === undefined) return undefined
  const what = direction === 'undo' ? 'undone' : 'redone'
  throw new JournalError(
    files.length === 1
      ? `what is left to be ${what} here does not touch ${files[0]}`
      : `no edit that is left to be ${what} here touches all of ${files.join(', ')}: name them one by one`,
  )
}

/** Not what recoveries wrote: taking back only their part would tear the edit again. */
async function newestEdit(
  entries: readonly Entry[],
  states: States,
  among: Among,
): Promise<Entry | undefined> {
  for (const entry of entries.toReversed()) {
    const { about, foreign } = entry.recorded.intent
    if (foreign || about.purpose !== undefined || !among(entry)) continue
    if (isThere(entry, await states.of(entry))) return entry
  }
  return undefined
}

/** The newest undo that still holds. */
async function newestUndo(
  entries: readonly Entry[],
  states: States,
  among: Among,
): Promise<Entry | undefined> {
  for (const each of entries.toReversed()) {
    // What a recovery finished of an undo is a part of that: redone alone, the undo would count for one yet.
    if (each.recorded.intent.about.purpose === 'finish' || !among(each) || !isUndo(states.chainOf(each)))
      continue
    const of = entries.find(({ recorded }) => recorded.intent.id === each.recorded.intent.about.of)
    if (of !== undefined && holding(states.takersOf(of)).includes(each)) return each
  }
  return undefined
}

/** Whether some of an edit is in the files, or in an editor's buffers, as far as the log tells. */
function isThere({ recorded }: Entry, state: State): boolean {
  switch (state.kind) {
    case 'settled':
      return state.event === 'landed' || state.event === 'recovered' || state.event === 'superseded'
    case 'taken':
      return state.purpose === 'finish' || !state.whole
    case 'pending':
      // Editors ask for edits that nobody takes up, to show what they would do.
      if (state.owner === 'session' && recorded.outcomes.some(({ event }) => event === 'applied')) return true
      return state.files.some((file) => file.state === 'landed' || file.state === 'halfway')
  }
}

/** What took an intent back and still holds, the newest first: files may have been undone one by one. */
function undosOf(entries: readonly Entry[], states: States, entry: Entry): readonly Entry[] {
  const chain = states.chainOf(entry)
  if (isUndo(chain)) {
    // Where this is what a recovery wrote to finish it, the whole.
    const whole = chain.find((each) => !isFinishing(each))
    return entries.filter(({ recorded }) => recorded.intent === whole)
  }
  const undos = states.takersOf(entry).filter(({ purpose }) => purpose !== 'finish')
  return holding(undos).toReversed()
}

function holding(takers: ReturnType<States['takersOf']>): Entry[] {
  return takers
    .filter(({ done, takenBackBy }) => done !== 'not yet' && takenBackBy === undefined)
    .map(({ entry }) => entry)
}

/** Whether an intent undoes, and not an undo: that would be a redo. `chain`: from it down. */
function isUndo(chain: readonly Intent[]): boolean {
  return chain.filter((each) => each.about.of !== undefined && !isFinishing(each)).length % 2 === 1
}

/**
 * What taking an intent back would write now. `files`: those that the user named; none for all. Nothing is written.
 * @throws JournalError where others could have written the session, or a file is named that the edit does not touch
 */
export async function wayBack(
  env: Env,
  states: States,
  entry: Entry,
  workspace: Workspace,
  files: readonly string[],
): Promise<Way> {
  // What others could have written there is listed, and not acted on.
  await checkOwn(env, entry.session.path)
  const { intent, was, replaced } = await states.followed(entry, workspace)
  const named = pathsOf(intent, was, files)
  const seen = await states.pathsOf(entry, workspace, intent)
  const withheld = await observeWithheld(workspace, intent, env.hasher)
  const isNamed = (path: string) => named === undefined || named.has(path)
  // Loaded only here: the proxy starts without it.
  const { merge } = await import('../edits/merge.ts')
  const way = rollBackWay(
    intent,
    // Of a bare move one end alone is not carried out.
    seen.filter(({ image: { path } }) => isNamed(path) && !replaced.has(path)),
    { named, withheld: withheld.filter(({ path }) => isNamed(path)), merge },
  )
  const changes = way.changes.map((change) => withWas(change, was.get(change.path)))
  const left = [...replaced].filter(([path]) => isNamed(path)).map(([path, to]) => leftReplaced(path, to))
  const after = states.newestOn(entry)
  const inPart = !intent.images.every(({ path }) => isNamed(path))
  return {
    ...way,
    ...(inPart && { named: true }),
    after,
    changes,
    left: [...way.left, ...left],
    folders: intent.folders,
  }
}

/** `to`: where the file went that was there; undefined: it was deleted. */
function leftReplaced(path: string, to: string | undefined): Left {
  const what = to === undefined ? 'deleted since' : `moved to ${to}`
  return { path, reason: `the file that stood there was ${what}, and this is another one` }
}

function withWas(change: Change, was: string | undefined): Change {
  return was === undefined ? change : { ...change, was }
}

/**
 * Goes a way back, with an intent of its own recorded first.
 * @throws DiskError, JournalError where that cannot be recorded, or is not durable: nothing is written then
 */
export async function takeBack(
  env: Env,
  session: Session,
  workspace: Workspace,
  entry: Entry,
  way: Way,
): Promise<Report> {
  const { intent } = entry.recorded
  // An undo that met an error may have written a file without making that durable: it is not written again now.
  const left = new Set(way.left.map(({ path }) => path))
  const { kept, bare } = pathsByBytes(intent.images.filter(({ path }) => !left.has(path)))
  const own = new Set(touchedPaths(intent))
  const movedSince = way.changes.map(({ path }) => path).filter((path) => !own.has(path) && !left.has(path))
  await makeDurable(env.disk, [...kept, ...movedSince], entry.session.info.folders, bare)
  const asItIs = { ...intent, folders: way.folders ?? intent.folders }
  return carryOut(env, session, workspace, asItIs, 'undo', way)
}

/**
 * The named files, and with each moved one its other end; undefined: all of them. One is named as it was, or as it is.
 */
function pathsOf(
  intent: Intent,
  was: ReadonlyMap<string, string>,
  files: readonly string[],
): ReadonlySet<string> | undefined {
  if (files.length === 0) return undefined
  const groups = changesOf(intent).map(({ paths }) => paths)
  const paths = files.flatMap((file) => {
    const group = groups.find((each) =>
      each.some((path) => [path, was.get(path), wasOf(intent, path)].includes(file)),
    )
    if (group === undefined) throw new JournalError(`${short(intent.id)} does not touch ${file}`)
    return group
  })
  return new Set(paths)
}

const short = (id: string | undefined): string => (id ?? '').slice(0, 8)
