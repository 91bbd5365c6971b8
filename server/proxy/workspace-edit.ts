import { sep } from 'node:path'
import type { Step } from '../edits/steps.ts'
import type { TextEdit } from '../edits/text-edit.ts'
import { pathOfUri } from './document-uri.ts'
import { asObject, type Json } from './json.ts'
import { isRange } from './mirror.ts'
import { textOfSnippet } from './snippet.ts'

/** The `insertTextFormat` of rust-analyzer's own snippets; LSP 3.18 has `snippet` instead. */
const SNIPPET = 2

/** A WorkspaceEdit in the words of `edits/`: the door between the protocol and everything behind it. */
export interface Lowered {
  readonly steps: readonly Step[]
  /** Paths whose edits cannot be told exactly, and why. */
  readonly inexact: ReadonlyMap<string, string>
  /** The versions of documents that edits are meant for, where the server says so. */
  readonly versions: ReadonlyMap<string, number>
  /** What is passed on without being recorded: documents that are no files. */
  readonly unrecorded: readonly string[]
  /** Text edits, for people. */
  readonly count: number
  /** Whether the editor may ask its user to confirm some of it, one by one. */
  readonly isConfirmed: boolean
}

/**
 * Reads a WorkspaceEdit in any of its forms. `documentChanges` is preferred over `changes` (LSP 3.17,
 * "WorkspaceEdit"). Anything may come from a broken server: what makes no sense makes its path inexact.
 */
export function fromWorkspaceEdit(edit: unknown): Lowered {
  const { changes, documentChanges, changeAnnotations } = asObject(edit)
  const reader = new Reader(asObject(changeAnnotations))
  if (Array.isArray(documentChanges))
    for (const change of documentChanges) reader.documentChange(asObject(change))
  else for (const [uri, edits] of Object.entries(asObject(changes))) reader.textEdits(uri, edits)
  return reader
}

class Reader implements Lowered {
  readonly steps: Step[] = []
  readonly inexact = new Map<string, string>()
  readonly versions = new Map<string, number>()
  readonly unrecorded: string[] = []
  count = 0
  isConfirmed = false
  readonly #annotations: Json

  constructor(annotations: Json) {
    this.#annotations = annotations
  }

  documentChange(change: Json): void {
    this.#annotated(change)
    const options = asObject(change.options)
    const overwrite = options.overwrite === true
    const ignoreIfExists = options.ignoreIfExists === true
    switch (change.kind) {
      case 'create':
        return this.#on([change.uri], ([path]) => ({
          kind: 'create',
          path: path!,
          overwrite,
          ignoreIfExists,
        }))
      case 'rename':
        return this.#on([change.oldUri, change.newUri], ([from, to]) => {
          this.#carryOver(from!, to!)
          return { kind: 'rename', from: from!, to: to!, overwrite, ignoreIfExists }
        })
      case 'delete':
        return this.#on([change.uri], ([path]) => ({
          kind: 'delete',
          path: path!,
          recursive: options.recursive === true,
          ignoreIfNotExists: options.ignoreIfNotExists === true,
        }))
      default: {
        const { uri, version } = asObject(change.textDocument)
        const path = pathOfUri(uri)
        // The first counts: after it the server numbers the states that its own edits lead to.
        if (path !== undefined && typeof version === 'number' && !this.versions.has(path))
          this.versions.set(path, version)
        return this.textEdits(uri, change.edits)
      }
    }
  }

  textEdits(uri: unknown, value: unknown): void {
    this.#on([uri], ([path]) => {
      const edits: TextEdit[] = []
      for (const item of Array.isArray(value) ? value : [undefined]) {
        this.#annotated(asObject(item))
        const edit = textEditOf(item)
        if (typeof edit === 'string') this.inexact.set(path!, edit)
        else edits.push(edit)
      }
      this.count += edits.length
      return { kind: 'text', path: path!, edits }
    })
  }

  /** Servers declare more annotations than they use (rust-analyzer). */
  #annotated({ annotationId }: Json): void {
    if (typeof annotationId !== 'string' || !Object.hasOwn(this.#annotations, annotationId)) return
    if (asObject(this.#annotations[annotationId]).needsConfirmation === true) this.isConfirmed = true
  }

  /** What cannot be told of a file cannot be told of it where it goes either; nor here, where it may stay. */
  #carryOver(from: string, to: string): void {
    for (const [path, reason] of [...this.inexact])
      if (path === from || path.startsWith(from + sep)) this.inexact.set(to + path.slice(from.length), reason)
  }

  #on(uris: readonly unknown[], step: (paths: readonly string[]) => Step): void {
    const paths = uris.map(pathOfUri)
    if (paths.every((path) => path !== undefined)) this.steps.push(step(paths))
    else this.unrecorded.push(...uris.filter((_, i) => paths[i] === undefined).map(String))
  }
}

/** A text edit, or why it cannot be told what it does. */
function textEditOf(value: unknown): TextEdit | string {
  const edit = asObject(value)
  if (!isRange(edit.range)) return 'an edit has no range'
  const { snippet, newText } = edit
  if (snippet !== undefined || edit.insertTextFormat === SNIPPET) {
    // Whatever is typed over its placeholders comes on top.
    const value = snippet === undefined ? newText : asObject(snippet).value
    const text = typeof value === 'string' ? textOfSnippet(value) : undefined
    return text === undefined ? 'an edit is a snippet' : { range: edit.range, newText: text }
  }
  if (typeof newText !== 'string') return 'an edit has no text'
  return { range: edit.range, newText }
}
