import type { BigIntStats, Dirent } from 'node:fs'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type FileKind,
  type OpenHow,
  type Stat,
} from './disk.ts'

/** The real file system. */
export const nodeDisk: Disk = {
  read: (path) => on('read', path, () => fs.readFile(path)),
  stat: (path) => on('stat', path, () => orNothing(fs.stat(path, { bigint: true }).then(toStat))),
  lstat: (path) => on('stat', path, () => orNothing(fs.lstat(path, { bigint: true }).then(toStat))),
  realpath: (path) => on('resolve', path, () => fs.realpath(path)),
  list: (path) =>
    on('list', path, () =>
      orNothing(fs.readdir(path, { withFileTypes: true }).then((all) => all.map(toEntry))),
    ),
  open: async (path, how, mode = 0o600) => {
    const handle = await on('open', path, () => fs.open(path, FLAGS[how], mode))
    return new NodeFile(path, handle)
  },
  makeFolder: (path, mode) => on('make folder', path, () => fs.mkdir(path, { mode })),
  removeFolder: (path) => on('remove folder', path, () => fs.rmdir(path)),
  rename: (from, to) => on(`rename to ${to}`, from, () => fs.rename(from, to)),
  remove: (path) => on('remove', path, () => fs.unlink(path)),
  syncFolder: (path) =>
    on('sync folder', path, async () => {
      // Windows cannot open a folder for syncing; NTFS journals its directory entries itself.
      if (constants.O_DIRECTORY === undefined) return
      const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }),
}

// O_NOFOLLOW and O_NONBLOCK (undefined on Windows): a link or a fifo planted in place of a file is an
// error, not a hang or a write elsewhere.
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const FLAGS: Record<OpenHow, number> = {
  read: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0),
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | PLAIN,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | PLAIN,
  modify: constants.O_RDWR | PLAIN,
}

class NodeFile implements DiskFile {
  readonly #path: string
  readonly #handle: fs.FileHandle

  constructor(path: string, handle: fs.FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async write(bytes: Uint8Array): Promise<void> {
    // Node reports a full disk as a short write without an error: the next round gets the ENOSPC.
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await on('write', this.#path, () =>
        this.#handle.write(bytes, done, bytes.length - done),
      )
      if (bytesWritten === 0) throw new DiskError('write', this.#path, new Error('nothing was written'))
      done += bytesWritten
    }
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    const { bytesRead } = await on('read', this.#path, () =>
      this.#handle.read(into, 0, into.length, position),
    )
    return bytesRead
  }

  stat(): Promise<Stat> {
    return on('stat', this.#path, () => this.#handle.stat({ bigint: true }).then(toStat))
  }

  setMode(mode: number): Promise<void> {
    return on('set the mode of', this.#path, () => this.#handle.chmod(mode))
  }

  setOwner(uid: number, gid: number): Promise<void> {
    return on('set the owner of', this.#path, () => this.#handle.chown(uid, gid))
  }

  truncate(size: number): Promise<void> {
    return on('truncate', this.#path, () => this.#handle.truncate(size))
  }

  sync(): Promise<void> {
    // fsync, not fdatasync: the mtime that is recorded beside an original must be the one after a crash.
    return on('sync', this.#path, () => this.#handle.sync())
  }

  close(): Promise<void> {
    return on('close', this.#path, () => this.#handle.close())
  }
}

async function on<T>(operation: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof DiskError ? error : new DiskError(operation, path, error)
  }
}

async function orNothing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    // ENOTDIR: a parent is a file, so there is nothing at this path either.
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function toStat(s: BigIntStats): Stat {
  return {
    kind: kindOf(s),
    size: Number(s.size),
    mtimeNs: s.mtimeNs,
    mode: Number(s.mode) & 0o7777,
    uid: Number(s.uid),
    gid: Number(s.gid),
    links: Number(s.nlink),
    identity: `${s.dev}:${s.ino}`,
  }
}

function toEntry(entry: Dirent): DirectoryEntry {
  return { name: entry.name, kind: kindOf(entry) }
}

function kindOf(s: BigIntStats | Dirent): FileKind {
  if (s.isFile()) return 'file'
  if (s.isDirectory()) return 'folder'
  return s.isSymbolicLink() ? 'link' : 'other'
}
