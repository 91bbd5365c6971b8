import { dirname, sep } from 'node:path'
import type { FileKind, OpenHow, Stat } from '../../server/disk/disk.ts'

// Written out of order by a crash, a block is there as a whole or not at all.
const BLOCK = 512
const UMASK = 0o022
const MOST_LINKS = 40

/** Something that a crash may lose: a folder's entry (or a rename's two), a file's size, a block of its bytes. */
export type Unsynced =
  | { readonly kind: 'entry'; readonly name: string }
  | { readonly kind: 'size' }
  | { readonly kind: 'block'; readonly index: number }

/**
 * What lies under every program's disk: what each sees now, and what of it would survive a loss of power.
 *
 * File by file it knows which blocks and whether the size were synced, folder by folder which entries.
 * A rename is one change: whole after a crash or not there, and durable once both folders are synced.
 * An entry never becomes durable before an earlier change of the same name does, and a folder is never
 * durably gone before what was moved out of it is durably elsewhere: every file system keeps that order. Nor is what
 * was moved durably gone from where it was before the folder that it was moved to is durably there; to sync that folder
 * alone makes neither so.
 */
export class Platter {
  /** Counts the crashes: what was opened before one is dead after it. */
  power = 1
  /** What a file carries beside bytes, mode and owner; undefined: nothing can tell. */
  attributes: (path: string) => string | undefined = () => ''
  #made = 0
  #tick = 0
  #pending: Change[] = []
  /** Names that differ in case alone are one name. */
  readonly isCaseless: boolean
  #root: FolderNode

  constructor({ isCaseless = false }: { readonly isCaseless?: boolean | undefined } = {}) {
    this.isCaseless = isCaseless
    this.#root = new FolderNode(this, 0o755)
  }

