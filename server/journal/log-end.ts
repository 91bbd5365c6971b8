import type { Disk } from '../disk/disk.ts'
import type { Hasher } from '../edits/hash.ts'
import { decodeLine } from './decode.ts'
import type { Link } from './encode.ts'
import type { Intent } from './intent.ts'
import { linesOf } from './lines.ts'
import { scanLog } from './scan.ts'

const CHUNK = 64 * 1024
const LF = 10

/**
 * The intents at the end of a log, in append order: those that begin in its last `lines` lines. What stands before is
 * neither read nor checked. Undefined where that is nothing, or what was read is not all sound and this program's: such
 * a log is to be read from its start, which alone tells what is wrong with it.
 */
export async function intentsAtEnd(
  disk: Disk,
  path: string,
  hasher: Hasher,
  lines: number,
): Promise<readonly Intent[] | undefined> {
  const lineAt = await lastLinesAt(disk, path, lines)
  const start = lineAt === undefined ? undefined : await intentFrom(disk, path, hasher, lineAt)
  if (start === undefined) return undefined
  const intents: Intent[] = []
  for await (const entry of scanLog(disk, path, hasher, start)) {
    if (entry.kind !== 'intent' || entry.intent.foreign) return undefined
    intents.push(entry.intent)
  }
  return intents
}

/** Where the last so many lines begin; undefined where there are no more than these, or the last one has no end. */
async function lastLinesAt(disk: Disk, path: string, lines: number): Promise<number | undefined> {
  const file = await disk.open(path, 'read')
  try {
    const { size } = await file.stat()
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size))
    let left = lines
    for (let end = size; end > 0; ) {
      const from = Math.max(0, end - chunk.length)
      const came = chunk.subarray(0, end - from)
      for (let done = 0; done < came.length; ) {
        const read = await file.readAt(came.subarray(done), from + done)
        if (read === 0) return undefined // cut meanwhile
        done += read
      }
      if (end === size && came.at(-1) !== LF) return undefined
      for (let lf = came.lastIndexOf(LF); lf >= 0; lf = lf === 0 ? -1 : came.lastIndexOf(LF, lf - 1))
        if (left-- === 0) return from + lf + 1
      end = from
    }
    return undefined
  } finally {
    await file.close()
  }
}

/** The first intent that begins at a line or behind it, and what it says that it follows. */
async function intentFrom(
  disk: Disk,
  path: string,
  hasher: Hasher,
  lineAt: number,
): Promise<{ readonly at: number; readonly link: Link } | undefined> {
  for await (const { at, bytes } of linesOf(disk, path, { from: lineAt })) {
    const line = bytes && decodeLine(bytes, hasher)
    if (line?.kind !== 'part') return undefined
    const { index, prev, seq } = line.part
    if (index === 1) return { at, link: { seq, prev } }
  }
  return undefined
}
