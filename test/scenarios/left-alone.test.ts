import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import { Stage } from './stage.ts'

/** Sessions that are nobody's to recover: neither a start nor a command writes a file of theirs, or a byte to them. */

const BEFORE = { 'a.ts': 'foo\n', 'b.ts': 'foo\n' }
const TORN = { 'a.ts': 'bar\n', 'b.ts': 'foo\n' }

const renameIn = (stage: Stage): object => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = Object.fromEntries(
    Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'bar' }]]),
  )
  return { changes }
}

/** Everything that somebody could do about a session, in a folder that it worked in. */
async function everythingIn(stage: Stage): Promise<string> {
  const replayed = await stage.headless([], [], stage.wrapped(['--recover', 'replay']))
  const rolledBack = await stage.headless([], [], stage.wrapped(['--recover', 'rollback']))
  expect([replayed.status, rolledBack.status]).toEqual([0, 0])
  for (const decision of [[], ['--finish'], ['--roll-back'], ['--discard']]) {
    const { status, stdout } = await stage.lspWal('recover', ...decision)
    expect([status, stdout]).toEqual([0, 'Nothing is waiting to be recovered here.\n'])
  }
  return (await stage.lspWal('status')).stdout
}

/** Every file of the journal, with its bytes. */
function journalOf(stage: Stage): Record<string, string> {
  const files = readdirSync(stage.journal, { recursive: true, encoding: 'utf8', withFileTypes: true })
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'latin1')]),
  )
}

describe('a session of another machine', () => {
  test.for([
    ['of another name', { host: 'elsewhere', machine: 'that', boot: 'then' }],
    ['of the same name', { machine: 'that', boot: 'then' }],
  ] as const)('%s is left alone, and called what it is', async ([, changes], { expect }) => {
    using stage = new Stage(BEFORE)
    const step = { executeCommand: { command: 'edit', arguments: [renameIn(stage), 'Rename foo'], edits: 1 } }
    await stage.headless(['--die-at', 'files-saved=1', '--die-with-server'], [step], stage.wrapped())
    const [session] = readdirSync(join(stage.journal, 'live'))
    const path = join(stage.journal, 'live', session!, 'session.json')
    const info = JSON.parse(readFileSync(path, 'utf8')) as object
    // Where machines have no id of their own only their names tell them apart.
    if (!('machine' in info) && !('host' in changes)) return
    writeFileSync(path, JSON.stringify({ ...info, ...changes }))
    const journal = journalOf(stage)
    expect(await everythingIn(stage)).toContain('Pending on another host:')
    expect(stage.files()).toEqual(TORN)
    expect(journalOf(stage)).toEqual(journal)
  })
})

describe.skipIf(process.platform === 'win32')('a session of an editor that runs', () => {
  let client: HeadlessClient | undefined
  afterEach(async () => {
    await client?.kill()
    client = undefined
  })

  /** An editor, this process, that has saved one file of two. */
  async function editorIn(stage: Stage): Promise<HeadlessClient> {
    const [command, ...args] = stage.wrapped()
    client = await HeadlessClient.start({
      command: [command!, ...args],
      folders: [stage.workspace],
      savePolicy: 'never',
    })
    await client.executeCommand('edit', [renameIn(stage), 'Rename foo'])
    await client.waitForEdits(1)
    await client.idle()
    await client.save(stage.path('a.ts'))
    expect(stage.files()).toEqual(TORN)
    return client
  }

  test('is left alone while its proxy cannot answer', async () => {
    using stage = new Stage(BEFORE)
    const { serverPid } = await editorIn(stage)
    process.kill(serverPid, 'SIGSTOP')
    try {
      const journal = journalOf(stage)
      expect(await everythingIn(stage)).toContain('Pending in an editor that still runs:')
      expect(stage.files()).toEqual(TORN)
      expect(journalOf(stage)).toEqual(journal)
    } finally {
      process.kill(serverPid, 'SIGCONT')
    }
  })

  test('is left alone though its proxy was killed: its buffers hold what the disk does not', async () => {
    using stage = new Stage(BEFORE)
    await (await editorIn(stage)).kill()
    const journal = journalOf(stage)
    expect(await everythingIn(stage)).toContain('Pending in an editor that still runs:')
    expect(stage.files()).toEqual(TORN)
    expect(journalOf(stage)).toEqual(journal)
  })
})
