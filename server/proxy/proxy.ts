import { type Env, JournalError } from '../journal/env.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import { type ClientFacts, clientFactsOf } from './client-facts.ts'
import { Conversation } from './conversation.ts'
import { EditRoads } from './edit-roads.ts'
import { EditorCommands } from './editor-commands.ts'
import { numberIn } from './envelope.ts'
import { Gate } from './gate.ts'
import { happenedWords } from './happened-words.ts'
import { asObject } from './json.ts'
import { kakouneOf } from './kakoune.ts'
import { Message } from './message.ts'
import { Mirror } from './mirror.ts'
import { Offer } from './offer.ts'
import { OwnCommands } from './own-commands.ts'
import type { ProxyOptions } from './proxy-options.ts'
import { QuietMoment } from './quiet-moment.ts'
import { type Editor, Relay } from './relay.ts'
import { look, type Route, type Watched } from './routes.ts'
import type { End, ServerProcess } from './server-process.ts'
import { Started, type Surroundings } from './started.ts'
import { offerWayBack } from './torn.ts'

/** How long the end of a session may take, and how long yet once a signal has come. */
const END_MS = 5000
const HURRIED_END_MS = 2000

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
  readonly #surroundings: Surroundings
  readonly #relay: Relay
  readonly #conversation: Conversation
  readonly #mirror = new Mirror()
  #started: Started | undefined
  readonly #ownCommands: OwnCommands
  readonly #offer = new Offer()
  readonly #editorCommands: EditorCommands
  #initializeId: string | undefined
  #isInitialized = false
  #becomeReady = (): void => {}
  /** The editor has said which files it holds open. */
  readonly #ready = new Promise<void>((done) => {
    this.#becomeReady = done
  })
  readonly #gate: Gate
  readonly #roads: EditRoads
  readonly #quiet: QuietMoment

  constructor(env: Env, editor: Editor, server: ServerProcess, options: ProxyOptions) {
    this.#env = env
    this.#options = options
    this.#quiet = new QuietMoment(editor.input, () => this.#atQuietMoment())
    this.#gate = new Gate(
      options.onJournalFailure,
      (severity, text) => this.#conversation.show(severity, text),
      this.#problem,
    )
    const surroundings = {
      disk: env.disk,
      mirror: this.#mirror,
      gate: this.#gate,
      toEditor: (frame: Buffer) => this.#relay.toEditor.inject(frame),
      toServer: (frame: Buffer) => this.#relay.toServer.inject(frame),
      log: (text: string) => this.#conversation.log('warning', text),
      answered: (intent: string, applied: boolean) => this.#started?.settlement.answered(intent, applied),
      nonce: env.host.random(4),
    }
    this.#roads = new EditRoads(surroundings, options.journalFormatting)
    this.#ownCommands = new OwnCommands(env.host.random(4))
    this.#editorCommands = new EditorCommands(this.#ownCommands, this.#offer, {
      conversation: () => this.#conversation,
      toEditor: surroundings.toEditor,
    })
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
    this.#surroundings = {
      env,
      options,
      mirror: this.#mirror,
      conversation: this.#conversation,
      offer: this.#offer,
      ready: () => this.#untilReady(),
      tell: this.#problem,
    }
  }

  async run(): Promise<End> {
    const end = await this.#relay.run()
    // A disk that hangs, too: everything that matters is in the log, and the next start finds it.
    const hurried = this.#relay.hurried.then(() => after(HURRIED_END_MS))
    await Promise.race([this.#endSession(), hurried, after(END_MS)])
    return end
  }

  // What is looked at, and what is held.

  #fromEditor(): Watched {
    const settlement = () => this.#started?.settlement
    const leaving = look(() => settlement()?.leaving())
    const calls: Record<string, Route> = {
      ...this.#editorCommands.over(this.#roads.callsOfEditor),
      initialize: {
        kind: 'hold',
        settle: (message) => this.#initialize(message),
        tooLong: () => 'pass',
      },
      initialized: look(() => this.#initialized()),
      'textDocument/didOpen': look(({ params }) => this.#textChanged(this.#mirror.open(params))),
      'textDocument/didChange': look(({ params }) => this.#textChanged(this.#mirror.change(params))),
      'textDocument/didClose': look(({ params }) => this.#closed(this.#mirror.close(params))),
      'textDocument/didSave': look(({ params }) => this.#saved(this.#mirror.save(params))),
      'workspace/didChangeWorkspaceFolders': {
        kind: 'hold',
        settle: (message) => this.#foldersChanged(message),
        tooLong: () => 'pass',
      },
      'workspace/didChangeWatchedFiles': look(() => settlement()?.nudge()),
      shutdown: leaving,
      exit: leaving,
    }
    const none = () => this.#conversation.neverAsked && !this.#roads.awaitsEditor
    return { calls, answers: answers(none, (id) => this.#answerOfEditor(id)), undecided: () => 'pass' }
  }

  #fromServer(): Watched {
    const none = () =>
      this.#initializeId === undefined && !this.#roads.awaitsServer && !this.#editorCommands.any
    return {
      calls: this.#roads.callsOfServer,
      answers: answers(none, (id) => this.#answerOfServer(id)),
      undecided: () => this.#roads.undecided(),
    }
  }

  #answerOfEditor(id: string): Route | undefined {
    return this.#conversation.isOwn(id) ? this.#ownAnswer : this.#roads.ofEditor(id)
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
    const number = numberIn(id)
    return this.#answerTo(id) ?? (number === undefined ? undefined : this.#answerTo(number))
  }

  #answerTo(id: string): Route | undefined {
    if (id !== this.#initializeId) return this.#editorCommands.overAnswer(id, this.#roads.ofServer(id))
    return {
      kind: 'hold',
      settle: async (message) => this.#initializeResult(message),
      tooLong: () => 'pass',
    }
  }

  // Start: what dead sessions left is claimed and looked at before the server hears of this one.

  async #initialize({ id, frame, params }: Message): Promise<Buffer> {
    if (this.#started !== undefined) return frame // a second one is the server's to refuse
    this.#initializeId = id
    const { commandLine, cwd } = this.#options
    const facts = await clientFactsOf(params, cwd, this.#env.host)
    this.#watchEditor(facts)
    this.#mirror.countsCharacters = facts.countsCharacters
    const client = this.#watchKakoune(facts)
    this.#roads.editorSays(params)
    this.#ownCommands.editorSays(params)
    const started = new Started(this.#surroundings, client)
    this.#started = started
    const { session, recorder, settlement, housekeeper, wayBack, documents, progress } = started
    this.#gate.open({
      session,
      recorder,
      settlement,
      housekeeper,
      happened: (intent) => void this.#happened(intent, started).catch(this.#problem),
      torn: (intent, changed) => {
        const undo = (id: string) => this.#editorCommands.undo(id)
        offerWayBack(this.#conversation, undo, intent, changed).catch(this.#problem)
      },
    })
    this.#editorCommands.open({
      takeBacks: () => wayBack.takeBacks(),
      documents,
      commandLine: (name, args) => commandLine(name, args, client.folders[0] ?? cwd),
      recover: () => wayBack.recoverAgain(),
      progress,
      takesActions: client.takesActions,
    })
    try {
      await wayBack.begin()
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

  /** The process that kakoune-lsp names is its own, which outlives Kakoune: the session is to be that of none. */
  #watchKakoune(client: ClientFacts): ClientFacts {
    const { host } = this.#env
    const address = kakouneOf(client, this.#options.variables, host)
    if (address === undefined) return client
    this.#relay.watchEditor(() => host.hasSocket(address))
    return { ...client, editor: { ...client.editor, pid: null, start: null } }
  }

  #initialized(): void {
    this.#conversation.open()
    this.#isInitialized = true
    // As soon as the editor has said which files it holds.
    if (this.#started?.client.headless === false) this.#quiet.wait()
    else this.#becomeReady()
  }

  /** @throws JournalError before the editor has started: whoever waits for a server that is slow may be gone */
  async #untilReady(): Promise<void> {
    if (!this.#isInitialized) throw new JournalError('it is still starting; try again in a moment')
    await this.#ready
  }

  #atQuietMoment(): void {
    this.#becomeReady()
    if (this.#started === undefined) return
    const { folders, session, wayBack } = this.#started
    // From now on the command line can ask what is open here; and the first edit finds its folder there.
    void session.open()
    wayBack.goOn().catch(this.#problem)
    if (folders.hasOpened) wayBack.recoverIn(folders.takeOpened()).catch(this.#problem)
  }

  /** The editor has taken an edit up. */
  async #happened(intent: Intent, { disk }: Started): Promise<void> {
    this.#offer.happened(intent)
    if (touchedPaths(intent).length < 2) return
    const refusals = []
    for await (const refusal of disk.refusalsOf(intent)) refusals.push(refusal)
    this.#conversation.show('info', happenedWords(intent, this.#ownCommands.idOf('undo'), refusals))
  }

  #initializeResult(message: Message): Buffer {
    this.#initializeId = undefined
    const { capabilities } = asObject(message.result)
    const { positionEncoding: encoding, textDocumentSync } = asObject(capabilities)
    if (encoding === 'utf-8' || encoding === 'utf-16' || encoding === 'utf-32')
      this.#mirror.encoding = encoding
    const { asked, unasked } = this.#started?.client.tellsOfSaves ?? {}
    if (typeof textDocumentSync === 'number' ? unasked : asObject(textDocumentSync).save && asked)
      this.#mirror.tellsOfSaves = true
    const frame = this.#roads.offered(message)
    const bodyAt = frame.indexOf('\r\n\r\n') + 4
    return this.#ownCommands.offered(frame === message.frame ? message : new Message(frame, bodyAt))
  }

  /** What dead sessions left in a folder that is opened is recovered as at the start: at once without a screen. */
  async #foldersChanged({ frame, params }: Message): Promise<Buffer> {
    if (this.#started === undefined) return frame
    const { client, folders, wayBack } = this.#started
    this.#started.foldersChanged(params)
    if (!folders.hasOpened) return frame
    // Before the server hears of them, and reads what is torn.
    if (client.headless) await wayBack.recoverIn(folders.takeOpened()).catch(this.#problem)
    else if (this.#isInitialized) this.#quiet.wait()
    return frame
  }

  // Observe, settle.

  #textChanged(path: string | undefined): void {
    if (path === undefined) return
    this.#started?.settlement.changed(path)
    this.#started?.wayBack.changed()
  }

  #saved(path: string | undefined): void {
    if (path !== undefined) this.#started?.settlement.saved(path)
  }

  #closed(path: string | undefined): void {
    if (path === undefined) return
    this.#started?.settlement.closed(path)
    this.#started?.wayBack.changed()
  }

  // The end.

  async #endSession(): Promise<void> {
    this.#quiet.end()
    this.#conversation.end()
    await this.#started?.end()
  }

  readonly #problem = (error: unknown): void => {
    this.#conversation.show('warning', error instanceof Error ? error.message : String(error))
  }
}

function after(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds))
}

function answers(none: () => boolean, route: (id: string) => Route | undefined): Watched['answers'] {
  return {
    get none() {
      return none()
    },
    route,
  }
}
