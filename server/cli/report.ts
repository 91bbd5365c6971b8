import type { Intent } from '../journal/intent.ts'
import type { Report } from '../recovery/carry-out.ts'
import type { Way } from '../recovery/ways.ts'
import type { Change } from '../recovery/workspace.ts'
import type { Surroundings } from './command.ts'
import { plainText, shownPath } from './text.ts'
import { leftLines } from './undone-text.ts'

const DONE = { finish: 'Finished', 'roll-back': 'Rolled back', undo: 'Undid' } as const

/** What a recovery or an undo did, for people. */
export function describeReport(around: Surroundings, report: Report): string {
  const { own, of, purpose, written, left, withheld } = report
  const files = `${written.length} file${written.length === 1 ? '' : 's'} written`
  const lines = [`${DONE[purpose]}: ${titleOf(of)}: ${own === undefined ? 'nothing was left to do' : files}.`]
  for (const change of own?.images ?? [])
    if (written.includes(change.path))
      lines.push(
        `  ${verbOf(change.before, change.after.kind === 'absent')} ${shownPath(around, change.path)}`,
      )
  lines.push(...leftLines(around, [...left, ...withheld]))
  // Taken back alone, what was finished would tear the edit again: it is the whole of it that can be undone.
  const id = purpose === 'finish' ? (of.about.of ?? of.id) : own?.id
  if (written.length > 0 && id !== undefined) lines.push(`To take it back: lsp-wal undo ${id.slice(0, 8)}`)
  return `${lines.join('\n')}\n`
}

/** What would be done, for people. */
export function describeWay(
  around: Surroundings,
  intent: Intent,
  { changes, left, withheld = [] }: Way,
): string {
  const files = `${changes.length} file${changes.length === 1 ? '' : 's'} would be written`
  const lines = [`${titleOf(intent)}: ${changes.length === 0 ? 'there is nothing to write' : files}.`]
  for (const { path, before, after } of changes)
    lines.push(`  ${verbOf(before, after === undefined)} ${shownPath(around, path)}`)
  return `${[...lines, ...leftLines(around, [...left, ...withheld])].join('\n')}\n`
}

function verbOf(before: Change['before'], removed: boolean): string {
  return removed ? 'removed ' : before === undefined ? 'created ' : 'changed '
}

export function titleOf({ id, about }: Intent): string {
  return `${id.slice(0, 8)} "${plainText(about.label) || 'edit'}"`
}
