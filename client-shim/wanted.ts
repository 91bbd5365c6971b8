import type { Wanted } from './script-fields.ts'

/** Whether a text is what is wanted; where nothing is wanted, it is. */
export function isWanted(
  text: string | undefined,
  wanted: Wanted | undefined,
  equals = (one: string, other: string) => one === other,
): boolean {
  if (wanted === undefined) return true
  if (text === undefined) return false
  return typeof wanted === 'string' ? equals(text, wanted) : text.search(wanted) !== -1
}

/** Kinds are paths of names: `refactor.move.newFile` is a `refactor.move`. */
export function isKindBelow(kind: string, wanted: string): boolean {
  return kind === wanted || kind.startsWith(`${wanted}.`)
}
