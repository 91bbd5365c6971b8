import { basename, dirname, isAbsolute, join, sep } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import type { Env } from './env.ts'
import { OUTCOMES } from './outcomes.ts'
import { checkRoot, type Root } from './root.ts'

export const SESSION_FILE = 'session.json'
/** Inside a live session's folder: the dead sessions it has taken over. */
export const CLAIMED = 'claimed'
/** What it answers on as long as it runs, where a socket has a place among files. */
export const SOCKET = 'socket'

/** The name of a session's folder: the time of its start, and random digits. */
export const SESSION_NAME = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/
/** The same hidden from every reader: while it is being made, and while it is being removed. */
export const HIDDEN_NAME = /^\.\d{8}T\d{6}Z-[0-9a-f]{8}-[0-9a-f]+$/

/** What is known of a session before its folder is made. */
export interface SessionStart {
  /** Workspace folders, absolute. */
  readonly folders: readonly string[]
  /** The wrapped server's command and arguments. */
  readonly server: readonly string[]
  readonly editor: EditorInfo | null
}

export interface EditorInfo {
  readonly name: string
  readonly version: string
  /** The `processId` of `initialize` and when that process began; null where the client gave none. */
  readonly pid: number | null
  readonly start: string | null
}

/** `session.json`. */
export interface SessionInfo extends SessionStart {
  readonly version: 1
  readonly session: string
  readonly host: string
  /** `Host.machine`, where there is one. */
  readonly machine?: string
  readonly boot: string
  readonly pid: number
  readonly start: string
  readonly startedAt: string
  readonly socket: string
}

export interface FoundSession {
  /** Its folder now. */
  readonly path: string
  readonly info: SessionInfo
  /** The session that has taken it over. */
  readonly claimedBy: SessionInfo | undefined
}

/** `elsewhere`: started on another machine that shares this folder, so nothing can be known. */
export type Life = 'live' | 'dead' | 'elsewhere'

/** Far more than a session ever says of itself. */
const LONGEST_INFO = 1024 * 1024

/**
 * Sessions under `live/`, those taken over by others too, oldest first.
 * @throws JournalError where the journal is not this user's alone
 */
export async function liveSessions(env: Env, root: Root): Promise<FoundSession[]> {
  await checkRoot(env, root)
  return foundIn(env, root.live, undefined)
}

/** Settled sessions, oldest first. @throws JournalError where the journal is not this user's alone */
export async function settledSessions(env: Env, root: Root): Promise<FoundSession[]> {
  await checkRoot(env, root)
  return foundIn(env, root.history, undefined)
}

async function foundIn(
  env: Env,
  folder: string,
  claimedBy: SessionInfo | undefined,
): Promise<FoundSession[]> {
  const found: FoundSession[] = []
  for (const { name, kind } of (await env.disk.list(folder)) ?? []) {
    // A leading dot: still being made, or left by a crash before anything was recorded in it.
    if (kind === 'folder' && !name.startsWith('.'))
      found.push(...(await foundAt(env, join(folder, name), claimedBy)))
  }
  return found.sort((a, b) => (a.info.session < b.info.session ? -1 : 1))
}

/** The session that is in this folder, if one is, and those that it has taken over. */
async function foundAt(env: Env, path: string, claimedBy: SessionInfo | undefined): Promise<FoundSession[]> {
  const info = await readInfo(env, path)
  if (info?.session !== basename(path)) return []
  const claimed = join(path, CLAIMED)
  // Not through a link: what it leads to was not claimed.
  const others = (await env.disk.lstat(claimed))?.kind === 'folder' ? await foundIn(env, claimed, info) : []
  return [{ path, info, claimedBy }, ...others]
}

/** A settled session that is looked into when it is asked for. */
export interface Settled {
  readonly session: string
  /** When it was last written to, in milliseconds since 1970: nothing that it holds is later, as far as clocks go. */
  readonly lastMs: number
  /** It, and those that it has taken over. */
  readonly find: () => Promise<FoundSession[]>
}

/**
 * Settled sessions, the one that was written last first; none of them is opened.
 * @throws JournalError where the journal is not this user's alone
 */
