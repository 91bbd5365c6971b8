import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import type { HeadlessClient } from '../../client-shim/client.ts'
import { editor, endEditors } from './screen.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'let foo = 1\n', 'b.ts': 'foo\r\n', 'c.ts': 'use foo\n' }
const AFTER = { 'a.ts': 'let bar = 1\n', 'b.ts': 'bar\r\n', 'c.ts': 'use bar\n' }

const at = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})

const edits = (stage: Stage) => ({
  [stage.uri('a.ts')]: [{ range: at(0, 4, 7), newText: 'bar' }],
  [stage.uri('b.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }],
  [stage.uri('c.ts')]: [{ range: at(0, 4, 7), newText: 'bar' }],
})

afterEach(endEditors)

/** A rename that a crash has cut short after its first file, and an editor that has b.ts open and asks nobody. */
async function torn(stage: Stage): Promise<HeadlessClient> {
  const rename = {
    executeCommand: { command: 'edit', arguments: [{ changes: edits(stage) }, 'Rename foo'], edits: 1 },
  }
  await stage.headless(['--die-at', 'files-saved=1', '--die-with-server'], [rename], stage.wrapped())
  expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'] })
  const client = await editor(stage, {
    command: stage.wrapped(['--recover', 'report']) as [string, ...string[]],
  })
  await client.open(stage.path('b.ts'))
  await client.waitForMessage(/Rename foo.* is waiting/)
  return client
}

const text = (client: HeadlessClient, stage: Stage) => client.document(stage.path('b.ts'))?.text

async function quit(stage: Stage, client: HeadlessClient): Promise<void> {
  await client.shutdown()
  expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
}

describe('recover, while an editor runs', () => {
  test('finishes in its buffers what it has open, the rest on the disk, and the server is told', async () => {
    using stage = new Stage(BEFORE)
    const client = await torn(stage)
    const dry = await stage.lspWal('recover', '--dry-run')
    expect(dry.stdout).toMatch(
      /^[0-9a-f]{8} "Rename foo": 2 files would be written\.\n {2}changed {2}b\.ts\n {2}changed {2}c\.ts\n$/,
    )
    const { status, stdout, stderr } = await stage.lspWal('recover')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Finished: [0-9a-f]{8} "Rename foo": 2 files written\.\n/)
    expect(stdout).toContain('  changed  b.ts  (in the editor: save it there)\n  changed  c.ts\n')
    expect(stdout).toMatch(/\nTo take it back: lsp-wal undo [0-9a-f]{8}\n$/)
    expect(text(client, stage)).toBe(AFTER['b.ts'])
    expect(stage.files()).toEqual({ ...AFTER, 'b.ts': BEFORE['b.ts'] })
    const seen = (await client.executeCommand('seen')) as { method: string; params: unknown }[]
    expect(seen.filter(({ method }) => method === 'workspace/didChangeWatchedFiles')).toEqual([
      {
        method: 'workspace/didChangeWatchedFiles',
        params: { changes: [{ uri: stage.uri('c.ts'), type: 2 }] },
      },
    ])
    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    expect((await stage.lspWal('recover')).stdout).toBe('Nothing is waiting to be recovered here.\n')
    expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    await quit(stage, client)
  })

  test('rolls back, and discards, one that is named', async () => {
    for (const [decision, files, says] of [
      ['--roll-back', BEFORE, 'Rolled back: '],
      ['--discard', { ...BEFORE, 'a.ts': AFTER['a.ts'] }, 'Discarded: '],
    ] as const) {
      using stage = new Stage(BEFORE)
      const client = await torn(stage)
      const [id] = /[0-9a-f]{8}/.exec((await stage.lspWal('status')).stdout)!
      const unknown = await stage.lspWal('recover', decision, 'zz')
      expect([unknown.status, unknown.stderr]).toEqual([
        2,
        'lsp-wal: nothing pending here is called zz; see: lsp-wal status\n',
      ])
      const { status, stdout } = await stage.lspWal('recover', decision, id)
      expect([status, stdout.startsWith(says)]).toEqual([0, true])
      await client.saveAll()
      expect(stage.files()).toEqual(files)
      await quit(stage, client)
    }
  })

  test('leaves alone what was typed there since, and says what waits', async () => {
    using stage = new Stage(BEFORE)
    const client = await torn(stage)
    await client.change(stage.path('b.ts'), [{ range: at(0, 0, 3), newText: 'typed' }])
    const waiting = await stage.lspWal('recover')
    expect(waiting.status).toBe(4)
    expect(waiting.stdout).toMatch(
      /^Waiting for you: [0-9a-f]{8} "Rename foo": .*b\.ts was changed since\.\n/,
    )
    const [id] = /[0-9a-f]{8}/.exec(waiting.stdout)!
    const finished = await stage.lspWal('recover', '--finish', id)
    expect(finished.status).toBe(3)
    expect(finished.stdout).toContain('left alone  b.ts: the same lines were changed since\n')
    const [line] = BEFORE['b.ts'].split('\r\n')
    const [edited] = AFTER['b.ts'].split('\r\n')
    const hunk = `line 1\n expected:\n ${line}\n now:\n typed\n to be written:\n ${edited}\n`
    expect(finished.stdout.replace(/^ +/gm, ' ')).toContain(hunk)
    expect(text(client, stage)).toBe('typed\r\n')
    expect(stage.files()).toEqual({ ...AFTER, 'b.ts': BEFORE['b.ts'] })
  })
})

describe('undo of an edit that a dead session left, while an editor runs', () => {
  test('goes back in its buffers what it has open, the rest on the disk, and can be redone', async () => {
    using stage = new Stage(BEFORE)
    const client = await torn(stage)
    await client.open(stage.path('a.ts'))
    const [id] = /[0-9a-f]{8}/.exec((await stage.lspWal('status')).stdout)!
    const oneFile = await stage.lspWal('undo', '--file', 'a.ts', id)
    expect([oneFile.status, oneFile.stderr]).toEqual([
      2,
      'lsp-wal: this edit is waiting to be recovered as a whole: see lsp-wal recover\n',
    ])
    const dry = await stage.lspWal('undo', '--dry-run', id)
    expect(dry.stdout).toMatch(/^[0-9a-f]{8} "Rename foo": 1 file would be written\.\n {2}changed {2}a\.ts\n/)
    expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'] })

    const { status, stdout, stderr } = await stage.lspWal('undo', id)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Undid: [0-9a-f]{8} "Rename foo": 1 file written\.\n/)
    expect(stdout).toContain('  changed  a.ts  (in the editor: save it there)\n')
    expect(client.document(stage.path('a.ts'))?.text).toBe(BEFORE['a.ts'])
    expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'] })
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    expect((await stage.lspWal('recover')).stdout).toBe('Nothing is waiting to be recovered here.\n')
    await quit(stage, client)
    expect((await stage.lspWal('log')).stdout).toMatch(/ rolled back\n.*Rename foo/)
  })

  test('is refused as long as that editor starts', async () => {
    using stage = new Stage(BEFORE)
    const first = await torn(stage)
    const [id] = /[0-9a-f]{8}/.exec((await stage.lspWal('status')).stdout)!
    await quit(stage, first).catch(() => {}) // what was left is left still
    const [file, ...args] = stage.wrapped(['--recover', 'report'])
    const child = spawn(file!, args, { cwd: stage.workspace, stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    const rootUri = stage.uri('').replace(/\/$/, '')
    const params = { processId: null, rootUri, capabilities: {}, clientInfo: { name: 'Slow Editor' } }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
    child.stdin.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
    await once(child.stdout, 'data')
    for (const [command, ...more] of [
      ['undo', id],
      ['recover', '--roll-back', id],
    ] as const) {
      const { status, stderr } = await stage.lspWal(command, ...more)
      expect([status, stderr]).toEqual([
        1,
        'lsp-wal: Slow Editor: it is still starting; try again in a moment\n',
      ])
    }
    expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'] })
    child.kill('SIGKILL')
    await ended
  })
})
