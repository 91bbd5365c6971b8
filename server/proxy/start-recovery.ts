import { DiskError } from '../disk/disk.ts'
import type { Undone } from '../history/undone.ts'
import { type Env, JournalError } from '../journal/env.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import { isFinal, type Outcome } from '../journal/outcomes.ts'
import type { Root } from '../journal/root.ts'
import type { Session } from '../journal/session.ts'
import type { SessionStart } from '../journal/session-folder.ts'
import { type Answer, asAsked, meant, type Recovered, type Wish } from '../recovery/as-asked.ts'
import type { Case } from '../recovery/cases.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { reachOf } from '../recovery/reach.ts'
import { Recovery, type Result } from '../recovery/recovery.ts'
import type { Ground } from '../recovery/take-over.ts'
import type { Workspace } from '../recovery/workspace.ts'
import type { Conversation } from './conversation.ts'
import type { Settlement } from './settlement.ts'
import { changedFiles } from './watched-files.ts'
import type { WorkProgress } from './work-progress.ts'

type Waiting = Extract<Result, { kind: 'waiting' }>

/** What could not be dealt with, for what the disk or the journal said. */
interface Failed {
  readonly case: Case
  readonly reason: string
}

const BRING_BACK = 'Bring it back'
const FORGET = 'Forget it'
const FINISH = 'Finish it'
const ROLL_BACK = 'Roll it back'
const TITLE = 'recover'

/** Why an order is refused: its user is asked about it in the editor, or nearly. */
export const AT_IT = 'it deals with that at the moment: see what it asks'

/** Who is on the other side: somebody who can be asked, or nobody. */
export type Audience = 'editor' | 'nobody'

/** The session that a recovery is done in. */
interface Setting {
  readonly session: Session
  readonly settlement: Settlement
  readonly conversation: Conversation
  readonly progress: WorkProgress
}

/** Recovery at `initialize`: what dead sessions left is dealt with, told, and where need be asked. */
export class StartRecovery {
  readonly #env: Env
  readonly #session: Session
  readonly #settlement: Settlement
  readonly #conversation: Conversation
  readonly #progress: WorkProgress
  readonly #mode: RecoverMode
  #recovery: Recovery | undefined
  #carrying: Promise<void> | undefined
  /** Intents of claimed sessions that this session follows to their end. */
  readonly #followed = new Set<string>()
  #folders: readonly string[] = []
  #undecided: readonly Case[] = []
  #ended = false

  constructor(env: Env, { session, settlement, conversation, progress }: Setting, mode: RecoverMode) {
    this.#env = env
    this.#session = session
    this.#settlement = settlement
    this.#conversation = conversation
    this.#progress = progress
    this.#mode = mode
  }

