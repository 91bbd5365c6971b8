import { isUnkept } from '../edits/file-bytes.ts'
import type { Intent, Purpose } from '../journal/intent.ts'
import type { Change } from './workspace.ts'

/**
 * The changes, each that makes a file with where that comes from: the intent has moved it, and the way that is gone
 * takes it away there.
 */
export function withOrigins(changes: readonly Change[], intent: Intent, purpose: Purpose): Change[] {
  const origins = originsOf(intent, purpose)
  const removed = new Set(changes.filter(({ after }) => after === undefined).map(({ path }) => path))
  return changes.map((change) => {
    const { path, before, after } = change
    const from = origins.get(path)
    const isMade = before === undefined && after !== undefined && !isUnkept(after)
    return isMade && from !== undefined && removed.has(from)
      ? { ...change, cameFrom: { path: from } }
      : change
  })
}

/** The same change, of a file that stays where it comes from. */
export function withoutOrigin(change: Change): Change {
  const { cameFrom: _, ...others } = change
  return others
}

/** Where the files of an intent come from, by where it moves them; the other way round where it is taken back. */
function originsOf({ images, facts }: Intent, purpose: Purpose): ReadonlyMap<string, string> {
  return new Map(
    images.flatMap(({ path, source }) => {
      const from = facts.get(path)?.cameFrom ?? source
      if (from === undefined || from === path) return []
      return [purpose === 'finish' ? ([path, from] as const) : ([from, path] as const)]
    }),
  )
}
