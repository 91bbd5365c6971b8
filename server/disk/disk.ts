import { constants } from 'node:os'

/**
 * What the journal, recovery and undo ask of a file system.
 *
 * Every call rejects with a {@link DiskError} that carries path, operation and the system's code.
 * `test/` holds a simulated implementation; `node-disk.ts` the real one.
 */
export interface Disk {
  /** Whole contents. */
  read(path: string): Promise<Buffer>
  /**
   * A stretch of a file, by calls that wait; never through a link at its last name. Returns how many bytes were read:
   * fewer than there is room for where it ends before.
   */
  readNow(path: string, into: Uint8Array, position: number): number
  /** What stands at each of many paths, links followed, in their order. Nothing is opened. */
  lookMany(paths: readonly string[]): Promise<Look[]>
  /**
   * What stands by now at many paths at which files of these sizes were seen, in their order; the bytes of those that
   * are files, and of them alone. `admit` is asked where more comes than was seen; what it throws ends the whole.
   * The bytes may share memory with those of the other files: one that is kept keeps its neighbours. As far as there
   * is room they stand in `room`, and whoever uses that again has them no more.
   */
  readMany(
    files: readonly { readonly path: string; readonly size: number }[],
    admit: (path: string, size: number) => void,
    room: Buffer,
  ): Promise<Content[]>
  /** What is at `path`, links followed; `undefined` where there is nothing. */
  stat(path: string): Promise<Stat | undefined>
  /** What is at `path` itself, links not followed; `undefined` where there is nothing. */
  lstat(path: string): Promise<Stat | undefined>
  /** The same by a call that waits: of many paths it takes a tenth of the time. */
  lstatNow(path: string): Stat | undefined
  /** The canonical path, every link resolved. */
  realpath(path: string): Promise<string>
  /** Names in a folder, unsorted; `undefined` where there is no such folder. */
  list(path: string): Promise<readonly DirectoryEntry[] | undefined>
  /** The same by a call that waits. */
  listNow(path: string): readonly DirectoryEntry[] | undefined
  open(path: string, how: OpenHow, mode?: number): Promise<DiskFile>
  /** Holds a folder open. Fails where a link stands at its last name. */
  openFolder(path: string): Promise<Folder>
  /**
   * What each of these files carries beside bytes, mode and owner (access lists, extended attributes), in words that
   * are equal where that is; undefined where nothing can tell. Links are not followed.
   */
  attributesOf(paths: readonly string[]): Promise<readonly (string | undefined)[]>
  /** Makes one folder; its parent must exist and `path` must not. Durable only after `syncFolder(parent)`. */
  makeFolder(path: string, mode: number): Promise<void>
  removeFolder(path: string): Promise<void>
  /** Gives a file another name, where nothing stands by that. */
  link(from: string, to: string): Promise<void>
  /** Replaces `to` atomically. Durable only after `syncFolder` of both parents. */
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes the folder's entries durable: what was created, renamed or removed in it. */
  syncFolder(path: string): Promise<void>
}

/** `create` fails where something exists (O_EXCL, never through a link); `modify` keeps what is there. */
export type OpenHow = 'read' | 'append' | 'create' | 'modify'

export interface DiskFile {
  /** Writes every byte, looping over short writes; position is the end for `append`, else sequential. */
  write(bytes: Uint8Array): Promise<void>
  /** Reads up to `into.length` bytes at `position`; 0 at the end. */
  readAt(into: Uint8Array, position: number): Promise<number>
  /** The same by a call that waits. */
  readNow(into: Uint8Array, position: number): number
  stat(): Promise<Stat>
  setMode(mode: number): Promise<void>
  setOwner(uid: number, gid: number): Promise<void>
  truncate(size: number): Promise<void>
  /** Makes data and size durable. The directory entry may not be: see {@link Disk.syncFolder}. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * A folder held open, and its entries by name. Where the system offers it (Linux), what is done through it is done in
 * this very folder, whatever comes to stand at its path meanwhile.
 */
export interface Folder {
  /** Whether what is made, renamed and removed in it can be made durable: one that may not be read cannot be synced. */
  readonly isSyncable: boolean
  /** Where it is now, every link resolved. Fails where it is gone, or something else stands there. */
  path(): Promise<string>
  /** What is at `name` itself; `undefined` where there is nothing. */
  stat(name: string): Promise<Stat | undefined>
  open(name: string, how: Exclude<OpenHow, 'read'>, mode?: number): Promise<DiskFile>
  link(from: string, to: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** The same to a name in another folder of this disk, held open as well. */
  linkInto(name: string, folder: Folder, to: string): Promise<void>
  renameInto(name: string, folder: Folder, to: string): Promise<void>
  /** A path that leads to an entry of this very folder, as far as the system offers that. */
  entry(name: string): string
  remove(name: string): Promise<void>
  makeFolder(name: string, mode: number): Promise<void>
  removeFolder(name: string): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** What stands at a path, links followed; of a file, its size. */
export type Look =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'absent' | 'folder' | 'other' }

/** What stands at a path, links followed. Of a file, bytes and `stat` come from one descriptor. */
export type Content =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly stat: Stat; readonly bytes: Buffer }
  | { readonly kind: 'folder' | 'other' }

export type FileKind = 'file' | 'folder' | 'link' | 'other'

export interface Stat {
  readonly kind: FileKind
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint
  /** Permission bits only. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly links: number
  /** Device and inode: the same file has the same identity. */
  readonly identity: string
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileKind
}

/** A failed file system call: "cannot rename /a/b: EACCES". */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly operation: string
  readonly path: string
  /** The system's code (`ENOSPC`, ...), or `EIO` where it gave none. */
  readonly code: string

  constructor(operation: string, path: string, cause: unknown, detail = '') {
    const code = codeOf(cause)
    super(`cannot ${operation} ${path}${detail}: ${code}`, { cause })
    this.operation = operation
    this.path = path
    this.code = code
  }
}

function codeOf(cause: unknown): string {
  if (cause instanceof DiskError) return cause.code
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string')) return 'EIO'
  // Node has no name for some that the system has, such as EDQUOT: "Unknown system error -122".
  return cause.code.startsWith('Unknown') ? (nameOf(cause) ?? cause.code) : cause.code
}

function nameOf(cause: object): string | undefined {
  if (!('errno' in cause) || typeof cause.errno !== 'number') return undefined
  const number = -cause.errno
  return Object.entries(constants.errno).find(([, each]) => each === number)?.[0]
}