  /** Loses power: of what was not synced only that stays which `keeps` says, by default nothing. */
  crash(keeps: (what: Unsynced) => boolean = () => false): void {
    for (const change of [...this.#pending]) {
      if (keeps({ kind: 'entry', name: change.sets.at(-1)!.name })) this.#commit(change)
    }
    this.#pending = []
    this.#root.restore(keeps)
    this.power++
  }

  /** Another one with all of this on it, of which no program has anything open. */
  copy(): Platter {
    const platter = new Platter(this)
    const copies = new Map<Node, Node>()
    const copyOf = <T extends Node>(node: T): T => {
      const known = copies.get(node)
      if (known !== undefined) return known as T
      const copy = node.alone(platter)
      copies.set(node, copy)
      if (node.kind === 'folder' && copy.kind === 'folder') {
        for (const [name, child] of node.entries) copy.entries.set(name, copyOf(child))
        for (const [name, child] of node.durable) copy.durable.set(name, copyOf(child))
      }
      return copy as T
    }
    platter.#root = copyOf(this.#root)
    platter.#pending = this.#pending.map(({ sets, replaced, waiting }) => ({
      sets: sets.map(({ folder, name, node }) => ({
        folder: copyOf(folder),
        name,
        node: node && copyOf(node),
      })),
      replaced: replaced.map(copyOf),
      waiting: new Set([...waiting].map(copyOf)),
    }))
    platter.power = this.power
    platter.attributes = this.attributes
    platter.#made = this.#made
    platter.#tick = this.#tick
    return platter
  }

  nextId(): number {
    return ++this.#made
  }

  /** Every look at the clock is later than the one before. */
  nextTime(): bigint {
    return 1_700_000_000_000_000_000n + BigInt(++this.#tick) * 1_000_000n
  }

  // What a test finds and leaves there, past every fault, durable at once.

  put(path: string, content: string | Uint8Array, mode = 0o644): void {
    const there = this.tryFind(path, 'follow')
    if (there !== undefined && there.kind !== 'file') fail('EISDIR')
    const node = there ?? new FileNode(this, mode)
    if (there === undefined) this.#plant(path, node)
    node.truncate(0)
    node.write(Buffer.from(content), 0)
    node.sync()
  }

  putFolder(path: string, mode = 0o755): FolderNode {
    const there = this.tryFind(path, 'follow')
    if (there?.kind === 'folder') return there
    const node = new FolderNode(this, mode)
    this.#plant(path, node)
    return node
  }

  putLink(path: string, target: string): void {
    this.#plant(path, new LinkNode(this, target))
  }

  /** Another name for the same file. */
  putHardLink(path: string, of: string): void {
    const node = this.find(of)
    node.links++
    this.#plant(path, node)
  }

  putOther(path: string): OtherNode {
    const node = new OtherNode(this)
    this.#plant(path, node)
    return node
  }

  takeAway(path: string): void {
    const { folder, name } = this.#locate(path, 'no follow')
    folder.entries.delete(name)
    folder.durable.delete(name)
  }

  /** Every file (as text), link (as `-> target`) and empty folder (as `/`) under a folder, by path from there. */
  tree(path: string): Record<string, string> {
    const found: Record<string, string> = {}
    const visit = (node: Node, at: string) => {
      if (node.kind === 'file') found[at] = node.bytes.toString('latin1', 0, node.size)
      else if (node.kind === 'link') found[at] = `-> ${node.target}`
      else if (node.kind === 'other') found[at] = 'other'
      else if (node.entries.size === 0) found[at] = '/'
      else for (const [name, child] of node.entries) visit(child, at === '' ? name : `${at}/${name}`)
    }
    visit(this.find(path), '')
    return found
  }

  /** The bytes of a file. */
  bytesAt(path: string): Buffer {
    const node = this.find(path)
    return node.kind === 'file' ? Buffer.from(node.bytes.subarray(0, node.size)) : fail('EISDIR')
  }

  // What disks are made of.

  find(path: string): Node {
    return this.#locate(path, 'follow').node ?? fail('ENOENT')
  }

  tryFind(path: string, links: Links): Node | undefined {
    const located = this.#walk(path, links)
    if (typeof located !== 'string') return located.node
    return located === 'ENOENT' || located === 'ENOTDIR' ? undefined : fail(located)
  }

  realpath(path: string): string {
    const { node, way } = this.#locate(path, 'follow')
    return node === undefined ? fail('ENOENT') : sep + way.join(sep)
  }

  statOf(node: Node | undefined): Stat | undefined {
    return node?.stat()
  }

  open(path: string, how: OpenHow, mode: number): FileNode {
    const { folder, name, node } = this.#locate(path, how === 'read' ? 'follow' : 'no follow')
    if (node === undefined) {
      if (how === 'read' || how === 'modify') fail('ENOENT')
      const file = new FileNode(this, mode & ~UMASK)
      this.#change([{ folder, name, node: file }])
      return file
    }
    if (how === 'create') fail('EEXIST')
    if (node.kind === 'link') fail('ELOOP')
    if (node.kind === 'folder') fail('EISDIR')
    return node.kind === 'file' ? node : fail('ENXIO')
  }

  makeFolder(path: string, mode: number): void {
    const { folder, name, node } = this.#locate(path, 'no follow')
    if (node !== undefined) fail('EEXIST')
    this.#change([{ folder, name, node: new FolderNode(this, mode & ~UMASK) }])
  }

  /** A socket is a node that moves with its folder; durable or not makes no difference to it. */
  makeSocket(path: string): OtherNode {
    const { folder, name, node } = this.#locate(path, 'no follow')
    if (node !== undefined) fail('EADDRINUSE')
    const socket = new OtherNode(this)
    this.#change([{ folder, name, node: socket }])
    return socket
  }

  remove(path: string, kind: 'file' | 'folder'): void {
    const { folder, name, node } = this.#locate(path, 'no follow')
    if (node === undefined) fail('ENOENT')
    if (kind === 'folder' && node.kind !== 'folder') fail('ENOTDIR')
    if (kind === 'file' && node.kind === 'folder') fail('EISDIR')
    if (node.kind === 'folder' && node.entries.size > 0) fail('ENOTEMPTY')
    node.links--
    this.#change([{ folder, name, node: undefined }])
  }

  link(from: string, to: string): void {
    const { node } = this.#locate(from, 'no follow')
    const target = this.#locate(to, 'no follow')
    if (node === undefined) fail('ENOENT')
    if (node.kind === 'folder') fail('EPERM')
    if (target.node !== undefined) fail('EEXIST')
    node.links++
    this.#change([{ folder: target.folder, name: target.name, node }])
  }

  rename(from: string, to: string): void {
    const source = this.#locate(from, 'no follow')
    const target = this.#locate(to, 'no follow')
    const { node } = source
    if (node === undefined) fail('ENOENT')
    const isRespelt = node === target.node && isOneEntry(source, target) && source.name !== target.name
    if (isRespelt)
      return this.#change([
        { folder: source.folder, name: source.name, node: undefined },
        { folder: source.folder, name: target.name, node },
      ])
    if (node === target.node) return
    if (target.node?.kind === 'folder') {
      if (node.kind !== 'folder') fail('EISDIR')
      if (target.node.entries.size > 0) fail('ENOTEMPTY')
    } else if (target.node !== undefined && node.kind === 'folder') fail('ENOTDIR')
    if (target.node !== undefined) target.node.links--
    this.#change([
      { folder: source.folder, name: source.name, node: undefined },
      { folder: target.folder, name: target.name, node },
    ])
  }

  syncFolder(path: string): void {
    const folder = this.find(path)
    if (folder.kind !== 'folder') fail('ENOTDIR')
    for (const change of this.#pending) change.waiting.delete(folder)
    for (let ready = this.#ready(); ready !== undefined; ready = this.#ready()) this.#commit(ready)
  }

  #ready(): Change | undefined {
    return this.#pending.find(
      (change) => change.waiting.size === 0 && !this.#pending.some((other) => makesFolderFor(other, change)),
    )
  }

  #change(sets: readonly SetEntry[]): void {
    const replaced = sets.flatMap(({ folder, name }) => folder.entries.get(name) ?? [])
    for (const { folder, name, node } of sets) {
      if (node === undefined) folder.entries.delete(name)
      else folder.entries.set(name, node)
      folder.mtimeNs = this.nextTime()
    }
    this.#pending.push({ sets, replaced, waiting: new Set(sets.map(({ folder }) => folder)) })
  }

  #commit(change: Change): void {
    const at = this.#pending.indexOf(change)
    if (at < 0) return
    const earlier = this.#pending.slice(0, at).filter((other) => mustPrecede(other, change))
    this.#pending.splice(at, 1)
    for (const other of earlier) this.#commit(other)
    for (const { folder, name, node } of change.sets) {
      if (node === undefined) folder.durable.delete(name)
      else folder.durable.set(name, node)
    }
  }

  #plant(path: string, node: Node): void {
    const folder = this.putFolder(dirname(path))
    const name = path.slice(path.lastIndexOf(sep) + 1)
    folder.entries.set(name, node)
    folder.durable.set(name, node)
  }

  #locate(path: string, links: Links): Located {
    const located = this.#walk(path, links)
    return typeof located === 'string' ? fail(located) : located
  }

  /** What is at a path, or the code that a system fails with. Half of what is asked of a disk begins here. */
  #walk(path: string, links: Links, followed = 0): Located | string {
    if (!path.startsWith(sep)) return 'ENOENT'
    const names = namesIn(path)
    const way: string[] = []
    const folders = [this.#root]
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1
      if (name === '..') {
        if (way.pop() !== undefined) folders.pop()
        continue
      }
      const folder = folders.at(-1)!
      const node = folder.entries.get(name)
      if (node?.kind === 'link' && (links === 'follow' || !isLast)) {
        if (followed >= MOST_LINKS) return 'ELOOP'
        const target = node.target.startsWith(sep) ? [node.target] : ['', ...way, node.target]
        return this.#walk([...target, ...names.slice(i + 1)].join(sep), links, followed + 1)
      }
      way.push(name)
      if (isLast) return { folder, name, node, way }
      if (node === undefined) return 'ENOENT'
      if (node.kind !== 'folder') return 'ENOTDIR'
      folders.push(node)
    }
    return { folder: folders.at(-2) ?? this.#root, name: way.at(-1) ?? '', node: folders.at(-1)!, way }
  }
}

