import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { type Content, DiskError } from './disk.ts'
import { isNothing, kindOf, toStat } from './node-stat.ts'

// To ask a thread of the pool takes longer than to read a file of the page cache: many files are read here and now,
// but never for longer than this without a turn of the event loop, since the relay's other direction waits meanwhile.
const SLICE_MS = 4
/** Of a large file, what is read at once. */
const MOST_AT_ONCE = 4 << 20
// Memory of its own for each file takes longer to make, and to collect, than the file to read.
const SLAB_BYTES = 1 << 20
// O_NONBLOCK (undefined on Windows): what has become a fifo must not make this process wait for its writer.
const READING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** `Disk.readMany` on the real file system. */
export async function readMany(
  paths: readonly string[],
  admit: (path: string, size: number) => void,
): Promise<Content[]> {
  const reader = new Reader(admit)
  const looks: Look[] = []
  for (const path of paths) {
    looks.push(reader.look(path))
    if (reader.isSliceOver) await reader.nextSlice()
  }
  const contents: Content[] = []
  for (const [i, look] of looks.entries()) {
    contents.push(look.kind === 'file' ? await reader.read(paths[i]!, look.size) : look)
    if (reader.isSliceOver) await reader.nextSlice()
  }
  return contents
}

type Look = Exclude<Content, { kind: 'file' }> | { readonly kind: 'file'; readonly size: number }

const ABSENT: Content & Look = { kind: 'absent' }
const FOLDER: Content & Look = { kind: 'folder' }
const OTHER: Content & Look = { kind: 'other' }

class Reader {
  readonly #admit: (path: string, size: number) => void
  #since = performance.now()
  #slab = Buffer.alloc(0)
  /** What the files that are not read yet will take of slabs. */
  #ahead = 0

  constructor(admit: (path: string, size: number) => void) {
    this.#admit = admit
  }

  get isSliceOver(): boolean {
    return performance.now() - this.#since > SLICE_MS
  }

  async nextSlice(): Promise<void> {
    await new Promise((turn) => setImmediate(turn))
    this.#since = performance.now()
  }

  look(path: string): Look {
    const stat = orNothing('stat', path, () => statSync(path, { throwIfNoEntry: false }))
    if (stat === undefined) return ABSENT
    if (!stat.isFile()) return kindOf(stat) === 'folder' ? FOLDER : OTHER
    this.#admit(path, stat.size)
    this.#ahead += roomFor(stat.size)
    return { kind: 'file', size: stat.size }
  }

  async read(path: string, size: number): Promise<Content> {
    const file = orNothing('read', path, () => openSync(path, READING))
    if (file === undefined) return ABSENT
    try {
      const stat = toStat(on('read', path, () => fstatSync(file, { bigint: true })))
      if (stat.kind !== 'file') return stat.kind === 'folder' ? FOLDER : OTHER
      return { kind: 'file', stat, bytes: await this.#readOpen(path, file, size) }
    } finally {
      this.#ahead -= roomFor(size)
      on('close', path, () => closeSync(file))
    }
  }

  /** To its end, wherever that is by now. */
  async #readOpen(path: string, file: number, size: number): Promise<Buffer> {
    let room = this.#room(roomFor(size))
    let length = 0
    for (;;) {
      const asked = Math.min(room.length - length, MOST_AT_ONCE)
      const read = on('read', path, () => readSync(file, room, length, asked, null))
      length += read
      // The byte more that was asked for than there should be has not come: that was the end.
      if (read === 0 || (read < asked && length === size)) break
      if (length === room.length) room = this.#grown(path, room)
      if (this.isSliceOver) await this.nextSlice()
    }
    this.#keep(room, length)
    return room.subarray(0, length)
  }

  #grown(path: string, full: Buffer): Buffer {
    this.#admit(path, full.length)
    const grown = Buffer.allocUnsafeSlow(2 * full.length + SLAB_BYTES)
    full.copy(grown)
    return grown
  }

  #room(length: number): Buffer {
    if (length >= SLAB_BYTES) return Buffer.allocUnsafeSlow(length)
    if (this.#slab.length < length)
      this.#slab = Buffer.allocUnsafeSlow(Math.min(SLAB_BYTES, Math.max(length, this.#ahead)))
    return this.#slab.subarray(0, length)
  }

  /** What a file has taken of the slab is its own. */
  #keep(room: Buffer, length: number): void {
    if (room.buffer === this.#slab.buffer) this.#slab = this.#slab.subarray(length)
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
