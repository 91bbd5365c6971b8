import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Disk } from './disk/disk.ts'
import { nodeHost } from './disk/node-host.ts'
import { createHasher } from './edits/hash.ts'
import type { Env } from './journal/env.ts'
import { type Root, rootAt } from './journal/root.ts'

export async function environment(disk: Disk): Promise<Env> {
  return { disk, host: nodeHost(process), hasher: await createHasher() }
}

/** `journal`: where the user wants it to be. */
export function rootOf(journal: string | undefined): Root {
  return rootAt(journal ?? defaultRoot())
}

function defaultRoot(): string {
  const { LSP_WAL_DIR, XDG_STATE_HOME, LOCALAPPDATA } = process.env
  if (LSP_WAL_DIR) return resolve(LSP_WAL_DIR)
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'lsp-wal')
  if (process.platform === 'darwin' && !XDG_STATE_HOME)
    return join(homedir(), 'Library', 'Application Support', 'lsp-wal')
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'lsp-wal')
}
