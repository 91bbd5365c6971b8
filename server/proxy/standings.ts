import { dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Standing, Step } from '../edits/steps.ts'
import { isWithin } from '../journal/root.ts'
import { caseless, type Listings, spellingOf } from '../recovery/spelling.ts'
import type { Mirror } from './mirror.ts'

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
  readonly #unread = new Set<string>()
  readonly #disk: Disk
  readonly #mirror: Mirror
  readonly #movedOrRemoved: ReadonlySet<string>
  /** Where a file or a folder is to come to stand. */
  readonly #targets: ReadonlySet<string>
  readonly #renames: readonly (Step & { kind: 'rename' })[]
  /** Where renames end that only spell a name otherwise, of what is there by both spellings. */
  #respelt: Promise<readonly string[]> | undefined
  /** What was found in folders that are moved by a rename(2). */
  readonly #inMoved = new Set<string>()

  constructor(disk: Disk, mirror: Mirror, steps: readonly Step[]) {
    this.#disk = disk
    this.#mirror = mirror
    this.#movedOrRemoved = new Set(steps.flatMap(movedOrRemovedBy))
    this.#targets = new Set(steps.flatMap(targetOf))
    this.#renames = steps.filter((step) => step.kind === 'rename')
  }

  /** Whether it lies in a folder that is moved: where nothing else happens to it, none of its bytes can be lost. */
  isInMoved(path: string): boolean {
    return this.#inMoved.has(path)
  }

  /** A link that is moved or removed is not the file behind it: what stands there afterwards is not told. */
  isLink(path: string): boolean {
    return this.#links.has(path)
  }

  /** It was met in a folder that is moved, and nobody has looked at what is behind it. */
  isUnread(path: string): boolean {
    return this.#unread.has(path)
  }

  /** A device or a fifo is not read (it might never end): what an edit makes of it is the editor's affair. */
  isOther(path: string): boolean {
    return this.#others.has(path)
  }

  async look(paths: readonly string[]): Promise<void> {
    const asked = paths.filter((path) => !this.all.has(path))
    await this.#findLinks(asked)
    this.#respelt ??= this.#findRespelt()
    const respelt = await this.#respelt
    const looks = await this.#disk.lookMany(asked)
    for (const [i, path] of asked.entries()) {
      const look = looks[i]!
      if (look.kind !== 'file') continue
      this.sizes.set(path, look.size)
    }
    for (const [i, path] of asked.entries()) {
      if (this.all.has(path)) continue // it lies in a folder that was looked at meanwhile
      // What stands there is what is to come there: before the rename it is taken for what the old spelling names.
      const kind = respelt.some((to) => isWithin(to, path)) ? 'absent' : looks[i]!.kind
      if (kind === 'folder' && !this.#links.has(path)) await this.#lookInFolder(path)
      else {
        if (kind === 'other') this.#others.add(path)
        // What is open in the editor is there for it, whether it was ever saved or not.
        const isFile = kind === 'file' || (kind === 'absent' && this.#mirror.document(path) !== undefined)
        this.all.set(path, { kind: isFile ? 'file' : 'absent' })
      }
    }
    const wanted = asked.filter((path) => this.#targets.has(path) && this.all.get(path)?.kind === 'absent')
    for (const folder of new Set(wanted.map(dirname))) await this.#lookForFolder(folder)
  }

  /** Editors make the folders that a new file needs, unasked: which ones are missing is known only now. */
  async #lookForFolder(folder: string): Promise<void> {
    const missing: string[] = []
    let at = folder
    for (; this.all.get(at)?.kind !== 'folder'; at = dirname(at)) {
      const there = await this.#disk.stat(at)
      // Beneath what is no folder nobody makes any.
      if (there !== undefined && there.kind !== 'folder') return
      if (there !== undefined || dirname(at) === at) break
      missing.push(at)
    }
    for (const path of missing) if (!this.all.has(path)) this.all.set(path, { kind: 'absent' })
  }

  /** A name that only changes its case, where that does not count: nothing is in the way. */
  async #findRespelt(): Promise<string[]> {
    const found: string[] = []
    const origins = new Map<string, string>()
    const listings: Listings = new Map()
    for (const { from, to } of this.#renames) {
      // It may go there by way of a third name.
      const origin = origins.get(from) ?? from
      origins.set(to, origin)
      if ((await spellingOf(this.#disk, origin, to, listings)) !== undefined) found.push(to)
    }
    return found
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
    const others: string[] = []
    const isMoved = await this.#isMoved(path)
    const walk = async (folder: string): Promise<void> => {
      const entries = await this.#disk.list(folder)
      if (entries === undefined) this.#missed(folder)
      for (const { name, kind } of entries ?? []) {
        const inner = join(folder, name)
        if (kind === 'folder') {
          folders.push(inner)
          await walk(inner)
        } else if (kind === 'file') files.push(inner)
        else if (!isMoved || this.all.has(inner)) this.skipped.push(inner)
        else others.push(inner)
      }
    }
    await walk(path)
    await this.look(files)
    // Links and the like go with their folder: that needs no look at what is behind them.
    for (const other of others) {
      this.all.set(other, { kind: 'file' })
      this.#unread.add(other)
    }
    // One that is gone by now, or was replaced by something else, is no part of what is moved or deleted.
    const still = files.filter((file) => this.all.get(file)?.kind === 'file')
    for (const file of files) if (this.all.get(file)?.kind === 'absent') this.#missed(file)
    this.all.set(path, { kind: 'folder', files: [...still, ...others], folders })
    if (isMoved) for (const file of [...still, ...others]) this.#inMoved.add(file)
  }

  /**
   * Whether an editor moves a folder as it is. To another file system it copies what is in it, file by file, and may be
   * cut short in the middle of one; where the case of names does not count, both names are there before and after.
   */
  async #isMoved(path: string): Promise<boolean> {
    const moves = this.#renames.filter(({ from }) => from === path)
    if (moves.length === 0 || moves.some(({ to }) => caseless(to) === caseless(path))) return false
    const device = await this.#deviceAt(path)
    for (const { to } of moves) if ((await this.#deviceAt(to)) !== device) return false
    return true
  }

  /** Of what stands there, or would come to stand there. */
  async #deviceAt(path: string): Promise<string | undefined> {
    const there = await this.#disk.lstat(path)
    if (there !== undefined) return there.identity.split(':')[0]
    return dirname(path) === path ? undefined : this.#deviceAt(dirname(path))
  }

  /** What was listed and is not there is gone by now; or Node has put this in the place of bytes that are no UTF-8. */
  #missed(path: string): void {
    if (path.includes('\ufffd')) this.skipped.push(path)
  }
}

function targetOf(step: Step): string[] {
  return step.kind === 'create' ? [step.path] : step.kind === 'rename' ? [step.to] : []
}

function movedOrRemovedBy(step: Step): string[] {
  return step.kind === 'rename' ? [step.from, step.to] : step.kind === 'delete' ? [step.path] : []
}
