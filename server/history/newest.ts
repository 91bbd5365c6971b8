import type { Env } from '../journal/env.ts'
import { replayEnd } from '../journal/replay.ts'
import type { Root } from '../journal/root.ts'
import { type FoundSession, liveSessions, settledByTime } from '../journal/session-folder.ts'
import {
  type Entry,
  type Folders,
  type History,
  isOfFolders,
  readSession,
  timeOf,
  together,
  unlessMoved,
} from './history.ts'

/** The end of a history, all that is later than some instant; `isWhole`: there is nothing earlier. */
export interface NewestHistory extends History {
  readonly isWhole: boolean
}

/**
 * A file is dated by another clock than the intents in it where it lies on another machine, and clocks are set: what
 * may be off by more than this is found in its place by `readHistory` alone.
 */
const SLACK_MS = 60 * 60 * 1000
/** The same within one log, which one clock has dated. */
const SLACK_IN_LOG_MS = 60 * 1000
/** A log is read from its end: some lines more than intents are asked for, and where that is too few, this many times more. */
const LINES_MORE = 4
const TIMES_MORE = 4
/** No date of JavaScript is later. */
const LAST_DATE_MS = 8.64e15

/**
 * A history from its end, log by log, until `enough` intents are there for certain. What is not read is not checked
 * either.
 */
export async function readNewest(
  env: Env,
  root: Root,
  folders: Folders,
  enough: number,
): Promise<NewestHistory> {
  const newest = new Newest(env, folders, enough + LINES_MORE)
  for (const session of await liveSessions(env, root)) await newest.read(session)
  // The oldest first: each is then the latest so far, and put at the end.
  for (const { lastMs, find } of (await settledByTime(env, root)).reverse())
    newest.leave(lastMs + SLACK_MS, async () => {
      for (const session of await find()) await newest.read(session)
    })
  while (!newest.isWhole && !newest.holds(enough)) await newest.goOn()
  return newest.history()
}

/** Something that was not read yet: a session, or the beginning of one. */
interface Unread {
  /** Nothing in it is later, in milliseconds since 1970. */
  readonly lastMs: number
  readonly read: () => Promise<void>
}

class Newest {
  readonly #env: Env
  readonly #folders: Folders
  /** How many of a log are read at first. */
  readonly #lines: number
  readonly #read = new Map<string, History>()
  /** The latest one last. */
  readonly #unread: Unread[] = []

  constructor(env: Env, folders: Folders, lines: number) {
    this.#env = env
    this.#folders = folders
    this.#lines = lines
  }

  get isWhole(): boolean {
    return this.#unread.length === 0
  }

  /** Reads a session from its end. */
  async read(session: FoundSession, lines = this.#lines): Promise<void> {
    if (!(await isOfFolders(this.#env, session, this.#folders))) return
    const end = await this.#endOf(session, lines)
    if (end !== undefined) {
      this.#read.set(session.info.session, { entries: end, damage: [] })
      this.leave(Date.parse(timeOf(end[0]!)) + SLACK_IN_LOG_MS, () => this.read(session, lines * TIMES_MORE))
      return
    }
    const history = await readSession(this.#env, session)
    if (history !== undefined) this.#read.set(session.info.session, history)
  }

  /** Puts off to read what is no later than this. */
  leave(lastMs: number, read: () => Promise<void>): void {
    const at = this.#unread.findLastIndex((other) => other.lastMs <= lastMs) + 1
    this.#unread.splice(at, 0, { lastMs, read })
  }

  /** Reads what may hold the latest of all that was not read yet. */
  async goOn(): Promise<void> {
    await this.#unread.pop()?.read()
  }

  /** Whether so many are read that nothing unread can come between them. */
  holds(enough: number): boolean {
    if (!Number.isFinite(enough)) return false
    let n = 0
    for (const { entries } of this.#read.values())
      n += entries.filter((entry) => this.#isCertain(entry)).length
    return n >= enough
  }

  history(): NewestHistory {
    const { entries, damage } = together([...this.#read.values()])
    return { entries: entries.filter((entry) => this.#isCertain(entry)), damage, isWhole: this.isWhole }
  }

  /** Whether it is later than all that was not read yet. */
  #isCertain(entry: Entry): boolean {
    const last = this.#unread.at(-1)
    return (
      last === undefined ||
      timeOf(entry) > new Date(Math.min(Math.max(0, last.lastMs), LAST_DATE_MS)).toISOString()
    )
  }

  /** At least one; undefined where the whole is to be read. */
  async #endOf(session: FoundSession, lines: number): Promise<readonly Entry[] | undefined> {
    if (!Number.isFinite(lines)) return undefined
    const end = await unlessMoved(this.#env, session, () => replayEnd(this.#env, session.path, lines))
    const entries = end?.map((recorded): Entry => ({ session, recorded }))
    // What a log says of its times is anything.
    return entries?.[0] === undefined || Number.isNaN(Date.parse(timeOf(entries[0]))) ? undefined : entries
  }
}
