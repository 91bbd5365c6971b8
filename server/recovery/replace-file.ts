import { DiskError, type DiskFile, type Folder, type Stat } from '../disk/disk.ts'
import { blocksOf, bytesOf, type FileBytes } from '../edits/file-bytes.ts'
import { mustBeAt } from './open-folders.ts'
import { type Change, HalfWritten, PutBack, Refused } from './workspace.ts'

/** One change, and the file that it is about. */
export interface Site {
  readonly change: Change
  readonly folder: Folder
  /** Where the folder was when it was opened, without links. */
  readonly folderPath: string
  readonly name: string
  /** This run's alone: two that replace one file at once never share a temporary one. */
  readonly temporaryName: string
  /** Of what is made: the file that it is to be, or be like, and which goes in turn. */
  readonly origin?: Origin
  /** Of a removal: the file is to stay by this name, which is another spelling of its own. */
  readonly respelt?: string
}

/** A file of another name. `isOpen`: it is never to have two. */
export interface Origin {
  readonly folder: Folder
  readonly folderPath: string
  readonly name: string
  readonly isOpen: boolean
}

/** How a file is to be replaced, as far as nobody sees anything of it. `temporary`: the identity of that file. */
export type Staged =
  | { readonly way: 'nothing' }
  | { readonly way: 'remove' | 'in place'; readonly there: Stat }
  | { readonly way: 'make'; readonly temporary: string }
  | { readonly way: 'swap'; readonly there: Stat; readonly temporary: string }

/**
 * Prepares a change: the new bytes stand, durable, in a temporary file beside the old ones; or they are to be written
 * in place, since a rename would lose something: other hard links, an owner that cannot be given; or since the folder
 * takes no new file.
 * @throws Refused where something else than `change.before` stands there, or it is read-only
 */
export async function stage(site: Site): Promise<Staged> {
  const { change, folder, name } = site
  const there = await folder.stat(name)
  if (there !== undefined && there.kind !== 'file') throw new Refused(`${change.path} is no file any more`)
  if ((there === undefined) !== (change.before === undefined)) throw changed(change)
  if (there === undefined) {
    if (change.after === undefined) return { way: 'nothing' }
    mustBeSyncable(site)
    const temporary = (await linkTemporary(site, change.after)) ?? (await writeTemporary(site, change.after))
    return { way: 'make', temporary }
  }
  if ((there.mode & 0o222) === 0) throw new Refused(`${change.path} is read-only`)
  if (change.after === undefined) {
    mustBeSyncable(site)
    return { way: 'remove', there }
  }
  if (there.links > 1 || !folder.isSyncable) return { way: 'in place', there }
  try {
    return { way: 'swap', there, temporary: await writeTemporary(site, change.after, there) }
  } catch (error) {
    if (isDenied(error)) return { way: 'in place', there }
    throw error
  }
}

/** The same change without the temporary file: a rename would lose something of what stands there. */
export async function stageInPlace(
  { folder, temporaryName }: Site,
  { there }: Staged & { way: 'swap' },
): Promise<Staged> {
  await folder.remove(temporaryName)
  return { way: 'in place', there }
}

/**
 * Carries out a change that was prepared. A crash at any point leaves the old bytes or the new; in place perhaps a
 * mixture, which the next start knows for one. What was renamed is durable only once the folder is synced.
 *
 * What another program wrote up to the last instant stays: the path, its folder and the bytes are looked at right
 * before, and the bytes that were taken away once more after. Lost is only a file that is renamed into this place
 * between the last look and the rename: Node has no renameat2(2), which could exchange the two.
 * @throws Refused where something else than `change.before` stands there by now
 */
export async function commit(site: Site, staged: Staged): Promise<void> {
  switch (staged.way) {
    case 'nothing':
      return
    case 'make':
      return make(site, staged.temporary)
    case 'swap':
      return swap(site, staged)
    case 'in place':
      return withFile(site, staged.there, (file) => writeInPlace(site, file))
    case 'remove':
      return remove(site, staged.there)
  }
}

