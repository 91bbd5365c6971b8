import { isUtf8 } from 'node:buffer'
import { bytesOf } from '../edits/file-bytes.ts'
import { LineIndex } from '../edits/line-index.ts'
import { looselyEqual, sameText } from '../edits/normalize.ts'
import type { DiskWorkspace } from '../recovery/disk-workspace.ts'
import {
  type Change,
  isProblem,
  type Placed,
  Refused,
  type Sight,
  type Workspace,
} from '../recovery/workspace.ts'
import { type Conversation, GONE } from './conversation.ts'
import type { Document, Mirror } from './mirror.ts'

const SHOWN_WITHIN_MS = 5000
const LOOK_AGAIN_MS = 50
const LF = 0x0a
const AT_A_TIME = 32

/** What an editor does for the proxy. */
export interface Abilities {
  /** It carries out `workspace/applyEdit`. */
  readonly edits: boolean
  /** And deletes files by it. */
  readonly deletes: boolean
}

/**
 * The workspace as an editor has it: documents that it holds open are looked at and changed in its buffers, since a
 * file written under an open buffer is a trap in every editor; everything else on the disk.
 */
export class EditorWorkspace implements Workspace {
  readonly #disk: DiskWorkspace
  readonly #mirror: Mirror
  readonly #conversation: Conversation
  readonly #abilities: Abilities
  #changed: (() => void)[] = []

  constructor(disk: DiskWorkspace, mirror: Mirror, conversation: Conversation, abilities: Abilities) {
    this.#abilities = abilities
    this.#disk = disk
    this.#mirror = mirror
    this.#conversation = conversation
  }

