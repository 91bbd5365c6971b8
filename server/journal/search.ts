import { DiskError } from '../disk/disk.ts'
import type { Env } from './env.ts'
import { type Holding, holdings, type Wanted } from './holdings.ts'
import type { Root } from './root.ts'
import { type FoundSession, liveSessions, settledSessions } from './session-folder.ts'

/** A session and what it holds of what is wanted. */
export interface Searched {
  readonly found: FoundSession
  readonly holding: Holding
  /** It is in the history: nobody writes there any more. */
  readonly isOver: boolean
}

/**
 * Looks for what is wanted in every session; those that another one has taken over come before that one. `watch`: told
 * how many were looked into so far.
 */
export async function searchSessions(
  env: Env,
  root: Root,
  wanted: Wanted,
  watch: (sessions: number) => void = () => {},
): Promise<Searched[]> {
  const searched = new Map<string, Searched>()
  const search = async (found: FoundSession, isOver: boolean) => {
    watch(searched.size)
    try {
      searched.set(found.info.session, { found, holding: await holdings(env, found, wanted), isOver })
    } catch (error) {
      // It has been moved on meanwhile, as a session is that ends: it is met in the history then.
      if (!(error instanceof DiskError) || (await env.disk.lstat(found.path)) !== undefined) throw error
    }
  }
  const live = await liveSessions(env, root)
  // Taken out of there, such a one is no longer where it was found.
  for (const found of live.filter(({ claimedBy }) => claimedBy !== undefined)) await search(found, false)
  for (const found of live.filter(({ claimedBy }) => claimedBy === undefined)) await search(found, false)
  // Listed only now: a session that ends meanwhile moves from the first to the second.
  for (const found of await settledSessions(env, root)) await search(found, true)
  return [...searched.values()]
}
