import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import type { Undone } from '../../server/history/undone.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'use foo\n', 'conf.toml': 'name = foo\n' }
const AFTER = { 'a.ts': 'use bar\n', 'conf.toml': 'name = bar\n' }
const REASON = 'an editor has it open: close it there first'
const running: HeadlessClient[] = []

afterEach(async () => {
  for (const client of running.splice(0)) await client.kill()
})

/** The part of an editor that talks to one server: what it has open behind another one, this proxy does not see. */
async function server(stage: Stage): Promise<HeadlessClient> {
  const [command, ...args] = stage.wrapped()
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    clientInfo: { name: 'Test Editor', version: '1' },
    savePolicy: 'never',
  })
  running.push(client)
  return client
}

async function renamed(stage: Stage, client: HeadlessClient): Promise<void> {
  const edit = (character: number) => [
    { range: { start: { line: 0, character }, end: { line: 0, character: character + 3 } }, newText: 'bar' },
  ]
  const changes = { [stage.uri('a.ts')]: edit(4), [stage.uri('conf.toml')]: edit(7) }
  await client.executeCommand('edit', [{ changes }, 'Rename'])
  await client.saveAll()
  await client.close(stage.path('conf.toml'))
  expect(stage.files()).toEqual(AFTER)
}

const sessions = ({ journal }: Stage) => {
  const live = join(journal, 'live')
  return existsSync(live) ? readdirSync(live).filter((name) => !name.startsWith('.')) : []
}

test('an undo writes no file that is open behind another server', async () => {
  using stage = new Stage(BEFORE)
  const [first, second] = [await server(stage), await server(stage)]
  await renamed(stage, first)
  await second.open(stage.path('conf.toml'))
  await expect.poll(() => sessions(stage)).toHaveLength(2)

  const done = await stage.lspWal('undo')
  expect(done.status).toBe(3)
  expect(done.stdout).toContain(`  left alone  conf.toml: ${REASON}\n`)
  expect(first.document(stage.path('a.ts'))?.text).toBe(BEFORE['a.ts'])
  expect(stage.files()).toEqual(AFTER)
  await first.saveAll()
  expect(stage.files()).toEqual({ ...AFTER, 'a.ts': BEFORE['a.ts'] })

  await second.close(stage.path('conf.toml'))
  expect((await stage.lspWal('undo')).status).toBe(0)
  expect(stage.files()).toEqual(BEFORE)
})

test('what an undo left is not written by a later start, whatever becomes of the rest', async () => {
  using stage = new Stage(BEFORE)
  const [first, second] = [await server(stage), await server(stage)]
  await renamed(stage, first)
  await second.open(stage.path('conf.toml'))
  await expect.poll(() => sessions(stage)).toHaveLength(2)
  expect((await stage.lspWal('undo')).status).toBe(3)
  await first.save(stage.path('a.ts'))
  for (const client of running.splice(0)) await client.kill()

  const third = await server(stage)
  await third.open(stage.path('a.ts'))
  await expect.poll(() => sessions(stage).length).toBeGreaterThan(0)
  await third.shutdown()
  expect(stage.files()).toEqual({ ...AFTER, 'a.ts': BEFORE['a.ts'] })
})

test('nor one that is open by another name, through a link', async () => {
  using stage = new Stage(BEFORE)
  const client = await server(stage)
  await renamed(stage, client)
  symlinkSync('conf.toml', stage.path('link.toml'))
  await client.open(stage.path('link.toml'))

  const [undone] = (await client.executeCommand('lsp-wal.undo')) as Undone[]
  expect(undone!.left).toEqual([{ path: stage.path('conf.toml'), reason: REASON }])
  expect(stage.files()['conf.toml']).toBe(AFTER['conf.toml'])
})
