import { join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import { type Env, JournalError } from '../journal/env.ts'
import { type Intent, type Purpose, touchedPaths } from '../journal/intent.ts'
import {
  CLOSED,
  type Event,
  isFinal,
  NOT_TAKEN_UP,
  type Outcome,
  OutcomeWriter,
  UNDONE,
} from '../journal/outcomes.ts'
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
import { carryOut, type Report, removeTemporaries, settleFolders } from './carry-out.ts'
import { makeDurable } from './make-durable.ts'
import { type Observation, observe, same } from './observe.ts'
import {
  finishWay,
  type Left,
  type Plan,
  planRecovery,
  type RecoverMode,
  rollBackWay,
  type Way,
} from './plan.ts'
import { shareFolder } from './shared-folders.ts'
import { observeWithheld } from './withheld.ts'
import type { Workspace } from './workspace.ts'

/** One pending intent of a dead session, and what is known of it. */
export interface Case extends Ranked {
  readonly outcomes: readonly Outcome[]
  readonly doubt: string | undefined
}

/** An intent and its place among those that were read. */
interface Ranked {
  readonly intent: Intent
  readonly session: FoundSession
  /** In which order they were read: within one log, the order in time. */
  readonly rank: number
}

/** A dead session that this one has taken over. */
interface Claimed {
  readonly found: FoundSession
  readonly outcomes: OutcomeWriter
  readonly open: Set<string>
  /** Some of it is of a later version: it stays for a program that knows it. */
  readonly refused: boolean
  /** How much its logs hold, settled intents and damage too. */
  readonly total: number
  released: boolean
}

/** What became of one case: carried out or settled, or waiting for the user. */
export type Result =
  | { readonly kind: 'done'; readonly case: Case; readonly report: Report | undefined }
  /** It stands in the editor's buffers, all or in part: to be followed until it is saved. */
  | { readonly kind: 'buffered'; readonly case: Case }
  | { readonly kind: 'waiting'; readonly case: Case; readonly plan: Extract<Plan, { kind: 'offer' | 'ask' }> }

/**
 * The dead sessions of some workspace folders, taken over by this one: start, scan, plan, carry out.
 * Idempotent: cut short at any instant and run again, it ends in the same state.
 */
export class Recovery {
  readonly #env: Env
  readonly #session: Session
  readonly #folders: readonly string[]
  readonly #tell: (problem: unknown) => void
  /** What was settled in the background. */
  #settling: Promise<void> = Promise.resolve()
  readonly #claimed: readonly Claimed[]
  /** What earlier recoveries and undos did to which intent. */
  readonly #carried: Map<string, Purpose>
  /** What recoveries have finished, this one too. */
  readonly #finished: Intent[]
  /** Every other intent of the claimed sessions: one of them may stand on top of a pending one. */
  readonly #settled: readonly Ranked[]
  /** Pending, in the order in which they are to be dealt with. */
  readonly cases: readonly Case[]
  /** Pending intents of sessions whose editor still runs: its buffers hold them, nothing is to be written. */
  readonly adopted: readonly Case[]

  private constructor(
    env: Env,
    session: Session,
    folders: readonly string[],
    taken: Taken,
    tell: (problem: unknown) => void,
  ) {
    this.#env = env
    this.#session = session
    this.#folders = folders
    this.#tell = tell
    this.#claimed = taken.claimed
    this.#carried = taken.carried
    this.#finished = taken.finished
    this.#settled = taken.settled
    // What recoveries and undos left half done comes first, the newest first: the rest is judged after it.
    const carriers = taken.cases.filter(isCarrier).sort((a, b) => inTime(b, a))
    this.cases = [...carriers, ...taken.cases.filter((kase) => !isCarrier(kase)).sort(inTime)]
    this.adopted = taken.adopted
  }

  /**
   * Claims every dead session of these workspace folders and reads what it left.
   * One whose editor still runs is not dead: in that editor (`editor`) it is adopted, in any other left alone.
   */
  static async start(
    env: Env,
    root: Root,
    session: Session,
    { folders, editor }: Pick<SessionStart, 'folders' | 'editor'>,
    tell: (problem: unknown) => void,
  ): Promise<Recovery> {
    const taken: Taken = {
      claimed: [],
      carried: new Map(),
      finished: [],
      settled: [],
      cases: [],
      adopted: [],
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
        const ours = await shareFolder(env.disk, dead.info.folders, folders)
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
          tell(error)
        }
      }
    }
    if (taken.cases.length > 0) await lookAround(env, root, session, folders, taken, tell)
    const recovery = new Recovery(env, session, folders, taken, tell)
    // At once, not at this session's end: many editors kill their servers, and then there is no end.
    for (const claimed of taken.claimed) if (claimed.open.size === 0) await recovery.#release(claimed)
    return recovery
  }

  /** The pending cases in the order in which a way is gone: forward the oldest first, back the newest first. */
  inOrder(back: boolean): readonly Case[] {
    const rest = this.cases.filter((kase) => !isCarrier(kase))
    return back ? [...this.cases.filter(isCarrier), ...rest.reverse()] : this.cases
  }

  /** The edit that a recovery, or a recovery of one, was carrying out: what can be undone as a whole. */
  rootOf(intent: Intent): string {
    const known = new Map([...this.cases, ...this.#settled].map((each) => [each.intent.id, each.intent]))
    let root: Intent | undefined = intent
    let { id } = intent
    // Each is met once: what a log claims of itself could go in circles.
    while (root?.about.of !== undefined) {
      known.delete(root.id)
      id = root.about.of
      root = known.get(id)
    }
    return id
  }

  /** Deals with one case as `mode` says, as far as the user need not be asked. */
  async deal(kase: Case, workspace: Workspace, mode: RecoverMode): Promise<Result> {
    const before = this.#carried.get(kase.intent.id)
    if (before !== undefined) {
      await this.#settle(kase, EVENT_OF[before])
      return { kind: 'done', case: kase, report: undefined }
    }
    const seen = await this.#observe(kase, workspace)
    const plan = planRecovery(kase.intent, seen, {
      // A roll back that was cut short goes on: rolled back itself, it would undo what it was to do.
      mode: mode === 'rollback' && isCarrier(kase) ? 'replay' : mode,
      editorHadIt: kase.outcomes.some(({ event, reason }) => event === 'applied' || reason !== undefined),
      takenBack: takenBackIn(kase.outcomes),
      notTakenUp:
        kase.outcomes.findLast(({ event, reason }) => event === 'applied' || reason !== undefined)?.reason ===
        NOT_TAKEN_UP,
      doubt: kase.doubt,
      withheld: await observeWithheld(workspace, kase.intent, this.#env.hasher),
    })
    switch (plan.kind) {
      case 'settle':
        // Only in buffers so far: it has landed once they are saved.
        if (seen.some(({ sight }) => sight.kind === 'file' && sight.stat === undefined))
          return { kind: 'buffered', case: kase }
        if (isCarrier(kase) && plan.event === 'landed') {
          // Cut short after its last file, and before its folders.
          const left: Left[] = []
          await settleFolders(workspace, kase.intent, 'finish', left)
        }
        await this.#makeDurable(kase.intent)
        await this.#settle(kase, plan.event)
        return { kind: 'done', case: kase, report: undefined }
      case 'finish':
      case 'roll-back':
        return this.#go(kase, workspace, plan.kind, { ...plan, left: [] })
      case 'offer':
      case 'ask':
        return { kind: 'waiting', case: kase, plan }
    }
  }

  /** Does what the user decided about a case; what drifted is left alone. */
  async decide(kase: Case, workspace: Workspace, purpose: 'finish' | 'roll-back'): Promise<Result> {
    const way = await this.preview(kase, workspace, purpose)
    const result = await this.#go(kase, workspace, purpose, way)
    // The user has decided, and knows what was left alone: no later start asks again. What could not be written,
    // on a full disk say, stays open.
    const failed = result.kind === 'done' && (result.report?.left.length ?? 0) > way.left.length
    if (!failed) await this.#settle(kase, endOf(kase.intent, purpose))
    return result
  }

  /** Nothing is left to be done about it: dealing with another one has settled it, too. */
  isSettled(kase: Case): boolean {
    return !this.#claimed.some(({ open }) => open.has(kase.intent.id))
  }

  /** What carrying a case forward or back would do now. */
  async preview(kase: Case, workspace: Workspace, purpose: 'finish' | 'roll-back'): Promise<Way> {
    const seen = await this.#observe(kase, workspace)
    const withheld = await observeWithheld(workspace, kase.intent, this.#env.hasher)
    return purpose === 'finish'
      ? finishWay(kase.intent, seen, withheld)
      : rollBackWay(kase.intent, seen, undefined, withheld)
  }

  /** The user wants to hear no more of it; every file stays as it is. */
  discard(kase: Case): Promise<void> {
    return this.#settle(kase, 'abandoned')
  }

  /** An intent that this session follows from now on has come to its end. */
  settleFollowed(id: string, event: Event): void {
    const kase = [...this.adopted, ...this.cases].find(({ intent }) => intent.id === id)
    if (kase === undefined || !isFinal(event)) return
    this.#settling = this.#settling.then(() => this.#settle(kase, event)).catch(this.#tell)
  }

  /**
   * Puts the claimed sessions that still hold something pending back, where the next start and the command line find
   * them; all but those that hold an intent of `followed`.
   */
  async release(followed: ReadonlySet<string>): Promise<void> {
    await this.#settling
    for (const claimed of this.#claimed)
      if (!claimed.released && ![...claimed.open].some((id) => followed.has(id))) await this.#release(claimed)
  }

  end(): Promise<void> {
    return this.release(new Set())
  }

  /** Hands a claimed session on: to `history/` with nothing left in it, else back to `live/`. */
  async #release(claimed: Claimed): Promise<void> {
    const { found, outcomes, open, total, refused } = claimed
    claimed.released = true
    try {
      await outcomes.close()
      if (total === 0) await this.#session.remove(found)
      else await this.#session.release(found, open.size === 0 && !refused ? 'history' : 'live')
    } catch (error) {
      // It stays with this session, and the next start finds it there.
      if (!(error instanceof DiskError)) throw error
      this.#tell(error)
    }
  }

  async #go(kase: Case, workspace: Workspace, purpose: 'finish' | 'roll-back', way: Way): Promise<Result> {
    // Before anything is recorded that rests on it: what stands there already is not recorded again.
    await this.#makeDurable(kase.intent)
    const report = await carryOut(this.#env, this.#session, workspace, kase.intent, purpose, way)
    // First its own end, then that of the case: with the case settled and out of sight, nothing would explain it.
    await this.#session.flush()
    // What was put into buffers is this session's own intent now, and followed as such.
    if (report.left.length === 0) await this.#settle(kase, endOf(kase.intent, purpose))
    return { kind: 'done', case: kase, report }
  }

  async #observe(kase: Case, workspace: Workspace): Promise<Observation[]> {
    const later = [...this.cases, ...this.#settled]
      .filter((other) => inTime(other, kase) > 0 && !isOneOfOther(other, kase))
      .sort(inTime)
      .map(({ intent }) => intent)
    const seen = await observe(workspace, kase.intent, later, this.#env.hasher)
    return seen.map((each) =>
      each.state === 'restored' && (this.#hasWritten(each) || this.#hasLost(kase))
        ? { ...each, state: 'untouched' }
        : each,
    )
  }

  /**
   * Whether the machine has gone down since a recovery, or an undo, was at it: what it wrote in place may be gone, and
   * its time of writing there all the same. Nobody put that original back.
   */
  #hasLost(kase: Case): boolean {
    return isCarrier(kase) && kase.session.info.boot !== this.#env.host.boot
  }

  /** Whether it was a recovery that wrote what stands there, finishing an earlier intent: nobody put it back. */
  #hasWritten({ image: { path }, sight }: Observation): boolean {
    if (sight.kind !== 'file') return false
    return this.#finished.some(({ images }) =>
      images.some(
        (image) => image.path === path && image.after.kind === 'file' && same(image.after.bytes, sight.bytes),
      ),
    )
  }

  /** @throws DiskError: what a loss of power may take away is neither built upon nor settled */
  #makeDurable(intent: Intent): Promise<void> {
    return makeDurable(this.#env.disk, touchedPaths(intent), this.#folders)
  }

  async #settle(kase: Case, event: Event): Promise<void> {
    const claimed = this.#claimed.find(({ found }) => found.info.session === kase.session.info.session)!
    const { of, purpose } = kase.intent.about
    if (!claimed.open.has(kase.intent.id)) return
    if (of !== undefined && purpose !== undefined && (event === 'landed' || event === 'recovered')) {
      this.#carried.set(of, purpose)
      // Before this one is out of sight: a crash between the two would leave the other without an explanation.
      const carried = this.cases.find(({ intent }) => intent.id === of)
      if (carried !== undefined) await this.#settle(carried, EVENT_OF[purpose])
    }
    if (event === 'recovered') this.#finished.push(kase.intent)
    if (isCarrier(kase)) await removeTemporaries(this.#env, kase.intent).catch(this.#tell)
    claimed.outcomes.add({ id: kase.intent.id, at: this.#env.host.now().toISOString(), event })
    // What is settled next may have to be explained by this one after a crash.
    await claimed.outcomes.flush()
    claimed.open.delete(kase.intent.id)
    if (claimed.open.size === 0 && !claimed.released) await this.#release(claimed)
  }
}

interface Taken {
  readonly claimed: Claimed[]
  readonly carried: Map<string, Purpose>
  readonly finished: Intent[]
  readonly settled: Ranked[]
  readonly cases: Case[]
  readonly adopted: Case[]
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
  const damage: Damage[] = []
  const pending: (Recorded & { readonly rank: number })[] = []
  for await (const item of replay(env, found.path)) {
    total++
    if (item.kind !== 'intent') {
      damage.push(item)
      tell(new Error(`${item.log} is ${item.kind} at byte ${item.at}: ${item.reason}`))
      continue
    }
    const rank = taken.cases.length + taken.adopted.length + taken.settled.length + pending.length
    if (!item.settled) pending.push({ ...item, rank })
    else {
      // What was settled before anything was pending cannot stand on top of it.
      if (pending.length > 0) taken.settled.push({ intent: item.intent, session: found, rank })
      const { of, purpose } = item.intent.about
      if (item.outcomes.some(({ event }) => event === 'recovered')) taken.finished.push(item.intent)
      const done = item.outcomes.some(({ event }) => event === 'landed' || event === 'recovered')
      if (done && of !== undefined && purpose !== undefined) taken.carried.set(of, purpose)
    }
  }
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

function endOf({ images }: Intent, purpose: 'finish' | 'roll-back'): Event {
  // Kept out of the log as a whole: nothing of it could be done.
  if (images.length === 0) return 'abandoned'
  return purpose === 'finish' ? 'recovered' : 'rolled-back'
}

/** The paths that were last seen taken back: some come back into a buffer. */
function takenBackIn(outcomes: readonly Outcome[]): Set<string> {
  const last = new Map(outcomes.flatMap(({ paths }) => Object.entries(paths ?? {})))
  return new Set([...last].filter(([, what]) => what === UNDONE || what === CLOSED).map(([path]) => path))
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
        const rank = taken.cases.length + taken.adopted.length + taken.settled.length
        taken.settled.push({ intent: item.intent, session: found, rank })
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

const EVENT_OF: Record<Purpose, Event> = {
  finish: 'recovered',
  'roll-back': 'rolled-back',
  undo: 'rolled-back',
}

/** What takes an intent back is no later edit on top of it, nor, where a clock was set back, the other way round. */
function isOneOfOther({ intent: a }: Ranked, { intent: b }: Ranked): boolean {
  return a.about.of === b.id || b.about.of === a.id
}

function inTime(a: Ranked, b: Ranked): number {
  // One log knows its own order; clocks are set back.
  if (a.session.info.session === b.session.info.session) return a.rank - b.rank
  const [at, bt] = [a.intent.about.at, b.intent.about.at]
  return at === bt ? a.rank - b.rank : at < bt ? -1 : 1
}

const isCarrier = (kase: Case): boolean => kase.intent.about.of !== undefined

function isSameEditor(a: EditorInfo | null, b: EditorInfo | null): boolean {
  return a !== null && b !== null && a.pid === b.pid && a.start === b.start
}
