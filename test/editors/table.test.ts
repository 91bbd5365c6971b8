import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KINDS } from './kinds.ts'
import { ALL } from './matrix.ts'
import { scenariosOf } from './scenarios.ts'
import { AROUND, README } from './table.ts'
import { type MadeTable, rowOf, tableText } from './table-text.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** For `table.ts`, which is not run where tests are. */
    table?: MadeTable
  }
}

test('no two scenarios of an editor are called the same', ({ task }) => {
  const wanted = KINDS.flatMap((kind) =>
    scenariosOf(kind).map((each) => ({ editor: kind.title, row: rowOf(each), leftOut: each.leftOut })),
  )
  expect(new Set(wanted.map(({ editor, row }) => `${editor}: ${row}`)).size).toBe(wanted.length)
  task.meta.table = { text: tableText(), wanted: wanted.filter(({ leftOut }) => leftOut === undefined) }
})

// Where everything is run it may be about to be written.
test.runIf(!ALL)('the table has every scenario of every editor, and none besides', () => {
  expect(AROUND.exec(readFileSync(README, 'utf8'))?.[0]).toBe(tableText())
})
