import { type Entry, timeOf } from '../history/history.ts'
import { lookUpId } from '../history/ids.ts'
import { plural } from '../history/words.ts'
import { JournalError } from '../journal/env.ts'
import { plainText } from './text.ts'
import { instant } from './when.ts'

/** How many digits of an id are shown where they are enough. */
const SHOWN = 8
/** How many are asked to be typed: fewer are soon taken by the next intent. */
const TYPED = 4
const MOST_CANDIDATES = 8

export const NOTHING_RECORDED = 'nothing is recorded here yet'
/** Of an empty one. */
export const NO_EDITS_ID = 'an empty ID names no edit'

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

function uniquePrefix(entries: readonly Entry[], id: string, least: number): string {
  const ids = sortedIds(entries)
  let at = 0
  for (let above = ids.length; at < above; ) {
    const middle = (at + above) >> 1
    if (ids[middle]! < id) at = middle + 1
    else above = middle
  }
  let length = least
  // Those that have most in common with it stand beside it.
  for (const other of [ids[at - 1], ids[at] === id ? ids[at + 1] : ids[at]]) {
    if (other === undefined) continue
    let common = 0
    while (common < id.length && id[common] === other[common]) common++
    length = Math.max(length, common + 1)
  }
  return id.slice(0, length)
}

const sorted = new WeakMap<readonly Entry[], readonly string[]>()

/** Each id once; sorted once for each list, since every line of a long one asks. */
function sortedIds(entries: readonly Entry[]): readonly string[] {
  const known = sorted.get(entries)
  if (known !== undefined) return known
  const ids = [...new Set(entries.map(({ recorded }) => recorded.intent.id))].sort()
  sorted.set(entries, ids)
  return ids
}

function unknown(entries: readonly Entry[], text: string): string {
  if (text === '') return `${NO_EDITS_ID}; see: lsp-wal log`
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
