import { basename, dirname, join } from 'node:path'
import { type Disk, DiskError, type DiskFile } from '../disk/disk.ts'
import { bytesOf, type FileBytes, type Stored } from '../edits/file-bytes.ts'
import type { Hasher } from '../edits/hash.ts'
import { type ByteEdit, splice } from '../edits/splice.ts'
import type { Cut } from './line-json.ts'
import { CLAIMED } from './session-folder.ts'

/** What the bytes of a log are read out of again. */
export interface Readable {
  /** By calls that wait; fewer where the log ends before. @throws DiskError */
  read(at: number, length: number): Buffer
}

/** What a log holds is not what it held when it was read: nothing of it is used. */
export class LogChanged extends DiskError {
  constructor(path: string, what: string) {
    super('read', path, undefined)
    this.message = `${path} was changed since it was read: it does not hold ${what} any more`
  }
}

/** A log and those of its bytes that are asked for after it was read. */
export class LogFile implements Readable {
  readonly path: string
  readonly #disk: Disk
  #file: DiskFile | undefined
  #line: { readonly at: number; readonly bytes: Buffer } | undefined

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  /** From now on, until it is closed, what is asked for comes from this very file, whatever has its name. */
  opened(file: DiskFile): void {
    this.#file = file
  }

  closed(): void {
    this.#file = undefined
    this.#line = undefined
  }

  /** The line that is being looked at; its bytes may be other ones once it is no more. */
  lookingAt(at: number, bytes: Buffer | undefined): void {
    this.#line = bytes && { at, bytes }
  }

  read(at: number, length: number): Buffer {
    const line = this.#line
    if (line !== undefined && at >= line.at && at + length <= line.at + line.bytes.length)
      return line.bytes.subarray(at - line.at, at - line.at + length)
    if (this.#file !== undefined) return readFrom(this.#file, at, length)
    let gone: unknown
    for (const path of [this.path, ...placesOf(this.path)]) {
      try {
        return this.#disk.readNow(path, at, length)
      } catch (error) {
        if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
        gone ??= error
      }
    }
    throw gone
  }
}

function readFrom(file: DiskFile, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const read = file.readNow(bytes.subarray(done), at + done)
    if (read === 0) return bytes.subarray(0, done)
    done += read
  }
  return bytes
}

/** Where a log may have gone with its session: it was taken over, put back, or settled. */
function placesOf(path: string): string[] {
  const session = basename(dirname(path))
  let folder = dirname(dirname(path))
  while (basename(folder) === CLAIMED) folder = dirname(dirname(folder))
  return ['live', 'history']
    .map((place) => join(dirname(folder), place, session, basename(path)))
    .filter((other) => other !== path)
}

/** A file's bytes as they stand in a log, base64. */
export class LogBytes implements Stored {
  readonly length: number
  readonly raw: string
  readonly #log: Readable
  readonly #slices: readonly Cut[]
  readonly #hasher: Hasher
  readonly #what: string

  /** `raw`: their hash. `what`: what they are, for people. */
  constructor(
    log: Readable,
    slices: readonly Cut[],
    { length, raw, what }: { readonly length: number; readonly raw: string; readonly what: string },
    hasher: Hasher,
  ) {
    this.#log = log
    this.#slices = slices
    this.length = length
    this.raw = raw
    this.#what = what
    this.#hasher = hasher
  }

  load(): Uint8Array {
    const bytes = readBase64(this.#log, this.#slices)
    if (bytes.length !== this.length || this.#hasher.hash(bytes) !== this.raw)
      throw new LogChanged(this.#log instanceof LogFile ? this.#log.path : 'a log', this.#what)
    return bytes
  }
}

/** What slices of base64 say, one behind the other. What is none is passed over. */
function readBase64(log: Readable, slices: readonly Cut[]): Buffer {
  const parts = slices.map(({ at, length }) => Buffer.from(log.read(at, length).toString('latin1'), 'base64'))
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/** An original with its edits carried out. */
export class Spliced implements Stored {
  readonly length: number
  readonly raw: string
  readonly #original: () => FileBytes | undefined
  readonly #edits: readonly ByteEdit[]

  /** `length`, `raw`: of what comes of it. */
  constructor(
    original: () => FileBytes | undefined,
    edits: readonly ByteEdit[],
    { length, raw }: { readonly length: number; readonly raw: string },
  ) {
    this.#original = original
    this.#edits = edits
    this.length = length
    this.raw = raw
  }

  load(): Uint8Array {
    const original = this.#original()
    return splice(original === undefined ? new Uint8Array() : bytesOf(original), this.#edits)
  }
}
