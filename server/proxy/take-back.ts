import { dirname } from 'node:path'
import { type Entry, readHistory } from '../history/history.ts'
import { lookUpId } from '../history/ids.ts'
import { States } from '../history/state.ts'
import { type Direction, takeBack, takenBack, toTakeBack, wayBack } from '../history/undo.ts'
import { type Undone, undoneOf, wouldBeUndone } from '../history/undone.ts'
import type { Env } from '../journal/env.ts'
import { JournalError } from '../journal/env.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import { asLeft, type Outcome } from '../journal/outcomes.ts'
import type { Root } from '../journal/root.ts'
import type { Session } from '../journal/session.ts'
import { endOf, type Report } from '../recovery/carry-out.ts'
import { reachOf } from '../recovery/reach.ts'
import type { Workspace } from '../recovery/workspace.ts'
import type { Conversation } from './conversation.ts'
import { asObject } from './json.ts'
import type { Settlement } from './settlement.ts'
import type { Unanswered } from './unanswered.ts'
import { changedFiles } from './watched-files.ts'
import type { WorkProgress } from './work-progress.ts'

/** What taking edits back needs of the session that it is done in. */
export interface Around {
  readonly env: Env
  readonly root: Root
  /** The session's workspace folders. */
  readonly folders: readonly string[]
  readonly session: Session
  readonly settlement: Settlement
  readonly conversation: Conversation
  readonly unanswered: Unanswered
  /** Gives a workspace over these folders, as the editor has it, for as long as `use` takes. */
  readonly within: <T>(folders: readonly string[], use: (workspace: Workspace) => Promise<T>) => Promise<T>
  /** Rolls back what a dead session left pending, as a recovery does. */
  readonly rollBack: (entry: Entry, dryRun: boolean) => Promise<Undone>
  /** Shows that work goes on. */
  readonly progress: Pick<WorkProgress, 'during'>
}

/**
 * Undo and redo through a running editor: files that it holds open are changed in its buffers, the others on the disk,
 * and the server is told of those. One at a time.
 */
export class TakeBacks {
  readonly #around: Around
  #last: Promise<unknown> = Promise.resolve()

  constructor(around: Around) {
    this.#around = around
  }