  /** The mirror has taken a change in. */
  changed(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const wake of waiting) wake()
  }

  async look(path: string): Promise<Sight> {
    const sight = await this.#disk.look(path)
    const document = this.#mirror.document(path)
    if (document === undefined || sight.kind === 'other') return sight
    // A clean buffer is the file: the disk's bytes and times say more.
    if (sight.kind === 'file' && sameText(document.text, bytesOf(sight.bytes))) return sight
    return { kind: 'file', bytes: document.text, stat: undefined }
  }

  async place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const placed: Placed[] = []
    // Few at a time: the editor may open any of them meanwhile.
    for (let at = 0; at < changes.length; at += AT_A_TIME)
      placed.push(...(await this.#placeSome(changes.slice(at, at + AT_A_TIME), temporaryNameOf)))
    return placed
  }

  async #placeSome(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const closed = changes.filter(({ path }) => this.#mirror.document(path) === undefined)
    const written = await this.#disk.place(closed, temporaryNameOf)
    const asked: Asked[] = []
    for (const change of changes) {
      const at = closed.indexOf(change)
      asked.push(at < 0 ? await this.#ask(change, temporaryNameOf) : () => Promise.resolve(written[at]!))
    }
    // Together: some editors tell of their buffers only when their user pauses.
    return Promise.all(asked.map((placed) => placed()))
  }

  /** Has the editor change a buffer; whether it did is to be waited for. */
  async #ask(change: Change, temporaryNameOf: (path: string) => string): Promise<Asked> {
    const document = this.#mirror.document(change.path)
    // Closed since the others were written.
    if (document === undefined) {
      const [placed] = await this.#disk.place([change], temporaryNameOf)
      return () => Promise.resolve(placed!)
    }
    try {
      const shown = await this.#change(document, change)
      return () => shown().then(() => ({ where: 'buffer' }) as const, leftFor)
    } catch (problem) {
      const placed = leftFor(problem)
      return () => Promise.resolve(placed)
    }
  }

  /** Gives what is to be waited for once all are asked. */
  async #change(document: Document, change: Change): Promise<() => Promise<void>> {
    const { deletes, edits } = this.#abilities
    if (change.after === undefined ? !deletes : !edits)
      throw new Refused(`${change.path} is open in the editor: close it there first`)
    const after = change.after === undefined ? undefined : bytesOf(change.after)
    // Bytes that are no UTF-8 cannot be said in an LSP message: the editor would get other ones.
    if (after !== undefined && !isUtf8(after))
      throw new Refused(`${change.path} is open in the editor, and not UTF-8`)
    // What was typed since the plan was made would be written over.
    if (change.before === undefined || !sameText(document.text, bytesOf(change.before)))
      throw new Refused(`${change.path} has changed in the editor`)
    const refusal = await this.#disk.refusal(change.path)
    if (refusal !== undefined) throw new Refused(refusal)
    if (after === undefined) {
      await this.#delete(document, change.path)
      return () => Promise.resolve()
    }
    const edit = editOf(document, after, this.#mirror)
    // The version is there even where it is null: without the key Neovim fails. One document a request: it checks
    // the version of the first one only.
    const textDocument = { uri: document.uri, version: document.version ?? null }
    const documentChanges = [{ textDocument, edits: [edit] }]
    const applied = await this.#applyEdit(documentChanges)
    const over = Date.now() + SHOWN_WITHIN_MS
    return () => this.#shown(change.path, after, applied, over)
  }

  /** By the editor, which has a buffer to close; whether it did is seen on the disk. */
  async #delete({ uri }: Document, path: string): Promise<void> {
    const applied = await this.#applyEdit([{ kind: 'delete', uri, options: { ignoreIfNotExists: true } }])
    const over = Date.now() + SHOWN_WITHIN_MS
    while ((await this.#disk.look(path)).kind !== 'absent') {
      if (Date.now() >= over)
        throw new Refused(`the editor ${applied ? 'said it deleted' : 'did not delete'} ${path}`)
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS))
    }
  }

  /** What the editor says of it, which proves nothing. */
  async #applyEdit(documentChanges: readonly object[]): Promise<boolean> {
    const params = { label: 'lsp-wal', edit: { documentChanges } }
    const { result, error } = await this.#conversation.request('workspace/applyEdit', params)
    if (error === GONE) throw new Refused('the editor is gone')
    return (result as { applied?: unknown } | null)?.applied === true
  }

  settleFolders(made: readonly string[], removed: readonly string[]): Promise<void> {
    return this.#disk.settleFolders(made, removed)
  }

  /** Waits until the buffer shows the text: what the editor answers proves nothing. */
  async #shown(path: string, after: Uint8Array, applied: boolean, over: number): Promise<void> {
    const holds = () => looselyEqual(this.#mirror.document(path)?.text ?? Buffer.alloc(0), after)
    while (!holds()) {
      const left = over - Date.now()
      if (left <= 0)
        throw new Refused(`the editor ${applied ? 'said it took' : 'did not take'} the change to ${path}`)
      await this.#nextChange(left)
    }
  }

  #nextChange(within: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, within)
      this.#changed.push(() => {
        clearTimeout(timer)
        done()
      })
    })
  }
}

/** Waits for what became of a change. */
type Asked = () => Promise<Placed>

function leftFor(problem: unknown): Placed {
  if (isProblem(problem)) return { where: 'left', problem }
  throw problem
}

/** The lines that differ between a document and the bytes it is to hold, as an LSP text edit. */
function editOf(document: Document, after: Uint8Array, { encoding }: Mirror): object {
  const before = document.text
  const text = textFor(document, after)
  const wanted = Buffer.from(text, 'utf8')
  let start = 0
  const shorter = Math.min(before.length, wanted.length)
  while (start < shorter && before[start] === wanted[start]) start++
  let same = 0
  while (same < shorter - start && before[before.length - 1 - same] === wanted[wanted.length - 1 - same])
    same++
  // Whole lines: a range that begins or ends inside a character, or between CR and LF, is none.
  start = start === 0 ? 0 : before.lastIndexOf(LF, start - 1) + 1
  const next = before.indexOf(LF, before.length - same)
  const end = same === 0 || next < 0 ? before.length : next + 1
  const index = new LineIndex(before)
  const range = {
    start: index.byteToPosition(start, encoding),
    end: index.byteToPosition(end, encoding),
  }
  return { range, newText: wanted.toString('utf8', start, wanted.length - (before.length - end)) }
}

/** The bytes as the editor's text: without a BOM, with the line endings that its buffer has. */
function textFor(document: Document, after: Uint8Array): string {
  const text = Buffer.from(after)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  return document.text.includes('\r\n') ? text : text.replaceAll('\r\n', '\n')
}
