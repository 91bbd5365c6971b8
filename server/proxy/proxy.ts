import { basename } from 'node:path'
import type { Env } from '../journal/env.ts'
import type { Intent } from '../journal/intent.ts'
import type { Limits } from '../journal/retention.ts'
import type { Root } from '../journal/root.ts'
import { Session } from '../journal/session.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { type ClientFacts, clientFactsOf } from './client-facts.ts'
import { Conversation } from './conversation.ts'
import { EditorWorkspace } from './editor-workspace.ts'
import { excludedBy } from './exclusion.ts'
import { frameAround } from './frames.ts'
import { Housekeeper } from './housekeeper.ts'
import { asObject } from './json.ts'
import { Labels } from './labels.ts'
import type { Message } from './message.ts'
import { Mirror } from './mirror.ts'
import { Recorder } from './recorder.ts'
import { type Editor, Relay } from './relay.ts'
import type { Route, Watched } from './routes.ts'
import type { End, ServerProcess } from './server-process.ts'
import { Settlement } from './settlement.ts'
import { StartRecovery } from './start-recovery.ts'

export interface ProxyOptions {
  readonly root: Root
  /** The server's command line, as given. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly recover: RecoverMode
  readonly onJournalFailure: 'refuse' | 'forward'
  /** Bytes of originals above which an edit counts as one that cannot be recorded. */
  readonly maxIntent: number
  /** What of the history is kept. */
  readonly limits: Limits
  /** Globs of files that are kept out of the log. */
  readonly exclude: readonly string[]
}

const QUIET_MS = 250
const QUIET_AT_LATEST_MS = 5000
const UNTOLD = 'it may be one, and has not told what it is in more bytes than can be kept'
/** How long the end of a session may take. */
const END_MS = 5000

/** Runs one session between an editor and a started server. Resolves with the server's end. */
export async function runProxy(
  env: Env,
  editor: Editor,
  server: ServerProcess,
  options: ProxyOptions,
): Promise<End> {
  return new ProxyRun(env, editor, server, options).run()
}

class ProxyRun {
  readonly #env: Env
  readonly #options: ProxyOptions
  readonly #editor: Editor
  readonly #relay: Relay
  readonly #conversation: Conversation
  readonly #mirror = new Mirror()
  #started: Started | undefined
  /** Where recovery writes, once it does. */
  #workspace: EditorWorkspace | undefined
  #initializeId: string | undefined
  readonly #labels = new Labels()
  /** The intents whose answers the editor owes, by the id of the forwarded request. */
  readonly #forwarded = new Map<string, string>()
  /** Runs out at the first quiet moment after `initialized`. */
  #quiet: NodeJS.Timeout | undefined

