import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Env } from '../journal/env.ts'
import type { Intent } from '../journal/intent.ts'
import type { Root } from '../journal/root.ts'
import { Session } from '../journal/session.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { type ClientFacts, clientFactsOf } from './client-facts.ts'
import { Conversation } from './conversation.ts'
import { EditorWorkspace } from './editor-workspace.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { frameAround } from './frames.ts'
import { asObject, type Json } from './json.ts'
import { Labels } from './labels.ts'
import { Lane, PASS, type Verdict } from './lane.ts'
import { Mirror } from './mirror.ts'
import { Recorder } from './recorder.ts'
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
}

export interface Editor {
  readonly input: Readable
  readonly output: Writable
}

const QUIET_MS = 250
const QUIET_AT_LATEST_MS = 5000
// Between what the server is told and what it is made to do, once the editor is gone.
const PATIENCE_MS = 2000

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
  readonly #server: ServerProcess
  readonly #options: ProxyOptions
  readonly #toServer: Lane
  readonly #toEditor: Lane
  readonly #conversation: Conversation
  readonly #mirror = new Mirror()
  #started: Started | undefined
  /** Where recovery writes, once it does. */
  #workspace: EditorWorkspace | undefined
  #initializeId: string | undefined
  readonly #labels = new Labels()
  /** The editor's answers that are waited for, by the id of the forwarded request. */
  readonly #forwarded = new Map<string, Intent>()
  /** Runs out at the first quiet moment after `initialized`; put off no longer than until `latest`. */
  #quiet: NodeJS.Timeout | undefined
  #latest = 0

  constructor(env: Env, editor: Editor, server: ServerProcess, options: ProxyOptions) {
    this.#env = env
    this.#server = server
    this.#options = options
    this.#toServer = new Lane(
      editor.input,
      server.stdin,
      this.#safely((body, frame) => this.#fromEditor(body, frame)),
    )
    this.#toEditor = new Lane(
      server.stdout,
      editor.output,
      this.#safely((body, frame) => this.#fromServer(body, frame)),
    )
    this.#conversation = new Conversation(
      (frame) => this.#toEditor.inject(frame),
      (frame) => this.#toServer.inject(frame),
      env.host.random(4),
    )
  }

  async run(): Promise<End> {
    const fromEditor = this.#toServer
      .run()
      .catch(this.#problem)
      .then(() => this.#editorGone())
    const fromServer = this.#toEditor.run().catch(this.#problem)
    const end = await this.#server.ended
    await fromServer
    await this.#endSession()
    void fromEditor // it waits for an editor that may never say that it is gone
    return end
  }

  #fromEditor(body: Buffer, frame: Buffer): Verdict {
    const envelope = readEnvelope(body)
    if (envelope === undefined) return PASS
    if (this.#quiet !== undefined && Date.now() < this.#latest) this.#quiet.refresh()
    if (envelope.method === undefined) return this.#answer(envelope, body)
    const look = (handle: (params: unknown) => void) => this.#observe(() => handle(paramsOf(body)))
    switch (envelope.method) {
      case 'initialize':
        this.#initializeId = envelope.id
        return { kind: 'hold', settle: () => this.#initialize(body).then(() => frame) }
      case 'initialized':
        return look(() => this.#initialized())
      case 'textDocument/didOpen':
        return look((params) => this.#textChanged(this.#mirror.open(params)))
      case 'textDocument/didChange':
        return look((params) => this.#textChanged(this.#mirror.change(params)))
      case 'textDocument/didClose':
        return look((params) => this.#closed(this.#mirror.close(params)))
      case 'textDocument/didSave':
        return look((params) => this.#saved(this.#mirror.pathOf(params)))
      case 'workspace/executeCommand':
        return look((params) => this.#labels.commandSent(envelope.id, params))
      case 'textDocument/codeAction':
      case 'codeAction/resolve':
        if (envelope.id !== undefined) this.#labels.actionsAsked(envelope.id)
        return PASS
      case 'workspace/didChangeWatchedFiles':
        return look(() => this.#started?.settlement.nudge())
      case 'shutdown':
      case 'exit':
        return look(() => this.#started?.settlement.leaving())
      default:
        return PASS
    }
  }

  #fromServer(body: Buffer, frame: Buffer): Verdict {
    const envelope = readEnvelope(body)
    if (envelope === undefined) return PASS
    if (envelope.method === 'workspace/applyEdit')
      return { kind: 'hold', settle: () => this.#applyEdit(envelope.id, body, frame) }
    if (envelope.method === undefined && envelope.id !== undefined && envelope.id === this.#initializeId)
      return this.#observe(() => this.#initializeResult(body))
    const { id } = envelope
    if (envelope.method === undefined && id !== undefined && this.#labels.awaits(id))
      return this.#observe(() => this.#labels.answered(id, () => parse(body).result))
    return PASS
  }

  #answer({ id }: Envelope, body: Buffer): Verdict {
    if (id === undefined) return PASS
    if (this.#conversation.isOwn(id)) {
      this.#conversation.answered(id, parse(body))
      return { kind: 'hold', settle: async () => undefined }
    }
    const intent = this.#forwarded.get(id)
    if (intent === undefined) return PASS
    this.#forwarded.delete(id)
    return this.#observe(() => this.#answered(intent, parse(body)))
  }

  /** Looked at once it is forwarded: whatever goes wrong then, the message is through and the session goes on. */
  #observe(handle: () => void): Verdict {
    const look = () => {
      try {
        handle()
      } catch (error) {
        this.#problem(error)
      }
    }
    return { kind: 'observe', look }
  }

  /** A fault in judging a message must neither keep it back nor end the session. */
  #safely(judge: (body: Buffer, frame: Buffer) => Verdict): (body: Buffer, frame: Buffer) => Verdict {
    return (body, frame) => {
      try {
        const verdict = judge(body, frame)
        if (verdict.kind !== 'hold') return verdict
        const settle = () =>
          verdict.settle().catch((error: unknown) => {
            this.#problem(error)
            return frame
          })
        return { kind: 'hold', settle }
      } catch (error) {
        this.#problem(error)
        return PASS
      }
    }
  }

  #answered(intent: Intent, { result }: Json): void {
    this.#started?.settlement.answered(intent.id, asObject(result).applied === true)
  }

  // Start: what dead sessions left is claimed and looked at before the server hears of this one.

  async #initialize(body: Buffer): Promise<void> {
    if (this.#started !== undefined) return // a second one is the server's to refuse
    const { command, cwd, maxIntent, recover, root } = this.#options
    const client = await clientFactsOf(parse(body).params, cwd, this.#env.host)
    const start = { folders: client.folders, server: command, editor: client.editor }
    const session = new Session(this.#env, root, start, this.#problem, () => this.#mirror.paths)
    const disk = new DiskWorkspace(this.#env.disk, client.folders)
    const settlement = new Settlement(this.#env, this.#mirror, disk, this.#problem)
    const about = { server: basename(command[0] ?? ''), maxIntent }
    const recorder = new Recorder(this.#env, this.#mirror, this.#conversation, session, disk, about)
    const recovery = new StartRecovery(this.#env, session, settlement, this.#conversation, recover)
    this.#started = { client, session, settlement, recorder, recovery }
    try {
      await recovery.claim(root, start, this.#problem)
      if (client.headless) await recovery.carryOut(this.#whole(recovery), 'nobody')
    } catch (error) {
      this.#problem(error) // what was left stays as it is, and this session goes on
    }
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
    this.#latest = Date.now() + QUIET_AT_LATEST_MS
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined
      this.#workspace = new EditorWorkspace(this.#whole(recovery), this.#mirror, this.#conversation)
      recovery.carryOut(this.#workspace, 'editor').catch(this.#problem)
    }, QUIET_MS).unref()
  }

  #initializeResult(body: Buffer): void {
    this.#initializeId = undefined
    const { capabilities } = asObject(parse(body).result)
    const encoding = asObject(capabilities).positionEncoding
    if (encoding === 'utf-8' || encoding === 'utf-16' || encoding === 'utf-32')
      this.#mirror.encoding = encoding
  }

  // An edit: lowered, journaled, forwarded.

  async #applyEdit(id: string | undefined, body: Buffer, frame: Buffer): Promise<Buffer | undefined> {
    const message = tryParse(body)
    if (message === undefined) return this.#cannotRecord('it is no valid JSON', id, frame)
    const params = asObject(message.params)
    const label = this.#labels.labelOf(params.label)
    if (this.#started === undefined)
      return this.#cannotRecord('the server sent it before it was initialized', id, frame)
    const { recorder, settlement } = this.#started
    const recording = await recorder.record({ road: 'workspace/applyEdit', label, edit: params.edit })
    switch (recording.kind) {
      case 'nothing':
        return frame
      case 'failed':
        return this.#cannotRecord(recording.reason, id, frame)
      case 'recorded':
        settlement.follow(recording.intent, this.#follower)
        if (id !== undefined) this.#forwarded.set(id, recording.intent)
        return frame
    }
  }

  /** What is not recorded does not pass, unless the user said that it may. */
  #cannotRecord(reason: string, id: string | undefined, frame: Buffer): Buffer | undefined {
    if (this.#options.onJournalFailure === 'forward') {
      this.#conversation.show('warning', `this edit is not recorded: ${reason}`)
      return frame
    }
    this.#conversation.show('error', `this edit is refused, since it could not be recorded: ${reason}`)
    if (id === undefined) return undefined
    const result = { applied: false, failureReason: `lsp-wal: ${reason}` }
    // The id in the server's own spelling, which may be no valid JSON either.
    this.#toServer.inject(frameAround(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`))
    return undefined
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

  /** The editor is gone: nobody is left to serve, and no server may outlive its editor. */
  #editorGone(): void {
    this.#server.stdin.end()
    const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGKILL']
    const insist = () => {
      const signal = signals.shift()
      if (signal === undefined) return
      this.#server.kill(signal)
      setTimeout(insist, PATIENCE_MS).unref()
    }
    setTimeout(insist, PATIENCE_MS).unref()
  }

  async #endSession(): Promise<void> {
    clearTimeout(this.#quiet)
    this.#conversation.end()
    const { settlement, recovery, session } = this.#started ?? {}
    for (const end of [() => settlement?.finish(), () => recovery?.end(), () => session?.end()]) {
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
}

/** Of a message that only its top level is read of: what is broken deeper down is its reader's business. */
function parse(body: Buffer): Json {
  return tryParse(body) ?? {}
}

function tryParse(body: Buffer): Json | undefined {
  try {
    return asObject(JSON.parse(body.toString('utf8').replace(/^\ufeff/, '')))
  } catch {
    return undefined
  }
}

function paramsOf(body: Buffer): unknown {
  return parse(body).params
}
