import type { Disk, DiskFile } from '../disk/disk.ts'

/** A line beyond this is not read into memory: the longest that is written is 12 MiB. */
const LONGEST_LINE = 64 * 1024 * 1024
const CHUNK = 256 * 1024

/** A line without its LF. */
interface RawLine {
  /** Byte offset in the file. */
  readonly at: number
  /**
   * As they are until the next line is asked for: their memory is used again. Undefined for a line that is cut off by
   * the end, or too long.
   */
  readonly bytes: Buffer | undefined
}

/** Who wants to know as long as the file is open. */
interface Watcher {
  opened(file: DiskFile): void
  closed(): void
}

/** The lines of a file, `from` where one begins; one that is not there has none. */
export async function* linesOf(
  disk: Disk,
  path: string,
  { from: start = 0, watcher }: { readonly from?: number; readonly watcher?: Watcher } = {},
): AsyncGenerator<RawLine> {
  if ((await disk.lstat(path)) === undefined) return
  const file = await disk.open(path, 'read')
  watcher?.opened(file)
  try {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const begun = new Begun()
    let lineAt = start
    for (let position = start; ; ) {
      const length = await file.readAt(chunk, position)
      if (length === 0) break
      const came = chunk.subarray(0, length)
      let from = 0
      for (let lf = came.indexOf(10); lf >= 0; lf = came.indexOf(10, from)) {
        yield { at: lineAt, bytes: begun.endedBy(came.subarray(from, lf)) }
        from = lf + 1
        lineAt = position + from
      }
      begun.add(came.subarray(from))
      position += length
    }
    if (begun.length > 0) yield { at: lineAt, bytes: undefined }
  } finally {
    watcher?.closed()
    await file.close()
  }
}

/** What is there already of a line that goes on in the next chunk. */
class Begun {
  length = 0
  #bytes = Buffer.alloc(0)

  /** Copied: the chunk is read into again. What is too long anyway is counted, not kept. */
  add(bytes: Buffer): void {
    const length = this.length + bytes.length
    if (length <= LONGEST_LINE) {
      if (length > this.#bytes.length) {
        const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, length))
        this.#bytes.copy(grown, 0, 0, this.length)
        this.#bytes = grown
      }
      bytes.copy(this.#bytes, this.length)
    }
    this.length = length
  }

  /** The line that these bytes are the end of. */
  endedBy(bytes: Buffer): Buffer | undefined {
    if (this.length === 0) return bytes
    this.add(bytes)
    const { length } = this
    this.length = 0
    return length <= LONGEST_LINE ? this.#bytes.subarray(0, length) : undefined
  }
}
