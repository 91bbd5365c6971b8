import { basename, join } from 'node:path'
import type { Env } from './env.ts'
import type { Root } from './root.ts'
import { contentsOf } from './session-contents.ts'
import { type FoundSession, liveSessions, readInfo, settledSessions } from './session-folder.ts'

/**
 * Folders that hold logs and that no reader finds: their session.json is missing or damaged, or they were put out of
 * sight. Whoever promises that nothing is left of something has to name them.
 */
export async function unreadFolders(env: Env, root: Root, found: readonly FoundSession[]): Promise<string[]> {
  const known = new Set(found.map(({ path }) => path))
  const unread: string[] = []
  for (const folder of [root.live, root.history])
    for (const { name, kind } of (await env.disk.list(folder)) ?? []) {
      const path = join(folder, name)
      if (kind !== 'folder' || known.has(path)) continue
      const contents = await contentsOf(env, path)
      if (contents !== undefined && (contents.kind === 'foreign' || contents.logBytes > 0)) unread.push(path)
    }
  return unread
}

/** Those of them that are in sight: sessions whose session.json does not say whose they are. */
export async function unreadSessions(env: Env, root: Root): Promise<string[]> {
  const found = [...(await liveSessions(env, root)), ...(await settledSessions(env, root))]
  const unread: string[] = []
  for (const path of await unreadFolders(env, root, found)) {
    const name = basename(path)
    // Moved on meanwhile, it was found elsewhere, and is sound.
    if (!name.startsWith('.') && (await readInfo(env, path))?.session !== name) unread.push(path)
  }
  return unread
}
