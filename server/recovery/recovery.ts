import { DiskError } from '../disk/disk.ts'
import { same } from '../edits/file-bytes.ts'
import { type Env, JournalError } from '../journal/env.ts'
import {
  chainOf,
  type Intent,
  isFinishing,
  isWrittenHere,
  newestOn,
  type Purpose,
} from '../journal/intent.ts'
import {
  asLeft,
  CLOSED,
  DISCARDED,
  type Event,
  isFinal,
  lastOfPaths,
  NOT_TAKEN_UP,
  type Outcome,
  TO_BE_CONFIRMED,
  UNDONE,
  UNSEEN,
  WORDS_OF_LEFT,
} from '../journal/outcomes.ts'
import type { Root } from '../journal/root.ts'
import type { Session } from '../journal/session.ts'
import { carryOut, type Report, removeTemporaries, settleFolders } from './carry-out.ts'
import { type Case, inTime, isCarrier, type Ranked } from './cases.ts'
import { makeDurable, pathsByBytes } from './make-durable.ts'
import { holdsAfter, imageAt, type Observation, observe } from './observe.ts'
import { type Plan, planRecovery, type RecoverMode } from './plan.ts'
import { isGoingBack, isHandOf, type Stopped, wasGoingBack } from './stopped.ts'
import { type Claimed, type Ground, type Taken, takeOver } from './take-over.ts'
import { finishWay, type Left, rollBackWay, type Way } from './ways.ts'
import { observeWithheld } from './withheld.ts'
import type { Workspace } from './workspace.ts'

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
  /** Edits that recoveries have finished, this one too, and what they recorded for that. */
  readonly #finished: Intent[]
  /** Settled intents that were to take others forward or back, and what this recovery has recorded. */
  readonly #carriers: Intent[]
  /** What took single files of others back, this recovery's part of that too. */
  readonly #inPart: Intent[]
  /** Recoveries that met errors, those of this one too. */
  readonly #stopped: Stopped[]
  /** Every other intent of the claimed sessions: one of them may stand on top of a pending one. */
  readonly #settled: readonly Ranked[]
  /** What is pending and what is settled, by id. */
  readonly #known: ReadonlyMap<string, Ranked>
  /** Pending, in the order in which they are to be dealt with. */
  readonly cases: readonly Case[]
  /** Pending intents of sessions whose editor still runs: its buffers hold them, nothing is to be written. */
  readonly adopted: readonly Case[]
  /** How many dead sessions could not be taken over. */
  readonly missed: number

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
    this.#carriers = taken.carriers
    this.#inPart = taken.inPart
    this.#stopped = taken.stopped
    this.#settled = taken.settled
    // What recoveries and undos left half done comes first, the newest first: the rest is judged after it.
    const isHalfDone = (kase: Case) => isCarrier(kase) || wasGoingBack(kase.intent, taken.stopped)
    const halfDone = taken.cases.filter(isHalfDone).sort((a, b) => inTime(b, a))
    this.cases = [...halfDone, ...taken.cases.filter((kase) => !isHalfDone(kase)).sort(inTime)]
    this.#known = new Map([...this.cases, ...this.#settled].map((each) => [each.intent.id, each]))
    this.#finished = taken.finished.filter((each) => this.#isOfEdit(each))
    this.adopted = taken.adopted
    this.missed = taken.missed
  }

  /** Takes over what dead sessions of these workspace folders left; `editor` is the one that starts this session. */
  static async start(
    env: Env,
    root: Root,
    session: Session,
    ground: Ground,
    tell: (problem: unknown) => void,
  ): Promise<Recovery> {
    const taken = await takeOver(env, root, session, ground, tell)
    const recovery = new Recovery(env, session, ground.folders, taken, tell)
    // At once, not at this session's end: many editors kill their servers, and then there is no end.
    for (const claimed of taken.claimed) if (claimed.open.size === 0) await recovery.#release(claimed)
    return recovery
  }

  /** The pending cases in the order in which a way is gone: forward the oldest first, back the newest first. */
  inOrder(back: boolean): readonly Case[] {
    const rest = this.cases.filter((kase) => !isCarrier(kase)).sort((a, b) => inTime(b, a))
    return back ? [...this.cases.filter(isCarrier), ...rest] : this.cases
  }

  /** @throws JournalError where it is not known all that is pending: nobody is to be told that there is nothing */
  mustKnowAll(): void {
    if (this.missed > 0) throw new JournalError('what a dead session left could not be taken over')
  }

  /**
   * What a recovery, or a recovery of one, was finishing, and can be undone as a whole: an edit, or what takes one back.
   */
  rootOf(intent: Intent): string {
    const chain = this.#chainOf(intent)
    return chain.find((each) => !isFinishing(each))?.id ?? chain.at(-1)!.about.of!
  }

  /** What finishes an edit is a part of it, and no younger: the place in time of what it finishes. */
  #wholeOf(each: Ranked): Ranked {
    if (!isFinishing(each.intent)) return each
    const whole = this.#chainOf(each.intent).find((intent) => !isFinishing(intent))
    return (whole && this.#known.get(whole.id)) ?? each
  }

  /** Whether it is an edit, or finishes one: nothing that takes one back. What is not known is older than all that pends. */
  #isOfEdit(intent: Intent): boolean {
    const known = (id: string) =>
      this.#known.get(id)?.intent ?? this.#carriers.find((carrier) => carrier.id === id)
    const whole = chainOf(intent, known).find((each) => !isFinishing(each))
    return whole === undefined || whole.about.of === undefined
  }

  #chainOf(intent: Intent): readonly Intent[] {
    return chainOf(intent, (id) => this.#known.get(id)?.intent)
  }

  /** Deals with one case as `mode` says, as far as the user need not be asked. */
  async deal(kase: Case, workspace: Workspace, mode: RecoverMode): Promise<Result> {
    const before = this.#carried.get(kase.intent.id)
    if (before !== undefined) {
      await this.#settle(kase, EVENT_OF[before])
      return { kind: 'done', case: kase, report: undefined }
    }
    const { plan, seen } = await this.#plan(kase, workspace, mode)
    switch (plan.kind) {
      case 'settle':
        // Only in buffers so far: it has landed once they are saved.
        if (seen.some(({ sight }) => sight.kind === 'file' && sight.stat === undefined))
          return { kind: 'buffered', case: kase }
        // An editor may have got as far as to make a folder.
        if (plan.event === 'rolled-back') await settleFolders(workspace, kase.intent, 'roll-back', [])
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

  /** What dealing with a case as `mode` says would come to now. */
  async planOf(kase: Case, workspace: Workspace, mode: RecoverMode): Promise<Plan> {
    if (this.#carried.has(kase.intent.id)) return { kind: 'settle', event: 'landed' }
    return (await this.#plan(kase, workspace, mode)).plan
  }

  async #plan(
    kase: Case,
    workspace: Workspace,
    mode: RecoverMode,
  ): Promise<{ readonly plan: Plan; readonly seen: readonly Observation[] }> {
    const seen = await this.#observe(kase, workspace)
    const withheld = await observeWithheld(workspace, kase.intent, this.#env.hasher)
    // All of it was taken back, file by file; an edit of folders alone has no files.
    if (seen.length + withheld.length === 0 && kase.intent.images.length > 0)
      return { plan: { kind: 'settle', event: 'rolled-back' }, seen }
    const plan = planRecovery(kase.intent, seen, {
      mode: this.#modeOf(kase, seen, mode),
      editorHadIt: kase.outcomes.some(({ event, reason }) => event === 'applied' || reason !== undefined),
      editorShowedIt: kase.outcomes.some(({ event }) => event === 'applied'),
      takenBack: pathsLast(kase.outcomes, TAKEN_BACK),
      unseen: pathsLast(kase.outcomes, NOT_SEEN_YET),
      notTakenUp:
        kase.outcomes.findLast(({ event, reason }) => event === 'applied' || reason !== undefined)?.reason ===
        NOT_TAKEN_UP,
      isConfirmed: kase.outcomes.some(({ reason }) => reason === TO_BE_CONFIRMED),
      doubt: kase.doubt,
      withheld,
    })
    return { plan, seen }
  }

  /** Does what the user decided about a case; what drifted is merged, or left alone. */
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
    // Loaded only when somebody has decided: no start waits for it.
    const { merge } = await import('../edits/merge.ts')
    const way = purpose === 'finish' ? finishWay : rollBackWay
    return way(kase.intent, seen, { withheld, merge, isCutOff: true })
  }

  /** The user wants to hear no more of it; every file stays as it is. */
  async discard(kase: Case, workspace: Workspace): Promise<void> {
    // What an undo, say, has done by then is done: the rest of the edit is what is left to be undone.
    const seen = isCarrier(kase) ? await this.#observe(kase, workspace) : []
    const isDone = ({ sight, state }: Observation) =>
      state === 'landed' && !(sight.kind === 'file' && sight.stat === undefined)
    const left = seen.filter((each) => !isDone(each))
    if (left.length === seen.length) return this.#settle(kase, 'abandoned')
    await this.#makeDurable(kase.intent)
    if (left.length === 0) return this.#settle(kase, 'landed')
    const paths = asLeft(left.map(({ image: { path } }) => ({ path })))
    return this.#settle(kase, 'superseded', { reason: DISCARDED, paths })
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
    await this.#makeDurable(kase.intent, way.left)
    const dated = { ...way, after: this.#newestOn(kase.intent) }
    const report = await carryOut(this.#env, this.#session, workspace, kase.intent, purpose, dated)
    const { failures, left, own } = report
    if (own !== undefined) this.#carriers.push(own)
    const byMs = this.#env.host.now().getTime()
    if (own !== undefined && left.length > 0)
      this.#stopped.push({ intent: own, left: asLeft(left, failures), byMs })
    // First its own end, then that of the case: with the case settled and out of sight, nothing would explain it.
    await this.#session.flush()
    // What was put into buffers is this session's own intent now, and followed as such.
    if (report.left.length === 0) await this.#settle(kase, endOf(kase.intent, purpose))
    return { kind: 'done', case: kase, report }
  }

  /** What is recorded now is younger than all that was done to these files before, whatever the clock says by now. */
  #newestOn(intent: Intent): string {
    const known = [...this.#known.values()].map((each) => each.intent)
    return newestOn(intent, [...known, ...this.#carriers])
  }

  async #observe(kase: Case, workspace: Workspace): Promise<Observation[]> {
    const at = this.#wholeOf(kase)
    const later = [...this.#known.values()]
      .filter((other) => inTime(this.#wholeOf(other), at) > 0 && !isOneOfOther(other, kase))
      .sort(inTime)
      .map(({ intent }) => intent)
    const all = await observe(workspace, kase.intent, later, this.#env.hasher)
    // The rest of it is judged as if those had never been a part of it.
    const seen = all.filter((each) => !this.#isTakenBack(kase, each))
    const hands = this.#stopped.filter((each) => this.#isFor(kase, seen, each))
    return seen.map((each) =>
      each.state === 'restored' &&
      (this.#hasWritten(each) || hands.some((hand) => isHandOf(hand, each)) || this.#hasLost(kase))
        ? { ...each, state: 'untouched' }
        : each,
    )
  }

  /** Whether a path holds what the user had it get back, by itself. */
  #isTakenBack({ intent }: Case, { image: { path }, state, sight }: Observation): boolean {
    if (state === 'landed' || sight.kind === 'other') return false
    const now = sight.kind === 'file' ? sight.bytes : undefined
    const own = this.#inPart.filter(({ about }) => about.of === intent.id).map((each) => imageAt(each, path))
    return own.some((image) => image !== undefined && holdsAfter(image, now))
  }

  /** What a recovery has begun goes on, cut short or stopped by errors, whatever is done about the others by now. */
  #modeOf(kase: Case, seen: readonly Observation[], mode: RecoverMode): RecoverMode {
    if (mode === 'ask' || mode === 'report') return mode
    // The user had it rolled back, and was told of the errors.
    if (isGoingBack(kase.intent, seen, this.#stopped)) return 'rollback'
    // Rolled back itself, it would undo what it was to do.
    return mode === 'rollback' && isCarrier(kase) ? 'replay' : mode
  }

  /**
   * Whether what a stopped recovery wrote is no reason to ask about a case: it was at this very case, and goes on, or it
   * finished an earlier edit below it. An undo that it finished may be one of this case: that is not to be worked against.
   */
  #isFor({ intent }: Case, seen: readonly Observation[], stopped: Stopped): boolean {
    const { of, purpose } = stopped.intent.about
    if (purpose !== 'finish') return of === intent.id && isGoingBack(intent, seen, this.#stopped)
    if (of === intent.id) return true
    const finished = of === undefined ? undefined : this.#known.get(of)
    return finished !== undefined && finished.intent.about.of === undefined
  }

  /**
   * Whether the machine has gone down since a recovery, an undo or the like, was at it: what it wrote in place may be gone, and
   * its time of writing there all the same. Nobody put that original back.
   */
  #hasLost(kase: Case): boolean {
    return isWrittenHere(kase.intent) && kase.session.info.boot !== this.#env.host.boot
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
  /** `left`: what stands there is left alone, and may not even be looked at. */
  #makeDurable(intent: Intent, left: readonly Left[] = []): Promise<void> {
    const leftPaths = new Set(left.map(({ path }) => path))
    const { kept, bare } = pathsByBytes(intent.images.filter(({ path }) => !leftPaths.has(path)))
    const withheld = (intent.withheld ?? []).map(({ path }) => path)
    return makeDurable(this.#env.disk, [...kept, ...withheld], this.#folders, bare)
  }

  async #settle(kase: Case, event: Event, more: Pick<Outcome, 'paths' | 'reason'> = {}): Promise<void> {
    const claimed = this.#claimed.find(({ found }) => found.info.session === kase.session.info.session)!
    const { of, purpose, named } = kase.intent.about
    if (!claimed.open.has(kase.intent.id)) return
    const isDone = event === 'landed' || event === 'recovered'
    if (isDone && named) this.#inPart.push(kase.intent)
    else if (isDone && of !== undefined && purpose !== undefined) {
      this.#carried.set(of, purpose)
      // Before this one is out of sight: a crash between the two would leave the other without an explanation.
      const carried = this.cases.find(({ intent }) => intent.id === of)
      if (carried !== undefined) await this.#settle(carried, EVENT_OF[purpose])
    }
    if (event === 'recovered' && this.#isOfEdit(kase.intent)) this.#finished.push(kase.intent)
    if (isWrittenHere(kase.intent)) await removeTemporaries(this.#env, kase.intent).catch(this.#tell)
    const at = this.#env.host.now().toISOString()
    claimed.outcomes.add({ id: kase.intent.id, at, event, ...more })
    // What is settled next may have to be explained by this one after a crash.
    await claimed.outcomes.flush()
    claimed.open.delete(kase.intent.id)
    if (claimed.open.size === 0 && !claimed.released) await this.#release(claimed)
  }
}

function endOf({ images }: Intent, purpose: 'finish' | 'roll-back'): Event {
  // Kept out of the log as a whole: nothing of it could be done.
  if (images.length === 0) return 'abandoned'
  return purpose === 'finish' ? 'recovered' : 'rolled-back'
}

const TAKEN_BACK: ReadonlySet<string> = new Set([UNDONE, CLOSED, ...WORDS_OF_LEFT])

const NOT_SEEN_YET: ReadonlySet<string> = new Set([UNSEEN])

/** The paths of which one of these was said last: what was taken back may come back into a buffer. */
function pathsLast(outcomes: readonly Outcome[], whats: ReadonlySet<string>): Set<string> {
  return new Set([...lastOfPaths(outcomes)].filter(([, what]) => whats.has(what)).map(([path]) => path))
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