  get hasCases(): boolean {
    return (this.#recovery?.cases.length ?? 0) > 0
  }

  /** Takes the dead sessions over. Those of this very editor, restarting its server, are only followed on. */
  async claim(
    root: Root,
    start: SessionStart & Pick<Ground, 'among'>,
    tell: (problem: unknown) => void,
  ): Promise<void> {
    const recovery = await Recovery.start(this.#env, root, this.#session, start, tell)
    this.#recovery = recovery
    this.#undecided = recovery.cases
    const recorded = new Set(recovery.cases.flatMap(({ session }) => session.info.folders))
    this.#folders = await reachOf(this.#env, [...recorded], start.folders)
    for (const { intent } of recovery.adopted) this.#follow(recovery, intent)
  }

  /** The workspace folders of the sessions that were taken over: their edits are carried out whole, or not at all. */
  get folders(): readonly string[] {
    return this.#folders
  }

  /** Deals with every case. */
  carryOut(workspace: Workspace, audience: Audience): Promise<void> {
    this.#carrying ??= this.#carryOut(workspace, audience)
    return this.#carrying
  }

  /** What was taken over, and is not dealt with yet: its user may be asked about it. */
  get undecided(): readonly Case[] {
    return this.#undecided
  }

  /** Does what the command line asks for, which tells its user itself. */
  async decide(wish: Wish, workspace: Workspace): Promise<Answer> {
    const recovery = this.#recovery!
    try {
      const which = meant(recovery, wish)
      if (which.kind !== 'cases') return which
      const recovered: Recovered[] = []
      await this.#progress.during(TITLE, async () => {
        for await (const each of asAsked(recovery, which.cases, wish, async () => workspace)) {
          recovered.push(each.recovered)
          if (each.result !== undefined) this.#heed(recovery, each.result, 'editor')
          if (this.#ended) break
        }
      })
      return { kind: 'done', recovered }
    } finally {
      this.#undecided = []
      await recovery.release(this.#followed)
    }
  }

  /**
   * Rolls one back as an undo of it: its user tells of it. @throws JournalError where it is not among what was taken
   * over
   */
  async rollBack(id: string, workspace: Workspace, dryRun: boolean): Promise<Undone> {
    const recovery = this.#recovery!
    const kase = recovery.cases.find(({ intent }) => intent.id === id)
    try {
      if (kase === undefined) recovery.mustKnowAll()
      if (kase === undefined) throw new JournalError(AT_IT)
      // Loaded when somebody asks for it: no start waits for that.
      const { rollBackAsUndo } = await import('../history/roll-back.ts')
      const { undone, result } = await rollBackAsUndo(recovery, kase, workspace, dryRun)
      if (result !== undefined) this.#heed(recovery, result, 'editor')
      return undone
    } finally {
      this.#undecided = []
      await recovery.release(this.#followed)
    }
  }

  /** Whether it has nothing left to do: what it took over is dealt with, or handed on. */
  get isOver(): boolean {
    return this.#undecided.length === 0 && this.#followed.size === 0
  }

  /** Stops between two cases, and hands on what is left. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#carrying?.catch(() => {}) // whoever started it was told
    await this.#recovery?.end()
  }

  #done(kase: Case): void {
    this.#undecided = this.#undecided.filter((other) => other !== kase)
  }

  #follow(recovery: Recovery, intent: Intent): void {
    this.#followed.add(intent.id)
    const note = ({ id, event }: Outcome) => {
      recovery.settleFollowed(id, event)
      if (isFinal(event)) this.#followed.delete(id)
    }
    this.#settlement.follow(intent, { note })
  }

  async #carryOut(workspace: Workspace, audience: Audience): Promise<void> {
    const recovery = this.#recovery
    if (recovery === undefined) return
    const waiting: Waiting[] = []
    const failed: Failed[] = []
    for (const kase of recovery.inOrder(this.#mode === 'rollback')) {
      if (this.#ended) return
      const deal = () => recovery.deal(kase, workspace, this.#mode)
      await this.#unlessFailed(failed, kase, async () => {
        // Without a screen nobody sees it.
        const result = await (audience === 'editor' ? this.#progress.during(TITLE, deal) : deal())
        if (result.kind === 'waiting') {
          waiting.push(result)
          return
        }
        this.#tell(recovery, result, audience)
        this.#done(kase)
      })
    }
    for (const each of waiting) {
      if (this.#ended) return
      await this.#unlessFailed(failed, each.case, async () => {
        if (audience === 'editor' && this.#mode !== 'report') await this.#ask(recovery, each, workspace)
        else this.#report(each)
        this.#done(each.case)
      })
    }
    // What the user left open is theirs to deal with from the command line, too, and at once.
    await recovery.release(this.#followed)
  }

  /**
   * Does something about a case; one that fails stops no other. What shares a file with it waits with it: the one is
   * judged by what became of the other.
   */
  async #unlessFailed(failed: Failed[], kase: Case, act: () => Promise<void>): Promise<void> {
    const obstacle = failed.find((each) => shareFile(each.case, kase))
    try {
      if (obstacle === undefined) return await act()
      failed.push({ ...obstacle, case: kase })
    } catch (error) {
      if (!(error instanceof DiskError || error instanceof JournalError)) throw error
      failed.push({ case: kase, reason: error.message })
    }
    this.#done(kase)
    const { reason } = failed.at(-1)!
    this.#conversation.show('warning', `${titleOf(kase)} is waiting: ${reason}; the next start tries again`)
  }

  async #ask(recovery: Recovery, waiting: Waiting, workspace: Workspace): Promise<void> {
    const { case: kase, plan } = waiting
    const choices = plan.kind === 'offer' ? [BRING_BACK, FORGET] : [FINISH, ROLL_BACK, FORGET]
    const choice = await this.#conversation.ask('warning', `${titleOf(kase)}: ${plan.reason}.`, choices)
    if (this.#ended) return
    if (choice === 'unasked') this.#report(waiting)
    else if (choice === FORGET) await recovery.discard(kase, workspace)
    else if (choice !== undefined) {
      const decide = () => recovery.decide(kase, workspace, choice === ROLL_BACK ? 'roll-back' : 'finish')
      this.#tell(recovery, await this.#progress.during(TITLE, decide), 'editor')
    }
  }

  /** Says that something waits for whoever cannot be asked about it. */
  #report({ case: kase, plan: { reason } }: Waiting): void {
    const command = `lsp-wal recover ${short(kase.intent.id)}`
    this.#conversation.show('warning', `${titleOf(kase)} is waiting: ${reason}; see: ${command}`)
  }

  /** What stands in buffers is followed until it is saved, and the server is told of what was written. */
  #heed(recovery: Recovery, result: Result, audience: Audience): void {
    if (result.kind === 'buffered') this.#follow(recovery, result.case.intent)
    if (result.kind !== 'done' || result.report === undefined) return
    const { own, written, buffered, unseen } = result.report
    if (own !== undefined && buffered.length > 0)
      this.#settlement.follow(own, { note: (outcome) => this.#session.note(outcome) }, 'applied', unseen)
    // Without a screen it all happens before the server has heard of the workspace: it reads the whole of it anyway.
    if (audience === 'editor' && own !== undefined && written.length > 0)
      this.#conversation.notifyServer(...changedFiles(own, written))
  }

