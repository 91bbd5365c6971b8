import type { Entry } from '../history/history.ts'
import type { Undone } from '../history/undone.ts'
import { type Env, JournalError } from '../journal/env.ts'
import type { Root } from '../journal/root.ts'
import type { Session } from '../journal/session.ts'
import type { SessionStart } from '../journal/session-folder.ts'
import { type Answer, recoveryOrder, type Wish } from '../recovery/as-asked.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { WatchedWorkspace } from '../recovery/watched-workspace.ts'
import type { Workspace } from '../recovery/workspace.ts'
import type { ClientFacts } from './client-facts.ts'
import type { Conversation } from './conversation.ts'
import { EditorWorkspace } from './editor-workspace.ts'
import type { Mirror } from './mirror.ts'
import type { Offer } from './offer.ts'
import { openElsewhere } from './open-elsewhere.ts'
import type { Settlement } from './settlement.ts'
import { AT_IT, StartRecovery } from './start-recovery.ts'
import type { TakeBacks } from './take-back.ts'
import { Unanswered } from './unanswered.ts'
import type { WorkProgress } from './work-progress.ts'

/** The session that edits are recovered and taken back in. */
export interface Here {
  readonly env: Env
  readonly root: Root
  readonly recover: RecoverMode
  readonly client: ClientFacts
  /** Its folders are those of the editor, also those that it opens later. */
  readonly start: SessionStart
  readonly session: Session
  readonly settlement: Settlement
  readonly mirror: Mirror
  readonly conversation: Conversation
  readonly offer: Offer
  readonly progress: WorkProgress
  readonly tell: (problem: unknown) => void
}

/** What is done in an editor's workspace beside passing on: recovery at its start, and what its user asks for later. */
export class WayBack {
  readonly #here: Here
  /** What a start finds. */
  readonly recovery: StartRecovery
  /** Those that the user asked for since, as long as they have something left to do. */
  readonly #later = new Set<StartRecovery>()
  /** Where something is written at the moment. */
  readonly #workspaces = new Set<EditorWorkspace>()
  readonly #unanswered = new Unanswered()
  #takeBacks: TakeBacks | undefined

  constructor(here: Here) {
    this.#here = here
    this.recovery = this.#newRecovery()
  }

