import { plural } from '../history/words.ts'
import type { Recovered, RecoveredFile } from '../recovery/as-asked.ts'
import { EXIT, type Surroundings } from './command.ts'
import { plainText, shownPath } from './text.ts'
import { inEditor, leftLines } from './undone-text.ts'

const VERBS = { changed: 'changed ', created: 'created ', removed: 'removed ' } as const

/** What became of one pending intent, or would, for people. */
export function recoveredText(around: Surroundings, recovered: Recovered): string {
  const { back, files, left } = recovered
  const lines = [
    headingOf(recovered),
    ...files.map((file) => fileLine(around, file)),
    ...leftLines(around, left),
    ...(back === undefined ? [] : [`To take it back: lsp-wal undo ${plainText(back.slice(0, 8))}`]),
  ]
  return `${lines.join('\n')}\n`
}

/** That nobody can tell what a session holds. */
export function unreadText(around: Surroundings, folder: string): string {
  return `${shownPath(around, folder)} cannot be read: its session.json is missing or damaged.\n`
}

/** The exit status for it. */
export function statusOf({ what, left }: Recovered): number {
  if (what === 'waiting') return EXIT.waiting
  return left.length > 0 && what !== 'would be' ? EXIT.partly : EXIT.done
}

function headingOf({ id, label, files, left, reason = '', what }: Recovered): string {
  const short = plainText(id.slice(0, 8))
  const title = `${short} "${plainText(label) || 'edit'}"`
  const counted = plural(files.length, 'file')
  const written = files.length > 0 ? `${counted} written` : 'nothing was left to do'
  const isInVain = files.length === 0 && left.length > 0
  if ((what === 'finish' || what === 'roll-back') && isInVain) return `Nothing was written: ${title}.`
  switch (what) {
    case 'would be':
      return `${title}: ${files.length === 0 ? 'there is nothing to write' : `${counted} would be written`}.`
    case 'waiting':
      return `Waiting for you: ${title}: ${plainText(reason)}.\n  lsp-wal recover --finish ${short}   or --roll-back, or --discard`
    case 'discard':
      return `Discarded: ${title}. Every file is as it was.`
    case 'settled':
      return `Settled: ${title}: nothing was left to do.`
    case 'buffered':
      return `In the editor: ${title}: save it there.`
    case 'finish':
      return `Finished: ${title}: ${written}.`
    case 'roll-back':
      return `Rolled back: ${title}: ${written}.`
  }
}

function fileLine(around: Surroundings, { path, change, unseen, where }: RecoveredFile): string {
  const note = where === 'buffer' ? `  (${inEditor(unseen)})` : ''
  return `  ${VERBS[change]} ${shownPath(around, path)}${note}`
}
