import { afterEach, describe, expect, test } from 'vitest'
import { editor, endEditors } from './screen.ts'
import { Stage } from './stage.ts'

const BEFORE = {
  'a.ts': 'export const foo = 1\n',
  'b.ts': 'import foo\n',
  'c.ts': 'use(foo)\r\n',
  'd.ts': 'foo\n',
}
const AFTER = {
  'a.ts': 'export const bar = 1\n',
  'b.ts': 'import bar\n',
  'c.ts': 'use(bar)\r\n',
  'd.ts': 'bar\n',
}

const at = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})

function rename(stage: Stage): object {
  const changes = {
    [stage.uri('a.ts')]: [{ range: at(0, 13, 16), newText: 'bar' }],
    [stage.uri('b.ts')]: [{ range: at(0, 7, 10), newText: 'bar' }],
    [stage.uri('c.ts')]: [{ range: at(0, 4, 7), newText: 'bar' }],
    [stage.uri('d.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }],
  }
  return { executeCommand: { command: 'edit', arguments: [{ changes }, 'Rename foo'], edits: 1 } }
}

afterEach(endEditors)

describe('a torn rename, at the next start in an editor', () => {
  test('files that the editor has open are finished in its buffers, the others on the disk', async () => {
    using stage = new Stage(BEFORE)
    await stage.headless(['--die-at', 'files-saved=2', '--die-with-server'], [rename(stage)], stage.wrapped())
    expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'], 'b.ts': AFTER['b.ts'] })

    const client = await editor(stage)
    await client.open(stage.path('c.ts'))
    const told = await client.waitForMessage(/finished "Rename foo" in 4 files/)
    expect(told.text).toContain('2 files written (1 of them in the editor, unsaved)')
    expect(client.document(stage.path('c.ts'))?.text).toBe(AFTER['c.ts'])
    expect(stage.files()).toEqual({ ...AFTER, 'c.ts': BEFORE['c.ts'] })

    const seen = (await client.executeCommand('seen')) as { method: string; params: unknown }[]
    expect(seen.filter(({ method }) => method === 'workspace/didChangeWatchedFiles')).toEqual([
      {
        method: 'workspace/didChangeWatchedFiles',
        params: { changes: [{ uri: stage.uri('d.ts'), type: 2 }] },
      },
    ])

    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    await client.shutdown()
    expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
  })

  test('a buffer that was changed meanwhile is not overwritten: the user is asked', async () => {
    using stage = new Stage(BEFORE)
    await stage.headless(['--die-at', 'files-saved=2', '--die-with-server'], [rename(stage)], stage.wrapped())
    const torn = stage.files()
    const client = await editor(stage)
    await client.open(stage.path('c.ts'))
    await client.change(stage.path('c.ts'), [{ range: at(0, 0, 0), newText: '// mine\n' }])
    const asked = await client.waitForMessage(/Rename foo.*c\.ts was changed since/)
    expect(asked.actions).toEqual(['Finish it', 'Roll it back', 'Forget it'])
    expect(stage.files()).toEqual(torn)
  })
})

describe('a rename that was never saved, at the next start in an editor', () => {
  async function neverSaved(): Promise<Stage> {
    const stage = new Stage(BEFORE)
    await stage.headless(['--save', 'never'], [rename(stage)], stage.wrapped())
    expect(stage.files()).toEqual(BEFORE)
    return stage
  }

  test('is offered, and brought back when the user says so', async () => {
    using stage = await neverSaved()
    const client = await editor(stage, { answers: ['Bring it back'] })
    await client.waitForMessage(/finished "Rename foo"/)
    expect(stage.files()).toEqual(AFTER)
    await client.shutdown()
    expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
  })

  test('is forgotten when the user says so, and never offered again', async () => {
    using stage = await neverSaved()
    const first = await editor(stage, { answers: ['Forget it'] })
    await first.waitForMessage(/never saved/)
    await first.shutdown()
    expect(stage.files()).toEqual(BEFORE)
    expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
  })

  test('is told of where the editor has no way to ask', async () => {
    using stage = await neverSaved()
    const answers = () => {
      throw new Error('no such method')
    }
    const client = await editor(stage, { answers })
    const told = await client.waitForMessage(/is waiting/)
    expect(told.text).toMatch(
      /Rename foo.* is waiting: it was never saved; see: lsp-wal recover [0-9a-f]{8}$/,
    )
    await client.shutdown()
    expect(stage.files()).toEqual(BEFORE)
    expect((await stage.lspWal('recover', '--finish', told.text.slice(-8))).status).toBe(0)
    expect(stage.files()).toEqual(AFTER)
  })

  test('stays offered where the user does not answer', async () => {
    using stage = await neverSaved()
    const first = await editor(stage)
    await first.waitForMessage(/never saved/)
    await first.shutdown()
    expect(stage.files()).toEqual(BEFORE)
    const second = await editor(stage)
    await second.waitForMessage(/never saved/)
  })
})

test('a server restarted inside a living editor recovers nothing from under it, and follows the edit on', async () => {
  using stage = new Stage(BEFORE)
  const first = await editor(stage)
  await first.executeCommand('edit', [
    (rename(stage) as RenameStep).executeCommand.arguments[0],
    'Rename foo',
  ])
  await first.waitForEdits(1)
  await first.kill()

  // The same process, so the same editor: it still holds the unsaved text, and opens it again.
  const second = await editor(stage)
  for (const name of ['a.ts', 'b.ts', 'c.ts', 'd.ts'] as const) {
    await second.open(stage.path(name))
    await second.change(stage.path(name), [{ range: at(0, 0, 99), newText: AFTER[name].trimEnd() }])
  }
  expect(stage.files()).toEqual(BEFORE)
  expect(second.messages.filter(({ text }) => text.includes('lsp-wal'))).toEqual([])
  await second.saveAll()
  await second.shutdown()
  expect(stage.files()).toEqual(AFTER)
  expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
})

test('a session whose editor still runs is left alone by another editor', async () => {
  using stage = new Stage(BEFORE)
  const first = await editor(stage)
  await first.executeCommand('edit', [
    (rename(stage) as RenameStep).executeCommand.arguments[0],
    'Rename foo',
  ])
  await first.waitForEdits(1)
  const live = stage.journalFiles()
  const other = await stage.headless([], [], stage.wrapped())
  expect(other.status).toBe(0)
  expect(stage.files()).toEqual(BEFORE)
  expect(stage.journalFiles()).toEqual(live)
})

interface RenameStep {
  readonly executeCommand: { readonly arguments: readonly [object, string] }
}
