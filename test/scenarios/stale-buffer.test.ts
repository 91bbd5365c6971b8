import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LateEditor } from './late-editor.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n' }
const AFTER = { 'a.ts': 'bar\n', 'b.ts': 'bar\n', 'c.ts': 'bar\n' }
const OTHERS = 'foo\nof somebody else\n'

/** A rename is taken by an editor that is killed then; `meanwhile`: before that, with c.ts open. */
async function renamed(stage: Stage, meanwhile: (editor: LateEditor) => Promise<void>): Promise<void> {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'bar' }]] as const)
  const editor = await LateEditor.start(stage)
  await meanwhile(editor)
  await editor.asks({ command: 'edit', arguments: [{ changes: Object.fromEntries(changes) }, 'Rename foo'] })
  await expect.poll(() => stage.journalFiles()).toContain('live/S/wal.log')
  await editor.die()
}

const QUESTION = /Rename foo.*c\.ts was written by another program, or opened with unsaved work/

test('what another program wrote under a buffer is not written over by a start', async () => {
  using stage = new Stage(BEFORE)
  await renamed(stage, async () => writeFileSync(stage.path('c.ts'), OTHERS))
  await (await LateEditor.start(stage)).hears(QUESTION)
  expect(stage.files()).toEqual({ ...BEFORE, 'c.ts': OTHERS })
})

test('nor where the buffer has been saved before, and has unsaved work on top of that', async () => {
  using stage = new Stage(BEFORE)
  await renamed(stage, async (editor) => {
    await editor.tells('foo\nsaved\n')
    await editor.saves('foo\nsaved\n')
    writeFileSync(stage.path('c.ts'), OTHERS)
    await editor.tells('foo\nsaved\nand not saved\n')
  })
  await (await LateEditor.start(stage)).hears(QUESTION)
  expect(stage.files()).toEqual({ ...BEFORE, 'c.ts': OTHERS })
})

test('over what the editor itself has saved, its unsaved work is finished with the edit', async () => {
  using stage = new Stage(BEFORE)
  await renamed(stage, async (editor) => {
    await editor.tells('foo\nsaved\n')
    await editor.saves('foo\nsaved\n')
    await editor.tells('foo\nsaved\nand not saved\n')
  })
  writeFileSync(stage.path('a.ts'), AFTER['a.ts'])
  expect((await stage.lspWal('recover')).status).toBe(0)
  expect(stage.files()).toEqual({ ...AFTER, 'c.ts': 'bar\nsaved\nand not saved\n' })
})
