import { DiskError } from '../disk/disk.ts'
import type { Env } from '../journal/env.ts'
import type { Recorded } from '../journal/replay.ts'
import { replay } from '../journal/replay.ts'
import type { Root } from '../journal/root.ts'
import type { Damage } from '../journal/scan.ts'
import { type FoundSession, liveSessions, settledSessions } from '../journal/session-folder.ts'
import { foundAgain } from '../journal/whereabouts.ts'
import { shareFolder } from '../recovery/shared-folders.ts'

/** One recorded intent with the session it was recorded in. */
export interface Entry {
  readonly session: FoundSession
  readonly recorded: Recorded
}

export interface DamagedLog extends Damage {
  readonly log: string
  readonly session: FoundSession
}

export interface History {
  /** In the order in time. */
  readonly entries: readonly Entry[]
  readonly damage: readonly DamagedLog[]
}

/**
 * Reads every intent of the sessions that share a folder with one of these; of all sessions where that is undefined.
 * `watch`: told how many are read so far.
 */
export async function readHistory(
  env: Env,
  root: Root,
  folders: Folders,
  watch: (sessions: number) => void = () => {},
): Promise<History> {
  const read = new Map<string, History>()
  // In this order: a session that ends meanwhile moves from the first to the second, and is read again there.
  for (const sessions of [liveSessions, settledSessions])
    for (const session of await sessions(env, root)) {
      watch(read.size)
      await readInto(read, env, session, folders)
    }
  return together([...read.values()])
}

/** Those that a session is to share one with; undefined: any session. */
export type Folders = string | readonly string[] | undefined

async function readInto(
  read: Map<string, History>,
  env: Env,
  session: FoundSession,
  folders: Folders,
): Promise<void> {
  if (!(await isOfFolders(env, session, folders))) return
  const history = await readSession(env, session)
  if (history !== undefined) read.set(session.info.session, history)
}

export async function isOfFolders(env: Env, { info }: FoundSession, folders: Folders): Promise<boolean> {
  return folders === undefined || shareFolder(env.disk, info.folders, [folders].flat())
}

/** Of several sessions one history. */
export function together(histories: readonly History[]): History {
  return {
    entries: histories.flatMap(({ entries }) => entries).sort(inTime),
    damage: histories.flatMap(({ damage }) => damage),
  }
}

/** How often a session that moves on while it is read is looked for: it settles once, and is taken over once or twice. */
const MOVES = 5

/** A session that moves on meanwhile is read where it is then. Undefined where it was removed. */
export async function readSession(env: Env, session: FoundSession): Promise<History | undefined> {
  let found: FoundSession | undefined = session
  for (let moves = 0; found !== undefined && moves < MOVES; moves++) {
    const history = await readFound(env, found)
    if (history !== undefined) return history
    found = await foundAgain(env, found)
  }
  return undefined
}

function readFound(env: Env, session: FoundSession): Promise<History | undefined> {
  return unlessMoved(env, session, async () => {
    const entries: Entry[] = []
    const damage: DamagedLog[] = []
    for await (const found of replay(env, session.path))
      if (found.kind === 'intent') entries.push({ session, recorded: found })
      else damage.push({ ...found, session })
    return { entries, damage }
  })
}

/** What is read of a session; undefined where it was moved on, or removed, meanwhile: some of it was not there then. */
export async function unlessMoved<T>(
  env: Env,
  session: FoundSession,
  read: () => Promise<T>,
): Promise<T | undefined> {
  const isThere = async () => (await env.disk.lstat(session.path)) !== undefined
  try {
    const found = await read()
    return (await isThere()) ? found : undefined
  } catch (error) {
    if (!(error instanceof DiskError) || (await isThere())) throw error
    return undefined
  }
}

/** Within one log, intents of the same instant stay in append order: sorting is stable. */
function inTime(a: Entry, b: Entry): number {
  return compare(timeOf(a), timeOf(b)) || compare(a.session.info.session, b.session.info.session)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** ISO 8601. A foreign intent has no time of its own: its session's start. */
export function timeOf({ session, recorded }: Entry): string {
  return recorded.intent.about.at || session.info.startedAt
}
