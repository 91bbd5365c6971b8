import { extname, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  type NotificationType,
  PositionEncodingKind,
  type ServerCapabilities,
  type TextDocumentContentChangeEvent,
  TextDocumentSyncKind,
  type TextEdit,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { offsetAt, positionAt } from './positions.ts'
import { isMissing, readTextFile, type TextFile, writeTextFile } from './text-file.ts'

/** An open document. `dirty`: its text has changed since it was read or saved. */
export interface OpenDocument {
  readonly path: string
  readonly uri: string
  readonly languageId: string
  readonly version: number
  readonly text: string
  readonly dirty: boolean
}

/** Sends a notification; resolves when it has been written. */
export type Notify = <P>(type: NotificationType<P>, params: P) => Promise<void>

/**
 * The open documents, one buffer a path, and what the server is told about them.
 * They are known by path, not by URI: servers percent-encode in styles of their own.
 */
export class Documents {
  readonly #buffers = new Map<string, OpenBuffer>()
  readonly #notify: Notify
  readonly #onWritten: (path: string) => void
  readonly #read = new Map<string, string>()
  #sync: Sync = { openClose: true, change: TextDocumentSyncKind.Full, save: 'plain' }
  #encoding: PositionEncodingKind = PositionEncodingKind.UTF16

  /** `onWritten` is called when a saved file is on disk and closed, before the server hears of it. */
  constructor(notify: Notify, onWritten: (path: string) => void) {
    this.#notify = notify
    this.#onWritten = onWritten
  }

  /** Takes over what `initialize` has settled: how documents are synchronized, how columns are counted. */
  negotiated(capabilities: ServerCapabilities): void {
    this.#sync = syncOf(capabilities.textDocumentSync)
    this.#encoding = capabilities.positionEncoding ?? PositionEncodingKind.UTF16
  }

  get(path: string): OpenDocument | undefined {
    return this.#buffers.get(path)
  }

  /** All open documents, in the order in which they were opened. */
  all(): OpenDocument[] {
    return [...this.#buffers.values()]
  }

  /** The text of each file as it was when it was first opened. */
  get read(): ReadonlyMap<string, string> {
    return this.#read
  }

  /** Opens the file, or gives the document that is open already. */
  async open(path: string): Promise<OpenDocument> {
    const open = this.#buffers.get(path)
    if (open !== undefined) return open
    const file = await readTextFile(path)
    if (!this.#read.has(path)) this.#read.set(path, file.text)
    return await this.#show(path, file)
  }

  /** Like `open`; a file that does not exist becomes an empty buffer, as in every terminal editor. */
  async openOrStart(path: string): Promise<OpenDocument> {
    try {
      return await this.open(path)
    } catch (error) {
      if (!isMissing(error)) throw error
      return await this.#show(path, { text: '', bom: false })
    }
  }

  /**
   * Applies edits that all refer to the document's present text, and tells the server.
   * Positions past the end of a line or of the text count as that end. Throws where edits overlap.
   */
  async edit(path: string, edits: readonly TextEdit[]): Promise<void> {
    const buffer = this.#opened(path)
    const before = buffer.document
    const located = edits.map(({ range, newText }) => ({
      start: offsetAt(before, range.start, this.#encoding),
      end: offsetAt(before, range.end, this.#encoding),
      newText,
    }))
    // Sorting is stable: inserts at one place keep the order in which the server gave them.
    located.sort((a, b) => a.start - b.start)
    let text: string
    try {
      text = TextDocument.applyEdits(
        before,
        located.map(({ start, end, newText }) => ({
          range: { start: before.positionAt(start), end: before.positionAt(end) },
          newText,
        })),
      )
    } catch (cause) {
      // LSP forbids them, and no order of them would be right.
      throw new Error(`overlapping edits of ${path}`, { cause })
    }
    if (text === before.getText()) return
    // A lone CR breaks a line until an LF comes behind it: that would move the lines of later changes.
    const whole = this.#sync.change !== TextDocumentSyncKind.Incremental || /\r(?!\n)/.test(before.getText())
    const changes: TextDocumentContentChangeEvent[] = whole
      ? [{ text }]
      : // Each change refers to the text that the ones before it have left: from the end backwards,
        // the places still to come have not moved.
        located.reverse().map(({ start, end, newText }) => ({
          range: {
            start: positionAt(before, start, this.#encoding),
            end: positionAt(before, end, this.#encoding),
          },
          text: newText,
        }))
    await this.#change(buffer, text, changes, true)
  }

  /** Empties the document if it is open: its file has been created anew. */
  async blank(path: string): Promise<void> {
    const buffer = this.#buffers.get(path)
    if (buffer === undefined) return
    buffer.bom = false
    await this.#change(buffer, '', [{ text: '' }], false)
  }

  /** Writes the document to its file and tells the server, whether it is dirty or not. */
  async save(path: string): Promise<void> {
    const buffer = this.#opened(path)
    await writeTextFile(path, buffer)
    buffer.dirty = false
    this.#onWritten(path)
    if (this.#sync.save === 'none') return
    await this.#notify(DidSaveTextDocumentNotification.type, {
      textDocument: { uri: buffer.uri },
      ...(this.#sync.save === 'with text' && { text: buffer.text }),
    })
  }

  /** Closes the document and everything below a folder; unsaved text is lost. */
  async close(path: string): Promise<void> {
    for (const buffer of this.#at(path)) {
      this.#buffers.delete(buffer.path)
      if (!this.#sync.openClose) continue
      await this.#notify(DidCloseTextDocumentNotification.type, { textDocument: { uri: buffer.uri } })
    }
  }

  /** Follows a file or folder that has moved: closed there, opened here, unsaved text and all. */
  async move(from: string, to: string): Promise<void> {
    for (const buffer of this.#at(from)) {
      const { text, bom, dirty } = buffer
      const path = to + buffer.path.slice(from.length)
      await this.close(buffer.path)
      const moved = await this.#show(path, { text, bom })
      moved.dirty = dirty
    }
  }

  #at(path: string): OpenBuffer[] {
    return [...this.#buffers.values()].filter((buffer) => isWithin(buffer.path, path))
  }

  #opened(path: string): OpenBuffer {
    const buffer = this.#buffers.get(path)
    if (buffer === undefined) throw new Error(`${path} is not open`)
    return buffer
  }

  async #show(path: string, file: TextFile): Promise<OpenBuffer> {
    const buffer = new OpenBuffer(path, file)
    this.#buffers.set(path, buffer)
    if (this.#sync.openClose) {
      const { uri, languageId, version, text } = buffer
      await this.#notify(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version, text },
      })
    }
    return buffer
  }

  async #change(
    buffer: OpenBuffer,
    text: string,
    contentChanges: TextDocumentContentChangeEvent[],
    dirty: boolean,
  ): Promise<void> {
    const { uri, languageId } = buffer
    const version = buffer.version + 1
    buffer.document = TextDocument.create(uri, languageId, version, text)
    buffer.dirty = dirty
    if (this.#sync.change === TextDocumentSyncKind.None) return
    await this.#notify(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges,
    })
  }
}

class OpenBuffer implements OpenDocument {
  readonly path: string
  document: TextDocument
  bom: boolean
  dirty = false

  constructor(path: string, file: TextFile) {
    this.path = path
    this.document = TextDocument.create(pathToFileURL(path).href, languageIdOf(path), 1, file.text)
    this.bom = file.bom
  }

  get uri(): string {
    return this.document.uri
  }

  get languageId(): string {
    return this.document.languageId
  }

  get version(): number {
    return this.document.version
  }

  get text(): string {
    return this.document.getText()
  }
}

/** The path of a `file:` URI; throws for every other scheme, which no file on disk stands for. */
export function pathOf(uri: string): string {
  if (!uri.startsWith('file:')) throw new Error(`${uri} is not a file`)
  return fileURLToPath(uri)
}

/** Whether a path is that of the file or folder itself or of something below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

interface Sync {
  readonly openClose: boolean
  readonly change: TextDocumentSyncKind
  readonly save: 'none' | 'plain' | 'with text'
}

/** A bare number leaves saving open: it is told, as Neovim and Helix do. */
function syncOf(declared: ServerCapabilities['textDocumentSync']): Sync {
  if (declared === undefined) return { openClose: false, change: TextDocumentSyncKind.None, save: 'none' }
  if (typeof declared === 'number') {
    return { openClose: declared !== TextDocumentSyncKind.None, change: declared, save: 'plain' }
  }
  const withText = typeof declared.save === 'object' && declared.save.includeText === true
  return {
    openClose: declared.openClose ?? false,
    change: declared.change ?? TextDocumentSyncKind.None,
    save: withText ? 'with text' : declared.save ? 'plain' : 'none',
  }
}

const LANGUAGE_IDS: Readonly<Record<string, string>> = {
  '.bash': 'shellscript',
  '.cc': 'cpp',
  '.cjs': 'javascript',
  '.cts': 'typescript',
  '.cxx': 'cpp',
  '.h': 'cpp',
  '.hpp': 'cpp',
  '.js': 'javascript',
  '.jsx': 'javascriptreact',
  '.md': 'markdown',
  '.mjs': 'javascript',
  '.mts': 'typescript',
  '.py': 'python',
  '.rb': 'ruby',
  '.rs': 'rust',
  '.sh': 'shellscript',
  '.tex': 'latex',
  '.ts': 'typescript',
  '.tsx': 'typescriptreact',
  '.yml': 'yaml',
}

/** LSP's identifier for what the file's ending says; most endings (`.go`, `.css`, `.c`) are one already. */
function languageIdOf(path: string): string {
  const ending = extname(path).toLowerCase()
  return LANGUAGE_IDS[ending] ?? (ending.slice(1) || 'plaintext')
}
