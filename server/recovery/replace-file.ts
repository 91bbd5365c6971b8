import { dirname, join } from 'node:path'
import { type Disk, DiskError, type DiskFile, type Stat } from '../disk/disk.ts'
import { same } from './observe.ts'
import { type Change, Refused } from './workspace.ts'

/**
 * Puts new bytes in a file's place, all or nothing: a crash at any point leaves the old bytes or the new.
 *
 * By a temporary file and a rename; in place, with its bytes safe in the log, where a rename would lose
 * something: other hard links, an owner that cannot be given, a folder that takes no new file.
 * `temporaryName` is this run's alone: two that replace one file at once never share a temporary one.
 * @throws Refused where something else than `change.before` stands there
 * @throws DiskError where the system refuses
 */
export async function replaceFile(
  disk: Disk,
  change: Change,
  target: string,
  temporaryName: string,
): Promise<void> {
  const folder = dirname(target)
  const temporary = join(folder, temporaryName)
  const there = await checkStill(disk, change, target, undefined)
  if (change.after === undefined) {
    if (there === undefined) return
    await disk.remove(target)
    return disk.syncFolder(folder)
  }
  if (there !== undefined && (there.mode & 0o222) === 0) throw new Refused(`${change.path} is read-only`)
  if (there !== undefined && there.links > 1) return writeInPlace(disk, change.after, target)
  let written: string
  try {
    written = await writeTemporary(disk, temporary, change, there)
  } catch (error) {
    if (there !== undefined && isDenied(error)) return writeInPlace(disk, change.after, target)
    throw error
  }
  try {
    if ((await disk.lstat(temporary))?.identity !== written)
      throw new Refused(`the temporary file for ${change.path} was replaced meanwhile`)
    // Looked at again at the last moment: what another program wrote since the plan was made stays.
    await checkStill(disk, change, target, there)
    // A crash before this line leaves the old file and a temporary one, after it the new file.
    await disk.rename(temporary, target)
  } catch (error) {
    await disk.remove(temporary).catch(() => {}) // it may be gone; the error that matters is the first
    throw error
  }
  await disk.syncFolder(folder)
}

/** Resolves with the identity of the file that it made; what it could not finish is gone again. */
async function writeTemporary(
  disk: Disk,
  temporary: string,
  change: Change,
  there: Stat | undefined,
): Promise<string> {
  const file = await disk.open(temporary, 'create', 0o600)
  try {
    return await fill(file, change, there)
  } catch (error) {
    await disk.remove(temporary).catch(() => {}) // the error that matters is the first
    throw error
  }
}

async function fill(file: DiskFile, change: Change, there: Stat | undefined): Promise<string> {
  try {
    await file.write(change.after!)
    // The owner first: a change of owner clears the set-user-id bits of the mode.
    if (there !== undefined) await giveOwner(file, there)
    await file.setMode(there?.mode ?? change.mode ?? 0o644)
    await file.sync()
    return (await file.stat()).identity
  } finally {
    await file.close()
  }
}

async function giveOwner(file: DiskFile, there: Stat): Promise<void> {
  const { uid, gid } = await file.stat()
  if (uid !== there.uid || gid !== there.gid) await file.setOwner(there.uid, there.gid)
}

function isDenied(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'EACCES' || error.code === 'EPERM')
}

/** A crash in here can leave a mixture: the intent that this write belongs to holds both images. */
async function writeInPlace(disk: Disk, bytes: Uint8Array, target: string): Promise<void> {
  const file = await disk.open(target, 'modify')
  try {
    await file.write(bytes)
    await file.truncate(bytes.length)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function checkStill(
  disk: Disk,
  change: Change,
  target: string,
  before: Stat | undefined,
): Promise<Stat | undefined> {
  const stat = await disk.lstat(target)
  if (stat !== undefined && stat.kind !== 'file') throw new Refused(`${change.path} is no file any more`)
  if (before !== undefined && stat?.identity !== before.identity)
    throw new Refused(`${change.path} was replaced meanwhile`)
  const now = stat === undefined ? undefined : await disk.read(target)
  if (!same(now, change.before)) throw new Refused(`${change.path} was changed meanwhile`)
  return stat
}
