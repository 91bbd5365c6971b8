import { JournalError } from '../journal/env.ts'
import { type Entry, timeOf } from './history.ts'
import { plainText } from './text.ts'
import { instant } from './when.ts'
import { plural } from './words.ts'

/** How many digits of an id are shown where they are enough. */
const SHOWN = 8
/** How many are asked to be typed: fewer are soon taken by the next intent. */
const TYPED = 4
const MOST_CANDIDATES = 8

export const NOTHING_RECORDED = 'nothing is recorded here yet'

/** What an id, as a user writes it, refers to. */
export type Resolved =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** Nothing is recorded at all. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Entry[] }

/**
 * `@` is the newest of the entries (which are in the order in time), `@-` the one before, and so on; anything
 * else the beginning of the id that it refers to.
 */
export function lookUpId(entries: readonly Entry[], text: string): Resolved {
  if (entries.length === 0) return { kind: 'empty' }
  const back = /^@(-*)$/.exec(text)
  if (back !== null) return one(entries.at(-1 - back[1]!.length))
  const exact = entries.find(({ recorded }) => recorded.intent.id === text)
  if (exact !== undefined) return { kind: 'entry', entry: exact }
  const candidates = entries.filter(({ recorded }) => startsWith(recorded.intent.id, text))
  return candidates.length > 1 ? { kind: 'ambiguous', candidates } : one(candidates[0])
}

/**
 * The entry that an id refers to.
 * @throws JournalError saying why there is none, the candidates listed where there are several
 */
export function resolveId(entries: readonly Entry[], text: string): Entry {
  const resolved = lookUpId(entries, text)
  switch (resolved.kind) {
    case 'entry':
      return resolved.entry
    case 'empty':
      throw new JournalError(NOTHING_RECORDED)
    case 'unknown':
      throw new JournalError(unknown(entries, text))
    case 'ambiguous':
      throw new JournalError(ambiguous(entries, text, resolved.candidates))
  }
}

/** The id as it is shown: eight digits, or as many as tell it from all others. */
export function shownId(entries: readonly Entry[], id: string): string {
  return plainText(uniquePrefix(entries, id, SHOWN))
}

/** The id as it is suggested to be typed: four digits, or as many as tell it from all others. */
export function typedId(entries: readonly Entry[], id: string): string {
  return plainText(uniquePrefix(entries, id, TYPED))
}

function one(entry: Entry | undefined): Resolved {
  return entry === undefined ? { kind: 'unknown' } : { kind: 'entry', entry }
}

/** Ids are written in lower case; typed from a screen they may come otherwise. Foreign ones are anything. */
function startsWith(id: string, text: string): boolean {
  return text !== '' && (id.startsWith(text) || id.startsWith(text.toLowerCase()))
}

function uniquePrefix(entries: readonly Entry[], id: string, least: number): string {
  let length = least
  for (const { recorded } of entries) {
    const other = recorded.intent.id
    if (other === id) continue
    let common = 0
    while (common < id.length && id[common] === other[common]) common++
    length = Math.max(length, common + 1)
  }
  return id.slice(0, length)
}

function unknown(entries: readonly Entry[], text: string): string {
  return /^@-*$/.test(text)
    ? `there is no ${text}: only ${plural(entries.length, 'edit')} recorded here`
    : `no recorded edit's id begins with ${plainText(text)}; see: lsp-wal log --all`
}

function ambiguous(entries: readonly Entry[], text: string, candidates: readonly Entry[]): string {
  const newest = candidates.toReversed()
  const lines = newest.slice(0, MOST_CANDIDATES).map((entry) => {
    const { id, about } = entry.recorded.intent
    return `    ${shownId(entries, id)}  ${instant(timeOf(entry))}  ${plainText(about.label)}`.trimEnd()
  })
  const rest = newest.length - lines.length
  if (rest > 0) lines.push(`    and ${rest} more`)
  return [`${plainText(text)} may be any of ${candidates.length}:`, ...lines].join('\n')
}
