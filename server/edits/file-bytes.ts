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
}

export function bytesOf(bytes: FileBytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : bytes.load()
}

/** Equality of bytes; undefined (absent) equals only itself. Nothing is loaded where lengths or hashes tell. */
export function same(a: FileBytes | undefined, b: FileBytes | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b
  if (a.length !== b.length || tellsApart(a, b)) return false
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0
}

/** Whether their hashes do. */
function tellsApart(a: FileBytes, b: FileBytes): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return false
  return a.raw !== undefined && b.raw !== undefined && a.raw !== b.raw
}
