import { readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

test.for([
  ['nowhere', 'nope'],
  ['in a circle', 'b.ts'],
  ['through a file', 'a.ts/x'],
] as const)('a link that leads %s is left alone, and what else there is is recovered', async ([, to]) => {
  for (const [way, files] of [
    ['--finish', ['bar', 'bar']],
    ['--roll-back', ['foo', 'foo']],
  ] as const) {
    using stage = new Stage({ 'a.ts': 'foo', 'b.ts': 'foo', 'c.ts': 'foo' })
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
    const names = ['a.ts', 'b.ts', 'c.ts']
    const changes = Object.fromEntries(names.map((name) => [stage.uri(name), [{ range, newText: 'bar' }]]))
    const step = { executeCommand: { command: 'edit', arguments: [{ changes }], edits: 1 } }
    const dying = [...DYING_PROXY, 'after-append', stage.journal, '--', ...FIXTURE_SERVER]
    await stage.headless([], [step], dying)
    writeFileSync(stage.path('a.ts'), 'bar')
    rmSync(stage.path('b.ts'))
    symlinkSync(to, stage.path('b.ts'))
    const { status, stdout } = await stage.lspWal('recover', way)
    expect([status, stdout]).toEqual([3, expect.stringContaining('left alone  b.ts: ')])
    expect(['a.ts', 'c.ts'].map((name) => readFileSync(stage.path(name), 'utf8'))).toEqual(files)
    expect(readlinkSync(stage.path('b.ts'))).toBe(to)
    expect(await stage.lspWal('status')).toMatchObject({ status: 0 })
    expect(await stage.lspWal('undo')).toMatchObject({ status: 3, stderr: '' })
    expect(readlinkSync(stage.path('b.ts'))).toBe(to)
  }
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
