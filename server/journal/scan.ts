import type { Disk } from '../disk/disk.ts'
import type { Hasher } from '../edits/hash.ts'
import { decodeLine, type Line, type RecordPart } from './decode.ts'
import { FIRST, type Link } from './encode.ts'
import type { Intent } from './intent.ts'
import { joinParts } from './join-parts.ts'
import { linesOf } from './lines.ts'
import { LogFile } from './log-bytes.ts'

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

const UNREADABLE: Line = { kind: 'bad', reason: 'it is cut off or too long' }

/** Where an intent begins that follows this record: by default the first one. */
interface Start {
  readonly at: number
  readonly link: Link
}

/**
 * Reads a log from its start, one line in memory at a time, and of what an intent's files hold none: that is loaded
 * when it is asked for. A log that is not there holds nothing.
 * Returns the link for the record that follows once a torn tail is cut off.
 */
export async function* scanLog(
  disk: Disk,
  path: string,
  hasher: Hasher,
  start: Start = { at: 0, link: FIRST },
): AsyncGenerator<Entry, Link> {
  let { link } = start
  let parts: RecordPart[] = []
  let partsAt = 0
  let bad: { at: number; reason: string } | undefined
  /** Where the lines begin that belong to no whole intent yet, and what came before them. */
  let tail: { at: number; link: Link; isOneAppend: boolean } | undefined
  /** What is wrong with these: a torn tail may look so, too. */
  let damage: Damage[] = []
  /** Why the line before was refused: said once of all the lines of an intent, which may be thousands. */
  let refused: string | undefined

  const log = new LogFile(disk, path)
  for await (const { at, bytes } of linesOf(disk, path, { from: start.at, watcher: log })) {
    log.lookingAt(at, bytes)
    const line: Line = bytes === undefined ? UNREADABLE : decodeLine(bytes, hasher, { log, at })
    tail ??= { at, link, isOneAppend: true }
    if (line.kind === 'bad') {
      bad ??= { at, reason: line.reason }
      continue
    }
    // A valid record: whatever bad bytes stand before it are no torn tail, unless it is the rest of one.
    if (bad !== undefined) damage.push({ kind: 'corrupt', ...bad })
    bad = undefined
    if (line.kind === 'refused' || line.kind === 'foreign') {
      const isSaid = line.kind === 'refused' && damage.length === 0 && line.reason === refused
      yield* damage
      if (line.kind === 'foreign') yield { kind: 'intent', at, intent: line.intent }
      else if (!isSaid) yield { kind: 'refused', at, reason: line.reason }
      refused = line.kind === 'refused' ? line.reason : undefined
      damage = []
      tail = undefined
      continue
    }
    refused = undefined
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
    } else if (part.index === part.count) {
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
  return count !== 1 && seq - index + 1 === link.seq && (index > 1 || prev === link.prev)
}

function continues(parts: readonly RecordPart[], part: RecordPart): boolean {
  const last = parts.at(-1)!
  if (part.id !== last.id || part.index !== last.index + 1) return false
  // Either each says how many there are, or the last one alone.
  return part.count === last.count || (last.count === undefined && part.count === part.index)
}
