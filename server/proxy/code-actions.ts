import { type ByteEdit, splice } from '../edits/splice.ts'
import { frameAround } from './frames.ts'
import { asObject, type Json } from './json.ts'
import { added, itemsOf, memberOf, membersOf, startOf } from './json-bytes.ts'
import type { Message } from './message.ts'

/** The key in an action's `data` under which it is found again. */
const TOKEN = 'lsp-wal'
const OURS = /^[0-9a-f]+:[1-9]\d*$/
const METHOD = 'textDocument/codeAction'
const PIECES = 'partialResultToken'
const RESOLVES = '{"resolveProvider":true}'
/** How many menus are remembered, and how many bytes of them: some editors keep what they were given for minutes. */
const MOST_MENUS = 100
const MOST_BYTES = 32 * 2 ** 20

/** What the editor does with `codeAction/resolve`, as its capabilities say. */
interface Resolving {
  readonly edit: boolean
  readonly command: boolean
}

/** An action that was given to the editor without its edit, as the server sent it. */
export interface Action {
  readonly bytes: Buffer
  /** Undefined: it is no valid JSON, though some editors read it all the same. */
  readonly json: Json | undefined
}

/**
 * Of the code actions in a menu at most one is picked, and nothing tells the server or anybody else which one, if its
 * edit stands in the menu. So edits are taken out of it, and handed back when the editor asks for the one that it is
 * to carry out, by `codeAction/resolve`. Only for editors that say that they ask so.
 *
 * Everything else in a menu stays as the server spelled it.
 */
export class CodeActions {
  readonly #nonce: string
  #resolving: Resolving = { edit: false, command: false }
  /** Whether the editor was told that actions can be resolved: it asks for none else. */
  #isOffered = false
  /** Whether the server answers `codeAction/resolve` itself. */
  #serverResolves = false
  /** By token, the oldest menu's first. */
  readonly #taken = new Map<string, Buffer>()
  readonly #menus: { readonly tokens: readonly string[]; readonly size: number }[] = []
  #next = 1

  constructor(nonce: string) {
    this.#nonce = nonce
  }

  /** `params` of the editor's `initialize`. */
  editorSays(params: unknown): void {
    const { capabilities } = asObject(params)
    const { dataSupport, resolveSupport } = asObject(asObject(asObject(capabilities).textDocument).codeAction)
    const { properties } = asObject(resolveSupport)
    const resolves = (property: string) => Array.isArray(properties) && properties.includes(property)
    this.#resolving = { edit: dataSupport === true && resolves('edit'), command: resolves('command') }
  }

  /** Whether edits are taken out of menus in this session. */
  get areTakenOut(): boolean {
    return this.#resolving.edit && this.#isOffered
  }

