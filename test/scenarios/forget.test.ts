import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'foo\n', '.env': 'foo=hunter2\n' }
const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }

function edit(stage: Stage): object {
  const changes = Object.fromEntries(
    Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'bar' }]]),
  )
  return { executeCommand: { command: 'edit', arguments: [{ changes }, 'Change'], edits: 1 } }
}

function holdsSecret(stage: Stage): boolean {
  const secret = Buffer.from(BEFORE['.env']).toString('base64')
  return readdirSync(stage.journal, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1').includes(secret))
}

test('a secret that was recorded is forgotten, and the other file of its edit can be undone', async () => {
  using stage = new Stage(BEFORE)
  expect(await stage.headless([], [edit(stage)], stage.wrapped())).toMatchObject({ status: 0 })
  expect(holdsSecret(stage)).toBe(true)
  const forgotten = await stage.lspWal('forget', '--file', '.env')
  expect(forgotten).toMatchObject({ status: 0, stderr: '' })
  expect(forgotten.stdout).toContain('Forgotten in 1 edit:')
  expect(holdsSecret(stage)).toBe(false)
  expect(await stage.lspWal('verify')).toMatchObject({ status: 0, stderr: '' })
  expect((await stage.lspWal('show')).stdout).toContain('.env (kept out of the log: not undoable)')
  expect((await stage.lspWal('undo')).status).toBe(3)
  expect(stage.files()).toEqual({ 'a.ts': 'foo\n', '.env': 'bar=hunter2\n' })
})

test('a session that runs is left alone until it has ended', async () => {
  using stage = new Stage(BEFORE)
  const [command, ...args] = stage.wrapped()
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    clientInfo: { name: 'Test Editor', version: '1' },
    savePolicy: 'never',
  })
  try {
    const { executeCommand } = edit(stage) as { executeCommand: { command: string; arguments: unknown[] } }
    await client.executeCommand(executeCommand.command, executeCommand.arguments)
    const refused = await stage.lspWal('forget', '--file', '.env', '@')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('still runs: close its editor first, and forget then')
    expect(holdsSecret(stage)).toBe(true)
  } finally {
    await client.kill()
  }
  expect((await stage.lspWal('forget', '--file', '.env', '@')).stdout).toContain('it is pending')
  expect(holdsSecret(stage)).toBe(false)
})