const namesByPath = new Map<string, readonly string[]>()

function namesIn(path: string): readonly string[] {
  let names = namesByPath.get(path)
  if (names === undefined) {
    names = path.split(sep).filter((name) => name !== '' && name !== '.')
    if (namesByPath.size > 10_000) namesByPath.clear()
    namesByPath.set(path, names)
  }
  return names
}

type Links = 'follow' | 'no follow'

export type Node = FileNode | FolderNode | LinkNode | OtherNode

interface Located {
  readonly folder: FolderNode
  readonly name: string
  readonly node: Node | undefined
  /** The names of the folders on the way and its own, no link among them. */
  readonly way: readonly string[]
}

interface SetEntry {
  readonly folder: FolderNode
  readonly name: string
  readonly node: Node | undefined
}

interface Change {
  readonly sets: readonly SetEntry[]
  readonly replaced: readonly Node[]
  /** Folders to be synced yet before this is durable. */
  readonly waiting: Set<FolderNode>
}

/** Whether a folder is made by the one that something is moved into, or another one made in, by the other. */
function makesFolderFor(earlier: Change, { sets }: Change): boolean {
  const [{ node } = { node: undefined }] = sets
  if (sets.length === 1 && node?.kind !== 'folder') return false
  return earlier.sets.some(
    (made) =>
      made.node !== undefined && sets.some(({ folder, node }) => node !== undefined && folder === made.node),
  )
}

