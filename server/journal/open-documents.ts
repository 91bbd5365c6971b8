import type { Env } from './env.ts'
import type { Root } from './root.ts'
import { liveSessions } from './session-folder.ts'

/**
 * The paths that running editors hold open behind a proxy, as their sessions say.
 * A file written under an open buffer is a trap in every editor. `but`: the session that asks.
 */
export async function openDocuments(env: Env, root: Root, but?: string): Promise<Set<string>> {
  const open = new Set<string>()
  for (const { info, claimedBy } of await liveSessions(env, root)) {
    if (claimedBy !== undefined || info.session === but) continue
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
