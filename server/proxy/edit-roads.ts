import type { Disk } from '../disk/disk.ts'
import type { Intent } from '../journal/intent.ts'
import { Asked, type Question } from './asked.ts'
import { type Action, CodeActions } from './code-actions.ts'
import { frameAround } from './frames.ts'
import { type Gate, notApplied, notGiven } from './gate.ts'
import { asObject, type Json } from './json.ts'
import { memberOf, startOf } from './json-bytes.ts'
import { Labels } from './labels.ts'
import type { Message } from './message.ts'
import type { Mirror } from './mirror.ts'
import { movesOf } from './moves.ts'
import { actionLabel, FORMATTING_ROADS, ROADS } from './roads.ts'
import { look, type Route, type Watched } from './routes.ts'

/** What the roads need of everything around them. */
export interface Surroundings {
  readonly disk: Disk
  readonly mirror: Mirror
  readonly gate: Gate
  /** Writes a frame of the proxy's own. */
  readonly toEditor: (frame: Buffer) => void
  readonly toServer: (frame: Buffer) => void
  /** Tells whoever reads the server's log. */
  readonly log: (text: string) => void
  /** An intent that the editor was asked to carry out, and what it has answered. */
  readonly answered: (intent: string, applied: boolean) => void
  /** Hex digits that no other session has. */
  readonly nonce: string
}

type Calls = Watched['calls']

const MENU = 'textDocument/codeAction'
const RESOLVE = 'codeAction/resolve'
const UNTOLD = 'it may be one, and has not told what it is in more bytes than can be kept'
const TOO_LONG = 'it is too long'
const NO_JSON = 'it is no valid JSON'
/** LSP's ContentModified: the question is to be asked anew. */
const CONTENT_MODIFIED = -32801

/** Every way that an edit takes from the server to the editor: which messages are watched for it, and held. */
export class EditRoads {
  readonly #around: Surroundings
  readonly #labels = new Labels()
  readonly #actions: CodeActions
  readonly #asked: Asked
  /** The menus of code actions that the server owes, and whether each is one of source actions alone. */
  readonly #menus = new Map<string, boolean>()
  /** The intents whose answers the editor owes, by the id of the forwarded request. Some editors never answer. */
  readonly #forwarded = new Map<string, Intent>()
  #unrecordedTold = false
  readonly callsOfEditor: Calls
  readonly callsOfServer: Calls

