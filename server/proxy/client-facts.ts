import { resolve } from 'node:path'
import type { Host } from '../disk/host.ts'
import type { EditorInfo } from '../journal/session-folder.ts'
import { pathOfUri } from './document-uri.ts'
import { asObject, type Json } from './json.ts'
import type { FoldersChanged } from './workspace-folders.ts'

/** What `initialize` says of the client, as far as the proxy needs it. */
export interface ClientFacts {
  readonly folders: readonly string[]
  readonly editor: EditorInfo
  /** It takes no `workspace/applyEdit`, or has no screen: what is to be recovered goes straight to the disk. */
  readonly headless: boolean
  /** It carries out `workspace/applyEdit`, and which of a file's operations in it. */
  readonly appliesEdits: boolean
  readonly fileOperations: readonly string[]
  /** It shows a document that it is asked to show. */
  readonly showsDocuments: boolean
  /** It shows the progress of work that it has not asked for. */
  readonly showsProgress: boolean
  /** It asks its user to confirm parts of an edit that are annotated so. */
  readonly confirmsParts: boolean
  /** It takes code actions that are more than a command. */
  readonly takesActions: boolean
  /** It writes files that its user has not open, and tells of them by `didOpen` all the same. */
  readonly opensWhatItWrites: boolean
  /** It keeps the last line end of a buffer, whatever an edit says. */
  readonly keepsLastLineEnd: boolean
  /** It counts characters in every position, whatever was agreed on. */
  readonly countsCharacters: boolean
  /** It tells of each save, if the server asks for that: by `save`, or by naming nothing but a kind of change. */
  readonly tellsOfSaves: { readonly asked: boolean; readonly unasked: boolean }
}

export const KAKOUNE_LSP = 'kakoune-lsp'
/** eglot calls itself Eglot. */
const LSP_MODE = 'emacs'
const HEADLESS = 'lsp-wal-headless'

/** Reads the params of `initialize`. `cwd` is the workspace of a client that names none. */
export async function clientFactsOf(params: unknown, cwd: string, host: Host): Promise<ClientFacts> {
  const { clientInfo, processId, capabilities } = asObject(params)
  const { name, version } = asObject(clientInfo)
  const { textDocument, window, workspace } = asObject(capabilities)
  const { applyEdit, workspaceEdit } = asObject(workspace)
  const { changeAnnotationSupport, resourceOperations } = asObject(workspaceEdit)
  const { codeAction, synchronization } = asObject(textDocument)
  const { codeActionLiteralSupport } = asObject(codeAction)
  const pid =
    typeof processId === 'number' && Number.isSafeInteger(processId) && processId > 0 ? processId : null
  return {
    folders: foldersOf(asObject(params), cwd),
    editor: {
      name: typeof name === 'string' ? name : '',
      version: typeof version === 'string' ? version : '',
      pid,
      start: pid === null ? null : ((await host.processStart(pid)) ?? null),
    },
    headless: name === HEADLESS || applyEdit !== true,
    appliesEdits: applyEdit === true,
    fileOperations: Array.isArray(resourceOperations)
      ? resourceOperations.filter((operation) => typeof operation === 'string')
      : [],
    showsDocuments: asObject(asObject(window).showDocument).support === true,
    showsProgress: asObject(window).workDoneProgress === true,
    confirmsParts: typeof changeAnnotationSupport === 'object' && changeAnnotationSupport !== null,
    takesActions: typeof codeActionLiteralSupport === 'object' && codeActionLiteralSupport !== null,
    opensWhatItWrites: name === KAKOUNE_LSP,
    keepsLastLineEnd: name === KAKOUNE_LSP,
    countsCharacters: name === LSP_MODE,
    tellsOfSaves: {
      asked: asObject(synchronization).didSave === true && name !== KAKOUNE_LSP,
      unasked: ['Neovim', 'helix', LSP_MODE].includes(name as string),
    },
  }
}

/** `params` of `workspace/didChangeWorkspaceFolders`: the paths of those that the editor has opened, and closed. */
export function foldersChangedBy(params: unknown): FoldersChanged {
  const { added, removed } = asObject(asObject(params).event)
  return { added: pathsOf(added), removed: pathsOf(removed) }
}

function foldersOf(params: Json, cwd: string): string[] {
  const paths = pathsOf(params.workspaceFolders)
  if (paths.length > 0) return paths
  const root = pathOfUri(params.rootUri) ?? (typeof params.rootPath === 'string' ? params.rootPath : cwd)
  return [resolve(root)]
}

function pathsOf(folders: unknown): string[] {
  const named = Array.isArray(folders) ? folders : []
  return named.map((folder) => pathOfUri(asObject(folder).uri)).filter((path) => path !== undefined)
}
