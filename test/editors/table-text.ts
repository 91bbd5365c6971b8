import { KINDS } from './kinds.ts'
import { type Scenario, scenariosOf } from './scenarios.ts'

export interface MadeTable {
  readonly text: string
  /** What has to have passed for that to be so. */
  readonly wanted: readonly { readonly editor: string; readonly row: string }[]
}

/** How the table calls one. */
export const rowOf = ({ about, title }: Pick<Scenario, 'about' | 'title'>): string => `${about}: ${title}`

/** What stands in the README where every scenario has passed: editor by scenario, and what is left out and why. */
export function tableText(): string {
  const scenarios = KINDS.map(scenariosOf)
  const reasons = new Map<string, number>()
  const rows = scenarios[0]!.map((first, at) => {
    const cells = scenarios.map((each) => {
      const { leftOut } = each[at]!
      if (leftOut === undefined) return '✓'
      reasons.set(leftOut, reasons.get(leftOut) ?? reasons.size + 1)
      return String(reasons.get(leftOut))
    })
    return line([rowOf(first), ...cells])
  })
  const run = scenarios.flat().filter(({ leftOut }) => leftOut === undefined).length
  return [
    line(['', ...KINDS.map(({ title }) => title)]),
    line(['---', ...KINDS.map(() => ':---:')]),
    ...rows,
    '',
    `${rows.length} scenarios, ${run} of them with an editor; left out:`,
    '',
    ...[...reasons].map(([reason, n]) => `${n}. ${reason}`),
    '',
  ].join('\n')
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
