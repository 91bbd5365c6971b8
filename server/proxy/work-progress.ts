import { plural } from '../history/words.ts'
import type { Watch } from '../recovery/watched-workspace.ts'
import type { Conversation } from './conversation.ts'

/** Work that is done sooner is not worth a word. */
const SHOW_AFTER_MS = 500
const SHOW_EVERY_MS = 200

type Mouth = Pick<Conversation, 'progress' | 'request'>
export type Token = string | number

/** Tells an editor how far long work of the proxy's own has come: LSP's WorkDoneProgress. */
export class WorkProgress {
  readonly #mouth: Mouth
  readonly #isTaken: boolean
  readonly #nonce: string
  readonly #shown = new Set<Shown>()
  #next = 1

  /** `isTaken`: the editor lets servers make tokens. `nonce`: hex digits that are in no token of a server. */
  constructor(mouth: Mouth, isTaken: boolean, nonce: string) {
    this.#mouth = mouth
    this.#isTaken = isTaken
    this.#nonce = nonce
  }

  /** Told by whoever goes on with the work. */
  readonly watch: Watch = (what, done, of) => {
    const files = of === undefined ? plural(done, 'file') : `${done} of ${of} files`
    for (const each of this.#shown) each.tell(what === 'looking' ? `looked at ${files}` : `wrote ${files}`)
  }

  /**
   * Shows that work is going on, from some time after its begin to its end, whatever that is. `token`: the one that the
   * editor has given for it, which is used at once; without it, work within other work is that.
   */
  async during<T>(title: string, work: () => Promise<T>, token?: Token): Promise<T> {
    if (token === undefined && (!this.#isTaken || this.#shown.size > 0)) return work()
    const shown = new Shown(
      this.#mouth,
      `lsp-wal: ${title}`,
      token ?? `lsp-wal:${this.#nonce}:${this.#next++}`,
    )
    if (token === undefined) shown.ask()
    else shown.begin()
    this.#shown.add(shown)
    try {
      return await work()
    } finally {
      this.#shown.delete(shown)
      shown.end()
    }
  }
}

/** One token, from before it is known to the editor until it is ended. */
class Shown {
  readonly #mouth: Mouth
  readonly #title: string
  readonly #token: Token
  #timer: NodeJS.Timeout | undefined
  #state: 'waiting' | 'begun' | 'ended' = 'waiting'
  #message: string | undefined
  #toldMs = 0

  constructor(mouth: Mouth, title: string, token: Token) {
    this.#mouth = mouth
    this.#title = title
    this.#token = token
  }

  /** Begins in a while, where the editor agrees. */
  ask(): void {
    this.#timer = setTimeout(() => {
      void this.#mouth
        .request('window/workDoneProgress/create', { token: this.#token })
        .then(({ error }) => error === undefined && this.begin())
    }, SHOW_AFTER_MS).unref()
  }

  begin(): void {
    // It may be over by the time that the editor has answered.
    if (this.#state !== 'waiting') return
    this.#state = 'begun'
    const message = this.#message !== undefined && { message: this.#message }
    this.#mouth.progress(this.#token, { kind: 'begin', title: this.#title, ...message })
  }

  tell(message: string): void {
    this.#message = message
    if (this.#state !== 'begun' || Date.now() - this.#toldMs < SHOW_EVERY_MS) return
    this.#toldMs = Date.now()
    this.#mouth.progress(this.#token, { kind: 'report', message })
  }

  end(): void {
    clearTimeout(this.#timer)
    if (this.#state === 'begun') this.#mouth.progress(this.#token, { kind: 'end' })
    this.#state = 'ended'
  }
}
