import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { MadeTable } from './table-text.ts'

const MARKS = { passed: '✓', failed: '✗', skipped: '–', pending: '–' } as const
const MOST_TOLD = 10

export const README = fileURLToPath(new URL('README.md', import.meta.url))
/** What stands there between its two marks. */
export const AROUND = /(?<=<!-- the table -->\n\n).*(?=\n<!-- its end -->)/s

/** Prints how every editor did with every scenario, one column an editor; once all have passed, the README has it. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const editors: string[] = []
    const rows = new Map<string, Map<string, string>>()
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    for (const test of tests) {
      const [editor, ...scenario] = pathOf(test)
      if (scenario.length === 0) continue // it is about all of them
      if (!editors.includes(editor!)) editors.push(editor!)
      const title = scenario.join(': ')
      const row = rows.get(title) ?? new Map<string, string>()
      rows.set(title, row.set(editor!, MARKS[test.result().state]))
    }
    this.#keep(tests, rows)
    const widest = Math.max(0, ...[...rows.keys()].map((title) => title.length))
    const line = (title: string, cells: readonly string[]) =>
      `| ${title.padEnd(widest)} | ${cells.map((cell, i) => cell.padEnd(editors[i]!.length)).join(' | ')} |\n`
    process.stdout.write(`\n${line('', editors)}`)
    process.stdout.write(
      line(
        '-'.repeat(widest),
        editors.map(({ length }) => '-'.repeat(length)),
      ),
    )
    for (const [title, cells] of rows)
      process.stdout.write(
        line(
          title,
          editors.map((editor) => cells.get(editor) ?? ''),
        ),
      )
  }

  /** A run of some of the tests, or without an editor, says nothing of the rest. */
  #keep(tests: readonly TestCase[], rows: ReadonlyMap<string, ReadonlyMap<string, string>>): void {
    const table = tests.map((each) => each.meta() as { table?: MadeTable }).find((meta) => meta.table)?.table
    if (table === undefined) return
    const wanting = table.wanted.filter(({ editor, row }) => rows.get(row)?.get(editor) !== MARKS.passed)
    if (wanting.length === 0)
      writeFileSync(
        README,
        readFileSync(README, 'utf8').replace(AROUND, () => table.text),
      )
    else
      process.stderr.write(
        `the table stays as it is, for want of ${told(wanting.map(({ editor, row }) => `${editor}: ${row}`))}\n`,
      )
  }
}

function told(wanting: readonly string[]): string {
  const more = wanting.length - MOST_TOLD
  return wanting.slice(0, MOST_TOLD).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** The titles from the outermost to the test's own; of what is skipped, without why. */
function pathOf(test: TestCase): string[] {
  const titles = [test.name]
  for (let at = test.parent; at.type === 'suite'; at = at.parent) titles.unshift(at.name)
  return titles.map((title) => title.replace(/, for want of .*/s, ''))
}