  #tell(recovery: Recovery, result: Result, audience: Audience): void {
    this.#heed(recovery, result, audience)
    if (result.kind !== 'done' || result.report === undefined) return
    const { purpose, own, written, buffered, unseen } = result.report
    const left = [...result.report.left, ...result.report.withheld]
    const count = written.length + buffered.length
    const notYet = unseen.length > 0 ? `; ${unseen.length} not seen there yet` : ''
    const unsaved = buffered.length > 0 ? ` (${buffered.length} of them in the editor, unsaved${notYet})` : ''
    const files = `${count} file${count === 1 ? '' : 's'} written${unsaved}`
    const done = purpose === 'finish' ? 'finished' : 'rolled back'
    // Taking back what a recovery finished would tear the edit again: it is the whole of it that can be undone.
    const id = purpose === 'finish' ? recovery.rootOf(result.case.intent) : own?.id
    const back = id === undefined || count === 0 ? '' : `; to take it back: lsp-wal undo ${short(id)}`
    const nothing = count === 0 && left.length > 0
    const title = titleOf(result.case)
    this.#conversation.show(
      'info',
      nothing ? `nothing was written of ${title}` : `${done} ${title}: ${files}${back}`,
    )
    for (const { path, reason } of left) this.#conversation.show('warning', `left alone: ${path}: ${reason}`)
  }
}

function titleOf({ intent }: Case): string {
  const n = touchedPaths(intent).length
  return `"${intent.about.label || short(intent.id)}" in ${n} file${n === 1 ? '' : 's'}`
}

function shareFile(a: Case, b: Case): boolean {
  const paths = new Set(touchedPaths(a.intent))
  return touchedPaths(b.intent).some((path) => paths.has(path))
}

const short = (id: string): string => id.slice(0, 8)
