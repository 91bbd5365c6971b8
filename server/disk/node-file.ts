import * as fs from 'node:fs'
import { DiskError, type DiskFile, type OpenHow, type Stat } from './disk.ts'
import { toStat } from './node-stat.ts'

/** `Disk.open` on the real file system. `called`: what an error calls the file. */
export function openFile(path: string, how: OpenHow, mode: number, called = path): Promise<DiskFile> {
  return new Promise((done, fail) =>
    fs.open(path, FLAGS[how], mode, (error, descriptor) =>
      error === null ? done(new NodeFile(called, descriptor)) : fail(new DiskError('open', called, error)),
    ),
  )
}

/** The same to read, by a call that waits; so does all that it is asked for. @throws what the system throws */
export function openForReading(path: string): DiskFile {
  return new BlockingFile(path, fs.openSync(path, FLAGS.read))
}

// O_NOFOLLOW and O_NONBLOCK (undefined on Windows): a link or a fifo planted in place of a file is an
// error, not a hang or a write elsewhere.
const PLAIN = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)

const FLAGS: Record<OpenHow, number> = {
  read: fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0),
  append: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND | PLAIN,
  create: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | PLAIN,
  modify: fs.constants.O_RDWR | PLAIN,
}

/** `Disk.readNow` on the real file system. */
export function readNow(path: string, into: Uint8Array, position: number): number {
  let done = 0
  try {
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | PLAIN)
    try {
      while (done < into.length) {
        const read = fs.readSync(descriptor, into, done, into.length - done, position + done)
        if (read === 0) break
        done += read
      }
    } finally {
      fs.closeSync(descriptor)
    }
  } catch (error) {
    throw new DiskError('read', path, error)
  }
  return done
}

/** A bare descriptor: a `FileHandle` takes twice as long for each call, and an edit waits for them. */
class NodeFile implements DiskFile {
  readonly #path: string
  readonly #descriptor: number
  /** The system gives the number of a descriptor that was closed to the next file: never used again. */
  protected isClosed = false

  constructor(path: string, descriptor: number) {
    this.#path = path
    this.#descriptor = descriptor
  }

  async write(bytes: Uint8Array): Promise<void> {
    // Node reports a full disk as a short write without an error: the next round gets the ENOSPC.
    for (let done = 0; done < bytes.length; ) {
      const written = await this.#call<number>('write', (descriptor, then) =>
        fs.write(descriptor, bytes, done, bytes.length - done, null, then),
      )
      if (written === 0) throw new DiskError('write', this.#path, new Error('nothing was written'))
      done += written
    }
  }

  readAt(into: Uint8Array, position: number): Promise<number> {
    return this.#call('read', (descriptor, then) => fs.read(descriptor, into, 0, into.length, position, then))
  }

  readNow(into: Uint8Array, position: number): number {
    return this.now('read', (descriptor) => fs.readSync(descriptor, into, 0, into.length, position))
  }

  async stat(): Promise<Stat> {
    return toStat(
      await this.#call<fs.BigIntStats>('stat', (descriptor, then) =>
        fs.fstat(descriptor, { bigint: true }, then),
      ),
    )
  }

  setMode(mode: number): Promise<void> {
    return this.#call('set the mode of', (descriptor, then) => fs.fchmod(descriptor, mode, then))
  }

  setOwner(uid: number, gid: number): Promise<void> {
    return this.#call('set the owner of', (descriptor, then) => fs.fchown(descriptor, uid, gid, then))
  }

  truncate(size: number): Promise<void> {
    return this.#call('truncate', (descriptor, then) => fs.ftruncate(descriptor, size, then))
  }

  sync(): Promise<void> {
    // fsync, not fdatasync: the mtime that is recorded beside an original must be the one after a crash.
    return this.#call('sync', (descriptor, then) => fs.fsync(descriptor, then))
  }

  async close(): Promise<void> {
    const closed = this.#call('close', (descriptor, then) => fs.close(descriptor, then))
    this.isClosed = true
    return closed
  }

  protected now<T>(operation: string, call: (descriptor: number) => T): T {
    try {
      if (this.isClosed) throw Object.assign(new Error('it is closed'), { code: 'EBADF' })
      return call(this.#descriptor)
    } catch (error) {
      throw new DiskError(operation, this.#path, error)
    }
  }

  #call<T = void>(
    operation: string,
    start: (descriptor: number, then: (error: Error | null, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise((done, fail) => {
      const failed = (error: unknown) => fail(new DiskError(operation, this.#path, error))
      if (this.isClosed) return failed(Object.assign(new Error('it is closed'), { code: 'EBADF' }))
      start(this.#descriptor, (error, result) => (error === null ? done(result as T) : failed(error)))
    })
  }
}

/** One of which nothing is done beside the process. */
class BlockingFile extends NodeFile {
  override async readAt(into: Uint8Array, position: number): Promise<number> {
    return this.readNow(into, position)
  }

  override async stat(): Promise<Stat> {
    return this.now('stat', (descriptor) => toStat(fs.fstatSync(descriptor, { bigint: true })))
  }

  override async close(): Promise<void> {
    this.now('close', (descriptor) => {
      this.isClosed = true
      fs.closeSync(descriptor)
    })
  }
}
