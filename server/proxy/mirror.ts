import { LineIndex, type PositionEncoding } from '../edits/line-index.ts'
import { type ByteEdit, splice } from '../edits/splice.ts'
import { pathOfUri } from './document-uri.ts'

/** An open document as the editor last told it. */
export interface Document {
  /** The URI in the editor's own spelling. */
  readonly uri: string
  readonly version: number | undefined
  /** UTF-8. */
  readonly text: Buffer
  /** UTF-8: what the editor has read from the disk or written there last; undefined: that is not known. */
  readonly readOrSaved: Buffer | undefined
  /** No change of it has come. */
  readonly isAsOpened: boolean
  /** It was set aside, and no change of it has come since. */
  readonly isAside: boolean
}

interface Held {
  uri: string
  version: number | undefined
  text: Buffer
  readOrSaved: Buffer
  isAsOpened: boolean
  isAside: boolean
  /** Changes that came and were not needed yet: typing is only applied when somebody asks. */
  waiting: ContentChange[]
}

interface ContentChange {
  readonly range?: unknown
  readonly text: string
}

/** A change that came before its document was opened. */
interface EarlyChange {
  readonly version: number
  readonly changes: readonly ContentChange[]
}

const MANY = 256
const FEW = 16

/**
 * The texts of the documents that the editor has open, from didOpen, didChange and didClose.
 * Takes what comes: documents opened twice, changed before they are opened, closed unopened.
 */
export class Mirror {
  readonly #documents = new Map<string, Held>()
  /** Of documents that were never open: Helix tells of a change before it tells of the document, now and then. */
  readonly #early = new Map<string, EarlyChange[]>()
  /** Their documents were open: what still comes for them is late, not early. */
  readonly #closed = new Set<string>()
  /** What was agreed on: that of the server's edits. */
  encoding: PositionEncoding = 'utf-16'
  /** The editor counts characters whatever was agreed on. */
  countsCharacters = false
  /** Whether the editor tells of each save: many servers do not ask it to, and some editors never do. */
  tellsOfSaves = false

  /** That of the positions that the editor tells and takes. */
  get editorsEncoding(): PositionEncoding {
    return this.countsCharacters ? 'utf-32' : this.encoding
  }

  get paths(): string[] {
    return [...this.#documents.keys()]
  }

  document(path: string): Document | undefined {
    const held = this.#documents.get(path)
    if (held === undefined) return undefined
    this.#apply(held)
    return {
      uri: held.uri,
      version: held.version,
      text: held.text,
      readOrSaved: held.isAsOpened || this.tellsOfSaves ? held.readOrSaved : undefined,
      isAsOpened: held.isAsOpened,
      isAside: held.isAside,
    }
  }

  /** From now on undo and recovery take it for closed, until it changes; edits are read by its text as ever. */
  setAside(path: string): void {
    const held = this.#documents.get(path)
    if (held !== undefined) held.isAside = true
  }

  /** `params` of `textDocument/didOpen`. Returns the path, if it is a file's. */
  open(params: unknown): string | undefined {
    const { uri, version, text } = documentOf(params)
    const path = pathOfUri(uri)
    if (path === undefined || typeof text !== 'string') return undefined
    // Only what is newer than the text that came is on top of it.
    const early = (this.#early.get(path) ?? []).filter(
      (each) => typeof version === 'number' && each.version > version,
    )
    this.#early.delete(path)
    this.#closed.delete(path)
    const bytes = Buffer.from(text, 'utf8')
    this.#documents.set(path, {
      uri: uri as string,
      version: early.at(-1)?.version ?? (typeof version === 'number' ? version : undefined),
      text: bytes,
      readOrSaved: bytes,
      isAsOpened: early.length === 0,
      isAside: false,
      waiting: early.flatMap(({ changes }) => changes),
    })
    return path
  }

  /** `params` of `textDocument/didChange`. */
  change(params: unknown): string | undefined {
    const { uri, version } = documentOf(params)
    const path = pathOfUri(uri)
    const held = path === undefined ? undefined : this.#documents.get(path)
    const changes = (params as { contentChanges?: unknown } | null)?.contentChanges
    if (path === undefined || !Array.isArray(changes)) return undefined
    if (held === undefined) {
      if (typeof version === 'number')
        this.#keepEarly(path, { version, changes: changes.filter(isContentChange) })
      return undefined
    }
    if (typeof version === 'number') held.version = version
    held.isAsOpened = false
    held.isAside = false
    for (const change of changes) if (isContentChange(change)) held.waiting.push(change)
    if (held.waiting.length > MANY) this.#apply(held)
    return path
  }

  /** `params` of `textDocument/didSave`. */
  save(params: unknown): string | undefined {
    const path = this.pathOf(params)
    const held = path === undefined ? undefined : this.#documents.get(path)
    if (held === undefined) return path
    this.#apply(held)
    held.readOrSaved = held.text
    this.tellsOfSaves = true
    return path
  }

  /** `params` of `textDocument/didClose`. */
  close(params: unknown): string | undefined {
    const path = pathOfUri(documentOf(params).uri)
    if (path !== undefined) {
      this.#documents.delete(path)
      this.#early.delete(path)
      this.#closed.add(path)
    }
    return path
  }

  /** The path of the document that the params of a notification name. */
  pathOf(params: unknown): string | undefined {
    return pathOfUri(documentOf(params).uri)
  }

  /** Few documents and few changes each: nothing may grow for those that are never opened. Too many count as none. */
  #keepEarly(path: string, change: EarlyChange): void {
    if (this.#closed.has(path)) return
    const early = this.#early.get(path)
    if (early === undefined) {
      if (this.#early.size < MANY) this.#early.set(path, [change])
    } else if (early.length > 0) this.#early.set(path, early.length < FEW ? [...early, change] : [])
  }

  #apply(held: Held): void {
    const waiting = held.waiting
    held.waiting = []
    const typing = new Typing(held.text, this.editorsEncoding)
    for (const { range, text } of waiting) {
      if (isRange(range)) typing.change(range, text)
      else typing.replaceAll(text)
    }
    held.text = typing.text
  }
}