/**
 * Where a file moves as it is: that very file by the temporary name, so that nothing it carries is lost, other names
 * among it. Resolves with its identity; undefined: a file of its own is to be made.
 */
async function linkTemporary(site: Site, after: FileBytes): Promise<string | undefined> {
  const { change, folder, origin, temporaryName } = site
  if (origin === undefined || origin.isOpen) return undefined
  try {
    const there = await origin.folder.stat(origin.name)
    if (there?.kind !== 'file' || there.size !== after.length) return undefined
    // One that is not to be removed, or is to come back with another mode.
    if ((there.mode & 0o222) === 0 || there.mode !== (change.mode ?? there.mode)) return undefined
    const file = await origin.folder.open(origin.name, 'modify')
    try {
      if ((await file.stat()).identity !== there.identity || !(await holds(file, after))) return undefined
      // Whoever wrote it need not have made that durable.
      await file.sync()
    } finally {
      await file.close()
    }
    await mustBeAt(origin.folder, origin.folderPath)
    // A crash after this leaves it by a second name, which the next start removes.
    await origin.folder.linkInto(origin.name, folder, temporaryName)
    if ((await folder.stat(temporaryName))?.identity === there.identity) return there.identity
    await folder.remove(temporaryName)
    return undefined
  } catch (error) {
    // Another file system, or one without second names; or what keeps it from being removed, too.
    if (error instanceof DiskError || error instanceof Refused) return undefined
    throw error
  }
}

async function make(site: Site, temporary: string): Promise<void> {
  const { change, folder, name, temporaryName } = site
  await withTemporary(site, temporary, async () => {
    // A moved file, by both names: what is written by the other one is written to it.
    if ((await folder.stat(temporaryName))!.links > 1) await mustHold(site)
    try {
      // Unlike a rename it takes nothing away that came meanwhile.
      // A crash before the next line leaves the file by both names, and the next start removes the temporary one.
      await folder.link(temporaryName, name)
    } catch (error) {
      if (hasCode(error, 'EEXIST')) throw changed(change)
      if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES')) throw error
      // A file system without hard links.
      if ((await folder.stat(name)) !== undefined) throw changed(change)
      return folder.rename(temporaryName, name)
    }
    await folder.remove(temporaryName)
  })
}

async function swap(site: Site, { there, temporary }: Staged & { way: 'swap' }): Promise<void> {
  const { change, folder, name, temporaryName } = site
  await withTemporary(site, temporary, () =>
    withFile(site, there, async (file) => {
      try {
        // A crash before this line leaves the old file and a temporary one, after it the new file.
        await folder.rename(temporaryName, name)
      } catch (error) {
        // EBUSY: a file that is mounted there (a container's, say); EPERM: somebody else's in a sticky folder.
        if (!isDenied(error) && !hasCode(error, 'EBUSY', 'EXDEV')) throw error
        await folder.remove(temporaryName)
        return writeInPlace(site, file)
      }
      if (await holds(file, change.before!)) return
      const theirs = await contentOf(file, change.before!.length)
      // Somebody wrote to it between the last look and the rename.
      if ((await folder.stat(name))?.identity === temporary) {
        await writeTemporary(site, theirs, there)
        await folder.rename(temporaryName, name)
      }
      throw changed(change)
    }),
  )
}

async function remove(site: Site, there: Stat): Promise<void> {
  const { change, folder, folderPath, name, temporaryName } = site
  await withFile(site, there, async (file) => {
    await mustBeAt(folder, folderPath)
    if (site.respelt !== undefined) return folder.rename(name, site.respelt)
    await folder.remove(name)
    if (await holds(file, change.before!)) return
    const theirs = await contentOf(file, change.before!.length)
    await writeTemporary(site, theirs, there)
    if ((await folder.stat(name)) === undefined) await folder.rename(temporaryName, name)
    else await folder.remove(temporaryName)
    throw changed(change)
  })
}

