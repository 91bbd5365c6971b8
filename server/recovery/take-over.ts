import { join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import { type Env, JournalError } from '../journal/env.ts'
import { type Intent, isFinishing, type Purpose, touchedPaths } from '../journal/intent.ts'
import { OutcomeWriter } from '../journal/outcomes.ts'
import { type Recorded, replay } from '../journal/replay.ts'
import { checkOutside, type Root } from '../journal/root.ts'
import type { Damage } from '../journal/scan.ts'
import type { Session } from '../journal/session.ts'
import {
  type EditorInfo,
  editorLives,
  type FoundSession,
  lifeOf,
  liveSessions,
  type SessionStart,
  settledSessions,
} from '../journal/session-folder.ts'
import type { Case, Ranked } from './cases.ts'
import { makeDurable } from './make-durable.ts'
import { shareFolder } from './shared-folders.ts'
import { type Stopped, stoppedIn } from './stopped.ts'

/** A dead session that this one has taken over. */
export interface Claimed {
  readonly found: FoundSession
  readonly outcomes: OutcomeWriter
  readonly open: Set<string>
  /** Some of it is of a later version: it stays for a program that knows it. */
  readonly refused: boolean
  /** How much its logs hold, settled intents and damage too. */
  readonly total: number
  released: boolean
}

/** What dead sessions left, as far as it matters to a recovery. */
export interface Taken {
  readonly claimed: Claimed[]
  readonly carried: Map<string, Purpose>
  /** What recoveries have finished, and what they recorded for that. */
  readonly finished: Intent[]
  /** Intents that were to take others forward or back, and are settled. */
  readonly carriers: Intent[]
  /** What was done to take some files of others back. */
  readonly inPart: Intent[]
  /** Recoveries that met errors. */
  readonly stopped: Stopped[]
  readonly settled: Ranked[]
  /** What claimed sessions settled before anything was pending in them, not kept in memory. */
  readonly passed: Passed[]
  /** How many intents were read. */
  read: number
  readonly cases: Case[]
  readonly adopted: Case[]
  /** Dead sessions that could not be taken over, or not be read: the reason was told. */
  missed: number
}

/** The settled intents at the beginning of a session's log. `rank`: that of the first; `until`: when the newest was made. */
interface Passed {
  readonly found: FoundSession
  readonly rank: number
  readonly until: string
}

/** Where a session takes others over. `among`: only those that worked in these of its folders; else in any. */
export type Ground = Pick<SessionStart, 'folders' | 'editor'> & { readonly among?: readonly string[] }

/**
 * Claims every dead session of these workspace folders and reads what it left.
 * One whose editor still runs is not dead: in that editor (`editor`) it is adopted, in any other left alone.
 */
export async function takeOver(
  env: Env,
  root: Root,
  session: Session,
  { folders, editor, among = folders }: Ground,
  tell: (problem: unknown) => void,
): Promise<Taken> {
  const taken: Taken = {
    claimed: [],
    carried: new Map(),
    finished: [],
    carriers: [],
    inPart: [],
    stopped: [],
    settled: [],
    passed: [],
    read: 0,
    cases: [],
    adopted: [],
    missed: 0,
  }
  // Before anything in there is read.
  await checkOutside(env, root, folders)
  const seen = new Set<string>()
  const passed = new Set<string>()
  // Claiming a session can bring others to light that it had claimed itself: until none is left.
  for (let more = true; more; ) {
    more = false
    for (const dead of await liveSessions(env, root)) {
      if (dead.info.session === session.id || dead.claimedBy?.session === session.id) continue
      const nested = dead.claimedBy !== undefined && seen.has(dead.claimedBy.session)
      const ours = await shareFolder(env.disk, dead.info.folders, among)
      if (!nested && !(ours && (await lifeOf(env, dead)) === 'dead')) continue
      const editorRuns = await editorLives(env, dead.info)
      const adopt = editorRuns && isSameEditor(dead.info.editor, editor)
      if (!nested && editorRuns && !adopt) continue
      if (passed.has(dead.info.session)) continue
      try {
        const claimed = await session.claim(dead)
        if (claimed === undefined) continue
        more = true
        seen.add(claimed.info.session)
        if (!ours || (editorRuns && !adopt)) await session.release(claimed, 'live')
        else await take(env, claimed, adopt, taken, tell)
      } catch (error) {
        // One that cannot be read or taken over is no reason to leave the others as they are.
        if (!(error instanceof DiskError || error instanceof JournalError)) throw error
        passed.add(dead.info.session)
        taken.missed++
        tell(error)
      }
    }
  }
  if (taken.cases.length > 0) await lookAround(env, root, session, folders, taken, tell)
  return taken
}

async function take(
  env: Env,
  found: FoundSession,
  adopt: boolean,
  taken: Taken,
  tell: (problem: unknown) => void,
): Promise<void> {
  // Killed before it synced, the session left what a loss of power would still take away: nothing is to rest on that.
  const names = (await env.disk.list(found.path)) ?? []
  const logs = names.filter(({ kind, name }) => kind === 'file' && name.endsWith('.log'))
  const paths = logs.map(({ name }) => join(found.path, name))
  await makeDurable(env.disk, paths, [found.path])
  let total = 0
  const first = taken.read
  let until = ''
  const damage: Damage[] = []
  const pending: (Recorded & { readonly rank: number })[] = []
  for await (const item of replay(env, found.path)) {
    total++
    if (item.kind !== 'intent') {
      damage.push(item)
      tell(new Error(`${item.log} is ${item.kind} at byte ${item.at}: ${item.reason}`))
      continue
    }
    const rank = taken.read++
    if (!item.settled) pending.push({ ...item, rank })
    else {
      const { at, of, purpose, named } = item.intent.about
      // What was settled before anything was pending stands on top of nothing, but of what other sessions left.
      if (pending.length > 0) taken.settled.push({ intent: item.intent, session: found, rank })
      else if (at > until) until = at
      if (of !== undefined) taken.carriers.push(item.intent)
      if (isDone(item) && of !== undefined && purpose !== undefined && !named) taken.carried.set(of, purpose)
      addDone(taken, item)
    }
  }
  if (until !== '') taken.passed.push({ found, rank: first, until })
  // A torn tail is a crash during an append: that edit was never forwarded, and what stands before it is sound.
  const serious = damage.filter(({ kind }) => kind !== 'torn')
  const outcomes = new OutcomeWriter(env, found.path, tell)
  const open = new Set(pending.map(({ intent }) => intent.id))
  const refused = damage.some(({ kind }) => kind === 'refused')
  taken.claimed.push({ found, outcomes, open, refused, total, released: false })
  for (const { intent, outcomes, rank } of pending) {
    const doubt = intent.foreign
      ? 'another program wrote it'
      : serious.length > 0
        ? 'its log is damaged'
        : undefined
    ;(adopt ? taken.adopted : taken.cases).push({ intent, outcomes, session: found, doubt, rank })
  }
}

/**
 * What other sessions have recorded since the oldest pending intent, settled ones and such as run: an edit may
 * stand on top of it, and an undo may have taken it back.
 */
async function lookAround(
  env: Env,
  root: Root,
  session: Session,
  folders: readonly string[],
  taken: Taken,
  tell: (problem: unknown) => void,
): Promise<void> {
  const since = taken.cases.map(({ intent }) => intent.about.at).sort()[0]!
  for (const each of taken.passed) if (each.until >= since) await lookBack(env, each, since, taken, tell)
  const carriers: Intent[] = []
  const claimed = new Set(taken.claimed.map(({ found }) => found.info.session))
  for (const found of [...(await settledSessions(env, root)), ...(await liveSessions(env, root))]) {
    const { info } = found
    const ours = info.session === session.id || found.claimedBy?.session === session.id
    if (ours || claimed.has(info.session)) continue
    if (!(await shareFolder(env.disk, info.folders, folders))) continue
    try {
      for await (const item of replay(env, found.path)) {
        if (item.kind !== 'intent' || item.intent.about.at < since) continue
        taken.settled.push({ intent: item.intent, session: found, rank: taken.read++ })
        addDone(taken, item)
        if (item.intent.about.of !== undefined && item.outcomes.some(({ event }) => event === 'landed'))
          carriers.push(item.intent)
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      // It has been moved on meanwhile, or was too old to be kept; or it cannot be read: the others tell what they know.
      if ((await env.disk.lstat(found.path)) !== undefined) tell(error)
    }
  }
  carriers.sort((a, b) => (a.about.at < b.about.at ? -1 : a.about.at > b.about.at ? 1 : 0))
  for (const { intent } of taken.cases) {
    const at = carriers.findLastIndex((each, i) => isWholeOf(each, intent) && holds(i, carriers))
    const purpose = carriers[at]?.about.purpose
    if (purpose !== undefined && !taken.carried.has(intent.id)) taken.carried.set(intent.id, purpose)
  }
}

/** What was passed over, and is no older than something that is pending in another session. */
async function lookBack(
  env: Env,
  { found, rank: first }: Passed,
  since: string,
  { settled }: Taken,
  tell: (problem: unknown) => void,
): Promise<void> {
  try {
    let rank = first
    for await (const item of replay(env, found.path)) {
      if (item.kind !== 'intent') continue
      if (!item.settled) return
      if (item.intent.about.at >= since) settled.push({ intent: item.intent, session: found, rank })
      rank++
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    tell(error)
  }
}

function addDone({ stopped, finished, inPart }: Taken, item: Recorded): void {
  const { intent, outcomes } = item
  const found = stoppedIn(intent, outcomes)
  if (found !== undefined) stopped.push(found)
  if (outcomes.some(({ event }) => event === 'recovered') || (isFinishing(intent) && isDone(item)))
    finished.push(intent)
  if (intent.about.named && isDone(item)) inPart.push(intent)
}

const isDone = ({ outcomes }: Recorded): boolean =>
  outcomes.some(({ event }) => event === 'landed' || event === 'recovered')

/** Whether a carrier did all of an intent; the undo of a single file is not an undo of the edit. */
function isWholeOf(carrier: Intent, intent: Intent): boolean {
  if (carrier.about.of !== intent.id) return false
  const paths = new Set(touchedPaths(carrier))
  return intent.images.every(({ path }) => paths.has(path))
}

/** Whether what a carrier did was not taken back in turn, by a later one: what logs claim could go in circles. */
function holds(at: number, carriers: readonly Intent[]): boolean {
  return !carriers.some(
    (each, i) =>
      i > at && each.about.purpose !== 'finish' && isWholeOf(each, carriers[at]!) && holds(i, carriers),
  )
}

function isSameEditor(a: EditorInfo | null, b: EditorInfo | null): boolean {
  return a !== null && b !== null && a.pid === b.pid && a.start === b.start
}
