import { basename } from 'node:path'
import { summaryOf } from '../history/changes.ts'
import type { Env } from '../journal/env.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import type { Limits } from '../journal/retention.ts'
import type { Root } from '../journal/root.ts'
import { Session } from '../journal/session.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { type ClientFacts, clientFactsOf, foldersChangedBy } from './client-facts.ts'
import { Conversation } from './conversation.ts'
import { EditRoads } from './edit-roads.ts'
import { type CommandLine, EditorCommands } from './editor-commands.ts'
import { numberIn } from './envelope.ts'
import { type Excluded, excludedBy } from './exclusion.ts'
import { Gate } from './gate.ts'
import { Housekeeper } from './housekeeper.ts'
import { asObject } from './json.ts'
import { Message } from './message.ts'
import { Mirror } from './mirror.ts'
import { Offer } from './offer.ts'
import { OwnCommands } from './own-commands.ts'
import { QuietMoment } from './quiet-moment.ts'
import { Recorder } from './recorder.ts'
import { type Editor, Relay } from './relay.ts'
import { look, type Route, type Watched } from './routes.ts'
import type { End, ServerProcess } from './server-process.ts'
import { Settlement } from './settlement.ts'
import { ShownDocuments } from './shown-documents.ts'
import { offerWayBack } from './torn.ts'
import { WayBack } from './way-back.ts'
import { WorkProgress } from './work-progress.ts'
import { WorkspaceFolders } from './workspace-folders.ts'

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
  /** Whether edits of one document's layout are recorded, too. */
  readonly journalFormatting: boolean
  /** Runs a command of the command line in a folder, and gives what it prints. */
  readonly commandLine: (...args: [...Parameters<CommandLine>, cwd: string]) => Promise<string>
}

/** How long the end of a session may take, and how long yet once a signal has come. */
const END_MS = 5000
const HURRIED_END_MS = 1000

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
  readonly #relay: Relay
  readonly #conversation: Conversation
  readonly #mirror = new Mirror()
  #started: Started | undefined
  readonly #folders = new WorkspaceFolders()
  #excluded: Promise<Excluded | undefined> = Promise.resolve(undefined)
  readonly #ownCommands: OwnCommands
  readonly #offer = new Offer()
  readonly #editorCommands: EditorCommands
  #initializeId: string | undefined
  #isInitialized = false
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
      'textDocument/didSave': look(({ params }) => this.#saved(this.#mirror.pathOf(params))),
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
    const { command, cwd, exclude, limits, maxIntent, recover, root } = this.#options
    const client = await clientFactsOf(params, cwd, this.#env.host)
    this.#watchEditor(client)
    this.#roads.editorSays(params)
    this.#ownCommands.editorSays(params)
    this.#folders.start(client.folders)
    const start = { folders: this.#folders.all, server: command, editor: client.editor }
    const session = new Session(this.#env, root, start, this.#problem, {
      openPaths: () => this.#mirror.paths,
      carryOut: (order) => wayBack.ordered(order),
    })
    const disk = new DiskWorkspace(this.#env.disk, this.#folders.all)
    const settlement = new Settlement(this.#env, this.#mirror, disk, this.#problem)
    this.#excluded = excludedBy(this.#env.disk, exclude, this.#folders.all)
    const about = {
      server: basename(command[0] ?? ''),
      maxIntent,
      excluded: () => this.#excluded,
      confirmsParts: client.confirmsParts,
    }
    const recorder = new Recorder(this.#env, this.#mirror, this.#conversation, session, disk, about)
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
    const progress = new WorkProgress(this.#conversation, client.showsProgress, this.#env.host.random(4))
    const wayBack = new WayBack({
      env: this.#env,
      root,
      recover,
      client,
      start,
      session,
      settlement,
      mirror: this.#mirror,
      conversation: this.#conversation,
      offer: this.#offer,
      progress,
      tell: this.#problem,
    })
    const documents = new ShownDocuments(this.#env, this.#conversation, client.showsDocuments)
    this.#started = { client, session, settlement, wayBack, housekeeper, documents }
    this.#gate.open({
      session,
      recorder,
      settlement,
      housekeeper,
      happened: (intent) => this.#happened(intent),
      torn: (intent, changed) => {
        const undo = (id: string) => this.#editorCommands.undo(id)
        offerWayBack(this.#conversation, undo, intent, changed).catch(this.#problem)
      },
    })
    this.#editorCommands.open({
      takeBacks: () => wayBack.takeBacks(),
      documents,
      commandLine: (name, args) => this.#options.commandLine(name, args, client.folders[0] ?? cwd),
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

  #initialized(): void {
    this.#conversation.open()
    this.#isInitialized = true
    // As soon as the editor has said which files it holds.
    if (this.#started?.client.headless === false) this.#quiet.wait()
  }

  #atQuietMoment(): void {
    const { session, wayBack } = this.#started ?? {}
    if (wayBack === undefined) return
    // From now on the command line can ask what is open here; and the first edit finds its folder there.
    void session?.open()
    wayBack.goOn().catch(this.#problem)
    if (this.#folders.hasOpened) wayBack.recoverIn(this.#folders.takeOpened()).catch(this.#problem)
  }

  /** The editor has taken an edit up. */
  #happened(intent: Intent): void {
    this.#offer.happened(intent)
    if (touchedPaths(intent).length < 2) return
    const [files, ...rest] = summaryOf(intent)
    const edits = rest.length > 0 ? `${rest.join(', ')} in ${files}` : files
    const undo = this.#ownCommands.idOf('undo')
    this.#conversation.show('info', `${intent.about.label}: ${edits}; ${undo} takes it back`)
  }

  #initializeResult(message: Message): Buffer {
    this.#initializeId = undefined
    const { capabilities } = asObject(message.result)
    const encoding = asObject(capabilities).positionEncoding
    if (encoding === 'utf-8' || encoding === 'utf-16' || encoding === 'utf-32')
      this.#mirror.encoding = encoding
    const frame = this.#roads.offered(message)
    const bodyAt = frame.indexOf('\r\n\r\n') + 4
    return this.#ownCommands.offered(frame === message.frame ? message : new Message(frame, bodyAt))
  }

  /** What dead sessions left in a folder that is opened is recovered as at the start: at once without a screen. */
  async #foldersChanged({ frame, params }: Message): Promise<Buffer> {
    if (this.#started === undefined) return frame
    const { client, session, wayBack } = this.#started
    if (this.#folders.change(foldersChangedBy(params))) {
      this.#excluded = excludedBy(this.#env.disk, this.#options.exclude, this.#folders.all)
      session.foldersAdded()
    }
    if (!this.#folders.hasOpened) return frame
    // Before the server hears of them, and reads what is torn.
    if (client.headless) await wayBack.recoverIn(this.#folders.takeOpened()).catch(this.#problem)
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
    const { settlement, wayBack, session, housekeeper, documents } = this.#started ?? {}
    // Last what nothing depends on.
    for (const end of [
      () => settlement?.finish(),
      () => wayBack?.end(),
      () => session?.end(),
      () => documents?.end(),
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
  readonly wayBack: WayBack
  readonly housekeeper: Housekeeper
  readonly documents: ShownDocuments
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