async function mustHold({ change, folder, temporaryName }: Site): Promise<void> {
  const file = await folder.open(temporaryName, 'modify')
  try {
    if (!(await holds(file, change.after!))) throw changed(change)
  } finally {
    await file.close()
  }
}

/** Does something with a temporary file, which is gone afterwards if that fails. */
async function withTemporary(site: Site, identity: string, act: () => Promise<void>): Promise<void> {
  const { change, folder, folderPath, temporaryName } = site
  try {
    if ((await folder.stat(temporaryName))?.identity !== identity)
      throw new Refused(`the temporary file for ${change.path} was replaced meanwhile`)
    await mustBeAt(folder, folderPath)
    await act()
  } catch (error) {
    await folder.remove(temporaryName).catch(() => {}) // it may be gone; the error that matters is the first
    throw error
  }
}

/** Does something with the file that stands there, held open, right after it was seen to hold what it should. */
async function withFile(site: Site, there: Stat, act: (file: DiskFile) => Promise<void>): Promise<void> {
  const { change, folder, name } = site
  const file = await openToWrite(site)
  try {
    const { identity, size } = await file.stat()
    if (identity !== there.identity) throw replaced(change)
    if (size !== change.before!.length || !(await holds(file, change.before!))) throw changed(change)
    if ((await folder.stat(name))?.identity !== there.identity) throw replaced(change)
    await act(file)
  } finally {
    await file.close()
  }
}

/** Also of a file that is only to be renamed over: what may not be written is not to be got round by its folder. */
async function openToWrite({ change, folder, name }: Site): Promise<DiskFile> {
  try {
    return await folder.open(name, 'modify')
  } catch (error) {
    if (hasCode(error, 'EPERM'))
      throw new Refused(`${change.path} is immutable, or may only be appended to (chattr(1))`)
    if (hasCode(error, 'EACCES')) throw new Refused(`${change.path} may not be written by this user`)
    if (hasCode(error, 'ELOOP', 'ENOENT', 'ENXIO', 'EISDIR')) throw replaced(change)
    throw error
  }
}

/**
 * `there`: the file that it is to take the place of, and be like. Resolves with the identity of the file that it made;
 * what it could not finish is gone again.
 */
async function writeTemporary(site: Site, bytes: FileBytes, there?: Stat): Promise<string> {
  const { change, folder, temporaryName } = site
  const origin = there === undefined ? await originOf(site) : undefined
  const mode = there?.mode ?? change.mode ?? origin?.mode
  // What nobody knows a mode for gets what the user gives new files; everything else is private until it has its own.
  const file = await folder.open(temporaryName, 'create', mode === undefined ? 0o666 : 0o600)
  try {
    return await fill(file, bytes, mode, (stat) =>
      there !== undefined ? giveOwner(file, stat, there) : giveOwnerIfMay(file, stat, origin),
    )
  } catch (error) {
    await folder.remove(temporaryName).catch(() => {}) // the error that matters is the first
    throw error
  }
}

async function fill(
  file: DiskFile,
  bytes: FileBytes,
  mode: number | undefined,
  own: (stat: Stat) => Promise<void>,
): Promise<string> {
  try {
    // Whether a log still holds what it held shows with the last block: until then it is nobody's file.
    for (const block of blocksOf(bytes)) await file.write(block)
    const stat = await file.stat()
    // The owner first: a change of owner clears the set-user-id bits of the mode.
    await own(stat)
    if (mode !== undefined) await giveMode(file, mode)
    await file.sync()
    return stat.identity
  } finally {
    await file.close()
  }
}

type Owner = Pick<Stat, 'uid' | 'gid'>

async function giveOwner(file: DiskFile, { uid, gid }: Owner, owner: Owner): Promise<void> {
  if (uid !== owner.uid || gid !== owner.gid) await file.setOwner(owner.uid, owner.gid)
}

