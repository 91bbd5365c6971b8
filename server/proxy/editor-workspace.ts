import { isUtf8 } from 'node:buffer'
import { bytesOf, type FileBytes, same, Unkept } from '../edits/file-bytes.ts'
import { LineIndex } from '../edits/line-index.ts'
import { looselyEqual, sameText } from '../edits/normalize.ts'
import type { Intent } from '../journal/intent.ts'
import type { DiskWorkspace } from '../recovery/disk-workspace.ts'
import {
  type Change,
  isProblem,
  type Known,
  type Move,
  type Pairs,
  type Placed,
  Refused,
  type Sight,
  type Spellings,
  type Workspace,
} from '../recovery/workspace.ts'
import { type Conversation, GONE } from './conversation.ts'
import { uriOfPath } from './document-uri.ts'
import { Heard, seenWithin } from './heard.ts'
import type { Document, Mirror } from './mirror.ts'
import { stillAt, Unanswered } from './unanswered.ts'

const LF = 0x0a
const CR = 0x0d
const AT_A_TIME = 32
/** Of a file that is only asked where it is. */
const NOT_READ = new Unkept(0)

/** What an editor does for the proxy. */
export interface Abilities {
  /** It carries out `workspace/applyEdit`. */
  readonly edits: boolean
  /** And deletes files by it. */
  readonly deletes: boolean
  /** And renames them. */
  readonly renames: boolean
  /** It writes files that its user has not open, and tells of them as if they were. */
  readonly opensWhatItWrites: boolean
  /** It keeps the last line end of a buffer, and has one more where an edit brings one. */
  readonly keepsLastLineEnd: boolean
}

/** Those of some paths that are open somewhere else: behind another server, or in another editor. */
export type OpenElsewhere = (paths: readonly string[]) => Promise<ReadonlySet<string>>

/**
 * The workspace as an editor has it: documents that it holds open are looked at and changed in its buffers, since a
 * file written under an open buffer is a trap in every editor; everything else on the disk.
 */
export class EditorWorkspace implements Workspace {
  readonly #disk: DiskWorkspace
  readonly #mirror: Mirror
  readonly #conversation: Conversation
  readonly #abilities: Abilities
  readonly #elsewhere: OpenElsewhere
  readonly #unanswered: Unanswered
  #changed: (() => void)[] = []
  /** What was to be put where: a file that is moved back stands in two places for a while. */
  readonly #placing = new Map<string, FileBytes>()

  constructor(
    disk: DiskWorkspace,
    mirror: Mirror,
    conversation: Conversation,
    abilities: Abilities,
    elsewhere: OpenElsewhere = async () => new Set(),
    unanswered = new Unanswered(),
  ) {
    this.#unanswered = unanswered
    this.#abilities = abilities
    this.#elsewhere = elsewhere
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

  async look(path: string, known?: Known | Unkept): Promise<Sight> {
    if (known instanceof Unkept) return this.#disk.look(path, known)
    const sight = await this.#disk.look(path)
    const document = this.#document(path)
    if (document === undefined || sight.kind === 'other') return sight
    // A clean buffer is the file: the disk's bytes and times say more.
    if (sight.kind === 'file' && sameText(document.text, bytesOf(sight.bytes))) return sight
    const isGone = sight.kind === 'absent' && { isGone: true as const }
    if (this.#isOnDiskAlone(document)) {
      this.#mirror.setAside(path) // what another program wrote there since is what counts
      return sight
    }
    return { kind: 'file', bytes: document.text, stat: undefined, ...isGone }
  }

  #document(path: string): Document | undefined {
    const document = this.#mirror.document(path)
    return document?.isAside ? undefined : document
  }

