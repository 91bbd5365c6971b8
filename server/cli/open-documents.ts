import type { Env } from '../journal/env.ts'
import type { Root } from '../journal/root.ts'
import { liveSessions } from '../journal/session-folder.ts'

/**
 * The paths that running editors hold open behind a proxy, as their sessions say.
 * A file written under an open buffer is a trap in every editor.
 */
export async function openDocuments(env: Env, root: Root): Promise<Set<string>> {
  const open = new Set<string>()
  for (const { info, claimedBy } of await liveSessions(env, root)) {
    if (claimedBy !== undefined) continue
    const call = await env.host.call(info.socket)
    if (call.answered && call.line !== undefined) {
      for (const path of pathsIn(call.line) ?? []) {
        open.add(path)
        // An editor may have it open by another name, through a link.
        open.add(await env.disk.realpath(path).catch(() => path))
      }
    }
  }
  return open
}

/** The paths in a session's answer; undefined: whoever answered is no session of this program. */
export function pathsIn(line: string): string[] | undefined {
  try {
    const { open } = JSON.parse(line) as { open?: unknown }
    return Array.isArray(open) ? open.filter((path) => typeof path === 'string') : undefined
  } catch {
    return undefined
  }
}
