import { type ByteEdit, splice } from '../edits/splice.ts'
import { frameAround } from './frames.ts'
import { asObject } from './json.ts'
import { added, itemsOf, memberOf, startOf } from './json-bytes.ts'
import type { Message } from './message.ts'

/** What users of an editor can ask of the proxy, by `workspace/executeCommand`. */
export type OwnCommand = 'undo' | 'redo' | 'log' | 'show' | 'status' | 'recover'

const NAMES: readonly OwnCommand[] = ['undo', 'redo', 'log', 'show', 'status', 'recover']
const PREFIX = 'lsp-wal.'
/** Editors in which the commands of all servers share one list, and a second one of a name is an error. */
const OF_ONE_LIST = /visual studio code|vscod|code - oss|cursor|windsurf|theia|trae|antigravity/i

/** The proxy's own commands, beside the server's. */
export class OwnCommands {
  #suffix = ''
  readonly #nonce: string

  /** `nonce`: hex digits that no other session has. */
  constructor(nonce: string) {
    this.#nonce = nonce
  }

  /** `params` of the editor's `initialize`. */
  editorSays(params: unknown): void {
    const { name } = asObject(asObject(params).clientInfo)
    this.#suffix = typeof name === 'string' && OF_ONE_LIST.test(name) ? `.${this.#nonce}` : ''
  }

  idOf(command: OwnCommand): string {
    return `${PREFIX}${command}${this.#suffix}`
  }

  /** The command that `params` of `workspace/executeCommand` name, if it is one of these, and its first argument. */
  asked(
    params: unknown,
  ): { readonly command: OwnCommand; readonly argument: string | undefined } | undefined {
    const { command: id, arguments: all } = asObject(params)
    const command = NAMES.find((name) => this.idOf(name) === id)
    const [argument] = Array.isArray(all) ? (all as unknown[]) : []
    return (
      command && { command, argument: typeof argument === 'string' && argument !== '' ? argument : undefined }
    )
  }

  /** The server's answer to `initialize`, with these among its commands; everything else as it was spelled. */
  offered({ body, frame }: Pick<Message, 'body' | 'frame'>): Buffer {
    const result = memberOf(body, startOf(body), 'result')
    const capabilities = result && memberOf(body, result.value, 'capabilities')
    if (capabilities === undefined) return frame
    const ids = NAMES.map((name) => JSON.stringify(this.idOf(name))).join(',')
    const edit = editOf(body, capabilities.value, ids)
    return edit === undefined ? frame : frameAround(splice(body, [edit]))
  }
}

const NULL = 0x6e
const OPEN = 0x7b
const OPEN_LIST = 0x5b

function editOf(body: Buffer, capabilities: number, ids: string): ByteEdit | undefined {
  if (body[capabilities] !== OPEN) return undefined
  const provider = memberOf(body, capabilities, 'executeCommandProvider')
  if (provider === undefined)
    return added(body, capabilities, 'executeCommandProvider', `{"commands":[${ids}]}`)
  const whole = { start: provider.value, end: provider.to, text: `{"commands":[${ids}]}` }
  if (body[provider.value] === NULL) return whole
  if (body[provider.value] !== OPEN) return undefined
  const commands = memberOf(body, provider.value, 'commands')
  if (commands === undefined) return added(body, provider.value, 'commands', `[${ids}]`)
  if (body[commands.value] !== OPEN_LIST) return undefined
  const items = itemsOf(body, commands.value) ?? []
  // Behind the server's own, for whoever shows them in their order.
  const at = items.at(-1)?.to ?? commands.value + 1
  return { start: at, end: at, text: items.length === 0 ? ids : `,${ids}` }
}
