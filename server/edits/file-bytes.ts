/**
 * A file's bytes: at hand, or where they can be had from. What an edit of thousands of files is about is never in
 * memory as a whole: it is loaded when it is written or compared, and let go of then.
 */
export type FileBytes = Uint8Array | Stored

/** Bytes that stand in a log, or are put together from such. */
export interface Stored {
  readonly length: number
  /** Their hash, where it is known. */
  readonly raw?: string
  /** Anew each time, by calls that wait. @throws what keeps them from being had: never other bytes than were meant */
  load(): Uint8Array
  /**
   * The same from the first to the last, each slice until the next is asked for: a large file need not be in memory.
   * @throws as late as behind the last one: until then nobody knows whether these are the bytes that were meant
   */
  slices?(): Iterable<Uint8Array>
}

const BLOCK_BYTES = 1024 * 1024

/**
 * The bytes of a file that an edit only moves: nobody has read them, and they are nowhere but in the file. Of the path
 * that it leaves they are the original, of the one that it comes to the after-image: this one object is both.
 * Nothing can be written from them: such a file is given its other name, or left alone.
 */
export class Unkept implements Stored {
  readonly length: number

  constructor(length: number) {
    this.length = length
  }

  load(): never {
    throw new Error('broken invariant: the bytes of a file that is only moved are asked for')
  }
}

export function isUnkept(bytes: FileBytes | undefined): bytes is Unkept {
  return bytes instanceof Unkept
}

export function bytesOf(bytes: FileBytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : bytes.load()
}

/** Of stored bytes see `Stored.slices`. */
export function slicesOf(bytes: FileBytes): Iterable<Uint8Array> {
  if (bytes instanceof Uint8Array) return [bytes]
  return bytes.slices?.() ?? [bytes.load()]
}

/** Bytes in blocks of one length, at most 1 MiB, but for the last; at least one. Of stored bytes see `Stored.slices`. */
export function* blocksOf(bytes: FileBytes): Generator<Uint8Array> {
  if (bytes.length <= BLOCK_BYTES) yield bytesOf(bytes)
  else if (bytes instanceof Uint8Array)
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) yield bytes.subarray(at, at + BLOCK_BYTES)
  else yield* gathered(slicesOf(bytes))
}

function* gathered(slices: Iterable<Uint8Array>): Generator<Uint8Array> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  let filled = 0
  for (const slice of slices) {
    for (let from = 0; from < slice.length; ) {
      const part = slice.subarray(from, from + block.length - filled)
      block.set(part, filled)
      filled += part.length
      from += part.length
      if (filled < block.length) break
      yield block
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}

/** Equality of bytes; undefined (absent) and what is unkept equal only themselves. Nothing is loaded where lengths or hashes tell. */
export function same(a: FileBytes | undefined, b: FileBytes | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b
  if (isUnkept(a) || isUnkept(b)) return false
  if (a.length !== b.length || tellsApart(a, b)) return false
  return a instanceof Uint8Array ? consistsOf(a, b) : consistsOf(bytesOf(b), a)
}

/** Goes through all slices, also where one is another: whether they are the bytes that were meant shows at the end. */
function consistsOf(bytes: Uint8Array, of: FileBytes): boolean {
  if (of instanceof Uint8Array) return Buffer.compare(bytes, of) === 0
  let isSame = true
  let at = 0
  for (const slice of slicesOf(of)) {
    isSame &&= Buffer.compare(slice, bytes.subarray(at, at + slice.length)) === 0
    at += slice.length
  }
  return isSame && at === bytes.length
}

/** Whether their hashes do. */
function tellsApart(a: FileBytes, b: FileBytes): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return false
  return a.raw !== undefined && b.raw !== undefined && a.raw !== b.raw
}
