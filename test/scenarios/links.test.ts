import { readlinkSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DYING_PROXY, FIXTURE_SERVER, Stage } from './stage.ts'

test('a link that an edit deletes is never taken for the file behind it', async () => {
  using stage = new Stage({ 'real.ts': 'precious\n' })
  symlinkSync('real.ts', stage.path('link.ts'))
  const edit = { documentChanges: [{ kind: 'delete', uri: stage.uri('link.ts') }] }
  const step = { executeCommand: { command: 'edit', arguments: [edit], edits: 1 } }
  const dying = [...DYING_PROXY, 'after-append', stage.journal, '--', ...FIXTURE_SERVER]
  await stage.headless([], [step], dying)
  await stage.headless([], [], stage.wrapped())
  for (const way of ['--finish', '--roll-back']) await stage.lspWal('recover', way)
  await stage.lspWal('undo')
  expect(readlinkSync(stage.path('link.ts'))).toBe('real.ts')
  expect(stage.files()).toEqual({ 'link.ts': 'precious\n', 'real.ts': 'precious\n' })
})

test('a file that an editor has open is written by that editor, one that it has closed by the command line', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n' })
  const changes = {
    [stage.uri('a.ts')]: [
      { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }, newText: 'bar' },
    ],
  }
  const { HeadlessClient } = await import('../../client-shim/client.ts')
  const [command, ...args] = stage.wrapped()
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    clientInfo: { name: 'Test Editor' },
    savePolicy: 'never',
  })
  try {
    await client.executeCommand('edit', [{ changes }])
    await client.waitForEdits(1)
    await client.saveAll()
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
    expect((await stage.lspWal('undo')).status).toBe(0)
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
    expect(client.document(stage.path('a.ts'))?.text).toBe('foo\n')
    await client.saveAll()
    await client.close(stage.path('a.ts'))
    expect((await stage.lspWal('redo')).status).toBe(0)
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
  } finally {
    await client.kill()
  }
})
