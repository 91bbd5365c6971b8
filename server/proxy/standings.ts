import { join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Standing, Step } from '../edits/steps.ts'
import type { Mirror } from './mirror.ts'

/** What is asked with the size of each file before anything is read. What it throws ends the whole. */
export type Count = (path: string, size: number) => void

/** What stands at the paths of an edit, before any file is read. */
export class Standings {
  readonly all = new Map<string, Standing>()
  /** Of files on the disk. */
  readonly sizes = new Map<string, number>()
  /** In a folder that is moved or deleted: links, devices and the like, and what has a name that is not UTF-8. */
  readonly skipped: string[] = []
  /** Neither file nor folder. */
  readonly #others = new Set<string>()
  readonly #links = new Set<string>()
  readonly #disk: Disk
  readonly #mirror: Mirror
  readonly #movedOrRemoved: ReadonlySet<string>
  readonly #count: Count

  constructor(disk: Disk, mirror: Mirror, steps: readonly Step[], count: Count) {
    this.#disk = disk
    this.#mirror = mirror
    this.#movedOrRemoved = new Set(steps.flatMap(movedOrRemovedBy))
    this.#count = count
  }

  /** A link that is moved or removed is not the file behind it: what stands there afterwards is not told. */
  isLink(path: string): boolean {
    return this.#links.has(path)
  }

  /** A device or a fifo is not read (it might never end): what an edit makes of it is the editor's affair. */
  isOther(path: string): boolean {
    return this.#others.has(path)
  }

  async look(paths: readonly string[]): Promise<void> {
    const asked = paths.filter((path) => !this.all.has(path))
    await this.#findLinks(asked)
    const looks = await this.#disk.lookMany(asked)
    for (const [i, path] of asked.entries()) {
      const look = looks[i]!
      if (look.kind !== 'file') continue
      this.sizes.set(path, look.size)
      this.#count(path, look.size)
    }
    for (const [i, path] of asked.entries()) {
      if (this.all.has(path)) continue // it lies in a folder that was looked at meanwhile
      const { kind } = looks[i]!
      if (kind === 'folder' && !this.#links.has(path)) await this.#lookInFolder(path)
      else {
        if (kind === 'other') this.#others.add(path)
        // What is open in the editor is there for it, whether it was ever saved or not.
        const isFile = kind === 'file' || (kind === 'absent' && this.#mirror.document(path) !== undefined)
        this.all.set(path, { kind: isFile ? 'file' : 'absent' })
      }
    }
  }

  async #findLinks(paths: readonly string[]): Promise<void> {
    const look = async (path: string) => {
      if ((await this.#disk.lstat(path))?.kind === 'link') this.#links.add(path)
    }
    await Promise.all(paths.filter((path) => this.#movedOrRemoved.has(path)).map(look))
  }

  async #lookInFolder(path: string): Promise<void> {
    const files: string[] = []
    const folders: string[] = []
    const walk = async (folder: string): Promise<void> => {
      const entries = await this.#disk.list(folder)
      if (entries === undefined) this.#missed(folder)
      for (const { name, kind } of entries ?? []) {
        const inner = join(folder, name)
        if (kind === 'folder') {
          folders.push(inner)
          await walk(inner)
        } else if (kind === 'file') files.push(inner)
        else this.skipped.push(inner)
      }
    }
    await walk(path)
    await this.look(files)
    // One that is gone by now, or was replaced by something else, is no part of what is moved or deleted.
    const still = files.filter((file) => this.all.get(file)?.kind === 'file')
    for (const file of files) if (this.all.get(file)?.kind === 'absent') this.#missed(file)
    this.all.set(path, { kind: 'folder', files: still, folders })
  }

  /** What was listed and is not there is gone by now; or Node has put this in the place of bytes that are no UTF-8. */
  #missed(path: string): void {
    if (path.includes('\ufffd')) this.skipped.push(path)
  }
}

function movedOrRemovedBy(step: Step): string[] {
  return step.kind === 'rename' ? [step.from, step.to] : step.kind === 'delete' ? [step.path] : []
}
