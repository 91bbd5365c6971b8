import { type Disk, DiskError, type DiskFile } from '../disk/disk.ts'
import { type FileBytes, type Stored, slicesOf } from '../edits/file-bytes.ts'
import type { Hasher } from '../edits/hash.ts'
import { type ByteEdit, spliceSlices } from '../edits/splice.ts'
import { decodeBase64, decodedLength } from './base64.ts'
import type { Cut } from './line-json.ts'
import { whereaboutsOf } from './whereabouts.ts'

/** What the bytes of a log are read out of again. */
export interface Readable {
  /** By calls that wait, and until anything is read again; fewer where the log ends before. @throws DiskError */
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
  /** Where it was when something of it was last read. */
  #place: string
  #file: DiskFile | undefined
  #line: { readonly at: number; readonly bytes: Buffer } | undefined

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
    this.#place = path
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
    const file = this.#file
    if (file !== undefined) return fill(roomFor(length), (into, from) => file.readNow(into, at + from))
    let gone: unknown
    for (const place of whereaboutsOf(this.#disk, this.#place)) {
      try {
        const into = roomFor(length)
        const read = this.#disk.readNow(place, into, at)
        this.#place = place
        return into.subarray(0, read)
      } catch (error) {
        if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
        gone ??= error
      }
    }
    throw gone
  }
}

function fill(into: Buffer, read: (into: Buffer, from: number) => number): Buffer {
  for (let done = 0; done < into.length; ) {
    const length = read(into.subarray(done), done)
    if (length === 0) return into.subarray(0, done)
    done += length
  }
  return into
}

// What stands in a log is read bit by bit, and needed until the next one: new memory each time takes longer than that.
const LONGEST_KEPT = 1024 * 1024
let room = Buffer.alloc(0)

function roomFor(length: number): Buffer {
  if (length > LONGEST_KEPT) return Buffer.allocUnsafe(length)
  if (length > room.length) room = Buffer.allocUnsafeSlow(length)
  return room.subarray(0, length)
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
    const room = Buffer.allocUnsafe(this.#slices.reduce((sum, { length }) => sum + decodedLength(length), 0))
    let length = 0
    for (const slice of this.#slices) length += this.#decode(slice, room.subarray(length))
    const bytes = room.subarray(0, length)
    if (length !== this.length || this.#hasher.hash(bytes) !== this.raw) throw this.#changed()
    return bytes
  }

  *slices(): Generator<Uint8Array> {
    if (this.#slices.length === 1) return yield this.load()
    const longest = Math.max(0, ...this.#slices.map(({ length }) => length))
    const into = Buffer.allocUnsafe(decodedLength(longest))
    const hash = this.#hasher.stream()
    let length = 0
    for (const slice of this.#slices) {
      const bytes = into.subarray(0, this.#decode(slice, into))
      length += bytes.length
      hash.update(bytes)
      yield bytes
    }
    if (length !== this.length || hash.digest() !== this.raw) throw this.#changed()
  }

  #decode({ at, length }: Cut, into: Buffer): number {
    return decodeBase64(this.#log.read(at, length), into)
  }

  #changed(): LogChanged {
    return new LogChanged(this.#log instanceof LogFile ? this.#log.path : 'a log', this.#what)
  }
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
    const bytes = Buffer.allocUnsafe(this.length)
    let length = 0
    for (const slice of this.slices()) {
      bytes.set(slice, length)
      length += slice.length
    }
    return bytes
  }

  slices(): Iterable<Uint8Array> {
    const original = this.#original()
    return spliceSlices(original === undefined ? [] : slicesOf(original), this.#edits)
  }
}
