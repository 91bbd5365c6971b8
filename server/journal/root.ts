import { basename, dirname, join, sep } from 'node:path'
import { type Disk, DiskError } from '../disk/disk.ts'
import { type Env, JournalError } from './env.ts'

/** The journal's folders. Everything under it belongs to one user. */
export interface Root {
  readonly path: string
  readonly live: string
  readonly history: string
}

export function rootAt(path: string): Root {
  return { path, live: join(path, 'live'), history: join(path, 'history') }
}

/**
 * Makes the journal's folders where they are missing and checks whose they are. Durable only after `syncRoot`.
 * @throws JournalError where somebody else could write there, or inside one of the workspace folders:
 *   a log that a repository could ship would be a way to write files on the machine that opens it
 */
export async function prepareRoot(env: Env, root: Root, workspace: readonly string[]): Promise<void> {
  // Before anything is made: in there not even an empty folder may be left.
  await checkOutside(env, root, workspace)
  for (const folder of [root.path, root.live, root.history]) await makeFolders(env, folder)
  for (const folder of [root.path, root.live, root.history]) await checkOwn(env, folder)
}

/**
 * Before anything is read: whose the journal's folders are, as far as they are there.
 * @throws JournalError where somebody else could have written there
 */
export async function checkRoot(env: Env, root: Root): Promise<void> {
  for (const folder of [root.path, root.live, root.history]) {
    const kind = (await env.disk.lstat(folder))?.kind
    // In the place of a folder a file holds nothing, and so much the worse: but that is told when something is recorded.
    if (kind === 'folder' || kind === 'link') await checkOwn(env, folder)
  }
}

/** @throws JournalError inside one of the workspace folders */
export async function checkOutside(env: Env, root: Root, workspace: readonly string[]): Promise<void> {
  const real = await realpathAsFar(env.disk, root.path)
  for (const folder of workspace) {
    // A workspace that holds the user's home as a whole is no repository that somebody shipped.
    if (isWithin(folder, env.host.home)) continue
    if (isWithin(await realpathAsFar(env.disk, folder), real))
      throw new JournalError(
        `the journal ${root.path} is inside the workspace folder ${folder}: choose another with --journal`,
      )
  }
}

/** @throws JournalError where `folder` is no folder of this user's alone */
export async function checkOwn(env: Env, folder: string): Promise<void> {
  const stat = await env.disk.lstat(folder)
  if (stat?.kind !== 'folder') throw new JournalError(`${folder} is not a folder`)
  if (env.host.uid === undefined) return // Windows: the profile folder's own access list guards it
  if (stat.uid !== env.host.uid)
    throw new JournalError(`the journal folder ${folder} belongs to another user (${stat.uid})`)
  if (stat.mode & 0o022)
    throw new JournalError(`the journal folder ${folder} may be written by others: chmod go-w ${folder}`)
}

export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The canonical path, links resolved as far as it exists. */
export async function realpathAsFar(disk: Disk, path: string): Promise<string> {
  try {
    return await disk.realpath(path)
  } catch (error) {
    // A link that leads nowhere is there, and leads somewhere all the same.
    if (!(error instanceof DiskError) || (await disk.lstat(path)) !== undefined) throw error
  }
  const parent = dirname(path)
  return parent === path ? path : join(await realpathAsFar(disk, parent), basename(path))
}

async function makeFolders(env: Env, path: string): Promise<void> {
  const there = await env.disk.stat(path)
  if (there?.kind === 'folder') return
  if (there !== undefined) throw new JournalError(`the journal cannot be kept in ${path}: it is no folder`)
  const parent = dirname(path)
  if (parent !== path) await makeFolders(env, parent)
  try {
    await env.disk.makeFolder(path, 0o700)
  } catch (error) {
    // Another session may have made it between the look and the making.
    if ((await env.disk.stat(path))?.kind !== 'folder') throw error
  }
}

/**
 * Makes the entries of the journal's folders and of those around them durable, as far up as they are this user's.
 * Also where they were there: whoever made them may have crashed, or failed, before its sync.
 */
export async function syncRoot(env: Env, root: Root): Promise<void> {
  const holders: string[] = []
  for (let at = root.live; at !== dirname(at); at = dirname(at)) {
    if ((await env.disk.stat(at))?.uid !== env.host.uid) break
    holders.push(dirname(at))
  }
  await Promise.all(holders.map((folder) => syncEntries(env, folder)))
}

async function syncEntries(env: Env, folder: string): Promise<void> {
  try {
    await env.disk.syncFolder(folder)
  } catch (error) {
    // One that this user cannot read, such as the parent of a home folder, had nothing made in it here.
    if (!(error instanceof DiskError && (error.code === 'EACCES' || error.code === 'EPERM'))) throw error
  }
}
