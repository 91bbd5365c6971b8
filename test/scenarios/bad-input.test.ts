import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { HeadlessClient } from '../../client-shim/client.ts'
import type { HeadlessOptions } from '../../client-shim/options.ts'
import { HEADLESS, run, Stage } from './stage.ts'

const at = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})

const running: HeadlessClient[] = []

async function editor(
  stage: Stage,
  options: Partial<HeadlessOptions> & { proxy?: string[] } = {},
): Promise<HeadlessClient> {
  const [command, ...args] = stage.wrapped(options.proxy)
  const client = await HeadlessClient.start({
    command: [command!, ...args],
    folders: [stage.workspace],
    stderr: 'capture',
    ...options,
  })
  running.push(client)
  return client
}

afterEach(async () => {
  for (const client of running.splice(0)) await client.kill()
})

/** The records of the only session's log. */
function records(stage: Stage): WalRecord[] {
  const [live] = ['live', 'history'].flatMap((place) =>
    readdirSync(join(stage.journal, place)).map((name) => join(place, name)),
  )
  const text = readFileSync(join(stage.journal, live!, 'wal.log'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as WalRecord)
}

interface WalRecord {
  readonly edits: { Path: string; StartByte: number; EndByte: number; NewText: string }[]
  readonly originals: Record<string, string>
  readonly meta: { paths: Record<string, { unknown?: string }> }
}

const edit = (client: HeadlessClient, changes: object) =>
  client.executeCommand('edit', [{ changes }]) as Promise<object>

describe('an edit that makes no sense', () => {
  test('outside the workspace: it passes and is recorded, is said so, and is never written by a recovery', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    const outside = join(stage.folder, 'outside.ts')
    writeFileSync(outside, 'foo\n')
    const changes = {
      [stage.uri('a.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }],
      [`file://${outside}`]: [{ range: at(0, 0, 3), newText: 'bar' }],
    }
    const step = { executeCommand: { command: 'edit', arguments: [{ changes }], edits: 1 } }
    await stage.headless(['--die-at', 'files-saved=1', '--die-with-server'], [step], stage.wrapped())
    expect(records(stage)[0]?.originals[outside]).toBe('Zm9vCg==')
    const client = await editor(stage)
    await client.waitForMessage(/left alone: .*outside\.ts.* is outside the workspace folders/)
    expect(readFileSync(outside, 'utf8')).toBe('foo\n')
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
  })

  test('a URI that is no file: it passes unrecorded, and is said so', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    const client = await editor(stage)
    await edit(client, { 'untitled:Untitled-1': [{ range: at(0, 0, 0), newText: 'x' }] })
    await client.waitForMessage(/untitled:Untitled-1 is no file/)
    expect(client.edits).toHaveLength(1)
    expect(() => stage.journalFiles()).toThrow('ENOENT')
    await client.executeCommand('seen') // the session goes on
  })

  test('overlapping ranges: the original is kept, what the edit makes of it is called unknown', async () => {
    using stage = new Stage({ 'a.ts': 'abcdef\n', 'b.ts': 'foo\n' })
    const client = await editor(stage)
    await edit(client, {
      [stage.uri('a.ts')]: [
        { range: at(0, 0, 4), newText: 'x' },
        { range: at(0, 2, 6), newText: 'y' },
      ],
      [stage.uri('b.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }],
    })
    await client.waitForMessage(/a\.ts: its original is kept, but what the edit makes of it is not known/)
    const [record] = records(stage)
    expect(record?.meta.paths[stage.path('a.ts')]?.unknown).toMatch(/overlap/)
    expect(record?.originals[stage.path('a.ts')]).toBe(Buffer.from('abcdef\n').toString('base64'))
    expect(record?.edits).toEqual([{ Path: stage.path('b.ts'), StartByte: 0, EndByte: 3, NewText: 'bar' }])
  })

  test('positions past the end are clamped as the protocol says', async () => {
    using stage = new Stage({ 'a.ts': 'ab\ncd' })
    const client = await editor(stage)
    await edit(client, {
      [stage.uri('a.ts')]: [
        { range: at(0, 99, 4_000_000_000), newText: 'X' },
        { range: { start: { line: 7, character: 3 }, end: { line: 900, character: 0 } }, newText: 'Y' },
      ],
    })
    await client.shutdown()
    expect(stage.files()).toEqual({ 'a.ts': 'abX\ncdY' })
    expect(
      records(stage)[0]?.edits.map(({ StartByte, EndByte, NewText }) => [StartByte, EndByte, NewText]),
    ).toEqual([
      [2, 2, 'X'],
      [5, 5, 'Y'],
    ])
    expect((await stage.lspWal('undo')).status).toBe(0)
    expect(stage.files()).toEqual({ 'a.ts': 'ab\ncd' })
  })

  test('edits of the wrong shape reach the editor as they are, and the session goes on', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    const client = await editor(stage, { onRequest: () => null })
    for (const shape of [
      null,
      7,
      [],
      'x',
      { changes: 3 },
      { changes: { [stage.uri('a.ts')]: 'no' } },
      { documentChanges: [null, 5] },
    ])
      await client.executeCommand('ask', ['workspace/applyEdit', { edit: shape }])
    await client.executeCommand('seen')
    expect(stage.files()).toEqual({ 'a.ts': 'foo\n' })
  })
})

describe('a log that cannot be trusted', () => {
  test.for([
    [
      'garbage',
      () => Buffer.from('this is no log\n\0\xff\xfe\n{"id":7}\n', 'latin1'),
      /wal\.log is torn at byte 0/,
    ],
    ['empty', () => Buffer.alloc(0), undefined],
    [
      'a flipped bit before a valid record',
      (log: Buffer) => flip(Buffer.concat([log, log]), 40),
      /wal\.log is corrupt at byte 0/,
    ],
    [
      'cut inside its only record',
      (log: Buffer) => log.subarray(0, log.length - 9),
      /wal\.log is torn at byte 0/,
    ],
    [
      'of an unknown version',
      (log: Buffer) => Buffer.from(log.toString('latin1').replace('"v":1', '"v":9'), 'latin1'),
      /wal\.log is torn at byte 0/,
    ],
  ] as const)(
    '%s: said where, nothing written, and the session goes on',
    async ([, damage, message], { expect }) => {
      using stage = new Stage({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' })
      const changes = Object.fromEntries(
        ['a.ts', 'b.ts'].map((name) => [stage.uri(name), [{ range: at(0, 0, 3), newText: 'bar' }]]),
      )
      const step = { executeCommand: { command: 'edit', arguments: [{ changes }], edits: 1 } }
      await stage.headless(['--die-at', 'files-saved=1', '--die-with-server'], [step], stage.wrapped())
      const [session] = readdirSync(join(stage.journal, 'live'))
      const log = join(stage.journal, 'live', session!, 'wal.log')
      writeFileSync(log, damage(readFileSync(log)))
      const torn = stage.files()

      const client = await editor(stage)
      if (message !== undefined) await client.waitForMessage(message)
      await client.executeCommand('seen')
      expect((await client.shutdown()).code).toBe(0)
      expect(stage.files()).toEqual(torn)
    },
  )
})

describe('a journal that cannot be written', () => {
  test('the edit is refused, the user is told why, and the session goes on', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    writeFileSync(stage.journal, 'in the way')
    const client = await editor(stage)
    const answer = await edit(client, { [stage.uri('a.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }] })
    expect(answer).toMatchObject({ applied: false, failureReason: expect.stringContaining('lsp-wal:') })
    const told = await client.waitForMessage(/refused, since it could not be recorded/)
    expect(told.text).toContain('it is no folder')
    await client.shutdown()
    expect(stage.files()).toEqual({ 'a.ts': 'foo\n' })
  })

  test('--on-journal-failure=forward passes it with a warning', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    writeFileSync(stage.journal, 'in the way')
    const client = await editor(stage, { proxy: ['--on-journal-failure=forward'] })
    expect(await edit(client, { [stage.uri('a.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }] })).toEqual({
      applied: true,
    })
    await client.waitForMessage(/this edit is not recorded/)
    await client.shutdown()
    expect(stage.files()).toEqual({ 'a.ts': 'bar\n' })
  })

  test('a journal inside the workspace is refused: a repository could ship one', async () => {
    using stage = new Stage({ 'a.ts': 'foo\n' })
    const journal = join(stage.workspace, '.journal')
    mkdirSync(journal, { mode: 0o700 })
    const client = await editor(stage, { proxy: ['--journal', journal] })
    const answer = await edit(client, { [stage.uri('a.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }] })
    expect(answer).toMatchObject({
      applied: false,
      failureReason: expect.stringContaining('inside the workspace folder'),
    })
  })

  test('an edit above --max-intent is refused with its size', async () => {
    using stage = new Stage({ 'a.ts': `foo${'x'.repeat(5000)}\n` })
    const client = await editor(stage, { proxy: ['--max-intent', '4K'] })
    const answer = await edit(client, { [stage.uri('a.ts')]: [{ range: at(0, 0, 3), newText: 'bar' }] })
    expect(answer).toMatchObject({
      applied: false,
      failureReason: expect.stringContaining('larger than 4096 bytes'),
    })
  })
})

describe('a server that cannot be started', () => {
  test('is said in one line with the command, the folder and PATH; exit 127', async () => {
    using stage = new Stage({})
    const ended = await run(stage.wrapped([], ['no-such-language-server', '--stdio']), stage.workspace)
    expect(ended.status).toBe(127)
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toMatch(
      /^lsp-wal: cannot start the language server: no-such-language-server --stdio: not found \(in .*workspace, PATH .*\)\n$/,
    )
  })

  test('no command at all is a usage error; exit 2', async () => {
    using stage = new Stage({})
    const ended = await run([...HEADLESS.slice(0, 1), ...stage.wrapped([], []).slice(1)], stage.workspace)
    expect(ended).toEqual({ status: 2, stdout: '', stderr: 'lsp-wal: no server after `--`\n' })
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}

test('an error holds nothing that a terminal obeys', async () => {
  using stage = new Stage({ 'a.ts': 'foo\n' })
  const edit = {
    changes: {
      [stage.uri('a.ts')]: [
        { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }, newText: 'bar' },
      ],
    },
  }
  await stage.headless(
    [],
    [{ executeCommand: { command: 'edit', arguments: [edit], edits: 1 } }],
    stage.wrapped(),
  )
  const { status, stderr } = await stage.lspWal('undo', '--file', '\x1b[31mred')
  expect(status).toBe(1)
  expect(stderr).toMatch(/does not touch .*\\x1b\[31mred\n$/)
})
