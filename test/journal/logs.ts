import { createHasher, type Hasher } from '../../server/edits/hash.ts'
import { draftOf } from '../../server/journal/draft.ts'
import { FIRST, IntentLines, type Link } from '../../server/journal/encode.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { type Entry, scanLog } from '../../server/journal/scan.ts'
import { MemoryDisk } from '../disk/memory-disk.ts'
import { Platter } from '../disk/platter.ts'

export const hasher: Hasher = await createHasher()

/** The lines of these intents, each with its LF, as one log after another record. */
export function linesOf(intents: readonly Intent[], link: Link = FIRST): Buffer[] {
  const all: Buffer[] = []
  let next = link
  for (const intent of intents) {
    const encoded = encode(intent, next)
    all.push(...encoded.lines)
    next = encoded.next
  }
  return all
}

/** The lines of one intent, put together from their chunks. */
export function encode(intent: Intent, link: Link = FIRST): { lines: Buffer[]; next: Link } {
  const lines: Buffer[] = []
  const encoder = new IntentLines(draftOf(intent), hasher, { link, at: 0, log: NOWHERE })
  const { images, withheld = [], facts } = intent
  // Copied: their memory is used again.
  for (const line of encoder.add({ images, withheld, facts })) lines.push(Buffer.from(line))
  for (const line of encoder.end()) lines.push(Buffer.from(line))
  return { lines, next: encoder.link }
}

const NOWHERE = {
  read: () => {
    throw new Error('these lines stand in no log')
  },
}

export const logOf = (...intents: Intent[]): Buffer => Buffer.concat(linesOf(intents))

/** Every entry of a log of these bytes. */
export async function scan(bytes: Uint8Array): Promise<Entry[]> {
  const platter = new Platter()
  platter.put('/wal.log', bytes)
  return entriesOf(new MemoryDisk(platter), '/wal.log')
}

export async function entriesOf(disk: MemoryDisk, path: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of scanLog(disk, path, hasher)) entries.push(entry)
  return entries
}

/** Entries in a few words: `intent ID` or `torn at 12`. */
export function wordsOf(entries: readonly Entry[]): string[] {
  return entries.map((entry) =>
    entry.kind === 'intent' ? `intent ${entry.intent.id}` : `${entry.kind} at ${entry.at}`,
  )
}