  constructor(env: Env, editor: Editor, server: ServerProcess, options: ProxyOptions) {
    this.#env = env
    this.#editor = editor
    this.#options = options
    this.#relay = new Relay(editor, server, this.#fromEditor(), this.#fromServer(), {
      failed: this.#problem,
      garbled: () =>
        this.#conversation.log(
          'warning',
          'the server wrote what is no message, or told a wrong length; it is passed on as it came',
        ),
    })
    const { toEditor, toServer } = this.#relay
    this.#conversation = new Conversation(toEditor, toServer, env.host.random(4))
  }

  async run(): Promise<End> {
    const end = await this.#relay.run()
    // A disk that hangs, too: everything that matters is in the log, and the next start finds it.
    const patience = new Promise<void>((done) => setTimeout(done, END_MS))
    await Promise.race([this.#endSession(), this.#relay.hurried, patience])
    return end
  }

  // What is looked at, and what is held.

  #fromEditor(): Watched {
    const settlement = () => this.#started?.settlement
    const asked = look(({ id }) => id !== undefined && this.#labels.actionsAsked(id))
    const leaving = look(() => settlement()?.leaving())
    const calls: Record<string, Route> = {
      initialize: {
        kind: 'hold',
        settle: (message) => this.#initialize(message),
        tooLong: () => 'pass',
      },
      initialized: look(() => this.#initialized()),
      'textDocument/didOpen': look(({ params }) => this.#textChanged(this.#mirror.open(params))),
      'textDocument/didChange': look(({ params }) => this.#textChanged(this.#mirror.change(params))),
      'textDocument/didClose': look(({ params }) => this.#closed(this.#mirror.close(params))),
      'textDocument/didSave': look(({ params }) => this.#saved(this.#mirror.pathOf(params))),
      'workspace/executeCommand': look(({ id, params }) => this.#labels.commandSent(id, params)),
      'textDocument/codeAction': asked,
      'codeAction/resolve': asked,
      'workspace/didChangeWatchedFiles': look(() => settlement()?.nudge()),
      shutdown: leaving,
      exit: leaving,
    }
    const none = () => this.#conversation.neverAsked && this.#forwarded.size === 0
    return { calls, answers: answers(none, (id) => this.#answerOfEditor(id)), undecided: () => 'pass' }
  }

  #fromServer(): Watched {
    const applyEdit: Route = {
      kind: 'hold',
      settle: (message) => this.#applyEdit(message),
      tooLong: (id) => (this.#refused('it is too long', id) ? 'drop' : 'pass'),
    }
    const none = () => this.#initializeId === undefined && !this.#labels.awaitsAny
    return {
      calls: { 'workspace/applyEdit': applyEdit },
      answers: answers(none, (id) => this.#answerOfServer(id)),
      undecided: () => (this.#refused(UNTOLD, undefined) ? 'drop' : 'pass'),
    }
  }

  #answerOfEditor(id: string): Route | undefined {
    if (this.#conversation.isOwn(id)) return this.#ownAnswer
    const intentId = this.#forwarded.get(id)
    if (intentId === undefined) return undefined
    return look(({ result }) => {
      this.#forwarded.delete(id)
      this.#started?.settlement.answered(intentId, asObject(result).applied === true)
    })
  }

  /** However late it comes, it is nobody else's. */
  readonly #ownAnswer: Route = {
    kind: 'hold',
    settle: async ({ id, json }) => {
      this.#conversation.answered(id ?? '', json ?? {})
      return undefined
    },
    tooLong: () => 'drop',
  }

  #answerOfServer(id: string): Route | undefined {
    if (id === this.#initializeId) return look(({ result }) => this.#initializeResult(result))
    if (this.#labels.awaits(id)) return look((message) => this.#labels.answered(id, () => message.result))
    return undefined
  }

  // Start: what dead sessions left is claimed and looked at before the server hears of this one.

  async #initialize({ id, frame, params }: Message): Promise<Buffer> {
    if (this.#started !== undefined) return frame // a second one is the server's to refuse
    this.#initializeId = id
    const { command, cwd, exclude, limits, maxIntent, recover, root } = this.#options
    const client = await clientFactsOf(params, cwd, this.#env.host)
    this.#watchEditor(client)
    const start = { folders: client.folders, server: command, editor: client.editor }
    const session = new Session(this.#env, root, start, this.#problem, () => this.#mirror.paths)
    const disk = new DiskWorkspace(this.#env.disk, client.folders)
    const settlement = new Settlement(this.#env, this.#mirror, disk, this.#problem)
    const excluded = await excludedBy(this.#env.disk, exclude, client.folders)
    const about = { server: basename(command[0] ?? ''), maxIntent, excluded }
    const recorder = new Recorder(this.#env, this.#mirror, this.#conversation, session, disk, about)
    const recovery = new StartRecovery(this.#env, session, settlement, this.#conversation, recover)
    const housekeeper = new Housekeeper(
      async (mayGoOn) => {
        // Loaded only then: no start waits for it.
        const { keepHouse } = await import('../journal/housekeeping.ts')
        return keepHouse(this.#env, root, limits, mayGoOn)
      },
      () => recorder.idle(),
      // Nobody asked for it now, and the next one tries again.
      (problem) =>
        this.#conversation.log('warning', `the history could not be kept small: ${String(problem)}`),
    )
    this.#started = { client, session, settlement, recorder, recovery, housekeeper }
    try {
      await recovery.claim(root, start, this.#problem)
      if (client.headless) await recovery.carryOut(this.#whole(recovery), 'nobody')
    } catch (error) {
      this.#problem(error) // what was left stays as it is, and this session goes on
    }
    return frame
  }

  #watchEditor({ editor: { pid } }: ClientFacts): void {
    const { host } = this.#env
    // Another process may have that id here: one of an editor outside this container, or on another machine.
    if (pid !== null && host.isAbove(pid)) this.#relay.watchEditor(() => host.runs(pid))
  }

  /** The disk as far as the sessions that are recovered reached: their editors may have had more folders open. */
  #whole(recovery: StartRecovery): DiskWorkspace {
    return new DiskWorkspace(this.#env.disk, [...this.#started!.client.folders, ...recovery.folders])
  }

  #initialized(): void {
    this.#conversation.open()
    const { client, recovery } = this.#started ?? {}
    if (client === undefined || client.headless || !recovery?.hasCases) return
    // As soon as the editor has said which files it holds: the first quiet moment.
    const { input } = this.#editor
    const latest = Date.now() + QUIET_AT_LATEST_MS
    const heard = () => Date.now() < latest && this.#quiet?.refresh()
    input.on('data', heard)
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined
      input.off('data', heard)
      this.#workspace = new EditorWorkspace(this.#whole(recovery), this.#mirror, this.#conversation)
      recovery.carryOut(this.#workspace, 'editor').catch(this.#problem)
    }, QUIET_MS).unref()
  }

  #initializeResult(result: unknown): void {
    this.#initializeId = undefined
    const { capabilities } = asObject(result)
    const encoding = asObject(capabilities).positionEncoding
    if (encoding === 'utf-8' || encoding === 'utf-16' || encoding === 'utf-32')
      this.#mirror.encoding = encoding
  }

  // An edit: lowered, journaled, forwarded.

  async #applyEdit(message: Message): Promise<Buffer | undefined> {
    const reason = await this.#record(message).catch((error: unknown) => String(error))
    return reason !== undefined && this.#refused(reason, message.idAsWritten) ? undefined : message.frame
  }

  /** Returns why it could not be recorded; undefined: it may be forwarded. Where it rejects, it may not. */
  async #record({ id, json }: Message): Promise<string | undefined> {
    if (json === undefined) return 'it is no valid JSON'
    if (this.#started === undefined) return 'the server sent it before it was initialized'
    const { label, edit } = asObject(json.params)
    const { housekeeper, recorder, settlement } = this.#started
    const travelling = { road: 'workspace/applyEdit', label: this.#labels.labelOf(label), edit }
    const recording = await recorder.record(travelling)
    if (recording.kind === 'failed') return recording.reason
    if (recording.kind === 'recorded') {
      housekeeper.recorded()
      if (id !== undefined) this.#forwarded.set(id, recording.intent.id)
      try {
        settlement.follow(recording.intent, this.#follower)
      } catch (error) {
        this.#problem(error) // it is recorded, and so it may pass: the next start finds what became of it
      }
    }
    return undefined
  }

  /**
   * What is not recorded does not pass, unless the user said that it may. Returns whether it does not.
   * `id`: as the server wrote it.
   */
  #refused(reason: string, id: string | undefined): boolean {
    if (this.#options.onJournalFailure === 'forward') {
      this.#conversation.show('warning', `this edit is not recorded: ${reason}`)
      return false
    }
    this.#conversation.show('error', `this edit is refused, since it could not be recorded: ${reason}`)
    const result = { applied: false, failureReason: `lsp-wal: ${reason}` }
    if (id !== undefined)
      this.#relay.toServer.inject(
        frameAround(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`),
      )
    return true
  }

  // Observe, settle.

  readonly #follower = {
    note: (outcome: Parameters<Session['note']>[0]) => this.#started!.session.note(outcome),
    torn: (intent: Intent, landed: number) =>
      this.#conversation.show(
        'warning',
        `${intent.about.label}: refused by the editor after ${landed} of ${intent.images.length} files had changed; ` +
          `to take it back: lsp-wal undo ${intent.id.slice(0, 8)}`,
      ),
  }

  #textChanged(path: string | undefined): void {
    if (path === undefined) return
    this.#started?.settlement.changed(path)
    this.#workspace?.changed()
  }

  #saved(path: string | undefined): void {
    if (path !== undefined) this.#started?.settlement.saved(path)
  }

  #closed(path: string | undefined): void {
    if (path !== undefined) this.#started?.settlement.closed(path)
  }

  // The end.

  async #endSession(): Promise<void> {
    clearTimeout(this.#quiet)
    this.#conversation.end()
    const { settlement, recovery, session, housekeeper } = this.#started ?? {}
    // Last what nothing depends on.
    for (const end of [
      () => settlement?.finish(),
      () => recovery?.end(),
      () => session?.end(),
      () => housekeeper?.end(),
    ]) {
      try {
        await end()
      } catch (error) {
        this.#problem(error) // everything that matters is in the log: the next start finds it
      }
    }
  }

  readonly #problem = (error: unknown): void => {
    this.#conversation.show('warning', error instanceof Error ? error.message : String(error))
  }
}

/** What exists once the editor has said who it is. */
interface Started {
  readonly client: ClientFacts
  readonly session: Session
  readonly settlement: Settlement
  readonly recorder: Recorder
  readonly recovery: StartRecovery
  readonly housekeeper: Housekeeper
}

function look(handle: (message: Message) => unknown): Route {
  return { kind: 'observe', look: handle }
}

function answers(none: () => boolean, route: (id: string) => Route | undefined): Watched['answers'] {
  return {
    get none() {
      return none()
    },
    route,
  }
}
