import type { Entry } from './history.ts'

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

function one(entry: Entry | undefined): Resolved {
  return entry === undefined ? { kind: 'unknown' } : { kind: 'entry', entry }
}

/** Ids are written in lower case; typed from a screen they may come otherwise. Foreign ones are anything. */
function startsWith(id: string, text: string): boolean {
  return text !== '' && (id.startsWith(text) || id.startsWith(text.toLowerCase()))
}
