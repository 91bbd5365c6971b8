import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ErrorCodes, type RequestType, ResponseError } from 'vscode-jsonrpc/node'
import {
  type ApplyWorkspaceEditParams,
  ApplyWorkspaceEditRequest,
  type ApplyWorkspaceEditResult,
  type CodeAction,
  CodeActionRequest,
  CodeActionResolveRequest,
  Command,
  type Diagnostic,
  DidRenameFilesNotification,
  DocumentFormattingRequest,
  ExecuteCommandRequest,
  ExitNotification,
  type LSPAny,
  type Position,
  type Range,
  RenameRequest,
  type ServerCapabilities,
  ShutdownRequest,
  type TextEdit,
  WillRenameFilesRequest,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { Activity } from './activity.ts'
import { applyWorkspaceEdit, type EditOutcome } from './apply-edit.ts'
import {
  askForCodeActions,
  askForRename,
  askForWholeRename,
  askUntilOffered,
  type CodeActionOptions,
  describeRename,
} from './asking.ts'
import { IN_BUFFERS } from './buffer-operations.ts'
import { Conversation } from './conversation.ts'
import { ON_DISK } from './disk-operations.ts'
import { Documents, type OpenDocument } from './documents.ts'
import { EditQueue, type ReceivedEdit } from './edit-queue.ts'
import { shakeHands } from './handshake.ts'
import { Inbox, type ServerMessage } from './inbox.ts'
import type { HeadlessOptions } from './options.ts'
import { type ServerExit, ServerProcess } from './server-process.ts'
import { answerServerRequests } from './server-requests.ts'

/** How long to keep asking a server that is still loading, and for how many files. */
export interface Patience {
  /** Ask again until the answer covers so many files. */
  readonly files?: number
  readonly timeoutMs?: number
}

/** What a code action came to. `edit` is undefined where it had none of its own, `result` without a command. */
export interface RanCodeAction {
  readonly edit: EditOutcome | undefined
  readonly result: unknown
}

/**
 * An LSP client without a screen: starts a server, opens documents, asks for edits, carries out those that
 * come, and saves by its policy. Paths are absolute.
 * Every wait is bounded and ends, at worst, with a DeadlineError or a ServerEndedError.
 */
export class HeadlessClient {
  readonly #server: ServerProcess
  readonly #conversation: Conversation
  readonly #documents: Documents
  readonly #edits: EditQueue
  readonly #inbox: Inbox
  readonly activity: Activity
  readonly #exitPauseMs: number
  #serverCapabilities: ServerCapabilities | undefined
  #resolvesActions = false
  #serverName: string

  /** Starts the server and shakes hands; a server that fails at it is killed before this throws. */
  static async start(options: HeadlessOptions): Promise<HeadlessClient> {
    if (options.dieAt !== undefined && options.die === undefined) throw new Error('dieAt needs die')
    const server = await ServerProcess.start({
      command: options.command,
      cwd: options.cwd ?? options.folders[0],
      env: options.env,
      stderr: options.stderr ?? 'inherit',
      ownProcessGroup: options.ownProcessGroup ?? false,
    })
    const client = new HeadlessClient(options, server)
    try {
      await client.#initialize(options)
    } catch (error) {
      await client.kill()
      throw error
    }
    return client
  }

  private constructor(options: HeadlessOptions, server: ServerProcess) {
    this.#server = server
    this.#serverName = basename(options.command[0])
    this.#exitPauseMs = options.exitPauseMs ?? 5_000
    this.#conversation = new Conversation(server, options.timeoutMs ?? 30_000, options.trace ?? (() => {}))
    const { connection } = this.#conversation
    this.#documents = new Documents(
      (type, params) => this.#conversation.tell(type, params),
      () => this.#edits.fileSaved(),
    )
    this.#edits = new EditQueue(this.#documents, {
      operations: options.holdsEdits ? IN_BUFFERS : ON_DISK,
      savePolicy: options.holdsEdits ? 'never' : (options.savePolicy ?? 'all'),
      saveBeforeAnswer: options.saveBeforeAnswer ?? false,
      dieAt: options.dieAt,
      die: () => options.die!(server.pid),
    })
    this.#inbox = new Inbox(connection, () => this.#conversation.stirred())
    this.activity = new Activity(connection, () => {
      options.onProgress?.(this.activity.last)
      this.#conversation.stirred()
    })
    answerServerRequests(connection, {
      folders: options.folders,
      configuration: options.configuration ?? {},
      answers: options.answers ?? [],
      onRequest: options.onRequest ?? (() => undefined),
      onQuestion: (question) => this.#inbox.keepQuestion(question),
    })
    connection.onRequest(ApplyWorkspaceEditRequest.type, (params) => this.#onApplyEdit(params))
    connection.listen()
  }

  get serverPid(): number {
    return this.#server.pid
  }

  /** How the server ended; undefined as long as it runs. */
  get serverExit(): ServerExit | undefined {
    return this.#server.exit
  }

  /** What the server has said in `initialize`. */
  get serverCapabilities(): ServerCapabilities {
    return this.#serverCapabilities ?? {}
  }

  /** What the server calls itself, else its command. */
  get serverName(): string {
    return this.#serverName
  }

  /** The text of each file as it was when it was first opened, by its URI. */
  get textsRead(): ReadonlyMap<string, string> {
    return new Map([...this.#documents.read].map(([path, text]) => [pathToFileURL(path).href, text]))
  }

  /** What the server has said to the user, oldest first. */
  get messages(): readonly ServerMessage[] {
    return this.#inbox.messages
  }

  /** The edits that the server has sent, on every road, oldest first, and what became of them. */
  get edits(): readonly ReceivedEdit[] {
    return this.#edits.received
  }

  /** All open documents, those included that an edit has opened. */
  get documents(): readonly OpenDocument[] {
    return this.#documents.all()
  }

  /** An open document as its buffer has it. */
  document(path: string): OpenDocument | undefined {
    return this.#documents.get(path)
  }

  /** Undefined: the server has not said anything about this file. */
  diagnostics(path: string): readonly Diagnostic[] | undefined {
    return this.#inbox.diagnostics(path)
  }

  /** Sends a request of any kind; gives its answer. */
  ask<P, R, E>(type: RequestType<P, R, E>, params: P, timeoutMs?: number): Promise<R> {
    return this.#conversation.ask(type, params, timeoutMs)
  }

  /** Opens a file; gives the document that is open already, if one is. */
  open(path: string): Promise<OpenDocument> {
    return this.#edits.inTurn(() => this.#documents.open(path))
  }

  /** Types into an open document. */
  change(path: string, edits: readonly TextEdit[]): Promise<void> {
    return this.#edits.inTurn(() => this.#documents.edit(path, edits))
  }

  /** Writes an open document to disk, whether it has changed or not. */
  save(path: string): Promise<void> {
    return this.#edits.inTurn(() => this.#documents.save(path))
  }

  /** Saves the documents that have changed, in the order in which they were opened. */
  saveAll(): Promise<void> {
    return this.#edits.inTurn(async () => {
      for (const { path, dirty } of this.#documents.all()) {
        if (dirty) await this.#documents.save(path)
      }
    })
  }

  /** Closes a document; what was not saved is lost. */
  close(path: string): Promise<void> {
    return this.#edits.inTurn(() => this.#documents.close(path))
  }

  /**
   * Renames the symbol at a position and carries out the answer. With `files`, a server that can find
   * references is first asked for those, until they lie in so many files, and only then for the rename.
   */
  async rename(
    path: string,
    position: Position,
    newName: string,
    { files, timeoutMs = this.#conversation.timeoutMs }: Patience = {},
  ): Promise<EditOutcome> {
    const rename = { path, position, newName }
    const edit =
      files === undefined
        ? await askForRename(this.#conversation, rename, timeoutMs)
        : await askForWholeRename(
            this.#conversation,
            rename,
            files,
            timeoutMs,
            Boolean(this.#serverCapabilities?.referencesProvider),
          )
    if (edit === null) throw new Error(`the server has no edit for ${describeRename(rename)}`)
    return await this.#carryOut(RenameRequest.method, edit)
  }

  /** The code actions for a range, asked for with the diagnostics known there. */
  codeActions(
    path: string,
    range: Range,
    options: CodeActionOptions = {},
  ): Promise<(Command | CodeAction)[]> {
    const diagnostics = this.#inbox.diagnostics(path) ?? []
    return askForCodeActions(this.#conversation, { path, range, diagnostics }, options)
  }

  /** Asks until an action is offered that is wanted and not disabled. */
  findCodeAction(
    path: string,
    range: Range,
    wanted: (action: Command | CodeAction) => boolean,
    options: CodeActionOptions = {},
  ): Promise<Command | CodeAction> {
    const ask = (timeoutMs: number) => this.codeActions(path, range, { ...options, timeoutMs })
    const what = `a code action at ${path}:${range.start.line}:${range.start.character}`
    return askUntilOffered(this.#conversation, what, ask, wanted, options.timeoutMs)
  }

  /** Resolves an action that has no edit, if client and server can; carries out its edit, then its command. */
  async runCodeAction(action: Command | CodeAction): Promise<RanCodeAction> {
    if (Command.is(action)) {
      return { edit: undefined, result: await this.executeCommand(action.command, action.arguments) }
    }
    if (action.disabled) throw new Error(`${action.title}: disabled, ${action.disabled.reason}`)
    const resolve = action.edit === undefined && this.#resolvesActions
    const road = resolve ? CodeActionResolveRequest.method : CodeActionRequest.method
    const whole = resolve ? await this.#conversation.ask(CodeActionResolveRequest.type, action) : action
    const edit = whole.edit && (await this.#carryOut(road, whole.edit))
    if (whole.command === undefined || edit?.applied === false) return { edit, result: undefined }
    return { edit, result: await this.executeCommand(whole.command.command, whole.command.arguments) }
  }

  /** Formats an open document as the server has it; undefined where it has nothing to change. */
  async format(path: string): Promise<EditOutcome | undefined> {
    const uri = pathToFileURL(path).href
    const params = { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } }
    const edits = await this.#conversation.ask(DocumentFormattingRequest.type, params)
    if (edits === null || edits.length === 0) return undefined
    return await this.#carryOut(DocumentFormattingRequest.method, { changes: { [uri]: edits } })
  }

  /** Runs a command in the server; gives its answer when the edits that came before that are done. */
  async executeCommand(command: string, args?: readonly LSPAny[], timeoutMs?: number): Promise<unknown> {
    const params = { command, ...(args && { arguments: [...args] }) }
    const result: unknown = await this.#conversation.ask(ExecuteCommandRequest.type, params, timeoutMs)
    await this.idle()
    return result
  }

  /** Renames a file as an editor's own command does: first the server's edit, then the file. */
  async renameFile(from: string, to: string): Promise<EditOutcome> {
    const [oldUri, newUri] = [pathToFileURL(from).href, pathToFileURL(to).href]
    const params = { files: [{ oldUri, newUri }] }
    const { willRename, didRename } = this.#serverCapabilities?.workspace?.fileOperations ?? {}
    if (willRename) {
      const edit = await this.#conversation.ask(WillRenameFilesRequest.type, params)
      const outcome = edit && (await this.#carryOut(WillRenameFilesRequest.method, edit))
      if (outcome?.applied === false) return outcome
    }
    const moved = await this.#edits.inTurn(() =>
      applyWorkspaceEdit({ documentChanges: [{ kind: 'rename', oldUri, newUri }] }, this.#documents, ON_DISK),
    )
    if (moved.applied && didRename) await this.#conversation.tell(DidRenameFilesNotification.type, params)
    return moved
  }

  /** Resolves when every edit received so far is carried out and saved; throws what failed at that. */
  async idle(): Promise<void> {
    await this.#conversation.bounded('the received edits to be carried out', () => this.#edits.idle())
  }

  /**
   * Resolves with the first value but undefined that `condition` gives; it is asked now and after
   * everything that the server sends. `what` is a noun, for the error: "waited 500 ms for `what`".
   */
  waitFor<T>(what: string, condition: () => T | undefined, timeoutMs?: number): Promise<T> {
    return this.#conversation.waitFor(what, condition, timeoutMs)
  }

  /** Waits for a message to the user; one that has come already will do. */
  waitForMessage(pattern: RegExp, timeoutMs?: number): Promise<ServerMessage> {
    const condition = () => this.messages.find(({ text }) => text.search(pattern) !== -1)
    return this.waitFor(`a message like ${pattern}`, condition, timeoutMs)
  }

  /** Waits until the diagnostics of a file are as wanted; until there are any by default. */
  waitForDiagnostics(
    path: string,
    wanted: (diagnostics: readonly Diagnostic[]) => boolean = ({ length }) => length > 0,
    timeoutMs?: number,
  ): Promise<readonly Diagnostic[]> {
    const condition = () => {
      const diagnostics = this.diagnostics(path)
      return diagnostics !== undefined && wanted(diagnostics) ? diagnostics : undefined
    }
    return this.waitFor(`diagnostics of ${path}`, condition, timeoutMs)
  }

  /** Waits until so many edits have come from the server in all, and are carried out and saved. */
  async waitForEdits(count: number, timeoutMs?: number): Promise<readonly ReceivedEdit[]> {
    const condition = () => (this.edits.length >= count ? this.edits : undefined)
    const edits = await this.waitFor(`edit ${count} from the server`, condition, timeoutMs)
    await this.idle()
    return edits
  }

  /**
   * Ends the server as LSP has it: `shutdown`, `exit`, then, should it stay, signals.
   * However this ends, the server has ended before.
   */
  async shutdown(): Promise<ServerExit> {
    if (this.#server.exit !== undefined) return this.#server.exit
    try {
      await this.idle()
    } finally {
      await this.#leave()
    }
    return this.#server.exit!
  }

  /** Ends the server by SIGKILL, without a word. */
  async kill(): Promise<ServerExit> {
    try {
      return await this.#server.kill()
    } finally {
      this.#conversation.connection.dispose()
    }
  }

  async #initialize(options: HeadlessOptions): Promise<void> {
    const { capabilities, resolvesActions, serverName } = await shakeHands(this.#conversation, options)
    this.#documents.negotiated(capabilities)
    this.#serverCapabilities = capabilities
    this.#resolvesActions = resolvesActions
    this.#serverName = serverName ?? this.#serverName
  }

  async #leave(): Promise<void> {
    try {
      await this.#conversation.askPlainly(ShutdownRequest.method)
      await this.#conversation.tellPlainly(ExitNotification.method)
    } finally {
      await this.#server.stop(this.#exitPauseMs)
      this.#conversation.connection.dispose()
    }
  }

  #onApplyEdit(params: ApplyWorkspaceEditParams): Promise<ApplyWorkspaceEditResult> | ResponseError<void> {
    if (this.#serverCapabilities === undefined) {
      return new ResponseError(
        ErrorCodes.InvalidRequest,
        'workspace/applyEdit before the initialize response',
      )
    }
    return new Promise((resolve) => {
      this.#edits.carryOutRequest(ApplyWorkspaceEditRequest.method, params, async (result) => {
        const flushed = this.#conversation.flushed(result)
        resolve(result)
        this.#conversation.stirred()
        await flushed
      })
    })
  }

  async #carryOut(road: string, edit: WorkspaceEdit): Promise<EditOutcome> {
    const outcome = await this.#edits.carryOut(road, edit)
    this.#conversation.stirred()
    return outcome
  }
}
