import { dirname, isAbsolute, sep } from 'node:path'
import { type Disk, DiskError } from '../disk/disk.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'
import { replaceFile } from './replace-file.ts'
import { type Change, type Known, Refused, type Sight, type Workspace } from './workspace.ts'

/** The files under the workspace folders, as they are on the disk. Writes nowhere else. */
export class DiskWorkspace implements Workspace {
  readonly #disk: Disk
  readonly #folders: readonly string[]

  constructor(disk: Disk, folders: readonly string[]) {
    this.#disk = disk
    this.#folders = folders
  }

  async look(path: string, known?: Known): Promise<Sight> {
    try {
      const stat = await this.#disk.stat(path)
      if (stat === undefined) return { kind: 'absent' }
      if (stat.kind !== 'file') return { kind: 'other', reason: `it is a ${stat.kind} now` }
      if (known !== undefined && stat.size === known.size && stat.mtimeNs === known.mtimeNs)
        return { kind: 'file', bytes: known.bytes, stat }
      return { kind: 'file', bytes: await this.#disk.read(path), stat }
    } catch (error) {
      if (error instanceof DiskError) return { kind: 'other', reason: error.message }
      throw error
    }
  }

  async place(change: Change, temporaryName: string): Promise<'disk'> {
    const target = await this.#targetOf(change.path)
    // Through a link a file is written, but neither made nor removed: that would be done to the file behind it.
    if ((change.before === undefined || change.after === undefined) && target !== change.path) {
      if ((await this.#disk.lstat(change.path))?.kind === 'link')
        throw new Refused(`${change.path} is a symbolic link`)
    }
    if (change.after !== undefined && change.before === undefined) await this.#makeFolders(dirname(target))
    await replaceFile(this.#disk, change, target, temporaryName)
    return 'disk'
  }

  /** Why nothing is ever written to `path`, or undefined where it may be. */
  async refusal(path: string): Promise<string | undefined> {
    for await (const refusal of this.refusals([path])) return refusal
    return undefined
  }

  /** The same of many paths, one after the other; the workspace folders are resolved once. */
  async *refusals(paths: readonly string[]): AsyncGenerator<string | undefined> {
    let folders: Promise<string[]> | undefined
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

  async settleFolders(made: readonly string[], removed: readonly string[]): Promise<void> {
    for (const folder of made) await this.#makeFolders(await this.#targetOf(folder))
    for (const folder of removed) {
      const target = await this.#targetOf(folder)
      // Only while it is empty: whatever else lies in it now is not ours.
      if ((await this.#disk.list(target))?.length !== 0) continue
      await this.#disk.removeFolder(target)
      await this.#disk.syncFolder(dirname(target))
    }
  }

  /**
   * The file that a path names, links resolved as far as it exists.
   * @throws Refused outside the workspace folders, and under `.git`
   */
  async #targetOf(path: string, realFolders = () => this.#realFolders()): Promise<string> {
    // A foreign log may hold any path; a relative one would depend on where this program was started.
    if (!isAbsolute(path)) throw new Refused(`${path} is not absolute`)
    const target = await realpathAsFar(this.#disk, path)
    const folders = await realFolders()
    const holding = folders.filter((folder) => isWithin(folder, target))
    if (holding.length === 0) throw new Refused(`${path} is outside the workspace folders`)
    const kinds = await Promise.all(holding.map(async (folder) => (await this.#disk.stat(folder))?.kind))
    // Never made again: it may be on a drive that is not there just now.
    if (!kinds.includes('folder')) throw new Refused(`${holding[0]} is not there`)
    if ([...path.split(sep), ...target.split(sep)].some((name) => name.toLowerCase() === '.git'))
      throw new Refused(`${path} is under .git`)
    return target
  }

  #realFolders(): Promise<string[]> {
    return Promise.all(this.#folders.map((folder) => realpathAsFar(this.#disk, folder)))
  }

  async #makeFolders(path: string): Promise<void> {
    if ((await this.#disk.stat(path))?.kind === 'folder') return
    await this.#makeFolders(dirname(path))
    await this.#disk.makeFolder(path, 0o777)
    await this.#disk.syncFolder(dirname(path))
  }
}
