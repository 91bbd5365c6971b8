import { join } from 'node:path'
import type { Env } from './env.ts'
import { JournalError } from './env.ts'
import { checkOwn, type Root } from './root.ts'
import { contentsOf } from './session-contents.ts'
import { HIDDEN_NAME, lifeOf, liveSessions, readInfo, SESSION_NAME } from './session-folder.ts'

/** What of the history is kept. Infinity: no such limit. */
export interface Limits {
  /** Since a session was last written. */
  readonly keepMs: number
  /** Of all settled sessions together. */
  readonly maxBytes: number
}

/** A settled session as far as it is looked at for its removal: nothing of it is opened. */
interface Stored {
  readonly session: string
  readonly path: string
  readonly bytes: number
  readonly lastMs: number
}

export interface Due extends Stored {
  /** `age`: older than what is kept; `size`: everything newer takes as much as is kept. */
  readonly because: 'age' | 'size'
}

/** What a path is left for, though it is old, or no session. */
export interface Spared {
  readonly path: string
  readonly reason: string
}

export interface Retention {
  /** The oldest first. */
  readonly due: readonly Due[]
  /** Folders that a crash left while a session was being made or removed. */
  readonly leftovers: readonly string[]
  readonly kept: { readonly sessions: number; readonly bytes: number }
  readonly spared: readonly Spared[]
}

/** Asked between any two steps; whoever is in a hurry waits in it, or answers that it is enough. */
export type MayGoOn = () => Promise<boolean>

/** Nobody is in a hurry. */
export const untilDone: MayGoOn = () => Promise.resolve(true)

/** A session is made within milliseconds; what is this old and still hidden, nobody is making any more. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000
/** Of a session's removal, all takes milliseconds. */
const REMAINS_MS = 60 * 1000

/**
 * What of the history is beyond its limits. Of `live/` nothing is, but for hidden leftovers.
 * @throws JournalError where the journal's folders are not this user's alone
 */
export async function planRetention(
  env: Env,
  root: Root,
  limits: Limits,
  mayGoOn: MayGoOn,
): Promise<Retention> {
  const spared: Spared[] = []
  const leftovers: string[] = []
  for (const folder of [root.path, root.live, root.history])
    if ((await env.disk.lstat(folder)) !== undefined) await checkOwn(env, folder)

  const stored: Stored[] = []
  let complete = true
  const entries = [...((await env.disk.list(root.history)) ?? [])]
  // In the order of their names, which is that of their starts: cut short, it is the oldest that were looked at.
  for (const { name, kind } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!(await mayGoOn())) {
      complete = false
      break
    }
    const path = join(root.history, name)
    if (kind === 'folder' && HIDDEN_NAME.test(name)) leftovers.push(path)
    else if (kind !== 'folder' || !SESSION_NAME.test(name)) spared.push({ path, reason: 'it is no session' })
    else {
      const found = await lookAt(env, name, path)
      if (found === undefined) continue // moved on meanwhile
      if ('reason' in found) spared.push(found)
      else stored.push(found)
    }
  }
  const due = await withoutUndos(env, root, dueOf(env, stored, limits, complete), spared)
  leftovers.push(...(await oldBuildings(env, root)))
  const gone = new Set(due.map(({ session }) => session))
  const kept = stored.filter(({ session }) => !gone.has(session))
  return { due, leftovers, kept: { sessions: kept.length, bytes: sum(kept) }, spared }
}

async function lookAt(env: Env, session: string, path: string): Promise<Stored | Spared | undefined> {
  try {
    await checkOwn(env, path)
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    return (await env.disk.lstat(path)) === undefined ? undefined : { path, reason: error.message }
  }
  const contents = await contentsOf(env, path)
  if (contents === undefined) return undefined
  if (contents.kind === 'foreign') return { path, reason: contents.reason }
  return { session, path, bytes: contents.bytes, lastMs: contents.lastMs }
}

function dueOf(env: Env, stored: readonly Stored[], limits: Limits, complete: boolean): Due[] {
  const now = env.host.now().getTime()
  const due: Due[] = []
  let bytes = 0
  for (const each of stored.toSorted((a, b) => b.lastMs - a.lastMs || (a.session < b.session ? 1 : -1))) {
    bytes += each.bytes
    // Zero is nothing, also of what a clock that was set back has dated ahead.
    if (limits.keepMs === 0 || now - each.lastMs >= limits.keepMs) due.push({ ...each, because: 'age' })
    else if (complete && bytes > limits.maxBytes) due.push({ ...each, because: 'size' })
  }
  return due.reverse()
}

/**
 * Without what tells a recovery what the user has decided: where an undo is younger than a session under `live/`, it
 * may have taken back what is pending there, which would be done again behind the user's back.
 */
async function withoutUndos(env: Env, root: Root, due: readonly Due[], spared: Spared[]): Promise<Due[]> {
  if (due.length === 0) return []
  const oldest = (await liveSessions(env, root)).map(({ info }) => info.session).sort()[0]
  const left: Due[] = []
  for (const each of due) {
    const mayTell = oldest !== undefined && oldest <= each.session
    // Without an editor it is a command's session: an undo or a recovery.
    if (mayTell && (await readInfo(env, each.path))?.editor === null)
      spared.push({ path: each.path, reason: 'it may have undone what is pending in an older session' })
    else left.push(each)
  }
  return left
}

/** Folders under `live/` that hold nothing: hidden ones whose maker died, and what is left of removed sessions. */
async function oldBuildings(env: Env, root: Root): Promise<string[]> {
  const found: string[] = []
  for (const { name, kind } of (await env.disk.list(root.live)) ?? []) {
    const path = join(root.live, name)
    if (kind !== 'folder') continue
    if (SESSION_NAME.test(name) && (await isRemains(env, path))) found.push(path)
    if (!HIDDEN_NAME.test(name)) continue
    const contents = await contentsOf(env, path)
    // A log with something in it is nothing that this program leaves under such a name: somebody's care.
    if (contents?.kind !== 'own' || contents.logBytes > 0) continue
    if (env.host.now().getTime() - contents.lastMs < LEFTOVER_MS) continue
    const info = await readInfo(env, path)
    if (info !== undefined && (await lifeOf(env, { path, info, claimedBy: undefined })) !== 'dead') continue
    found.push(path)
  }
  return found
}

/** Whether a removal was cut short at its very end, and nobody is at it: a session is made with its file in it. */
async function isRemains(env: Env, path: string): Promise<boolean> {
  const contents = await contentsOf(env, path)
  if (contents?.kind !== 'own' || contents.files.length > 0) return false
  return env.host.now().getTime() - contents.lastMs >= REMAINS_MS
}

const sum = (all: readonly Stored[]): number => all.reduce((total, { bytes }) => total + bytes, 0)