  /**
   * What the command line asks for over the session's socket (FORMAT.md).
   * @throws Error with the reason why it is not done
   */
  async order(order: unknown): Promise<Undone> {
    const { do: direction, dryRun, files, id, v } = asObject(order)
    if (v !== 1 || (direction !== 'undo' && direction !== 'redo') || typeof id !== 'string')
      throw new JournalError('this session does not know that order: it may be of another version')
    const named = Array.isArray(files) ? files.filter((file) => typeof file === 'string') : []
    const target = async () => {
      const { entries, states } = await this.#history(undefined)
      const entry = entries.find(({ recorded }) => recorded.intent.id === id)
      if (entry === undefined) throw new JournalError('that edit is not in the history any more')
      return { entry, states }
    }
    await this.#refuseUnanswered(async () => [(await target()).entry])
    return this.#next(direction, async () => {
      const { entry, states } = await target()
      return this.#takeBack(direction, states, entry, named, dryRun === true)
    })
  }

  /**
   * What a user of the editor asks for. `id`: any that the command line takes; without it the newest edit of this
   * session, else of one that has ended.
   */
  async run(direction: Direction, id: string | undefined): Promise<readonly Undone[]> {
    const { folders, session } = this.#around
    const isOwn = (each: Entry) => each.session.info.session === session.id
    const among = [isOwn, (each: Entry) => !this.#isElsewhere(each)]
    const meant = async () => {
      const isHere = id === undefined || id.startsWith('@')
      const { entries, states } = await this.#history(isHere ? folders : undefined)
      const entry = id === undefined ? undefined : found(entries, id)
      return { wish: { direction, entry, files: [], among }, entries, states }
    }
    await this.#refuseUnanswered(async () => {
      const { wish, entries, states } = await meant()
      return toTakeBack(wish, entries, states)
    })
    return this.#next(direction, async () => {
      const { wish, entries, states } = await meant()
      const act = (target: Entry) => this.#takeBack(direction, states, target, [], false)
      const undone: Undone[] = []
      for await (const each of takenBack(wish, entries, states, act)) undone.push(each)
      return undone
    })
  }

  /**
   * Before its turn comes: that is not before the editor has answered what it was asked for the one before.
   * @throws JournalError where the same files are concerned
   */
  async #refuseUnanswered(targets: () => Promise<readonly Entry[]>): Promise<void> {
    const { unanswered } = this.#around
    if (!unanswered.any) return
    for (const { recorded } of await targets()) unanswered.refuse(touchedPaths(recorded.intent))
  }

  /** Whether another session has just recorded it: what somebody does in another editor is theirs to take back. */
  #isElsewhere({ session: { claimedBy, info, path } }: Entry): boolean {
    const { root, session } = this.#around
    return info.session !== session.id && claimedBy === undefined && dirname(path) === root.live
  }

  async #history(
    folders: readonly string[] | undefined,
  ): Promise<{ entries: readonly Entry[]; states: States }> {
    const { env, root, session } = this.#around
    // What was noted of an intent is written behind it.
    await session.flush()
    const history = await readHistory(env, root, folders)
    return { entries: history.entries, states: new States(env, history) }
  }

  async #takeBack(
    direction: Direction,
    states: States,
    entry: Entry,
    files: readonly string[],
    dryRun: boolean,
  ): Promise<Undone> {
    const { conversation, env, folders, rollBack, session, settlement, unanswered, within } = this.#around
    unanswered.refuse(touchedPaths(entry.recorded.intent))
    const state = await states.of(entry)
    if (direction === 'undo' && state.kind === 'pending' && state.owner === 'nobody') {
      if (files.length === 0) return rollBack(entry, dryRun)
      throw new JournalError('that edit is waiting to be recovered as a whole; see lsp-wal recover')
    }
    if (state.kind === 'pending' && state.owner !== 'session' && state.owner !== 'editor')
      throw new JournalError('a crash has left that edit unfinished; see lsp-wal status, and lsp-wal recover')
    const reach = await reachOf(env, entry.session.info.folders, folders)
    return within(reach, async (workspace) => {
      const way = await wayBack(env, states, entry, workspace, files)
      if (dryRun) return wouldBeUndone(direction, entry.recorded.intent, way)
      const report = await takeBack(env, session, workspace, entry, way)
      const { buffered, own, written } = report
      if (own !== undefined && buffered.length > 0) this.#followBuffered(own, report)
      // Of a part of it the rest is still in buffers, and to be brought back after a crash.
      const isWhole = [files, report.left, report.withheld, report.unseen].every(({ length }) => length === 0)
      if (own !== undefined && isWhole) settlement.takenBack(report.of.id)
      if (own !== undefined && written.length > 0) conversation.notifyServer(...changedFiles(own, written))
      return undoneOf(direction, report, way)
    })
  }

  /** What was left is no part of it any more: nobody is to find it unfinished, and write that after all. */
  #followBuffered(own: Intent, report: Report): void {
    const { env, session, settlement } = this.#around
    const { failures, halfWritten, left, unseen } = report
    const paths = left.length > 0 && { paths: asLeft(left, failures) }
    // Quit without saving, it is not done behind the user's back at the next start.
    session.note({ id: own.id, at: env.host.now().toISOString(), event: 'applied', ...paths })
    const leftPaths = new Set(left.map(({ path }) => path))
    const images = own.images.filter(({ path }) => !leftPaths.has(path))
    const note = (outcome: Outcome) =>
      session.note(outcome.event === 'landed' ? { ...outcome, ...endOf(report) } : outcome)
    settlement.follow(halfWritten ? own : { ...own, images }, { note }, 'applied', unseen)
  }

  #next<T>(title: Direction, act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#around.progress.during(title, act))
    this.#last = turn.catch(() => {}) // whoever asked for it is told
    return turn
  }
}

/** @throws JournalError where there is none, or more than one */
function found(entries: readonly Entry[], id: string): Entry {
  const resolved = lookUpId(entries, id)
  if (resolved.kind === 'entry') return resolved.entry
  throw new JournalError(
    resolved.kind === 'ambiguous' ? `more than one edit begins with ${id}` : `no edit is called ${id}`,
  )
}