interface Entry {
  readonly folder: FolderNode
  readonly name: string
}

function isOneEntry(a: Entry, b: Entry): boolean {
  if (a.folder !== b.folder) return false
  return a.name === b.name || (a.folder.isCaseless && a.name.toLowerCase() === b.name.toLowerCase())
}

function mustPrecede(earlier: Change, later: Change): boolean {
  if (makesFolderFor(earlier, later)) return true
  return earlier.sets.some(
    (a) => later.sets.some((b) => isOneEntry(a, b)) || later.replaced.includes(a.folder),
  )
}

abstract class Inode {
  abstract readonly kind: FileKind
  abstract readonly size: number
  links = 1
  mode: number
  uid = 1000
  gid = 1000
  mtimeNs: bigint
  readonly id: number
  protected readonly platter: Platter

  constructor(platter: Platter, mode: number) {
    this.platter = platter
    this.mode = mode
    this.id = platter.nextId()
    this.mtimeNs = platter.nextTime()
  }

  stat(): Stat {
    const { kind, size, mtimeNs, mode, uid, gid, links } = this
    return { kind, size, mtimeNs, mode, uid, gid, links, identity: `1:${this.id}` }
  }

  /** The same node for another platter; a folder with nothing in it. */
  abstract alone(platter: Platter): Node

  protected madeLikeThis<T extends Inode>(copy: T): T {
    const { links, mode, uid, gid, mtimeNs, id } = this
    return Object.assign(copy, { links, mode, uid, gid, mtimeNs, id })
  }
}

