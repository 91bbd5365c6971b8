import type { Outline } from '../edits/images.ts'
import type { Mirror } from './mirror.ts'
import type { Standings } from './standings.ts'

/**
 * The files that an edit only moves, with their folder: both ends of each, and with it the other one. Their bytes are
 * not recorded, nor read: a folder may hold gigabytes, and a move loses none of it. What is open in the editor is
 * recorded as ever, since its buffer may hold more than the file.
 */
export function bareMovesAmong(
  outlines: readonly Outline[],
  standings: Pick<Standings, 'isInMoved'>,
  mirror: Pick<Mirror, 'document'>,
): ReadonlyMap<string, string> {
  const gone = new Set(
    outlines.filter(({ hasBefore, after }) => hasBefore && after.kind === 'absent').map(({ path }) => path),
  )
  const ends = new Map<string, string>()
  for (const { path, source, hasBefore, after } of outlines) {
    if (after.kind !== 'file' || after.texts.length > 0 || hasBefore) continue
    if (source === undefined || !gone.has(source) || !standings.isInMoved(source)) continue
    if (mirror.document(source) !== undefined || mirror.document(path) !== undefined) continue
    ends.set(source, path).set(path, source)
  }
  return ends
}
