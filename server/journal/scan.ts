import type { Disk } from '../disk/disk.ts'
import type { Hasher } from '../edits/hash.ts'
import { decodeLine, joinParts, type Line, type RecordPart } from './decode.ts'
import { FIRST, type Link } from './encode.ts'
import type { Intent } from './intent.ts'

/**
 * What a log holds, in append order.
 * `torn`: it ends in bytes that are no record, the trace of a crash during an append.
 * `corrupt`: bytes that are no record stand before a valid one, or records are missing, repeated or
 * reordered: somebody damaged the log. `refused`: a record of a version that this program does not know.
 */
export type Entry = { readonly kind: 'intent'; readonly at: number; readonly intent: Intent } | Damage

export interface Damage {
  readonly kind: 'torn' | 'corrupt' | 'refused'
  /** Byte offset in the log. */
  readonly at: number
  readonly reason: string
}

/** A line beyond this is not read into memory: the longest that is written is 12 MiB. */
const LONGEST_LINE = 64 * 1024 * 1024
const CHUNK = 64 * 1024
const UNREADABLE: Line = { kind: 'bad', reason: 'it is cut off or too long' }

/**
 * Reads a log from its start, one intent in memory at a time. A log that is not there holds nothing.
 * Returns the link for the record that follows once a torn tail is cut off.
 */
export async function* scanLog(disk: Disk, path: string, hasher: Hasher): AsyncGenerator<Entry, Link> {
  let link = FIRST
  let parts: RecordPart[] = []
  let partsAt = 0
  let bad: { at: number; reason: string } | undefined
  /** Where the lines begin that belong to no whole intent yet, and what came before them. */
  let tail: { at: number; link: Link; isOneAppend: boolean } | undefined
  /** What is wrong with these: a torn tail may look so, too. */
  let damage: Damage[] = []

  for await (const { at, bytes } of linesOf(disk, path)) {
    const line: Line = bytes === undefined ? UNREADABLE : decodeLine(bytes, hasher)
    tail ??= { at, link, isOneAppend: true }
    if (line.kind === 'bad') {
      bad ??= { at, reason: line.reason }
      continue
    }
    // A valid record: whatever bad bytes stand before it are no torn tail, unless it is the rest of one.
    if (bad !== undefined) damage.push({ kind: 'corrupt', ...bad })
    bad = undefined
    if (line.kind === 'refused' || line.kind === 'foreign') {
      yield* damage
      if (line.kind === 'refused') yield { kind: 'refused', at, reason: line.reason }
      else yield { kind: 'intent', at, intent: line.intent }
      damage = []
      tail = undefined
      continue
    }
    const { part } = line
    if (!isOfNextAppend(part, tail.link)) tail.isOneAppend = false
    if (part.seq !== link.seq || part.prev !== link.prev) {
      const reason = `record ${part.seq} does not follow record ${link.seq - 1}`
      damage.push({ kind: 'corrupt', at, reason })
    }
    link = { seq: part.seq + 1, prev: part.sum }
    if (parts.length > 0 && !continues(parts, part)) {
      damage.push({ kind: 'corrupt', at: partsAt, reason: `intent ${parts[0]!.id} lacks parts` })
      parts = []
    }
    if (parts.length === 0) partsAt = at
    parts.push(part)
    if (parts[0]!.index !== 1) {
      damage.push({ kind: 'corrupt', at: partsAt, reason: `intent ${part.id} lacks its first part` })
      parts = []
    } else if (parts.length === part.count) {
      const intent = joinParts(parts, hasher)
      parts = []
      yield* damage
      if ('fault' in intent) yield { kind: 'corrupt', at: partsAt, reason: intent.fault }
      else yield { kind: 'intent', at: partsAt, intent }
      damage = []
      tail = undefined
    }
  }
  if (tail === undefined) return link
  if (tail.isOneAppend) {
    yield { kind: 'torn', at: tail.at, reason: damage[0]?.reason ?? bad?.reason ?? 'it lacks parts' }
    return tail.link
  }
  yield* damage
  if (parts.length > 0) yield { kind: 'torn', at: partsAt, reason: `intent ${parts[0]!.id} lacks parts` }
  else if (bad !== undefined) yield { kind: 'torn', ...bad }
  return link
}

/**
 * Whether a line may be one of several of the intent that was appended next. A loss of power leaves some blocks of
 * such an append and not others: lines that are none, before lines that are.
 */
function isOfNextAppend({ seq, prev, index, count }: RecordPart, link: Link): boolean {
  return count > 1 && seq - index + 1 === link.seq && (index > 1 || prev === link.prev)
}

function continues(parts: readonly RecordPart[], part: RecordPart): boolean {
  const last = parts.at(-1)!
  return part.id === last.id && part.count === last.count && part.index === last.index + 1
}

/** The lines of a file without their LF; `bytes` is undefined for one cut off by the end or too long. */
export async function* linesOf(
  disk: Disk,
  path: string,
): AsyncGenerator<{ readonly at: number; readonly bytes: Uint8Array | undefined }> {
  if ((await disk.lstat(path)) === undefined) return
  const file = await disk.open(path, 'read')
  try {
    const chunk = Buffer.alloc(CHUNK)
    let kept: Buffer[] = []
    let keptLength = 0
    let lineAt = 0
    for (let position = 0; ; ) {
      const length = await file.readAt(chunk, position)
      if (length === 0) break
      let from = 0
      for (let lf = chunk.indexOf(10, 0); lf >= 0 && lf < length; lf = chunk.indexOf(10, from)) {
        const whole = keptLength + lf - from <= LONGEST_LINE
        yield { at: lineAt, bytes: whole ? Buffer.concat([...kept, chunk.subarray(from, lf)]) : undefined }
        kept = []
        keptLength = 0
        from = lf + 1
        lineAt = position + from
      }
      // Copied: the chunk is read into again. What is too long anyway is counted, not kept.
      if (keptLength <= LONGEST_LINE) kept.push(Buffer.from(chunk.subarray(from, length)))
      keptLength += length - from
      position += length
    }
    if (keptLength > 0) yield { at: lineAt, bytes: undefined }
  } finally {
    await file.close()
  }
}
