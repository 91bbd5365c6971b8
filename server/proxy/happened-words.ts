import { summaryOf } from '../history/changes.ts'
import type { Intent } from '../journal/intent.ts'

/**
 * What an editor's user is told of an edit that the editor has taken up. `undo`: the command that takes it back.
 * `refusals`: of each place that it touches why nothing is ever written there; undefined where it may be.
 */
export function happenedWords(
  intent: Intent,
  undo: string,
  refusals: readonly (string | undefined)[],
): string {
  const [files, ...rest] = summaryOf(intent)
  const edits = rest.length > 0 ? `${rest.join(', ')} in ${files}` : files
  const withheld = (intent.withheld ?? []).map(({ path }) => `${path} is kept out of the log`)
  return `${intent.about.label}: ${edits}; ${undo} ${backWords([...refusals, ...withheld])}`
}

function backWords(refusals: readonly (string | undefined)[]): string {
  const refusal = refusals.find((each) => each !== undefined)
  if (refusal === undefined) return 'takes it back'
  return refusals.includes(undefined)
    ? `takes it back but for some of it: ${refusal}`
    : `cannot take it back: ${refusal}`
}
