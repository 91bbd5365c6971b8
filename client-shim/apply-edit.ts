import type { Stats } from 'node:fs'
import { lstat, mkdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type {
  CreateFile,
  DeleteFile,
  RenameFile,
  TextDocumentEdit,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol/node'
import { type Documents, isWithin, pathOf } from './documents.ts'
import { isMissing } from './text-file.ts'

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

/**
 * Carries out a workspace edit as a terminal editor with `failureHandling: abort` does, change by change:
 * file operations reach the disk at once, text edits wait in buffers, and the first failure ends it.
 * A document's version is compared with the one it had when the edit arrived; a document that was not open
 * then has none that the server could know.
 */
export async function applyWorkspaceEdit(edit: WorkspaceEdit, documents: Documents): Promise<EditOutcome> {
  const versions = new Map(documents.all().map(({ path, version }) => [path, version]))
  let edited: readonly string[] = []
  // Of a shape that no server should send: refused, so that nobody waits for an answer.
  if (typeof edit !== 'object' || edit === null)
    return { applied: false, edited, failureReason: 'the edit is no object', failedChange: 0 }
  for (const [index, change] of changesOf(edit).entries()) {
    try {
      edited = await carryOut(change, edited, versions, documents)
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
function changesOf(edit: WorkspaceEdit): Change[] {
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
): Promise<readonly string[]> {
  if (!('kind' in change)) {
    const path = await editText(change, versions, documents)
    return edited.includes(path) ? edited : [...edited, path]
  }
  switch (change.kind) {
    case 'create':
      await createFile(change, documents)
      return edited
    case 'rename': {
      const from = pathOf(change.oldUri)
      const to = pathOf(change.newUri)
      if (!(await renameFile(from, to, change.options, documents))) return edited
      return edited
        .filter((path) => !isWithin(path, to))
        .map((path) => (isWithin(path, from) ? to + path.slice(from.length) : path))
    }
    case 'delete':
      await deleteFile(change, documents)
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

async function createFile(change: CreateFile, documents: Documents): Promise<void> {
  const path = pathOf(change.uri)
  if ((await statOf(path)) !== undefined && !change.options?.overwrite) {
    if (change.options?.ignoreIfExists) return
    throw new Error(`cannot create ${path}: it exists`)
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  await documents.blank(path)
}

/** Gives whether anything was renamed: with `ignoreIfExists` a target that exists leaves all as it is. */
async function renameFile(
  from: string,
  to: string,
  options: RenameFile['options'],
  documents: Documents,
): Promise<boolean> {
  const source = await statOf(from)
  if (source === undefined) throw new Error(`cannot rename ${from}: it does not exist`)
  const target = await statOf(to)
  // Where case does not count, a rename that changes nothing else finds the source at its target.
  const itself = target?.ino === source.ino && from.toLowerCase() === to.toLowerCase()
  if (target !== undefined && !itself) {
    if (!options?.overwrite) {
      if (options?.ignoreIfExists) return false
      throw new Error(`cannot rename ${from} to ${to}: the target exists`)
    }
    // rename(2) replaces a file by a file in one step; where a folder is in it, the way must be cleared.
    if (source.isDirectory() || target.isDirectory()) await rm(to, { recursive: true })
    await documents.close(to)
  }
  await mkdir(dirname(to), { recursive: true })
  await rename(from, to)
  await documents.move(from, to)
  return true
}

async function deleteFile(change: DeleteFile, documents: Documents): Promise<void> {
  const path = pathOf(change.uri)
  const stats = await statOf(path)
  if (stats === undefined) {
    if (!change.options?.ignoreIfNotExists) throw new Error(`cannot delete ${path}: it does not exist`)
  } else if (!stats.isDirectory()) {
    await unlink(path)
  } else if (change.options?.recursive) {
    await rm(path, { recursive: true })
  } else {
    await rmdir(path)
  }
  await documents.close(path)
}

/** Of the path itself, not of what a link points to; undefined where nothing is. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
