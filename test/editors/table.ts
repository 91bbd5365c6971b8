import type { Reporter, TestCase, TestModule } from 'vitest/node'

const MARKS = { passed: '✓', failed: '✗', skipped: '–', pending: '–' } as const

/** Prints how every editor did with every scenario, one column an editor. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const editors: string[] = []
    const rows = new Map<string, Map<string, string>>()
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      const [editor, ...scenario] = pathOf(test)
      if (!editors.includes(editor!)) editors.push(editor!)
      const title = scenario.join(': ')
      const row = rows.get(title) ?? new Map<string, string>()
      rows.set(title, row.set(editor!, MARKS[test.result().state]))
    }
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
}

/** The titles from the outermost to the test's own; of what is skipped, without why. */
function pathOf(test: TestCase): string[] {
  const titles = [test.name]
  for (let at = test.parent; at.type === 'suite'; at = at.parent) titles.unshift(at.name)
  return titles.map((title) => title.replace(/, for want of .*/s, ''))
}
