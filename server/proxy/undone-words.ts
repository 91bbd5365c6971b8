import { titleOf, type Undone } from '../history/undone.ts'
import { plural } from '../history/words.ts'
import type { Severity } from './conversation.ts'

const DONE = { undo: 'undid', redo: 'redid' } as const
const NOTHING = {
  undo: 'nothing is left to be undone here',
  redo: 'nothing is left to be redone here',
} as const
/** More would be a wall of text on a status line. */
const MOST_LEFT = 3

/** What an editor's user is told of an undo or a redo: a line for what was done, and one for each file left alone. */
export function undoneWords(
  direction: Undone['direction'],
  undone: readonly Undone[],
): readonly { readonly severity: Severity; readonly text: string }[] {
  if (undone.length === 0) return [{ severity: 'info', text: NOTHING[direction] }]
  return undone.flatMap((each) => {
    const { files, id, left, passedOver } = each
    const title = titleOf(each)
    if (passedOver)
      return [{ severity: 'info' as const, text: `passed over ${title}: there is nothing to write` }]
    const unsaved = files.filter(({ where }) => where === 'buffer').length
    const unseen = files.filter((file) => file.unseen).length
    const merged = files.filter((file) => file.merged).length
    const moved = files.filter(({ was }) => was !== undefined).length
    const notes = [
      ...(unsaved > 0 ? [`${unsaved} to be saved`] : []),
      ...(unseen > 0 ? [`${unseen} not seen in the editor yet`] : []),
      ...(moved > 0 ? [`${moved} where ${moved === 1 ? 'it was' : 'they were'} moved since`] : []),
      ...(merged > 0 ? [`${merged} with later changes in ${merged === 1 ? 'it' : 'them'}`] : []),
    ]
    const counted = plural(files.length, 'file') + (notes.length > 0 ? ` (${notes.join(', ')})` : '')
    const text =
      files.length === 0 ? `nothing was written: ${title}` : `${DONE[direction]} ${title}: ${counted}`
    const alone = left.map(({ path, reason, hunks }) => {
      const line = hunks?.[0] === undefined ? '' : `:${hunks[0].line}`
      return { severity: 'warning' as const, text: `left alone: ${path}${line}: ${reason}` }
    })
    const more = alone.length - MOST_LEFT
    const rest = {
      severity: 'warning' as const,
      text: `and ${plural(more, 'more file')} left alone: lsp-wal undo --dry-run ${id.slice(0, 8)}`,
    }
    return [{ severity: 'info' as const, text }, ...alone.slice(0, MOST_LEFT), ...(more > 0 ? [rest] : [])]
  })
}
