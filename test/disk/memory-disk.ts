import {
  type Content,
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type Folder,
  type Look,
  type OpenHow,
  type Stat,
} from '../../server/disk/disk.ts'
import { pathFolder } from '../../server/disk/path-folder.ts'
import { type FileNode, fail, type Platter } from './platter.ts'

/** One call to a disk: its number from 1, what it is, and the path. */
export interface Operation {
  readonly n: number
  readonly name: OperationName
  readonly path: string
}

export type OperationName =
  | Exclude<
      keyof Disk,
      'lstat' | 'lstatNow' | 'listNow' | 'readNow' | 'lookMany' | 'readMany' | 'openFolder' | 'attributesOf'
    >
  | 'write'
  | 'readAt'
  | 'setMode'
  | 'setOwner'
  | 'truncate'
  | 'sync'
  | 'close'

/**
 * What goes wrong with an operation.
 * `short`: half of the bytes of a write arrive, then the error. `die`: the program is gone before, after or
 * (of a write) half way through it.
 */
export type Fault =
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'short'; readonly code: string }
  | { readonly kind: 'die'; readonly when: 'before' | 'half' | 'after' }

export type FaultPlan = (operation: Operation) => Fault | undefined

export const error = (code: string): Fault => ({ kind: 'error', code })
export const short = (code: string): Fault => ({ kind: 'short', code })
export const die = (when: 'before' | 'half' | 'after'): Fault => ({ kind: 'die', when })

/** The fault at the nth operation only. */
export const once =
  (n: number, fault: Fault): FaultPlan =>
  (operation) =>
    operation.n === n ? fault : undefined

/** The fault at the nth operation and all after it. */
export const from =
  (n: number, fault: Fault): FaultPlan =>
  (operation) =>
    operation.n >= n ? fault : undefined

/** The fault at the nth (from 1) operation of that name whose path ends so. */
export function onNth(name: OperationName, pathEnd: string, n: number, fault: Fault): FaultPlan {
  let seen = 0
  return (operation) =>
    operation.name === name && operation.path.endsWith(pathEnd) && ++seen === n ? fault : undefined
}

/** Every call of a program that was killed, or whose machine crashed. */
export class Died extends Error {
  override readonly name = 'Died'
}

/** One program's view of a {@link Platter}: it counts and logs its calls, and can be made to fail. */
export class MemoryDisk implements Disk {
  readonly log: Operation[] = []
  plan: FaultPlan = () => undefined
  /** Where a sync, of a file or a folder, answers and does nothing. The control of a crash test. */
  lies: (path: string) => boolean = () => false
  /** Awaited before each operation: where other programs get their turn. */
  turn: () => Promise<unknown> = () => Promise.resolve()
  readonly #platter: Platter
  readonly #power: number
  #dead = false

  constructor(platter: Platter) {
    this.#platter = platter
    this.#power = platter.power
  }

  get isDead(): boolean {
    return this.#dead
  }

  /** From now on every call of this program fails, also of what it still has open. */
  kill(): void {
    this.#dead = true
  }

  read(path: string): Promise<Buffer> {
    return this.run('read', path, () => {
      const node = this.#platter.find(path)
      if (node.kind === 'folder') fail('EISDIR')
      if (node.kind !== 'file') fail('ENXIO')
      return Buffer.from(node.bytes.subarray(0, node.size))
    })
  }

  readNow(path: string, into: Uint8Array, position: number): number {
    return this.runNow('read', path, () => {
      const node = this.#platter.find(path)
      if (node.kind === 'folder') fail('EISDIR')
      if (node.kind !== 'file') fail('ENXIO')
      const read = node.bytes.subarray(position, Math.min(node.size, position + into.length))
      into.set(read)
      return read.length
    })
  }

