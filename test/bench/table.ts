import { FLOOR, NONE } from './contenders.ts'
import type { Results } from './results.ts'
import type { Goal, Row } from './row.ts'
import { median } from './statistics.ts'

/** One line a row, one column a contender, and how the `subject` stands to the goals. */
export function tableOf(
  rows: readonly Row[],
  contenders: readonly string[],
  subject: string,
  results: Results,
): string {
  const lines = [
    ['', ...contenders, `goal for ${subject}`, 'rounds', ''],
    ['---', ...contenders.map(() => '---:'), '---', '---', '---'],
    ...rows
      .filter((row) => contenders.some((name) => results.value(name, row.value) !== undefined))
      .map((row) => [
        labelOf(row, contenders, results),
        ...contenders.map((name) => cellOf(row, name, results)),
        ...standingOf(row, subject, results),
      ]),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function labelOf({ against, digits, label }: Row, contenders: readonly string[], results: Results): string {
  if (against === undefined) return label
  const value = contenders
    .map((name) => results.value(name, against.value))
    .find((each) => each !== undefined)
  return value === undefined ? label : `${label} (${against.label}: ${value.toFixed(digits)})`
}

/** The median, and how it stands to the floor and to no proxy at all. */
function cellOf(row: Row, name: string, results: Results): string {
  const value = results.value(name, row.value)
  if (value === undefined) return ''
  if (row.goal?.kind === 'at most') return value.toFixed(row.digits)
  const ratios = [
    name === FLOOR && row.against === undefined ? undefined : median(comparedWithFloor(row, name, results)),
    name === NONE || row.against !== undefined
      ? undefined
      : median(results.ratios(name, row.value, NONE, row.value)),
  ]
  const shown = ratios.flatMap((ratio, i) =>
    ratio === undefined ? [] : `${ratio.toFixed(2)} ${i === 0 ? '×' : '∅'}`,
  )
  return shown.length === 0 ? value.toFixed(row.digits) : `${value.toFixed(row.digits)} (${shown.join(', ')})`
}

function comparedWithFloor(row: Row, name: string, results: Results): number[] {
  return row.against === undefined
    ? results.ratios(name, row.value, FLOOR, row.value)
    : results.ratios(name, row.value, name, row.against.value)
}

/** The goal, the least and the greatest that a round gave of what it limits, and whether their median keeps it. */
function standingOf(row: Row, subject: string, results: Results): string[] {
  const { goal } = row
  const found =
    goal?.kind === 'at most' ? results.values(subject, row.value) : comparedWithFloor(row, subject, results)
  const middle = median(found)
  if (middle === undefined) return [goalText(goal), '', '']
  const digits = goal?.kind === 'at most' ? row.digits : 2
  const range = `${Math.min(...found).toFixed(digits)}–${Math.max(...found).toFixed(digits)}`
  return [goalText(goal), range, goal === undefined ? '' : keeps(middle, goal) ? 'met' : 'not met']
}

function keeps(value: number, { kind, limit }: Goal): boolean {
  return kind === 'ratio at least' ? value >= limit : value <= limit
}

function goalText(goal: Goal | undefined): string {
  switch (goal?.kind) {
    case undefined:
      return ''
    case 'ratio at most':
      return `≤ ${goal.limit} ×`
    case 'ratio at least':
      return `≥ ${goal.limit} ×`
    case 'at most':
      return `≤ ${goal.limit}`
  }
}
