import { frameOf } from './frames.ts'
import type { Lane } from './lane.ts'

/** What an editor's user is shown, as LSP's MessageType has it. */
export type Severity = 'error' | 'warning' | 'info' | 'log'

/** The error of a request that the editor did not live to answer. */
export const GONE = 'the editor is gone'

/** The lane that own messages go out by. */
export type Mouth = Pick<Lane, 'inject' | 'injectUnheld'>

const TYPE: Record<Severity, number> = { error: 1, warning: 2, info: 3, log: 4 }

/**
 * The proxy's own words with editor and server.
 * Its requests carry ids that no server makes, and their answers are never passed on.
 */
export class Conversation {
  readonly #toEditor: Mouth
  readonly #toServer: Pick<Mouth, 'inject'>
  readonly #prefix: string
  readonly #waiting = new Map<string, (answer: Answer) => void>()
  #next = 1
  /** What was to be said before the editor may be spoken to. */
  #early: (() => void)[] | undefined = []

  constructor(toEditor: Mouth, toServer: Pick<Mouth, 'inject'>, nonce: string) {
    this.#toEditor = toEditor
    this.#toServer = toServer
    this.#prefix = `"lsp-wal:${nonce}:`
  }

  /** Nothing was ever asked, so no answer can be to the proxy itself. */
  get neverAsked(): boolean {
    return this.#next === 1
  }

  /** The editor has sent `initialized`: Helix answers earlier requests with an error. */
  open(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const say of early) say()
  }

  show(severity: Severity, text: string): void {
    this.#tell('window/showMessage', { type: TYPE[severity], message: `lsp-wal: ${text}` })
  }

  log(severity: Severity, text: string): void {
    this.#tell('window/logMessage', { type: TYPE[severity], message: `lsp-wal: ${text}` })
  }

  /** Of work that the editor gave a token for: LSP's WorkDoneProgress. */
  progress(token: string | number, value: object): void {
    this.#tell('$/progress', { token, value })
  }

  /**
   * Asks the user; undefined: they chose nothing. `unasked`: they have not seen it, since the editor knows no such
   * questions (Helix 25.01 answers with an error).
   */
  async ask<Choice extends string>(
    severity: Severity,
    text: string,
    choices: readonly Choice[],
  ): Promise<Choice | 'unasked' | undefined> {
    const actions = choices.map((title) => ({ title }))
    const answer = await this.request('window/showMessageRequest', {
      type: TYPE[severity],
      message: `lsp-wal: ${text}`,
      actions,
    })
    if (answer.error !== undefined && answer.error !== GONE) return 'unasked'
    // Editors answer with the item, with more in it than was asked, or null: only the title counts.
    const title = (answer.result as { title?: unknown } | null | undefined)?.title
    return choices.find((choice) => choice === title)
  }

  /** Sends the editor a request of the proxy's own. No time-out: a prompt can stand for minutes. */
  request(method: string, params: object): Promise<Answer> {
    const id = `${this.#prefix}${this.#next++}"`
    return new Promise((done) => {
      this.#waiting.set(id, done)
      const frame = frameOf({ jsonrpc: '2.0', id: JSON.parse(id) as string, method, params })
      this.#say(() => this.#toEditor.injectUnheld(frame))
    })
  }

  /** The editor is gone: whatever was asked of it is answered by that. */
  end(): void {
    for (const done of this.#waiting.values()) done({ error: GONE })
    this.#waiting.clear()
  }

  /** Whether an answer from the editor is to one of the proxy's own requests, however late. */
  isOwn(id: string): boolean {
    return id.startsWith(this.#prefix)
  }

  answered(id: string, answer: Answer): void {
    const done = this.#waiting.get(id)
    this.#waiting.delete(id)
    done?.(answer)
  }

  /** A notification to the server, as if the editor had sent it. */
  notifyServer(method: string, params: object): void {
    this.#toServer.inject(frameOf({ jsonrpc: '2.0', method, params }))
  }

  #tell(method: string, params: object): void {
    const frame = frameOf({ jsonrpc: '2.0', method, params })
    this.#say(() => this.#toEditor.inject(frame))
  }

  #say(say: () => void): void {
    if (this.#early === undefined) say()
    else this.#early.push(say)
  }
}

export interface Answer {
  readonly result?: unknown
  readonly error?: unknown
}