  /** A look at each path: each an operation, so that each can fail. */
  async lookMany(paths: readonly string[]): Promise<Look[]> {
    const looks: Look[] = []
    for (const path of paths) {
      const content = await this.run('stat', path, () => this.#contentAt(path))
      looks.push(content.kind === 'file' ? { kind: 'file', size: content.stat.size } : content)
    }
    return looks
  }

  /** The same of their reading. */
  async readMany(
    files: readonly { readonly path: string; readonly size: number }[],
    admit: (path: string, size: number) => void,
  ): Promise<Content[]> {
    const contents: Content[] = []
    for (const { path, size } of files) {
      const content = await this.run('read', path, () => this.#contentAt(path))
      if (content.kind === 'file' && content.stat.size > size) admit(path, content.stat.size)
      contents.push(content)
    }
    return contents
  }

  #contentAt(path: string): Content {
    const node = this.#platter.tryFind(path, 'follow')
    if (node === undefined) return { kind: 'absent' }
    if (node.kind !== 'file') return { kind: node.kind === 'folder' ? 'folder' : 'other' }
    return { kind: 'file', stat: node.stat(), bytes: Buffer.from(node.bytes.subarray(0, node.size)) }
  }

  stat(path: string): Promise<Stat | undefined> {
    return this.run('stat', path, () => this.#platter.statOf(this.#platter.tryFind(path, 'follow')))
  }

  lstatNow(path: string): Stat | undefined {
    return this.runNow('stat', path, () => this.#platter.statOf(this.#platter.tryFind(path, 'no follow')))
  }

  lstat(path: string): Promise<Stat | undefined> {
    return this.run('stat', path, () => this.#platter.statOf(this.#platter.tryFind(path, 'no follow')))
  }

  realpath(path: string): Promise<string> {
    return this.run('realpath', path, () => this.#platter.realpath(path))
  }

  list(path: string): Promise<readonly DirectoryEntry[] | undefined> {
    return this.run('list', path, () => this.#entriesAt(path))
  }

  listNow(path: string): readonly DirectoryEntry[] | undefined {
    return this.runNow('list', path, () => this.#entriesAt(path))
  }

  #entriesAt(path: string): readonly DirectoryEntry[] | undefined {
    const node = this.#platter.tryFind(path, 'follow')
    if (node?.kind !== 'folder') return undefined
    return [...node.entries].map(([name, { kind }]) => ({ name, kind }))
  }

  open(path: string, how: OpenHow, mode = 0o600): Promise<DiskFile> {
    return this.run('open', path, () => new MemoryFile(this, path, how, this.#platter.open(path, how, mode)))
  }

  /** By its path: what a system does that has no better way. */
  openFolder(path: string): Promise<Folder> {
    return pathFolder(this, path)
  }

  attributesOf(paths: readonly string[]): Promise<(string | undefined)[]> {
    return Promise.resolve(paths.map((path) => this.#platter.attributes(path)))
  }

  makeFolder(path: string, mode: number): Promise<void> {
    return this.run('makeFolder', path, () => this.#platter.makeFolder(path, mode))
  }

  removeFolder(path: string): Promise<void> {
    return this.run('removeFolder', path, () => this.#platter.remove(path, 'folder'))
  }

  link(from: string, to: string): Promise<void> {
    return this.run('link', from, () => this.#platter.link(from, to))
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', from, () => this.#platter.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.run('remove', path, () => this.#platter.remove(path, 'file'))
  }

  syncFolder(path: string): Promise<void> {
    return this.run('syncFolder', path, () => {
      if (!this.lies(path)) this.#platter.syncFolder(path)
    })
  }

  /** One operation, as the fault plan has it. `half`: what a fault in the middle of it leaves behind. */
  async run<T>(name: OperationName, path: string, act: () => T, half = () => {}): Promise<T> {
    await this.turn()
    return this.runNow(name, path, act, half)
  }

  /** The same in one go: no other program gets its turn. */
  runNow<T>(name: OperationName, path: string, act: () => T, half = () => {}): T {
    this.#mustLive(name)
    const operation = { n: this.log.length + 1, name, path }
    this.log.push(operation)
    const fault = this.plan(operation)
    if (fault?.kind === 'short' || (fault?.kind === 'die' && fault.when === 'half')) half()
    this.#dead ||= fault?.kind === 'die' && fault.when !== 'after'
    this.#mustLive(name)
    const result = attempt(operation, fault, act)
    this.#dead ||= fault?.kind === 'die'
    this.#mustLive(name)
    return result
  }

  #mustLive(name: OperationName): void {
    if (this.#dead || this.#power !== this.#platter.power) throw new Died(name)
  }
}

function attempt<T>({ name, path }: Operation, fault: Fault | undefined, act: () => T): T {
  try {
    if (fault !== undefined && fault.kind !== 'die') fail(fault.code)
    return act()
  } catch (cause) {
    throw new DiskError(name, path, cause)
  }
}

class MemoryFile implements DiskFile {
  readonly #disk: MemoryDisk
  readonly #path: string
  readonly #how: OpenHow
  readonly #node: FileNode
  #position = 0

  constructor(disk: MemoryDisk, path: string, how: OpenHow, node: FileNode) {
    this.#disk = disk
    this.#path = path
    this.#how = how
    this.#node = node
  }

  write(bytes: Uint8Array): Promise<void> {
    const half = () => this.#put(bytes.subarray(0, bytes.length >> 1))
    return this.#disk.run('write', this.#path, () => this.#put(bytes), half)
  }

  readAt(into: Uint8Array, position: number): Promise<number> {
    return this.#disk.run('readAt', this.#path, () => this.#get(into, position))
  }

  readNow(into: Uint8Array, position: number): number {
    return this.#disk.runNow('readAt', this.#path, () => this.#get(into, position))
  }

  #get(into: Uint8Array, position: number): number {
    const read = this.#node.bytes.subarray(position, Math.min(this.#node.size, position + into.length))
    into.set(read)
    return read.length
  }

  stat(): Promise<Stat> {
    return this.#disk.run('stat', this.#path, () => this.#node.stat())
  }

  setMode(mode: number): Promise<void> {
    return this.#disk.run('setMode', this.#path, () => {
      this.#node.mode = mode
    })
  }

  setOwner(uid: number, gid: number): Promise<void> {
    return this.#disk.run('setOwner', this.#path, () => {
      this.#node.uid = uid
      this.#node.gid = gid
    })
  }

  truncate(size: number): Promise<void> {
    return this.#disk.run('truncate', this.#path, () => this.#node.truncate(size))
  }

  async sync(): Promise<void> {
    try {
      await this.#disk.run('sync', this.#path, () => {
        if (!this.#disk.lies(this.#path)) this.#node.sync()
      })
    } catch (error) {
      // fsync(2), errors: the kernel marks what it could not write as clean, and the next sync succeeds.
      if (error instanceof DiskError) this.#node.forgetDirty()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#disk.run('close', this.#path, () => {})
  }

  #put(bytes: Uint8Array): void {
    if (this.#how === 'read') fail('EBADF')
    const at = this.#how === 'append' ? this.#node.size : this.#position
    this.#node.write(bytes, at)
    this.#position = at + bytes.length
  }
}