  /**
   * Whether nothing shows that a buffer is behind a document. Where the file is another one by now, kakoune-lsp would
   * put the change into that, wherever its lines and columns lead there.
   */
  #isOnDiskAlone({ isAsOpened }: Document): boolean {
    return this.#abilities.opensWhatItWrites && isAsOpened
  }

  async place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const placed: Placed[] = []
    for (const { path, after } of changes) if (after !== undefined) this.#placing.set(path, after)
    const closed = this.#closed(changes)
    const origins = closed.flatMap(({ cameFrom }) => cameFrom?.path ?? [])
    const elsewhere = await this.#elsewhere([...closed.map(({ path }) => path), ...origins])
    const isOpen = (path: string) => elsewhere.has(path) || this.#document(path) !== undefined
    // Few at a time: the editor may open any of them meanwhile.
    for (let at = 0; at < changes.length; at += AT_A_TIME) {
      const some = changes.slice(at, at + AT_A_TIME).map((change) => withOpenOrigin(change, isOpen))
      placed.push(...(await this.#placeSome(some, elsewhere, temporaryNameOf)))
    }
    return placed
  }

  /** What is open here is moved by the editor, whose buffer is to go by the new name. */
  spellings(pairs: Pairs): Promise<Spellings> {
    return this.#disk.spellings(pairs)
  }

  /** What is open is left alone: to an editor, what is to get another spelling of its name is in its own way. */
  async respell(moves: readonly Move[], folders: Intent['folders']): Promise<Placed[]> {
    const elsewhere = await this.#elsewhere(moves.flatMap(({ from, to }) => [from, to]))
    const isOpen = (path: string) => elsewhere.has(path) || this.#document(path) !== undefined
    const closed = moves.filter(({ from, to }) => !isOpen(from) && !isOpen(to))
    const placed = await this.#disk.respell(closed, folders)
    const byMove = new Map(closed.map((move, i) => [move, placed[i]!]))
    return moves.map((move) => {
      const open = isOpen(move.from) ? move.from : move.to
      return byMove.get(move) ?? leftFor(new Refused(`${open} is open in the editor: close it there first`))
    })
  }

  async move(moves: readonly Move[], folders: Intent['folders']): Promise<Placed[]> {
    const elsewhere = await this.#elsewhere(moves.flatMap(({ from, to }) => [from, to]))
    const isOpen = (path: string) => elsewhere.has(path) || this.#document(path) !== undefined
    const closed = moves.filter(({ from, to }) => !isOpen(from) && !isOpen(to))
    const moved = await this.#disk.move(closed, folders)
    const placed = new Map(closed.map((move, i) => [move, moved[i]!]))
    for (const move of moves) if (!placed.has(move)) placed.set(move, await this.#moveOpen(move, isOpen))
    return moves.map((move) => placed.get(move)!)
  }

  /** One at a time: its user may be asked about each. */
  async #moveOpen({ from, to }: Move, isOpen: (path: string) => boolean): Promise<Placed> {
    try {
      const document = this.#document(from)
      if (document === undefined || isOpen(to) || !this.#abilities.renames)
        throw new Refused(`${isOpen(from) ? from : to} is open in the editor: close it there first`)
      for (const path of [from, to]) {
        if (this.#unanswered.has(path)) throw new Refused(stillAt(path))
        const refusal = await this.#disk.refusal(path)
        if (refusal !== undefined) throw new Refused(refusal)
      }
      const isAt = async (path: string) => (await this.#disk.look(path, NOT_READ)).kind === 'file'
      if (!(await isAt(from)) || (await isAt(to))) throw new Refused(`${from} or ${to} was changed meanwhile`)
      const options = { overwrite: false, ignoreIfExists: false }
      const rename = { kind: 'rename', oldUri: document.uri, newUri: uriOfPath(to), options }
      const isMoved = async () => (await isAt(to)) && !(await isAt(from))
      const answer = this.#applyEdit([rename])
      const seen = seenWithin(answer, isMoved)
      this.#unanswered.add([from, to], [answer, seen])
      const heard = await seen
      if (heard !== undefined)
        throw new Refused(`the editor ${heard.applied ? 'said it moved' : 'did not move'} ${from}`)
      return { where: 'buffer' }
    } catch (problem) {
      return leftFor(problem)
    }
  }

  #closed(changes: readonly Change[]): Change[] {
    return changes.filter(({ path }) => this.#document(path) === undefined)
  }

  async #placeSome(
    changes: readonly Change[],
    elsewhere: ReadonlySet<string>,
    temporaryNameOf: (path: string) => string,
  ): Promise<Placed[]> {
    const closed = this.#closed(changes).filter(({ path }) => !elsewhere.has(path))
    const written = await this.#disk.place(closed, temporaryNameOf)
    const asked: Asked[] = []
    for (const change of changes) {
      const at = closed.indexOf(change)
      if (at >= 0) asked.push(() => Promise.resolve(written[at]!))
      else if (elsewhere.has(change.path) && this.#document(change.path) === undefined) {
        const problem = new Refused('an editor has it open: close it there first')
        asked.push(() => Promise.resolve({ where: 'left', problem }))
      } else asked.push(await this.#ask(change, temporaryNameOf))
    }
    // Together: some editors tell of their buffers only when their user pauses.
    return Promise.all(asked.map((placed) => placed()))
  }

  /** Has the editor change a buffer; whether it did is to be waited for. */
  async #ask(change: Change, temporaryNameOf: (path: string) => string): Promise<Asked> {
    const document = this.#document(change.path)
    // Closed since the others were written; or what its buffer shows already, and only the file is missing.
    if (document === undefined || isFileAlone(document, change)) {
      const [placed] = await this.#disk.place([change], temporaryNameOf)
      return () => Promise.resolve(placed!)
    }
    try {
      const placed = await this.#change(document, change)
      return () => placed().catch(leftFor)
    } catch (problem) {
      const placed = leftFor(problem)
      return () => Promise.resolve(placed)
    }
  }

  /** Gives what is to be waited for once all are asked. */
  async #change(document: Document, change: Change): Promise<Asked> {
    const { deletes, edits } = this.#abilities
    if (this.#unanswered.has(change.path)) throw new Refused(stillAt(change.path))
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
      return () => Promise.resolve({ where: 'buffer' })
    }
    if (this.#isOnDiskAlone(document)) {
      const under = await this.#disk.look(change.path)
      if (under.kind !== 'file' || !sameText(document.text, bytesOf(under.bytes)))
        throw new Refused(`${change.path} was changed meanwhile`)
    }
    const edit = this.#editOf(document, after)
    // The version is there even where it is null: without the key Neovim fails. One document a request: it checks
    // the version of the first one only.
    const textDocument = { uri: document.uri, version: document.version ?? null }
    const documentChanges = [{ textDocument, edits: [edit] }]
    const answer = this.#applyEdit(documentChanges)
    const shown = this.#shown(change.path, document.text, after, answer)
    this.#unanswered.add([change.path], [answer, shown])
    const ignored = () => {} // whoever waits for it is told
    // One at a time: its user may be asked about it. Either is enough to go on: some answer first, some not at all.
    await Promise.race([answer.catch(ignored), shown.catch(ignored)])
    return () => shown
  }

  /** The lines that differ between a document and the bytes it is to hold, as an LSP text edit. */
  #editOf(document: Document, after: Uint8Array): object {
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
    let end = same === 0 || next < 0 ? before.length : next + 1
    const last = this.#abilities.keepsLastLineEnd ? lastLineEnd(before, wanted) : 0
    start = Math.min(start, before.length - last, wanted.length - last)
    end = Math.min(end, before.length - last)
    const index = new LineIndex(before)
    const range = {
      start: index.byteToPosition(start, this.#mirror.editorsEncoding),
      end: index.byteToPosition(end, this.#mirror.editorsEncoding),
    }
    return { range, newText: wanted.toString('utf8', start, wanted.length - (before.length - end)) }
  }

  /** By the editor, which has a buffer to close; whether it did is seen on the disk. */
  async #delete({ text, uri }: Document, path: string): Promise<void> {
    // It goes with the buffer, and only what the buffer holds is recorded.
    const under = await this.#disk.look(path)
    if (under.kind === 'other') throw new Refused(under.reason)
    if (under.kind === 'file' && !this.#isKept(bytesOf(under.bytes), text))
      throw new Refused(`${path} holds something else on the disk than in the editor`)
    const options = { ignoreIfNotExists: true }
    const answer = this.#applyEdit([{ kind: 'delete', uri, options }])
    const seen = seenWithin(answer, async () => (await this.#disk.look(path)).kind === 'absent')
    this.#unanswered.add([path], [answer, seen])
    const heard = await seen
    if (heard !== undefined)
      throw new Refused(`the editor ${heard.applied ? 'said it deleted' : 'did not delete'} ${path}`)
  }

  /** Whether no bytes are lost with a file: they are the buffer's, or what this workspace has put elsewhere. */
  #isKept(bytes: Uint8Array, text: Uint8Array): boolean {
    if (bytes.length === 0 || sameText(bytes, text)) return true
    return [...this.#placing.values()].some((each) => same(each, bytes))
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

  /**
   * Waits until the buffer shows the text: what the editor answers proves nothing, and it need not answer at all.
   * Where it says that it took it, it may yet show it: Emacs tells of changes when its user is idle, which they are not
   * before the next key when they have answered a question.
   */
  async #shown(path: string, before: Buffer, after: Uint8Array, answer: Promise<boolean>): Promise<Placed> {
    const heard = new Heard(answer, () => this.changed())
    const isShown = shownBy(before, after)
    for (;;) {
      const document = this.#document(path)
      if (document !== undefined && (isShown?.(document.text) ?? heard.applied === true))
        return { where: 'buffer' }
      const left = heard.left()
      if (document === undefined) throw new Refused(`${path} was closed in the editor meanwhile`)
      if (left <= 0 && heard.applied) return { where: 'buffer', unseen: true }
      if (left <= 0) throw new Refused(`the editor did not take the change to ${path}`)
      await this.#nextChange(left)
    }
  }

  #nextChange(within: number): Promise<void> {
    return new Promise((done) => {
      const timer = Number.isFinite(within) ? setTimeout(done, within) : undefined
      this.#changed.push(() => {
        clearTimeout(timer)
        done()
      })
    })
  }
}

/** Waits for what became of a change. */
type Asked = () => Promise<Placed>

function withOpenOrigin(change: Change, isOpen: (path: string) => boolean): Change {
  const { cameFrom } = change
  if (cameFrom === undefined || !isOpen(cameFrom.path)) return change
  return { ...change, cameFrom: { ...cameFrom, isOpen: true } }
}

/** Nothing is written over: where a file stands by now, none is made. */
function isFileAlone({ text }: Document, { after, before }: Change): boolean {
  return before === undefined && after !== undefined && sameText(text, bytesOf(after))
}

function leftFor(problem: unknown): Placed {
  if (isProblem(problem)) return { where: 'left', problem }
  throw problem
}

/**
 * Tells a buffer that shows a text from one that does not yet. Editors change blanks and line ends as they like; where
 * nothing else is to change, these count. Undefined: no buffer would tell.
 */
function shownBy(before: Buffer, after: Uint8Array): ((text: Buffer) => boolean) | undefined {
  if (!looselyEqual(before, after)) return (text) => looselyEqual(text, after)
  return sameText(before, after) ? undefined : (text) => sameText(text, after)
}

/** The length of the line end that both end with; none where they end with different ones. */
function lastLineEnd(one: Buffer, other: Buffer): number {
  const [length, otherLength] = [one, other].map((text) =>
    text.at(-1) !== LF ? 0 : text.at(-2) === CR ? 2 : 1,
  )
  return length === otherLength ? length! : 0
}

/** The bytes as the editor's text: without a BOM, with the line endings that its buffer has. */
function textFor(document: Document, after: Uint8Array): string {
  const text = Buffer.from(after)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  return document.text.includes('\r\n') ? text : text.replaceAll('\r\n', '\n')
}
