import { DiskError } from '../disk/disk.ts'
import type { Env } from '../journal/env.ts'
import type { Recorded } from '../journal/replay.ts'
import { replay } from '../journal/replay.ts'
import type { Root } from '../journal/root.ts'
import type { Damage } from '../journal/scan.ts'
import { type FoundSession, liveSessions, settledByTime, settledSessions } from '../journal/session-folder.ts'
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

/** Reads every intent of the sessions that share a folder with one of these; of all sessions where that is undefined. */
export async function readHistory(env: Env, root: Root, folders: Folders): Promise<History> {
  const read = new Map<string, History>()
  // In this order: a session that ends meanwhile moves from the first to the second, and is read again there.
  for (const sessions of [liveSessions, settledSessions])
    for (const session of await sessions(env, root)) await readInto(read, env, session, folders)
  return together([...read.values()])
}

/** The end of a history, all that is later than some instant; `isWhole`: there is nothing earlier. */
export interface NewestHistory extends History {
  readonly isWhole: boolean
}

/**
 * A file is dated by another clock than the intents in it where it lies on another machine, and clocks are set: what
 * may be off by more than this is found in its place by {@link readHistory} alone.
 */
const SLACK_MS = 60 * 60 * 1000

/**
 * The same from its end, session by session, until `enough` are wanted of those that are there for certain. What is
 * not read is not checked either.
 */
export async function readNewest(
  env: Env,
  root: Root,
  folders: Folders,
  { isWanted, enough }: { readonly isWanted: (entry: Entry) => boolean; readonly enough: number },
): Promise<NewestHistory> {
  const read = new Map<string, History>()
  for (const session of await liveSessions(env, root)) await readInto(read, env, session, folders)
  for (const { lastMs, find } of await settledByTime(env, root)) {
    // All that was not read yet is no later.
    const from = new Date(Math.max(0, lastMs + SLACK_MS)).toISOString()
    const known = [...read.values()].flatMap(({ entries }) => entries)
    if (known.filter((entry) => timeOf(entry) > from && isWanted(entry)).length >= enough) {
      const { entries, damage } = together([...read.values()])
      return { entries: entries.filter((entry) => timeOf(entry) > from), damage, isWhole: false }
    }
    for (const session of await find()) await readInto(read, env, session, folders)
  }
  return { ...together([...read.values()]), isWhole: true }
}

type Folders = string | readonly string[] | undefined

async function readInto(
  read: Map<string, History>,
  env: Env,
  session: FoundSession,
  folders: Folders,
): Promise<void> {
  if (folders !== undefined && !(await shareFolder(env.disk, session.info.folders, [folders].flat()))) return
  const history = await readSession(env, session)
  if (history !== undefined) read.set(session.info.session, history)
}

function together(histories: readonly History[]): History {
  return {
    entries: histories.flatMap(({ entries }) => entries).sort(inTime),
    damage: histories.flatMap(({ damage }) => damage),
  }
}

/** Undefined where it was moved on, or removed, while it was read. */
async function readSession(env: Env, session: FoundSession): Promise<History | undefined> {
  const entries: Entry[] = []
  const damage: DamagedLog[] = []
  try {
    for await (const found of replay(env, session.path))
      if (found.kind === 'intent') entries.push({ session, recorded: found })
      else damage.push({ ...found, session })
  } catch (error) {
    if (!(error instanceof DiskError) || (await env.disk.lstat(session.path)) !== undefined) throw error
    return undefined
  }
  return { entries, damage }
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
