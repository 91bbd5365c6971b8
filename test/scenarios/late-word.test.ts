import { expect, test } from 'vitest'
import { LateEditor } from './late-editor.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n', 'd.ts': 'foo\n' }
const AFTER = { 'a.ts': 'bar\n', 'b.ts': 'bar\n', 'c.ts': 'bar\n', 'd.ts': 'bar\n' }

function rename(stage: Stage): object {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const names = Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'bar' }]] as const)
  return {
    executeCommand: { command: 'edit', arguments: [{ changes: Object.fromEntries(names) }, 'Rename foo'] },
  }
}

/** Two files of four are saved. */
async function torn(stage: Stage): Promise<void> {
  await stage.headless(['--die-at', 'files-saved=2', '--die-with-server'], [rename(stage)], stage.wrapped())
  expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': 'bar\n', 'b.ts': 'bar\n' })
}

const FINISHED =
  /finished "Rename foo" in 4 files: 2 files written \(1 of them in the editor, unsaved; 1 not seen there yet\)/

const states = async (stage: Stage) => {
  const { stdout } = await stage.lspWal('log', '--json')
  return (JSON.parse(stdout) as { state: string }[]).map(({ state }) => state)
}

test('a change that the editor takes and tells of late is settled when it is saved, without a word', async () => {
  using stage = new Stage(BEFORE)
  await torn(stage)
  const editor = await LateEditor.start(stage)
  await editor.hears(FINISHED)
  expect(stage.files()).toEqual({ ...AFTER, 'c.ts': BEFORE['c.ts'] })
  const { length } = editor.told
  await editor.tells(AFTER['c.ts'])
  await editor.saves(AFTER['c.ts'])
  await expect.poll(() => states(stage), { timeout: 20_000 }).toEqual(['landed', 'recovered'])
  await editor.quit()
  expect(editor.told.slice(length)).toEqual([])
  expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
})

test('what the editor said it took, and never showed, is asked about at the next start', async () => {
  using stage = new Stage(BEFORE)
  await torn(stage)
  const first = await LateEditor.start(stage)
  await first.hears(FINISHED)
  await first.quit()
  const second = await LateEditor.start(stage)
  await second.hears(/Finish: Rename foo.*c\.ts was not seen to change in the editor/)
  expect(stage.files()).toEqual({ ...AFTER, 'c.ts': BEFORE['c.ts'] })
})

test('an undo from the command line says so of the file', async () => {
  using stage = new Stage(BEFORE)
  expect((await stage.headless([], [rename(stage)], stage.wrapped())).status).toBe(0)
  const editor = await LateEditor.start(stage)
  await expect.poll(() => stage.journalFiles()).toContain('live/S/session.json')
  const { stdout, status } = await stage.lspWal('undo')
  expect(status).toBe(0)
  expect(stdout).toContain('c.ts  (not seen in the editor yet: look, and save it there)\n')
  await editor.die()
})

test('an undo is refused as long as the editor has yet to answer another one of the same files', async () => {
  using stage = new Stage(BEFORE)
  expect((await stage.headless([], [rename(stage)], stage.wrapped())).status).toBe(0)
  const editor = await LateEditor.start(stage)
  await expect.poll(() => stage.journalFiles()).toContain('live/S/session.json')
  const answer = editor.asksItsUser()
  const first = stage.lspWal('undo')
  await expect.poll(() => editor.asked).toBe(1)
  for (const args of [['undo'], ['undo', '--dry-run'], ['undo', '--file', 'c.ts']]) {
    const again = await stage.lspWal(...args)
    expect(again.stderr).toMatch(/c\.ts is still being changed by the editor/)
    expect(again.status).toBe(1)
  }
  await expect(editor.asks({ command: 'lsp-wal.undo', arguments: [] })).rejects.toThrow(
    /is still being changed/,
  )
  answer()
  await editor.tells(BEFORE['c.ts'])
  expect((await first).stdout).toContain('4 files written.')
  await editor.saves(BEFORE['c.ts'])
  expect(editor.asked).toBe(1)
  expect(stage.files()).toEqual(BEFORE)
  const answerToRedo = editor.asksItsUser()
  const redone = stage.lspWal('redo')
  await expect.poll(() => editor.asked).toBe(2)
  answerToRedo()
  await editor.tells(AFTER['c.ts'])
  expect((await redone).stdout).toContain('4 files written.')
  await editor.die()
})

test('an undo that the editor said it took, and never showed, is offered again', async () => {
  using stage = new Stage(BEFORE)
  expect((await stage.headless([], [rename(stage)], stage.wrapped())).status).toBe(0)
  const editor = await LateEditor.start(stage)
  await expect.poll(() => stage.journalFiles()).toContain('live/S/session.json')
  expect((await stage.lspWal('undo')).stdout).toContain('4 files written.')
  expect(await states(stage)).toEqual(['pending', 'landed'])
  const again = await stage.lspWal('undo')
  expect(again.stdout).toMatch(/: 1 file written\.\n {2}changed {2}c\.ts/)
  // This one is shown at last.
  await editor.tells(BEFORE['c.ts'])
  await editor.saves(BEFORE['c.ts'])
  await expect.poll(() => states(stage), { timeout: 20_000 }).toEqual(['landed', 'landed', 'undone'])
  expect((await stage.lspWal('undo')).stdout).toBe('Nothing recorded here is left to be undone.\n')
  expect(stage.files()).toEqual(BEFORE)
  await editor.quit()
})
