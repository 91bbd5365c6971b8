import { splice } from '../edits/splice.ts'
import { summaryOf } from '../history/changes.ts'
import type { Undone } from '../history/undone.ts'
import { type Intent, touchedPaths } from '../journal/intent.ts'
import { pathOfUri } from './document-uri.ts'
import { frameAround } from './frames.ts'
import { asObject } from './json.ts'
import { itemsOf, memberOf, startOf } from './json-bytes.ts'

/** Under this key of an action's `data` the proxy knows its own again. */
const DATA = { 'lsp-wal': 'own' }
const KIND = 'refactor.lsp-wal'
/** LSP's CodeActionTriggerKind: nobody has asked for a menu; the editor wants to know whether to show a bulb. */
const AUTOMATIC = 2

/** The last edit of a session, as a code action that takes it back: not every editor has another way to run commands. */
export class Offer {
  #last:
    | {
        readonly title: string
        readonly id: string
        readonly redo: boolean
        readonly paths: ReadonlySet<string>
      }
    | undefined

  /** The editor has taken an edit up. */
  happened(intent: Intent): void {
    const [files] = summaryOf(intent)
    const title = `${intent.about.label || 'Edit'} (${files ?? 'folders'})`
    this.#last = { title, id: intent.id, redo: false, paths: new Set(touchedPaths(intent)) }
  }

  /** From now on the other direction is offered. */
  takenBack({ by, direction, files, id }: Undone): void {
    const last = this.#last
    // What the editor has not shown may yet come to nothing: then the same way is to be gone again.
    if (last === undefined || by === null || files.every(({ unseen }) => unseen)) return
    if (direction === 'undo' && id === last.id) this.#last = { ...last, redo: true }
    if (direction === 'redo' && last.redo) this.#last = { ...last, redo: false }
  }

  /** What a menu that the editor asks for with these `params` is to have in it, as JSON. */
  itemFor(
    params: unknown,
    takesActions: boolean,
    idOf: (command: 'undo' | 'redo') => string,
  ): string | undefined {
    const { context, textDocument } = asObject(params)
    const { only, triggerKind } = asObject(context)
    const path = pathOfUri(asObject(textDocument).uri)
    const last = this.#last
    if (last === undefined || path === undefined || !last.paths.has(path)) return undefined
    if (triggerKind === AUTOMATIC || !isAllowed(only)) return undefined
    const title = `${last.redo ? 'Redo' : 'Undo'}: ${last.title}`
    const command = { title, command: idOf(last.redo ? 'redo' : 'undo'), arguments: [last.id] }
    return JSON.stringify(takesActions ? { title, kind: KIND, command, data: DATA } : command)
  }
}

/** Whether an action that the editor wants resolved is the proxy's own, which has everything already. */
export function isOwnAction(params: unknown): boolean {
  return asObject(asObject(params).data)['lsp-wal'] === DATA['lsp-wal']
}

/**
 * An answer to `textDocument/codeAction` with one more item at its end; an error stays as it is. `bodyAt`: the length of
 * the frame's header.
 */
export function withItem(frame: Buffer, bodyAt: number, item: string): Buffer {
  const body = frame.subarray(bodyAt)
  const result = memberOf(body, startOf(body), 'result')
  if (result === undefined) return frame
  const items = itemsOf(body, result.value)
  const at = items?.at(-1)?.to ?? result.value + 1
  const edit =
    items === undefined
      ? nullAs(body, result.value, result.to, item)
      : { start: at, end: at, text: items.length === 0 ? item : `,${item}` }
  return edit === undefined ? frame : frameAround(splice(body, [edit]))
}

function nullAs(body: Buffer, start: number, end: number, item: string) {
  return body.toString('latin1', start, end) === 'null' ? { start, end, text: `[${item}]` } : undefined
}

/** Kinds are paths, with dots between their names. */
function isAllowed(only: unknown): boolean {
  if (!Array.isArray(only) || only.length === 0) return true
  return only.some(
    (kind) => typeof kind === 'string' && (kind === '' || KIND === kind || KIND.startsWith(`${kind}.`)),
  )
}
