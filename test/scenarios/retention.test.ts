import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

/** An edit that an editor makes and saves. */
function edit(stage: Stage, name: string): object {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = { [stage.uri(name)]: [{ range, newText: 'bar' }] }
  return { executeCommand: { command: 'edit', arguments: [{ changes }, `Change ${name}`], edits: 1 } }
}

function history(stage: Stage): string[] {
  return readdirSync(join(stage.journal, 'history')).sort()
}

test('a session removes what is beyond its limits when it ends, itself too, and the next one not within the hour', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' })
  const none = ['--keep', 'none', '--max-size', '0']
  expect(await stage.headless([], [edit(stage, 'a.ts')], stage.wrapped(none))).toMatchObject({ status: 0 })
  expect(stage.files()).toEqual({ 'a.ts': 'bar\n', 'b.ts': 'foo\n' })
  expect(stage.journalFiles()).toEqual(['collected'])
  expect(await stage.headless([], [edit(stage, 'b.ts')], stage.wrapped(none))).toMatchObject({ status: 0 })
  expect(history(stage).length).toBe(1)
})

test('a crashed session outlives every gc, and a settled one goes when it is old', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' })
  expect(await stage.headless([], [edit(stage, 'a.ts')], stage.wrapped())).toMatchObject({ status: 0 })
  await stage.headless(
    ['--die-at', 'after-answer', '--die-with-server'],
    [edit(stage, 'b.ts')],
    stage.wrapped(),
  )
  const [old] = history(stage)
  const folder = join(stage.journal, 'history', old!)
  const at = new Date(Date.now() - 3 * 86_400_000)
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), at, at)

  expect(await stage.lspWal('gc', '--dry-run', '--keep', '2d')).toMatchObject({ status: 0, stderr: '' })
  expect(history(stage)).toEqual([old])
  const { stdout, status } = await stage.lspWal('gc', '--keep', '2d', '--max-size', '0')
  expect(status).toBe(0)
  expect(stdout).toContain('Removed 1 session')
  expect(history(stage)).toEqual([])
  expect((await stage.lspWal('status')).status).toBe(4)
})

test('limits that make no sense are said in one line', async () => {
  using stage = new Stage({})
  expect(await stage.lspWal('gc', '--keep', 'forever')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'lsp-wal: --keep takes a time such as 12h, 14d or 2w, 0 or none: not forever\n',
  })
})