/** Of a file that is made anew: only root gives files away, and a user to their own groups alone. */
async function giveOwnerIfMay(file: DiskFile, stat: Stat, owner: Owner | undefined): Promise<void> {
  if (owner === undefined) return
  try {
    await giveOwner(file, stat, owner)
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS')) throw error
    if (owner.uid !== stat.uid) await giveOwnerIfMay(file, stat, { uid: stat.uid, gid: owner.gid })
  }
}

/** The file that is moved, as long as it is there. */
async function originOf({ origin }: Site): Promise<Stat | undefined> {
  const there = await origin?.folder.stat(origin.name)
  return there?.kind === 'file' ? there : undefined
}

/** Where every file has the same mode (vfat, exfat), to set it may be refused. */
async function giveMode(file: DiskFile, mode: number): Promise<void> {
  try {
    await file.setMode(mode)
  } catch (error) {
    if ((await file.stat()).mode !== mode) throw error
  }
}

/** A crash in here can leave a mixture: the intent that this write belongs to holds both images. */
async function writeInPlace(site: Site, file: DiskFile): Promise<void> {
  const { change, folder, folderPath } = site
  await mustBeAt(folder, folderPath)
  const bytes = bytesOf(change.after!) // before anything is changed: the log that holds them may not be readable
  try {
    await write(file, bytes)
  } catch (error) {
    await putBack(site, error)
    if (!(error instanceof DiskError)) throw error
    throw new PutBack(error.message, { cause: error })
  }
}

/**
 * The original over what could not be written whole, on a disk that is full, say: it needs no more room, but where the
 * file system never writes over anything (btrfs).
 */
async function putBack({ change, folder, name }: Site, cause: unknown): Promise<void> {
  try {
    const file = await folder.open(name, 'modify')
    try {
      await write(file, bytesOf(change.before!))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof DiskError) throw new HalfWritten(`${change.path} is half written`, { cause })
    throw error
  }
}

async function write(file: DiskFile, bytes: Uint8Array): Promise<void> {
  await file.write(bytes)
  await file.truncate(bytes.length)
  await file.sync()
}

/** Whether a file holds these bytes and no more. */
async function holds(file: DiskFile, bytes: FileBytes): Promise<boolean> {
  let room: Buffer | undefined
  let at = 0
  for (const block of blocksOf(bytes)) {
    // A byte more is asked for than there should be: that it does not come tells that this was the end.
    room ??= Buffer.allocUnsafe(block.length + 1)
    const isLast = at + block.length === bytes.length
    const read = await readAll(file, room.subarray(0, block.length + (isLast ? 1 : 0)), at)
    if (Buffer.compare(read, block) !== 0) return false
    at += block.length
  }
  return true
}

/** As much of it as there is. */
async function readAll(file: DiskFile, into: Buffer, position: number): Promise<Buffer> {
  for (let length = 0; length < into.length; ) {
    const read = await file.readAt(into.subarray(length), position + length)
    if (read === 0) return into.subarray(0, length)
    length += read
  }
  return into
}

/** A byte more is asked for than there should be: that it does not come tells that this was the end. */
async function contentOf(file: DiskFile, size: number): Promise<Buffer> {
  let room = Buffer.allocUnsafe(size + 1)
  for (let length = 0; ; ) {
    const read = await file.readAt(room.subarray(length), length)
    length += read
    if (read === 0 || length === size) return room.subarray(0, length)
    if (length === room.length) room = Buffer.concat([room, Buffer.allocUnsafe(length)])
  }
}

function mustBeSyncable({ change, folder, folderPath }: Site): void {
  if (!folder.isSyncable)
    throw new Refused(`${folderPath} may not be read, so that ${change.path} could not be made durable in it`)
}

function isDenied(error: unknown): boolean {
  // ENAMETOOLONG: the temporary name may be longer than the file's own, in a folder deep down.
  return hasCode(error, 'EACCES', 'EPERM', 'ENAMETOOLONG')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof DiskError && codes.includes(error.code)
}

const changed = ({ path }: Change) => new Refused(`${path} was changed meanwhile`)
const replaced = ({ path }: Change) => new Refused(`${path} was replaced meanwhile`)
