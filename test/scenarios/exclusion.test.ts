import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'foo\n', '.env': 'foo=hunter2\n', 'secrets/key.txt': 'foo hunter2\n' }
const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }

function edit(stage: Stage): object {
  const changes = Object.fromEntries(
    Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'swordfish' }]]),
  )
  return { executeCommand: { command: 'edit', arguments: [{ changes }, 'Change'], edits: 1 } }
}

function wrapped(stage: Stage): string[] {
  return stage.wrapped(['--exclude', '.env', '--exclude', 'secrets/**'])
}

/** Every byte that the journal holds. */
function journal(stage: Stage): string {
  return readdirSync(stage.journal, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

function expectNoSecret(stage: Stage): void {
  const bytes = journal(stage)
  expect(bytes).toContain('"/secrets/key.txt"'.slice(1, -1))
  expect(bytes).not.toContain('hunter2')
  for (const name of ['.env', 'secrets/key.txt'] as const)
    for (const text of [BEFORE[name], BEFORE[name].replace('foo', 'swordfish')])
      expect(bytes).not.toContain(Buffer.from(text).toString('base64'))
  // That of a.ts is there, and no other.
  expect(bytes.split('swordfish').length - 1).toBe(1)
}

test('excluded files leave nothing but hashes in the journal, and the others are undone', async () => {
  using stage = new Stage(BEFORE)
  expect(await stage.headless([], [edit(stage)], wrapped(stage))).toMatchObject({ status: 0 })
  const after = {
    'a.ts': 'swordfish\n',
    '.env': 'swordfish=hunter2\n',
    'secrets/key.txt': 'swordfish hunter2\n',
  }
  expect(stage.files()).toEqual(after)
  expectNoSecret(stage)
  expect((await stage.lspWal('log')).stdout).toContain('landed 3/3')
  expect(await stage.lspWal('verify')).toMatchObject({ status: 0 })

  const undone = await stage.lspWal('undo')
  expect(undone.status).toBe(3)
  expect(undone.stdout).toContain('left alone  .env: its bytes were kept out of the log')
  expect(stage.files()).toEqual({ ...after, 'a.ts': 'foo\n' })
  expectNoSecret(stage)
})

test('a crash leaves them as they are: the others are finished, and these are named', async () => {
  using stage = new Stage(BEFORE)
  const torn: Ended = await stage.headless(
    ['--die-at', 'files-saved=1', '--die-with-server'],
    [edit(stage)],
    wrapped(stage),
  )
  expect(torn.stderr).not.toContain('hunter2')
  const saved = Object.entries(stage.files()).filter(([, text]) => text.includes('swordfish'))
  expect(saved.length).toBe(1)
  expectNoSecret(stage)
  const recovered = await stage.lspWal('recover')
  expect(recovered.status).toBe(3)
  expect(recovered.stdout).toContain('it cannot be finished')
  expect(stage.files()['a.ts']).toBe('swordfish\n')
  expect(await stage.lspWal('status')).toMatchObject({ status: 0, stdout: 'Nothing is pending here.\n' })
})