/**
 * Carries changes out one after the other, each on what the one before it left.
 * Those that go backwards through the text (so do editors that change many places at once) find everything before
 * them as it was: one index of the lines serves them all.
 */
class Typing {
  readonly #encoding: PositionEncoding
  #text: Buffer
  #index: LineIndex | undefined
  /** Not carried out yet: the last one first, and bytes between any two. */
  #edits: ByteEdit[] = []

  constructor(text: Buffer, encoding: PositionEncoding) {
    this.#text = text
    this.#encoding = encoding
  }

  get text(): Buffer {
    this.#carryOut()
    return this.#text
  }

  replaceAll(text: string): void {
    this.#edits = []
    this.#index = undefined
    this.#text = Buffer.from(text, 'utf8')
  }

  change(range: Range, text: string): void {
    const edit = this.#place(range, text)
    const before = this.#edits.at(-1)
    // Where they touch, what the earlier change put there may be meant.
    if (before === undefined || edit.end < before.start) this.#edits.push(edit)
    else {
      this.#carryOut()
      this.#edits.push(this.#place(range, text))
    }
  }

  #carryOut(): void {
    if (this.#edits.length === 0) return
    this.#text = splice(this.#text, this.#edits.reverse())
    this.#edits = []
    this.#index = undefined
  }

  #place(range: Range, text: string): ByteEdit {
    this.#index ??= new LineIndex(this.#text)
    const a = this.#index.positionToByte(range.start, this.#encoding)
    const b = this.#index.positionToByte(range.end, this.#encoding)
    // Backwards it means the same to servers (vscode-languageserver-textdocument, `getWellformedRange`).
    return { start: Math.min(a, b), end: Math.max(a, b), text }
  }
}

function documentOf(params: unknown): { uri?: unknown; version?: unknown; text?: unknown } {
  const document = (params as { textDocument?: unknown } | null | undefined)?.textDocument
  return typeof document === 'object' && document !== null ? document : {}
}

function isContentChange(change: unknown): change is ContentChange {
  return typeof (change as ContentChange | null)?.text === 'string'
}

interface Range {
  readonly start: { readonly line: number; readonly character: number }
  readonly end: { readonly line: number; readonly character: number }
}

/** Whether a stranger's value is a range: what its numbers are worth is for the line index to say. */
export function isRange(value: unknown): value is Range {
  const range = value as Range | null | undefined
  return isPosition(range?.start) && isPosition(range.end)
}

export function isPosition(value: unknown): value is Range['start'] {
  const position = value as Range['start'] | null | undefined
  return typeof position?.line === 'number' && typeof position.character === 'number'
}
