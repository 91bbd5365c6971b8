import { join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import type { Env } from './env.ts'
import { OUTCOMES } from './outcomes.ts'
import { CLAIMED, SESSION_FILE, SOCKET } from './session-folder.ts'

/** Logs, what was cut off them, and what was being written in their place: all that a session writes of edits. */
const LOG = /^wal(?:\.\d+)?\.log(?:\.(?:torn-\d+|new)-[0-9a-f]+)?$/
const OTHERS: readonly string[] = [SESSION_FILE, OUTCOMES]

/** What a session's folder holds. `foreign`: also what no session puts there, so it is somebody else's. */
export type Contents =
  | {
      readonly kind: 'own'
      /** Names, as they came; the socket is one of them. */
      readonly files: readonly string[]
      readonly bytes: number
      /** Of its logs alone. */
      readonly logBytes: number
      /** When it was last written: milliseconds since 1970. */
      readonly lastMs: number
    }
  | { readonly kind: 'foreign'; readonly reason: string }

/** Whether a name in a session's folder is one that a session gives to a file. */
export function isOwnFile(name: string): boolean {
  return LOG.test(name) || OTHERS.includes(name)
}

/** A torn tail that was kept aside before it was cut off. */
export function isTornCopy(name: string): boolean {
  return LOG.test(name) && name.includes('.log.torn-')
}

/** A log that was being written to take the place of another one. */
export function isNewLog(name: string): boolean {
  return LOG.test(name) && name.includes('.log.new-')
}

/** Looks at every name in a session's folder and opens none; undefined where there is no such folder. */
export async function contentsOf({ disk }: Env, folder: string): Promise<Contents | undefined> {
  const entries = await disk.list(folder)
  if (entries === undefined) return undefined
  const files: string[] = []
  let [bytes, logBytes, lastMs] = [0, 0, 0]
  for (const { name, kind } of entries) {
    if (name === CLAIMED && kind === 'folder') {
      if (((await disk.list(join(folder, name))) ?? []).length > 0)
        return { kind: 'foreign', reason: 'it holds sessions that it has taken over' }
    } else if (name === SOCKET && kind === 'other') files.push(name)
    else if (kind === 'file' && isOwnFile(name)) {
      const stat = await disk.lstat(join(folder, name))
      if (stat === undefined) continue // another gc is at it
      files.push(name)
      bytes += stat.size
      if (LOG.test(name)) logBytes += stat.size
      lastMs = Math.max(lastMs, Number(stat.mtimeNs / 1_000_000n))
    } else return { kind: 'foreign', reason: `it holds ${name}, which is no part of a session` }
  }
  if (lastMs === 0) lastMs = Number(((await disk.lstat(folder))?.mtimeNs ?? 0n) / 1_000_000n)
  return { kind: 'own', files, bytes, logBytes, lastMs }
}

/**
 * Removes a session's folder with what a session puts there, and nothing else; returns why it could not.
 * To be called on a name that no reader looks at: a crash in here leaves a part of it. Two may be at it at once.
 */
export async function removeContents(env: Env, folder: string): Promise<string | undefined> {
  const { disk } = env
  const contents = await contentsOf(env, folder)
  if (contents === undefined) return undefined
  if (contents.kind === 'foreign') return contents.reason
  // Each by its name and none followed: of a link that was put there since, it is the link that goes.
  for (const name of contents.files) await ifThere(disk.remove(join(folder, name)))
  await ifThere(disk.removeFolder(join(folder, CLAIMED)))
  await ifThere(disk.removeFolder(folder))
  return undefined
}

/** Whether it was there. */
export async function ifThere(act: Promise<void>): Promise<boolean> {
  try {
    await act
    return true
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return false
    throw error
  }
}
