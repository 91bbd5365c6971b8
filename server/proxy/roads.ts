import { basename } from 'node:path'
import { pathOfUri } from './document-uri.ts'
import { asObject } from './json.ts'
import type { Mirror } from './mirror.ts'
import { wordAt } from './word-at.ts'

/** A way from the server to the editor that begins with the editor asking: the answer carries an edit. */
export interface Road {
  /** The edit in the answer's `result`; undefined: there is none. */
  readonly editOf: (result: unknown, params: unknown) => unknown
  /** What the edit is called, told by the request. */
  readonly label: (params: unknown, mirror: Mirror) => string
}

/** The edit is the result itself. */
const whole = (result: unknown) => result ?? undefined

/**
 * The requests of the editor whose answers carry edits, by their methods. Code actions are not among them: of a menu
 * that is shown, at most one is picked (`code-actions.ts`).
 */
export const ROADS: Readonly<Record<string, Road>> = {
  'textDocument/rename': { editOf: whole, label: renameLabel },
  'workspace/willCreateFiles': { editOf: whole, label: (params) => filesLabel('Create', params, 'uri') },
  'workspace/willRenameFiles': { editOf: whole, label: (params) => moveLabel(params) },
  'workspace/willDeleteFiles': { editOf: whole, label: (params) => filesLabel('Delete', params, 'uri') },
  'codeAction/resolve': { editOf: (result) => asObject(result).edit ?? undefined, label: actionLabel },
}

/** Those of one document's layout: undone by the editor's own undo, and so recorded only where that is asked for. */
export const FORMATTING_ROADS: Readonly<Record<string, Road>> = Object.fromEntries(
  [
    'textDocument/formatting',
    'textDocument/rangeFormatting',
    'textDocument/rangesFormatting',
    'textDocument/onTypeFormatting',
    'textDocument/willSaveWaitUntil',
  ].map((method) => [method, { editOf: textEditsOf, label: formatLabel }]),
)

/** What a code action is called. */
export function actionLabel(action: unknown): string {
  const { title } = asObject(action)
  return typeof title === 'string' ? title : 'Code action'
}

function textEditsOf(result: unknown, params: unknown): unknown {
  const { uri } = asObject(asObject(params).textDocument)
  return Array.isArray(result) && result.length > 0 ? { changes: { [String(uri)]: result } } : undefined
}

function renameLabel(params: unknown, mirror: Mirror): string {
  const { textDocument, position, newName } = asObject(params)
  const path = pathOfUri(asObject(textDocument).uri)
  const text = path === undefined ? undefined : mirror.document(path)?.text
  const old = text === undefined ? undefined : wordAt(text, position, mirror.editorsEncoding)
  const name = String(newName)
  return old === undefined ? `Rename to \`${name}\`` : `Rename \`${old}\` → \`${name}\``
}

function moveLabel(params: unknown): string {
  const { files } = asObject(params)
  const [file, ...others] = Array.isArray(files) ? files : []
  if (others.length > 0) return `Move ${others.length + 1} files`
  const { oldUri, newUri } = asObject(file)
  return `Move \`${nameOf(oldUri)}\` → \`${nameOf(newUri)}\``
}

function filesLabel(verb: string, params: unknown, key: string): string {
  const { files } = asObject(params)
  const [file, ...others] = Array.isArray(files) ? files : []
  return others.length > 0
    ? `${verb} ${others.length + 1} files`
    : `${verb} \`${nameOf(asObject(file)[key])}\``
}

function formatLabel(params: unknown): string {
  return `Format \`${nameOf(asObject(asObject(params).textDocument).uri)}\``
}

function nameOf(uri: unknown): string {
  return basename(pathOfUri(uri) ?? String(uri))
}