  /** Takes over what dead sessions left; without a screen it is carried out at once. */
  async begin(): Promise<void> {
    const { client, root, start, tell } = this.#here
    await this.recovery.claim(root, start, tell)
    if (client.headless) await this.recovery.carryOut(this.#whole(this.recovery), 'nobody')
  }

  /** Carries out what was taken over, now that the editor has said which files it holds. */
  async goOn(): Promise<void> {
    if (this.recovery.hasCases) await this.#carryOut(this.recovery)
  }

  /** Whether dead sessions have left something since the start, or what was left then was not decided. */
  recoverAgain(): Promise<boolean> {
    return this.#recover(this.#here.start.folders)
  }

  /** What dead sessions have left in folders that the editor has opened since the start. */
  async recoverIn(folders: readonly string[]): Promise<void> {
    await this.#recover(folders)
  }

  #recover(among: readonly string[]): Promise<boolean> {
    const { client, root, start, tell } = this.#here
    return this.#withLater(async (recovery) => {
      await recovery.claim(root, { ...start, among }, tell)
      if (!recovery.hasCases) return false
      if (client.headless) await recovery.carryOut(this.#whole(recovery), 'nobody')
      else await this.#carryOut(recovery)
      return true
    })
  }

  /** Undo and redo; loaded when somebody asks for it: no start waits for that. */
  async takeBacks(): Promise<TakeBacks> {
    const { TakeBacks } = await import('./take-back.ts')
    const { conversation, env, progress, root, session, settlement, start } = this.#here
    this.#takeBacks ??= new TakeBacks({
      env,
      root,
      folders: start.folders,
      session,
      settlement,
      conversation,
      unanswered: this.#unanswered,
      progress,
      rollBack: (entry, dryRun) => this.#rollBack(entry, dryRun),
      within: (folders, use) => this.#within(new DiskWorkspace(env.disk, folders), use),
    })
    return this.#takeBacks
  }

  /** What the command line asks for over the session's socket. */
  async ordered(order: unknown): Promise<Undone | Answer> {
    const asked = recoveryOrder(order)
    if (asked !== undefined) return this.#recoverAsAsked(asked.wish, asked.folders)
    const undone = await (await this.takeBacks()).order(order)
    this.#here.offer.takenBack(undone)
    return undone
  }

  /** A document has changed, or was closed. */
  changed(): void {
    for (const workspace of this.#workspaces) workspace.changed()
  }

  async end(): Promise<void> {
    for (const recovery of [this.recovery, ...this.#later]) await recovery.end().catch(this.#here.tell)
  }

  /** @throws JournalError where this session deals with that already */
  #recoverAsAsked(wish: Wish, folders: readonly string[]): Promise<Answer> {
    const { root, start, tell } = this.#here
    return this.#withLater(async (recovery) => {
      await recovery.claim(root, { ...start, folders }, tell)
      const answer = await this.#within(this.#whole(recovery), (workspace) =>
        recovery.decide(wish, workspace),
      )
      const others = [this.recovery, ...this.#later].filter((other) => other !== recovery)
      const undecided = others.flatMap((other) => other.undecided)
      if (answer.kind !== 'done' && undecided.some(({ intent }) => intent.id.startsWith(wish.id ?? '')))
        throw new JournalError(AT_IT)
      return answer
    })
  }

  #rollBack({ recorded, session }: Entry, dryRun: boolean): Promise<Undone> {
    const { root, start, tell } = this.#here
    return this.#withLater(async (recovery) => {
      await recovery.claim(root, { ...start, among: session.info.folders }, tell)
      return this.#within(this.#whole(recovery), (workspace) =>
        recovery.rollBack(recorded.intent.id, workspace, dryRun),
      )
    })
  }

  async #withLater<T>(use: (recovery: StartRecovery) => Promise<T>): Promise<T> {
    for (const recovery of this.#later) if (recovery.isOver) this.#later.delete(recovery)
    const recovery = this.#newRecovery()
    this.#later.add(recovery)
    try {
      return await use(recovery)
    } finally {
      if (recovery.isOver) this.#later.delete(recovery)
    }
  }

  #newRecovery(): StartRecovery {
    const { conversation, env, progress, recover, session, settlement } = this.#here
    return new StartRecovery(env, { session, settlement, conversation, progress }, recover)
  }

  #carryOut(recovery: StartRecovery): Promise<void> {
    return this.#within(this.#whole(recovery), (workspace) => recovery.carryOut(workspace, 'editor'))
  }

  /** The disk as far as the sessions that are recovered reached: their editors may have had more folders open. */
  #whole(recovery: StartRecovery): DiskWorkspace {
    const { env, start } = this.#here
    return new DiskWorkspace(env.disk, [...start.folders, ...recovery.folders])
  }

  /** The workspace as the editor has it, for as long as `use` takes. */
  async #within<T>(disk: DiskWorkspace, use: (workspace: Workspace) => Promise<T>): Promise<T> {
    const { client, conversation, env, mirror, progress, root, session } = this.#here
    const { appliesEdits, fileOperations, opensWhatItWrites, keepsLastLineEnd } = client
    const workspace = new EditorWorkspace(
      disk,
      mirror,
      conversation,
      {
        edits: appliesEdits,
        deletes: appliesEdits && fileOperations.includes('delete'),
        renames: appliesEdits && fileOperations.includes('rename'),
        opensWhatItWrites,
        keepsLastLineEnd,
      },
      (paths) => openElsewhere({ env, root, session: session.id }, mirror, paths),
      this.#unanswered,
    )
    this.#workspaces.add(workspace)
    try {
      return await use(new WatchedWorkspace(workspace, progress.watch))
    } finally {
      this.#workspaces.delete(workspace)
    }
  }
}
