import { basename, dirname, isAbsolute, resolve, sep } from 'node:path'
import { type Disk, DiskError, type Folder } from '../disk/disk.ts'
import { Unkept } from '../edits/file-bytes.ts'
import { isBare } from '../edits/images.ts'
import type { Intent } from '../journal/intent.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'
import { moveFiles } from './move-files.ts'
import { OpenFolders } from './open-folders.ts'
import type { Origin, Site } from './replace-file.ts'
import { replaceFiles } from './replace-files.ts'
import { respellFiles, respellFolders } from './respell-files.ts'
import { type Listings, spellingOf } from './spelling.ts'
import {
  type Change,
  isProblem,
  type Known,
  type Move,
  type Pairs,
  type Placed,
  Refused,
  type Sight,
  type Spellings,
  type Workspace,
} from './workspace.ts'

/** As many temporary files are there at a time, and as many folders are held open. */
const BATCH = 256
const LOOKS_AT_ONCE = 128

/** The files under the workspace folders, as they are on the disk. Writes nowhere else. */
export class DiskWorkspace implements Workspace {
  readonly #disk: Disk
  readonly #folders: readonly string[]
  readonly #unsynced = new Set<string>()
  #unread = 0

  constructor(disk: Disk, folders: readonly string[]) {
    this.#disk = disk
    this.#folders = folders
  }