  constructor(around: Surroundings, journalFormatting: boolean) {
    this.#around = around
    this.#actions = new CodeActions(around.nonce)
    this.#asked = new Asked(around.mirror)
    const roads = Object.entries(journalFormatting ? { ...ROADS, ...FORMATTING_ROADS } : ROADS)
    this.callsOfEditor = {
      ...Object.fromEntries(
        roads.map(([method, road]) => [method, look((message) => this.#asked.ask(method, road, message))]),
      ),
      'workspace/executeCommand': look(({ id, params }) => this.#labels.commandSent(id, params)),
      [MENU]: { kind: 'hold', settle: async (message) => this.#menuAsked(message), tooLong: () => 'pass' },
      [RESOLVE]: {
        kind: 'hold',
        settle: async (message) => this.#resolve(message),
        tooLong: () => 'pass',
      },
    }
    this.callsOfServer = {
      'workspace/applyEdit': {
        kind: 'hold',
        settle: (message) => this.#applyEdit(message),
        tooLong: (id) => (this.#isRefused(TOO_LONG, id) ? 'drop' : 'pass'),
      },
      'client/registerCapability': {
        kind: 'hold',
        settle: async (message) => this.#actions.registered(message),
        tooLong: () => 'pass',
      },
    }
  }

  /** `params` of `initialize`. */
  editorSays(params: unknown): void {
    this.#actions.editorSays(params)
  }

  /** The answer to `initialize`, as the editor is to read it. */
  offered(message: Message): Buffer {
    return this.#actions.offered(message)
  }

  get awaitsEditor(): boolean {
    return this.#forwarded.size > 0
  }

  ofEditor(id: string): Route | undefined {
    const intent = this.#forwarded.get(id)
    if (intent === undefined) return undefined
    return look(({ result }) => {
      this.#forwarded.delete(id)
      this.#around.answered(intent.id, asObject(result).applied === true)
    })
  }

  get awaitsServer(): boolean {
    return this.#asked.any || this.#menus.size > 0 || this.#labels.isCommandRunning
  }

  ofServer(id: string): Route | undefined {
    if (this.#asked.has(id))
      return {
        kind: 'hold',
        settle: (message) => this.#answer(this.#asked.take(id)!, message),
        tooLong: () => this.#tooLong(id),
      }
    if (this.#menus.has(id)) {
      // Nothing waits for it where nothing is taken out of it.
      if (!this.#actions.areTakenOut) return look((message) => this.#menuCame(id, message))
      return { kind: 'hold', settle: (message) => this.#menuShown(id, message), tooLong: () => 'pass' }
    }
    return this.#labels.isRunning(id) ? look(() => this.#labels.commandEnded(id)) : undefined
  }

  /** What becomes of a message of the server's that may be an edit, and is too long to be told. */
  undecided(): 'drop' | 'pass' {
    return this.#isRefused(UNTOLD, undefined) ? 'drop' : 'pass'
  }

  async #applyEdit(message: Message): Promise<Buffer | undefined> {
    const { frame, id, idAsWritten, json } = message
    if (json === undefined) return this.#isRefused(NO_JSON, idAsWritten) ? undefined : frame
    const { label, edit } = asObject(json.params)
    const travelling = { road: 'workspace/applyEdit', label: this.#labels.labelOf(label), edit }
    const passage = await this.#around.gate.admit(travelling, 'asked')
    if (passage.kind === 'refused') {
      if (idAsWritten !== undefined) this.#around.toServer(notApplied(idAsWritten, passage.reason))
      return undefined
    }
    if (id !== undefined && passage.intent !== undefined) this.#forwarded.set(id, passage.intent)
    return frame
  }

  /** Whether an edit that cannot be read does not pass; the server is told then. `id`: as it wrote it. */
  #isRefused(reason: string, id: string | undefined): boolean {
    if (this.#around.gate.refuse(reason).kind === 'passes') return false
    if (id !== undefined) this.#around.toServer(notApplied(id, reason))
    return true
  }

  /** The server's answer to a question of the editor's, maybe with an edit in it. */
  async #answer({ method, road, params, label }: Question, message: Message): Promise<Buffer> {
    const { disk, gate } = this.#around
    const { frame, idAsWritten, json } = message
    const refusal = (reason: string) => (idAsWritten === undefined ? frame : notGiven(idAsWritten, reason))
    if (json === undefined) return gate.refuse(NO_JSON).kind === 'passes' ? frame : refusal(NO_JSON)
    if (method === RESOLVE) this.#labels.menuShown(json.result)
    const edit = road.editOf(json.result, params)
    if (edit === undefined) return frame
    // In the middle of an edit of the server's own, editors ask about the moves in it: those are recorded already.
    const then = async (edited: readonly string[]) =>
      (await movesOf(disk, params, edited)).filter(({ from, to }) => !this.#isForwarded(from, to))
    const isMove = method === 'workspace/willRenameFiles'
    const passage = await gate.admit({ road: method, label, edit, ...(isMove && { then }) }, 'told')
    return passage.kind === 'refused' ? refusal(passage.reason) : frame
  }

  /** Whether the editor was asked for a move by an edit that it has not answered. */
  #isForwarded(from: string, to: string): boolean {
    return [...this.#forwarded.values()].some(({ images }) =>
      images.some(({ path, source }) => path === to && source === from),
    )
  }

  #tooLong(id: string): 'drop' | 'pass' {
    this.#asked.take(id)
    if (this.#around.gate.refuse(TOO_LONG).kind === 'passes') return 'pass'
    this.#around.toEditor(notGiven(id, TOO_LONG))
    return 'drop'
  }

  #menuAsked(message: Message): Buffer {
    const { id, params } = message
    if (id !== undefined) this.#menus.set(id, isOfSource(params))
    return this.#actions.inOnePiece(message)
  }

  #menuCame(id: string, message: Message): void {
    this.#menus.delete(id)
    this.#labels.menuShown(message.result)
    if (this.#unrecordedTold || !this.#actions.isUnrecorded(message.result)) return
    this.#unrecordedTold = true
    this.#around.log(
      'edits that stand in menus of code actions pass unrecorded: they are not asked for one by one here',
    )
  }

  async #menuShown(id: string, message: Message): Promise<Buffer> {
    const isSource = this.#menus.get(id) === true
    this.#menuCame(id, message)
    const action = isSource ? theOnlyEditIn(message.result) : undefined
    if (action === undefined) return this.#actions.withoutEdits(message)
    const travelling = { road: MENU, label: actionLabel(action), edit: action.edit }
    const passage = await this.#around.gate.admit(travelling, 'told')
    return passage.kind === 'refused' ? notGiven(message.idAsWritten ?? id, passage.reason) : message.frame
  }

  /** The editor asks for the action that was picked. Undefined: the server does not hear of it. */
  #resolve(message: Message): Buffer | undefined {
    const { frame, idAsWritten, params } = message
    const action = this.#actions.resolved(params)
    if (action === 'server' || idAsWritten === undefined) {
      this.#asked.ask(RESOLVE, ROADS[RESOLVE]!, message)
      return frame
    }
    if (action === 'late') {
      const error = { code: CONTENT_MODIFIED, message: 'lsp-wal: this action is from a menu that is gone' }
      this.#answerEditor(idAsWritten, 'error', JSON.stringify(error))
    } else if (action === 'complete') this.#answerEditor(idAsWritten, 'result', paramsIn(message.body))
    else void this.#handBack(idAsWritten, action)
    return undefined
  }

  /** Beside what else the editor says: nobody waits for it but who asked. */
  async #handBack(id: string, { bytes, json }: Action): Promise<void> {
    const { gate, toEditor } = this.#around
    const travelling = { road: RESOLVE, label: actionLabel(json), edit: json?.edit }
    const passage = json === undefined ? gate.refuse(NO_JSON) : await gate.admit(travelling, 'told')
    if (passage.kind === 'refused') toEditor(notGiven(id, passage.reason))
    else this.#answerEditor(id, 'result', bytes.toString('utf8'))
  }

  #answerEditor(id: string, key: 'result' | 'error', json: string): void {
    this.#around.toEditor(frameAround(`{"jsonrpc":"2.0","id":${id},"${key}":${json}}`))
  }
}

/**
 * Whether it is asked for source actions of named kinds alone, as on saving: the scripts that people have for that (the
 * one in gopls' documentation for Neovim) apply the edits that they find in the answer, and resolve none.
 */
function isOfSource(params: unknown): boolean {
  const { only } = asObject(asObject(params).context)
  return (
    Array.isArray(only) &&
    only.length > 0 &&
    only.every((kind) => typeof kind === 'string' && kind.startsWith('source.'))
  )
}

/** The action that has an edit, if there is only one: nothing is left to be picked. */
function theOnlyEditIn(menu: unknown): Json | undefined {
  if (!Array.isArray(menu)) return undefined
  const edits = menu.map(asObject).filter(({ edit }) => typeof edit === 'object' && edit !== null)
  return edits.length === 1 ? edits[0] : undefined
}

/** As they are spelled. */
function paramsIn(body: Buffer): string {
  const params = memberOf(body, startOf(body), 'params')
  return params === undefined ? 'null' : body.toString('utf8', params.value, params.to)
}
