import { basename, dirname } from 'node:path'
import type { Disk, Folder } from '../disk/disk.ts'
import { Refused } from './workspace.ts'

/**
 * The folders that some files are written in, held open: what is checked of one holds for what is done in it, whatever
 * is renamed or linked into its place meanwhile.
 */
export class OpenFolders {
  readonly #disk: Disk
  readonly #open = new Map<string, Promise<Folder>>()
  readonly #made = new Map<string, Promise<void>>()
  readonly #unsynced: Set<string>

  /** `unsynced`: folders in which one was made, and that could not be synced then; kept for whoever tries again. */
  constructor(disk: Disk, unsynced = new Set<string>()) {
    this.#disk = disk
    this.#unsynced = unsynced
  }

  /** The folder at a path without links. @throws Refused where it is not that one any more */
  get(path: string): Promise<Folder> {
    let folder = this.#open.get(path)
    if (folder === undefined) {
      folder = this.#openAt(path)
      this.#open.set(path, folder)
    }
    return folder
  }

  /** Makes the folder, and those that it lies in, where they are missing; each is durable when this resolves. */
  make(path: string): Promise<void> {
    let made = this.#made.get(path)
    if (made === undefined) {
      made = this.#makeAt(path)
      this.#made.set(path, made)
    }
    return made
  }

  async close(): Promise<void> {
    // Nothing was written through these descriptors: a failure to close one tells nothing, and one that could not be
    // opened was told.
    await Promise.allSettled([...this.#open.values()].map(async (folder) => (await folder).close()))
  }

  async #openAt(path: string): Promise<Folder> {
    const folder = await this.#disk.openFolder(path)
    try {
      await mustBeAt(folder, path)
      return folder
    } catch (error) {
      await folder.close()
      throw error
    }
  }

  async #makeAt(path: string): Promise<void> {
    const above = dirname(path)
    const isThere = (await this.#disk.lstat(path))?.kind === 'folder'
    if (isThere && !this.#unsynced.has(above)) return
    await this.make(above)
    const parent = await this.get(above)
    if (!isThere) await parent.makeFolder(basename(path), 0o777)
    this.#unsynced.add(above)
    await parent.sync()
    this.#unsynced.delete(above)
  }
}

/**
 * A folder can be moved while it is held open; what is written in it then is written elsewhere.
 * @throws Refused
 */
export async function mustBeAt(folder: Folder, path: string): Promise<void> {
  const now = await folder.path()
  if (now !== path) throw new Refused(`the folder ${path} is now ${now}`)
}
