import { resolve } from 'node:path'
import type { Host } from '../disk/host.ts'
import type { EditorInfo } from '../journal/session-folder.ts'
import { pathOfUri } from './document-uri.ts'
import { asObject, type Json } from './json.ts'

/** What `initialize` says of the client, as far as the proxy needs it. */
export interface ClientFacts {
  readonly folders: readonly string[]
  readonly editor: EditorInfo
  /** It takes no `workspace/applyEdit`, or has no screen: what is to be recovered goes straight to the disk. */
  readonly headless: boolean
}

const HEADLESS = 'lsp-wal-headless'

/** Reads the params of `initialize`. `cwd` is the workspace of a client that names none. */
export async function clientFactsOf(params: unknown, cwd: string, host: Host): Promise<ClientFacts> {
  const { clientInfo, processId, capabilities } = asObject(params)
  const { name, version } = asObject(clientInfo)
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
    headless: name === HEADLESS || asObject(asObject(capabilities).workspace).applyEdit !== true,
  }
}

function foldersOf(params: Json, cwd: string): string[] {
  const named = Array.isArray(params.workspaceFolders) ? params.workspaceFolders : []
  const paths = named.map((folder) => pathOfUri(asObject(folder).uri)).filter((path) => path !== undefined)
  if (paths.length > 0) return paths
  const root = pathOfUri(params.rootUri) ?? (typeof params.rootPath === 'string' ? params.rootPath : cwd)
  return [resolve(root)]
}
