import { existsSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import { Stage } from './stage.ts'

const FILES = { 'a.ts': 'foo\n', 'b.ts': 'foo\n' }
const FIRST_THREE = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
const TORN = /^lsp-wal: Careful: refused by the editor after /
const running: HeadlessClient[] = []

/** An editor with a screen, whose user answers the first of these that is offered. */
async function editor(stage: Stage, answers: readonly string[]): Promise<HeadlessClient> {
  const [command, ...args] = stage.wrapped()
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    clientInfo: { name: 'Test Editor', version: '1' },
    savePolicy: 'never',
    answers,
  })
  running.push(client)
  for (const name of ['a.ts', 'b.ts']) await client.open(stage.path(name))
  return client
}

afterEach(async () => {
  for (const client of running.splice(0)) await client.kill()
})

/** Has the server send an edit whose last part is for a version that was never there: the editor stops at it. */
async function torn(stage: Stage, client: HeadlessClient, ...first: readonly object[]): Promise<void> {
  const change = (name: string, version: number | null) => ({
    textDocument: { uri: stage.uri(name), version },
    edits: [{ range: FIRST_THREE, newText: 'bar' }],
  })
  const documentChanges = [...first, change('a.ts', null), change('b.ts', 99)]
  await client.executeCommand('edit', [{ documentChanges } as never, 'Careful'])
  await client.waitForEdits(1)
  expect(client.edits).toMatchObject([{ outcome: { applied: false } }])
}

const made = (stage: Stage) => ({ kind: 'create', uri: stage.uri('new.ts') })

test('an edit that the editor stops at is offered to be taken back: in its files and in its buffers', async () => {
  using stage = new Stage(FILES)
  const client = await editor(stage, ['Take it back'])
  await torn(stage, client, made(stage))
  await client.waitForMessage(TORN)
  await client.waitForMessage(/^lsp-wal: undid Careful: /)
  expect(existsSync(stage.path('new.ts'))).toBe(false)
  expect(client.document(stage.path('a.ts'))?.text).toBe('foo\n')
  expect(stage.files()).toEqual(FILES)
})

test('one that shows in a buffer alone is offered, too', async () => {
  using stage = new Stage(FILES)
  const client = await editor(stage, ['Take it back'])
  await torn(stage, client)
  expect(client.document(stage.path('a.ts'))?.text).toBe('bar\n')
  await client.waitForMessage(/^lsp-wal: Careful: refused by the editor after 1 of 2 files had changed\.$/)
  await client.waitForMessage(/^lsp-wal: undid Careful: /)
  expect(client.document(stage.path('a.ts'))?.text).toBe('foo\n')
})

test('it stays where the user leaves it', async () => {
  using stage = new Stage(FILES)
  const client = await editor(stage, ['Leave it'])
  await torn(stage, client, made(stage))
  await client.waitForMessage(TORN)
  await client.saveAll()
  await client.shutdown()
  expect(client.messages.filter(({ text }) => /to take it back|undid/.test(text))).toEqual([])
  expect(stage.files()).toEqual({ 'a.ts': 'bar\n', 'b.ts': 'foo\n', 'new.ts': '' })
})

test('who does not answer is told the command', async () => {
  using stage = new Stage(FILES)
  const client = await editor(stage, [])
  await torn(stage, client, made(stage))
  const { text } = await client.waitForMessage(/; to take it back: lsp-wal undo [0-9a-f]{8}$/)
  await client.shutdown()
  expect(await stage.lspWal('undo', text.slice(-8))).toMatchObject({ status: 0 })
  expect(stage.files()).toEqual(FILES)
})
