import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

test('verify finds a journal sound after a crash and its recovery, and one flipped bit', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' })
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = Object.fromEntries(
    ['a.ts', 'b.ts'].map((name) => [stage.uri(name), [{ range, newText: 'bar' }]]),
  )
  const edit = { executeCommand: { command: 'edit', arguments: [{ changes }, 'Change'], edits: 1 } }
  await stage.headless(['--die-at', 'files-saved=1', '--die-with-server'], [edit], stage.wrapped())
  expect(await stage.lspWal('verify')).toMatchObject({ status: 0, stderr: '' })
  expect(await stage.lspWal('recover')).toMatchObject({ status: 0 })
  expect(stage.files()).toEqual({ 'a.ts': 'bar\n', 'b.ts': 'bar\n' })
  const sound = await stage.lspWal('verify')
  expect(sound).toMatchObject({ status: 0, stderr: '' })
  expect(sound.stdout).toMatch(/^2 sessions, 2 edits, .*: all sound\.\n$/)

  const history = join(stage.journal, 'history')
  const log = join(history, readdirSync(history).sort()[0]!, 'wal.log')
  const bytes = readFileSync(log)
  bytes[100]! ^= 1
  writeFileSync(log, bytes)
  const damaged = await stage.lspWal('verify', '--json')
  expect(damaged).toMatchObject({ status: 1, stderr: '' })
  expect(JSON.parse(damaged.stdout)).toMatchObject({ sound: false })
})