  /** The server's answer to `initialize`, in which it says that actions can be resolved. */
  offered(message: Message): Buffer {
    if (!this.#resolving.edit) return message.frame
    const { body } = message
    const result = memberOf(body, startOf(body), 'result')
    const capabilities = result && memberOf(body, result.value, 'capabilities')
    const provider = capabilities && memberOf(body, capabilities.value, 'codeActionProvider')
    if (provider === undefined) return message.frame
    return this.#edited(message, this.#resolvable(body, provider.value, provider.to))
  }

  /** The same in a `client/registerCapability`. */
  registered(message: Message): Buffer {
    if (!this.#resolving.edit) return message.frame
    const { body } = message
    const params = memberOf(body, startOf(body), 'params')
    const registrations = params && memberOf(body, params.value, 'registrations')
    const edits: ByteEdit[] = []
    for (const { from } of (registrations && itemsOf(body, registrations.value)) ?? []) {
      const method = memberOf(body, from, 'method')
      if (method === undefined || jsonIn(body, method.value, method.to) !== METHOD) continue
      const options = memberOf(body, from, 'registerOptions')
      if (options === undefined) {
        this.#isOffered = true
        edits.push(added(body, from, 'registerOptions', RESOLVES))
      } else if (body[options.value] === NULL) {
        this.#isOffered = true
        edits.push({ start: options.value, end: options.to, text: RESOLVES })
      } else edits.push(...this.#resolvable(body, options.value, options.to))
    }
    return this.#edited(message, edits)
  }

  /**
   * The editor's `textDocument/codeAction`, without leave to answer in pieces (`partialResultToken`): a menu comes in
   * one piece then, in the answer. A server need not make use of that leave (LSP, "Partial Result Progress").
   */
  inOnePiece(message: Message): Buffer {
    if (!this.areTakenOut) return message.frame
    const { body } = message
    const params = memberOf(body, startOf(body), 'params')
    const members = params && membersOf(body, params.value)
    if (members === undefined || !members.some(({ key }) => key === PIECES)) return message.frame
    const kept = members.filter(({ key }) => key !== PIECES)
    const text = kept.map(({ from, to }) => body.toString('utf8', from, to)).join(',')
    return this.#edited(message, [{ start: params!.value, end: params!.to, text: `{${text}}` }])
  }

  /** Whether there are edits in a menu that nothing is taken out of: they pass unrecorded. */
  isUnrecorded(menu: unknown): boolean {
    return !this.areTakenOut && Array.isArray(menu) && menu.some((action) => isObject(asObject(action).edit))
  }

  /** The server's answer to `textDocument/codeAction`, without the edits of those that can be asked for again. */
  withoutEdits(message: Message): Buffer {
    if (!this.areTakenOut) return message.frame
    const { body } = message
    const result = memberOf(body, startOf(body), 'result')
    const items = result === undefined ? undefined : itemsOf(body, result.value)
    const edits: ByteEdit[] = []
    const tokens: string[] = []
    let size = 0
    for (const { from, to } of items ?? []) {
      const text = this.#without(body, from)
      if (text === undefined) continue
      const token = `${this.#nonce}:${this.#next++}`
      tokens.push(token)
      size += to - from
      // Copied: a part of the menu would keep the whole of it in memory, which nobody counts.
      this.#taken.set(token, Buffer.from(body.subarray(from, to)))
      edits.push({ start: from, end: to, text: text(token) })
    }
    this.#remember(tokens, size)
    return this.#edited(message, edits)
  }

  /**
   * What becomes of a `codeAction/resolve`: its action, if it is one that was taken out; `complete`: the
   * server would not know what to do with it; `late`: its menu is forgotten; `server`: it is the server's.
   */
  resolved(params: unknown): Action | 'complete' | 'late' | 'server' {
    const token = asObject(asObject(params).data)[TOKEN]
    // Some editors keep a menu over a restart of their server: those of other sessions are gone, too.
    if (typeof token !== 'string' || !OURS.test(token))
      return this.areTakenOut && !this.#serverResolves ? 'complete' : 'server'
    const bytes = this.#taken.get(token)
    if (bytes === undefined) return 'late'
    const json = jsonIn(bytes, 0, bytes.length)
    return { bytes, json: json === undefined ? undefined : asObject(json) }
  }

  /** How an action reads without its edit, where it can be taken out. */
  #without(body: Buffer, from: number): ((token: string) => string) | undefined {
    const members = membersOf(body, from)
    if (members === undefined || !members.some(({ key, value }) => key === 'edit' && body[value] === OPEN))
      return undefined
    // An action that has its command is complete for some editors that resolve commands, too (eglot, lsp-mode), and
    // never asked for. One that resolves edits alone asks all the same, and may keep the command that it saw.
    const taken = this.#resolving.command ? ['edit', 'command', 'data'] : ['edit', 'data']
    const kept = members.filter(({ key }) => !taken.includes(key))
    const texts = kept.map((member) => body.toString('utf8', member.from, member.to))
    return (token) => `{${[...texts, `"data":${JSON.stringify({ [TOKEN]: token })}`].join(',')}}`
  }

  #remember(tokens: readonly string[], size: number): void {
    if (tokens.length === 0) return
    this.#menus.push({ tokens, size })
    let total = this.#menus.reduce((sum, menu) => sum + menu.size, 0)
    while (this.#menus.length > 1 && (this.#menus.length > MOST_MENUS || total > MOST_BYTES)) {
      const oldest = this.#menus.shift()!
      total -= oldest.size
      for (const token of oldest.tokens) this.#taken.delete(token)
    }
  }

  #resolvable(body: Buffer, from: number, to: number): ByteEdit[] {
    const provider = jsonIn(body, from, to)
    if (provider !== true && (typeof provider !== 'object' || provider === null)) return []
    this.#isOffered = true
    if (provider === true) return [{ start: from, end: to, text: RESOLVES }]
    const own = memberOf(body, from, 'resolveProvider')
    if (own === undefined) return [added(body, from, 'resolveProvider', 'true')]
    if (jsonIn(body, own.value, own.to) !== true) return [{ start: own.value, end: own.to, text: 'true' }]
    this.#serverResolves = true
    return []
  }

  #edited(message: Message, edits: readonly ByteEdit[]): Buffer {
    return edits.length === 0 ? message.frame : frameAround(splice(message.body, edits))
  }
}

const OPEN = 0x7b
/** The first letter of `null`. */
const NULL = 0x6e

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function jsonIn(bytes: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', from, to))
  } catch {
    return undefined // it is passed on, and for its reader to refuse
  }
}