export class FileNode extends Inode {
  readonly kind = 'file'
  /** Of any length from `size` up. */
  bytes: Buffer = Buffer.alloc(0)
  size = 0
  #durable: Buffer = Buffer.alloc(0)
  #dirty = new Set<number>()
  #sizeDirty = false
  #durableMtimeNs = this.mtimeNs

  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length
    if (end > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * this.bytes.length))
      this.bytes.copy(grown, 0, 0, this.size)
      this.bytes = grown
    }
    this.bytes.set(bytes, at)
    for (let block = Math.floor(at / BLOCK); block * BLOCK < end; block++) this.#dirty.add(block)
    if (end > this.size) this.#resize(end)
    this.mtimeNs = this.platter.nextTime()
  }

  truncate(size: number): void {
    if (size > this.size) this.write(Buffer.alloc(size - this.size), this.size)
    else if (size < this.size) {
      this.bytes.fill(0, size, this.size)
      this.#dirty.add(Math.floor(size / BLOCK))
      this.#resize(size)
      this.mtimeNs = this.platter.nextTime()
    }
  }

  #resize(size: number): void {
    this.size = size
    this.#sizeDirty = true
  }

  sync(): void {
    if (this.#sizeDirty || this.#dirty.size > 0) this.#durable = this.#survivor(() => true)
    this.#durableMtimeNs = this.mtimeNs
    this.forgetDirty()
  }

  /** What is dirty is taken for clean from now on, without having been written. */
  forgetDirty(): void {
    this.#dirty.clear()
    this.#sizeDirty = false
  }

  /** The time of the last write comes back with the bytes from before it, unless some of what was written is kept. */
  restore(keeps: (what: Unsynced) => boolean): void {
    let hasKept = false
    this.#durable = this.#survivor((what) => {
      const isKept = keeps(what)
      hasKept ||= isKept
      return isKept
    })
    if (!hasKept) this.mtimeNs = this.#durableMtimeNs
    this.#durableMtimeNs = this.mtimeNs
    this.bytes = Buffer.from(this.#durable)
    this.size = this.bytes.length
    this.forgetDirty()
  }

  alone(platter: Platter): FileNode {
    const copy = this.madeLikeThis(new FileNode(platter, this.mode))
    copy.bytes = Buffer.from(this.bytes)
    copy.size = this.size
    copy.#durable = this.#durable // never written into
    copy.#dirty = new Set(this.#dirty)
    copy.#sizeDirty = this.#sizeDirty
    copy.#durableMtimeNs = this.#durableMtimeNs
    return copy
  }

  #survivor(keeps: (what: Unsynced) => boolean): Buffer {
    const size = this.#sizeDirty && keeps({ kind: 'size' }) ? this.size : this.#durable.length
    const bytes = Buffer.alloc(size)
    this.#durable.copy(bytes)
    for (const block of this.#dirty) {
      if (!keeps({ kind: 'block', index: block })) continue
      const at = block * BLOCK
      this.bytes.copy(bytes, at, at, Math.min(at + BLOCK, this.size))
    }
    return bytes
  }
}

export class FolderNode extends Inode {
  readonly kind = 'folder'
  readonly size = 4096
  readonly isCaseless: boolean
  readonly entries: Map<string, Node>
  readonly durable: Map<string, Node>

  constructor(platter: Platter, mode: number) {
    super(platter, mode)
    const Names = platter.isCaseless ? CaselessNames : Map<string, Node>
    this.isCaseless = platter.isCaseless
    this.entries = new Names()
    this.durable = new Names()
  }

  restore(keeps: (what: Unsynced) => boolean): void {
    this.entries.clear()
    for (const [name, node] of this.durable) {
      this.entries.set(name, node)
      if (node.kind === 'file' || node.kind === 'folder') node.restore(keeps)
    }
  }

  alone(platter: Platter): FolderNode {
    return this.madeLikeThis(new FolderNode(platter, this.mode))
  }
}

/** Found by any spelling, and listed by the last that was given. */
class CaselessNames extends Map<string, Node> {
  readonly #spellings = new Map<string, string>()

  override get(name: string): Node | undefined {
    return super.get(this.#spellings.get(name.toLowerCase()) ?? name)
  }

  override set(name: string, node: Node): this {
    this.delete(name)
    this.#spellings.set(name.toLowerCase(), name)
    return super.set(name, node)
  }

  override delete(name: string): boolean {
    const spelling = this.#spellings.get(name.toLowerCase())
    this.#spellings.delete(name.toLowerCase())
    return super.delete(spelling ?? name)
  }

  override clear(): void {
    this.#spellings.clear()
    super.clear()
  }
}

class LinkNode extends Inode {
  readonly kind = 'link'
  readonly size: number
  readonly target: string

  constructor(platter: Platter, target: string) {
    super(platter, 0o777)
    this.target = target
    this.size = Buffer.byteLength(target)
  }

  alone(platter: Platter): LinkNode {
    return this.madeLikeThis(new LinkNode(platter, this.target))
  }
}

/** A socket or a pipe. */
export class OtherNode extends Inode {
  readonly kind = 'other'
  readonly size = 0

  constructor(platter: Platter) {
    super(platter, 0o755)
  }

  alone(platter: Platter): OtherNode {
    return this.madeLikeThis(new OtherNode(platter))
  }
}

/** Fails with a system's code, as node:fs does. */
export function fail(code: string): never {
  throw Object.assign(new Error(code), { code })
}