  async look(path: string, known?: Known | Unkept): Promise<Sight> {
    try {
      if (known instanceof Unkept) return await this.#lookUnread(path, known)
      const stat = await this.#disk.stat(path)
      if (stat === undefined) return { kind: 'absent' }
      if (stat.kind === 'folder') return { kind: 'other', reason: 'it is a folder now' }
      if (stat.kind !== 'file') return { kind: 'other', reason: 'it is no ordinary file now' }
      if (known !== undefined && stat.size === known.size && stat.mtimeNs === known.mtimeNs)
        return { kind: 'file', bytes: known.bytes, stat }
      // Also what a log names outside the workspace is looked at: such as the kernel makes up have no size, and may
      // make whoever reads them wait.
      if (stat.size === 0) return { kind: 'file', bytes: new Uint8Array(), stat }
      return { kind: 'file', bytes: await this.#disk.read(path), stat }
    } catch (error) {
      if (error instanceof DiskError) return { kind: 'other', reason: error.message }
      throw error
    }
  }

  async #lookUnread(path: string, bytes: Unkept): Promise<Sight> {
    // By calls that wait, since it may be thousands of files; but for no longer than a millisecond or so.
    if (++this.#unread % LOOKS_AT_ONCE === 0) await new Promise((turn) => setImmediate(turn))
    const stat = this.#disk.lstatNow(path)
    if (stat === undefined) return { kind: 'absent' }
    return stat.kind === 'folder'
      ? { kind: 'other', reason: 'it is a folder now' }
      : { kind: 'file', bytes, stat }
  }

  async spellings(pairs: Pairs): Promise<Spellings> {
    const listings: Listings = new Map()
    const found: (string | undefined)[] = []
    for (const [a, b] of pairs) found.push(await spellingOf(this.#disk, a, b, listings))
    return found
  }

  async respell(moves: readonly Move[], folders: Intent['folders']): Promise<Placed[]> {
    let realFolders: Promise<RealFolder[]> | undefined
    const realOf = (folder: string) => this.#targetOf(folder, () => (realFolders ??= this.#realFolders()))
    return respellFiles(this.#disk, moves, folders, realOf)
  }

  async move(moves: readonly Move[], folders: Intent['folders']): Promise<Placed[]> {
    let realFolders: Promise<RealFolder[]> | undefined
    const realOf = (folder: string) => this.#targetOf(folder, () => (realFolders ??= this.#realFolders()))
    return moveFiles(this.#disk, moves, folders, realOf)
  }

  async place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const placed: Placed[] = []
    for (let at = 0; at < changes.length; at += BATCH)
      placed.push(...(await this.#placeSome(changes.slice(at, at + BATCH), temporaryNameOf)))
    for (const [i, each] of placed.entries())
      if (isOutOfDescriptors(each)) placed[i] = (await this.#placeSome([changes[i]!], temporaryNameOf))[0]!
    return placed
  }

  async #placeSome(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<Placed[]> {
    const open = new OpenFolders(this.#disk, this.#unsynced)
    let realFolders: Promise<RealFolder[]> | undefined
    try {
      return await replaceFiles(this.#disk, changes, (change) =>
        this.#siteOf(change, temporaryNameOf(change.path), open, () => (realFolders ??= this.#realFolders())),
      )
    } finally {
      await open.close()
    }
  }

  async #siteOf(
    change: Change,
    temporaryName: string,
    open: OpenFolders,
    realFolders: () => Promise<RealFolder[]>,
  ): Promise<Site> {
    const target = await this.#targetOf(change.path, realFolders)
    // Through a link a file is written, but neither made nor removed: that would be done to the file behind it.
    if ((change.before === undefined || change.after === undefined) && target !== change.path) {
      if ((await this.#disk.lstat(change.path))?.kind === 'link')
        throw new Refused(`${change.path} is a symbolic link`)
    }
    const folderPath = dirname(target)
    if (change.after !== undefined && change.before === undefined) await open.make(folderPath)
    const folder = await this.#openOrGone(change, folderPath, open)
    const respelt =
      change.respelt === undefined ? undefined : await this.#respelt(change.path, change.respelt)
    const origin = await this.#originOf(change, open, realFolders)
    const name = basename(target)
    return {
      change,
      folder,
      folderPath,
      name,
      temporaryName,
      ...(origin !== undefined && { origin }),
      ...(respelt !== undefined && { respelt }),
    }
  }

  /** Undefined also where nothing is to be removed: what is made is a file of its own then. */
  async #originOf(
    { cameFrom }: Change,
    open: OpenFolders,
    realFolders: () => Promise<RealFolder[]>,
  ): Promise<Origin | undefined> {
    if (cameFrom === undefined) return undefined
    try {
      const target = await this.#targetOf(cameFrom.path, realFolders)
      if (target !== cameFrom.path && (await this.#disk.lstat(cameFrom.path))?.kind === 'link')
        return undefined
      const folderPath = dirname(target)
      const folder = await open.get(folderPath)
      return { folder, folderPath, name: basename(target), isOpen: cameFrom.isOpen === true }
    } catch (error) {
      if (isProblem(error)) return undefined
      throw error
    }
  }

  /**
   * The name by which a file that is to be removed is to stay, where the case of names does not count; undefined: it is
   * another file.
   */
  async #respelt(path: string, other: string): Promise<string | undefined> {
    if ((await spellingOf(this.#disk, path, other)) === undefined) return undefined
    if (dirname(path) !== dirname(other)) throw new Refused(`${path} is the same file as ${other} here`)
    return basename(other)
  }

  async #openOrGone({ path }: Change, folderPath: string, open: OpenFolders): Promise<Folder> {
    try {
      return await open.get(folderPath)
    } catch (error) {
      const isGone = error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw isGone ? new Refused(`${path} was changed meanwhile`) : error
    }
  }

  /** Why nothing is ever written to `path`, or undefined where it may be. */
  async refusal(path: string): Promise<string | undefined> {
    for await (const refusal of this.refusals([path])) return refusal
    return undefined
  }

  /** The same of many paths, one after the other; the workspace folders are resolved once. */
  async *refusals(paths: readonly string[]): AsyncGenerator<string | undefined> {
    let folders: Promise<RealFolder[]> | undefined
    for (const path of paths) {
      try {
        await this.#targetOf(path, () => (folders ??= this.#realFolders()))
        yield undefined
      } catch (error) {
        if (!(error instanceof Refused || error instanceof DiskError)) throw error
        yield error.message
      }
    }
  }

  /** The same of what an intent touches. Of what is only moved it is the folders that count: it may be thousands of files. */
  refusalsOf({ images }: Pick<Intent, 'images'>): AsyncGenerator<string | undefined> {
    const paths = new Set(images.map((image) => (isBare(image) ? dirname(image.path) : image.path)))
    return this.refusals([...paths])
  }

  async settleFolders(made: readonly string[], removed: readonly string[]): Promise<void> {
    const open = new OpenFolders(this.#disk)
    try {
      // What came or went with a folder that was moved as a whole is no matter of this, nor where it may not write.
      for (const folder of made)
        if (!isPath(folder) || (await this.#disk.stat(folder))?.kind !== 'folder')
          await open.make(await this.#targetOf(folder))
      // Those of which no file told.
      const unspelt = await respellFolders(
        this.#disk,
        { made, removed },
        (path) => this.#targetOf(path),
        open,
      )
      for (const problem of unspelt.values()) throw problem
      for (const folder of removed) {
        // What is a link by now, or gone, was not made for a file.
        if (isPath(folder) && (await this.#disk.lstat(folder))?.kind !== 'folder') continue
        // It is the one that was made, by another spelling.
        if (await this.#isOneOf(made, folder)) continue
        const target = await this.#targetOf(folder)
        // Only while it is empty: whatever else lies in it now is not ours.
        if ((await this.#disk.list(target))?.length !== 0) continue
        const parent = await open.get(await this.#targetOf(dirname(target)))
        await parent.removeFolder(basename(target))
        await parent.sync()
      }
    } finally {
      await open.close()
    }
  }

  async #isOneOf(folders: readonly string[], folder: string): Promise<boolean> {
    for (const each of folders)
      if (isPath(each) && (await spellingOf(this.#disk, each, folder)) !== undefined) return true
    return false
  }

  /**
   * The file that a path names, links resolved as far as it exists.
   * @throws Refused outside the workspace folders, and under `.git`
   */
  async #targetOf(path: string, realFolders = () => this.#realFolders()): Promise<string> {
    // A foreign log may hold any path; a relative one would depend on where this program was started.
    if (!isAbsolute(path)) throw new Refused(`${path} is not absolute`)
    if (path.includes('\0')) throw new Refused(`${path} holds a NUL, as no path does`)
    const target = await realpathAsFar(this.#disk, path)
    const holding = (await realFolders()).filter(({ real }) => isWithin(real, target))
    if (holding.length === 0) throw new Refused(`${path} is outside the workspace folders`)
    // Never made again: it may be on a drive that is not there just now.
    if (!holding.some(({ isThere }) => isThere)) throw new Refused(`${holding[0]!.real} is not there`)
    // Whoever compares paths compares them as they are spelt.
    if (resolve(path) !== path) throw new Refused(`${path} is not spelt as it is resolved`)
    // Node gives what is no UTF-8 as this: it could be any of many names, and one that really is called so.
    if (target.includes('\ufffd')) throw new Refused(`${path} has a name that is not UTF-8`)
    if ([...path.split(sep), ...target.split(sep)].some((name) => name.toLowerCase() === '.git'))
      throw new Refused(`${path} is under .git`)
    return target
  }

  #realFolders(): Promise<RealFolder[]> {
    return Promise.all(
      this.#folders.map(async (folder) => {
        const real = await realpathAsFar(this.#disk, folder)
        return { real, isThere: (await this.#disk.stat(real))?.kind === 'folder' }
      }),
    )
  }
}

/** A log may hold anything. */
function isPath(text: string): boolean {
  return isAbsolute(text) && !text.includes('\0')
}

/** Too many files are open, here or in the whole system; nothing was changed then, and one at a time may yet do. */
function isOutOfDescriptors(placed: Placed): boolean {
  if (placed.where !== 'left' || !(placed.problem instanceof DiskError)) return false
  return placed.problem.code === 'EMFILE' || placed.problem.code === 'ENFILE'
}

/** A workspace folder, links resolved as far as it exists. */
interface RealFolder {
  readonly real: string
  readonly isThere: boolean
}
