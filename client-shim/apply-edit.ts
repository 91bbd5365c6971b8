import type {
  CreateFile,
  DeleteFile,
  RenameFile,
  TextDocumentEdit,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { type Documents, isWithin, pathOf } from './documents.ts'

/**
 * What became of a workspace edit in the buffers and in the tree. `edited` are the documents whose text was
 * edited, in the order in which the edit names them, under the paths that they have afterwards.
 * `failedChange` is an index into the edit's changes; what stood before it stays carried out.
 */
export type EditOutcome =
  | { readonly applied: true; readonly edited: readonly string[] }
  | {
      readonly applied: false
      readonly edited: readonly string[]
      readonly failureReason: string
      readonly failedChange: number
    }

type Change = TextDocumentEdit | CreateFile | RenameFile | DeleteFile

/** What an edit does to files, but for their text. Documents that are open follow. */
export interface FileOperations {
  create(change: CreateFile, documents: Documents): Promise<void>
  /** Gives whether anything was renamed: with `ignoreIfExists` a target that exists leaves all as it is. */
  rename(from: string, to: string, options: RenameFile['options'], documents: Documents): Promise<boolean>
  delete(change: DeleteFile, documents: Documents): Promise<void>
}

/**
 * Carries out a workspace edit as a terminal editor with `failureHandling: abort` does, change by change:
 * file operations are done at once, text edits wait in buffers, and the first failure ends it.
 * A document's version is compared with the one it had when the edit arrived; a document that was not open
 * then has none that the server could know.
 */
export async function applyWorkspaceEdit(
  edit: WorkspaceEdit,
  documents: Documents,
  operations: FileOperations,
): Promise<EditOutcome> {
  const versions = new Map(documents.all().map(({ path, version }) => [path, version]))
  let edited: readonly string[] = []
  // Of a shape that no server should send: refused, so that nobody waits for an answer.
  if (typeof edit !== 'object' || edit === null)
    return { applied: false, edited, failureReason: 'the edit is no object', failedChange: 0 }
  for (const [index, change] of changesOf(edit).entries()) {
    try {
      edited = await carryOut(change, edited, versions, documents, operations)
    } catch (error) {
      // Every failure is the editor's answer to the server, and names its path.
      const failureReason = error instanceof Error ? error.message : String(error)
      return { applied: false, edited, failureReason, failedChange: index }
    }
  }
  return { applied: true, edited }
}

/** The URIs that an edit names, each once, in their order there. */
export function urisOf(edit: WorkspaceEdit): string[] {
  const uris = changesOf(edit).flatMap((change) => {
    if (!('kind' in change)) return [change.textDocument.uri]
    return change.kind === 'rename' ? [change.oldUri, change.newUri] : [change.uri]
  })
  return [...new Set(uris)]
}

/** `documentChanges` where there are any, as LSP asks of a client that supports them; else `changes`. */
export function changesOf(edit: WorkspaceEdit): Change[] {
  if (edit.documentChanges !== undefined) return edit.documentChanges
  return Object.entries(edit.changes ?? {}).map(([uri, edits]) => ({
    textDocument: { uri, version: null },
    edits,
  }))
}

/** Gives the documents edited so far, this change included. */
async function carryOut(
  change: Change,
  edited: readonly string[],
  versions: ReadonlyMap<string, number>,
  documents: Documents,
  operations: FileOperations,
): Promise<readonly string[]> {
  if (!('kind' in change)) {
    const path = await editText(change, versions, documents)
    return edited.includes(path) ? edited : [...edited, path]
  }
  switch (change.kind) {
    case 'create':
      await operations.create(change, documents)
      return edited
    case 'rename': {
      const from = pathOf(change.oldUri)
      const to = pathOf(change.newUri)
      if (!(await operations.rename(from, to, change.options, documents))) return edited
      return edited
        .filter((path) => !isWithin(path, to))
        .map((path) => (isWithin(path, from) ? to + path.slice(from.length) : path))
    }
    case 'delete':
      await operations.delete(change, documents)
      return edited.filter((path) => documents.get(path) !== undefined)
    default:
      throw new Error(`no kind of change: ${JSON.stringify(change)}`)
  }
}

async function editText(
  change: TextDocumentEdit,
  versions: ReadonlyMap<string, number>,
  documents: Documents,
): Promise<string> {
  const path = pathOf(change.textDocument.uri)
  const meant = change.textDocument.version
  const had = versions.get(path)
  if (meant !== null && meant !== undefined && had !== undefined && meant !== had) {
    throw new Error(`the edit is for version ${meant} of ${path}, which is at ${had}`)
  }
  const edits = change.edits.map((edit): TextEdit => {
    if ('snippet' in edit) throw new Error(`a snippet edit of ${path}: this client has no snippets`)
    return edit
  })
  await documents.openOrStart(path)
  await documents.edit(path, edits)
  return path
}