export async function settledByTime(env: Env, root: Root): Promise<Settled[]> {
  await checkRoot(env, root)
  const folders = ((await env.disk.list(root.history)) ?? []).filter(
    ({ name, kind }) => kind === 'folder' && !name.startsWith('.'),
  )
  return folders
    .map(({ name }): Settled => {
      const path = `${root.history}${sep}${name}` // a name of a folder’s needs no normalizing, and these are many
      // Of a settled session every intent has its outcome, and that comes behind it.
      const stat = env.disk.lstatNow(`${path}${sep}${OUTCOMES}`) ?? env.disk.lstatNow(path)
      const lastMs = Number((stat?.mtimeNs ?? 0n) / 1_000_000n)
      return { session: name, lastMs, find: () => foundAt(env, path, undefined) }
    })
    .sort((a, b) => b.lastMs - a.lastMs)
}

/** Whether the process that a session belongs to still runs. A claimed one belongs to its claimer. */
export async function lifeOf(env: Env, found: FoundSession): Promise<Life> {
  const owner = found.claimedBy ?? found.info
  // A machine may be given another name while it runs, and many have the same.
  if (owner.boot !== env.host.boot && !(owner.host === env.host.name && mayBeSameMachine(env, owner)))
    return 'elsewhere'
  if ((await env.host.call(owner.socket)).answered) return 'live'
  // Of another boot: no process of it can be left, whatever has its id now.
  if (owner.boot !== env.host.boot) return 'dead'
  // A socket's file can be swept away under a running session; its process is still there then.
  const start = await env.host.processStart(owner.pid)
  return start !== undefined && start === owner.start ? 'live' : 'dead'
}

function mayBeSameMachine({ host }: Env, { machine }: SessionInfo): boolean {
  return machine === undefined || host.machine === undefined || machine === host.machine
}

/** Whether the editor that a session served still runs: then its buffers hold what the disk does not. */
export async function editorLives(env: Env, info: SessionInfo): Promise<boolean> {
  const { editor } = info
  if (editor?.pid == null || editor.start === null || info.boot !== env.host.boot) return false
  return (await env.host.processStart(editor.pid)) === editor.start
}

/** What `session.json` says; undefined where there is none, or it is none of this program's. */
export async function readInfo(env: Env, folder: string): Promise<SessionInfo | undefined> {
  const path = join(folder, SESSION_FILE)
  try {
    const stat = await env.disk.lstat(path)
    if (stat?.kind !== 'file' || stat.size > LONGEST_INFO) return undefined
    const value: unknown = JSON.parse((await env.disk.read(path)).toString('utf8'))
    return isInfo(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    // Another program has moved it on between the look and the reading.
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}

function isInfo(value: unknown): value is SessionInfo {
  if (typeof value !== 'object' || value === null) return false
  const info = value as Partial<Record<keyof SessionInfo, unknown>>
  return (
    info.version === 1 &&
    [info.session, info.host, info.boot, info.start, info.startedAt, info.socket].every(
      (s) => typeof s === 'string',
    ) &&
    (info.machine === undefined || typeof info.machine === 'string') &&
    isProcessId(info.pid) &&
    isStrings(info.folders) &&
    // A relative folder would be another one for each reader, and an empty one the root of all.
    info.folders.every((folder) => isAbsolute(folder) && !folder.includes('\0')) &&
    isSocket(info.socket as string, info.session as string) &&
    isStrings(info.server) &&
    isEditor(info.editor)
  )
}

function isEditor(value: unknown): boolean {
  if (value === null) return true
  const editor = value as Partial<EditorInfo>
  return (
    typeof value === 'object' &&
    typeof editor.name === 'string' &&
    typeof editor.version === 'string' &&
    (editor.pid === null || isProcessId(editor.pid)) &&
    (editor.start === null || typeof editor.start === 'string')
  )
}

function isProcessId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0
}

/** Only such addresses as sessions listen at are ever called: anything else may be another program's. */
function isSocket(address: string, session: string): boolean {
  if (address === `\\\\.\\pipe\\lsp-wal-${session}`) return true
  const folder = basename(dirname(address))
  return (
    isAbsolute(address) &&
    basename(address) === SOCKET &&
    (folder === session || /^lsp-wal-[0-9a-f]{16}$/.test(folder))
  )
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
