import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { type Content, DiskError, type Look } from './disk.ts'
import { isNothing, kindOf, toStat } from './node-stat.ts'

// To ask a thread of the pool takes longer than to read a file of the page cache: many files are read here and now,
// but never for longer than this without a turn of the event loop, since the relay's other direction waits meanwhile.
const SLICE_MS = 4
/** Of a large file, what is read at once. */
const MOST_AT_ONCE = 4 << 20
const ROOM_BYTES = 1 << 20
// O_NONBLOCK (undefined on Windows): what has become a fifo must not make this process wait for its writer.
const READING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** `Disk.lookMany` on the real file system. */
export async function lookMany(paths: readonly string[]): Promise<Look[]> {
  const slice = new Slice()
  const looks: Look[] = []
  for (const path of paths) {
    looks.push(look(path))
    if (slice.isOver) await slice.next()
  }
  return looks
}

function look(path: string): Look {
  const stat = orNothing('stat', path, () => statSync(path, { throwIfNoEntry: false }))
  if (stat === undefined) return ABSENT
  if (!stat.isFile()) return kindOf(stat) === 'folder' ? FOLDER : OTHER
  return { kind: 'file', size: stat.size }
}

/** `Disk.readMany` on the real file system. */
export async function readMany(
  files: readonly { readonly path: string; readonly size: number }[],
  admit: (path: string, size: number) => void,
  room: Buffer,
): Promise<Content[]> {
  const reader = new Reader(admit, room)
  const contents: Content[] = []
  for (const { path, size } of files) contents.push(await reader.read(path, size))
  return contents
}

const ABSENT: Content & Look = { kind: 'absent' }
const FOLDER: Content & Look = { kind: 'folder' }
const OTHER: Content & Look = { kind: 'other' }

/** How long calls that wait may go on without a turn of the event loop. */
class Slice {
  #since = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#since > SLICE_MS
  }

  async next(): Promise<void> {
    await new Promise((turn) => setImmediate(turn))
    this.#since = performance.now()
  }
}

class Reader {
  readonly #admit: (path: string, size: number) => void
  readonly #slice = new Slice()
  /** What is left of it. */
  #room: Buffer

  constructor(admit: (path: string, size: number) => void, room: Buffer) {
    this.#admit = admit
    this.#room = room
  }

  async read(path: string, size: number): Promise<Content> {
    if (this.#slice.isOver) await this.#slice.next()
    const file = orNothing('read', path, () => openSync(path, READING))
    if (file === undefined) return ABSENT
    try {
      const stat = toStat(on('read', path, () => fstatSync(file, { bigint: true })))
      if (stat.kind !== 'file') return stat.kind === 'folder' ? FOLDER : OTHER
      return { kind: 'file', stat, bytes: await this.#readOpen(path, file, size) }
    } finally {
      on('close', path, () => closeSync(file))
    }
  }

  /** To its end, wherever that is by now. */
  async #readOpen(path: string, file: number, size: number): Promise<Buffer> {
    let room = this.#roomOf(roomFor(size))
    let length = 0
    for (;;) {
      const asked = Math.min(room.length - length, MOST_AT_ONCE)
      const read = on('read', path, () => readSync(file, room, length, asked, null))
      length += read
      // The byte more that was asked for than there should be has not come: that was the end.
      if (read === 0 || (read < asked && length === size)) break
      if (length === room.length) room = this.#grown(path, room)
      if (this.#slice.isOver) await this.#slice.next()
    }
    this.#keep(room, length)
    return room.subarray(0, length)
  }

  #grown(path: string, full: Buffer): Buffer {
    this.#admit(path, full.length)
    const grown = Buffer.allocUnsafeSlow(2 * full.length + ROOM_BYTES)
    full.copy(grown)
    return grown
  }

  #roomOf(length: number): Buffer {
    return this.#room.length < length ? Buffer.allocUnsafeSlow(length) : this.#room.subarray(0, length)
  }

  /** What a file has taken of the room is its own. */
  #keep(room: Buffer, length: number): void {
    if (room.buffer === this.#room.buffer) this.#room = this.#room.subarray(length)
  }
}

/** A byte more than the file should have: that it does not come tells that the file is at its end. */
function roomFor(size: number): number {
  return size + 1
}

function orNothing<T>(operation: string, path: string, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (isNothing(error)) return undefined
    throw new DiskError(operation, path, error)
  }
}

function on<T>(operation: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw new DiskError(operation, path, error)
  }
}
