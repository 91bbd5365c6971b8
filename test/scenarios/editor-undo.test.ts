import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { CodeAction } from 'vscode-languageserver-protocol'
import type { HeadlessClient } from '../../client-shim/client.ts'
import type { Undone } from '../../server/history/undone.ts'
import { editor, endEditors } from './screen.ts'
import { Stage } from './stage.ts'

const BEFORE = {
  'a.ts': 'let foo = 1\n\n// end\n',
  'b.ts': 'use(foo)\n',
  'c.ts': 'foo\r\n',
  'd.ts': 'none\n',
}
const AFTER = { 'a.ts': 'let bar = 1\n\n// end\n', 'b.ts': 'use(bar)\n', 'c.ts': 'bar\r\n', 'd.ts': 'none\n' }

const at = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})

function rename(stage: Stage, newText = 'bar'): object {
  return {
    changes: {
      [stage.uri('a.ts')]: [{ range: at(0, 4, 7), newText }],
      [stage.uri('b.ts')]: [{ range: at(0, 4, 7), newText }],
      [stage.uri('c.ts')]: [{ range: at(0, 0, 3), newText }],
    },
  }
}

const LABEL = 'Rename `foo` → `bar`'
afterEach(endEditors)

/** Has the server send the renaming; all of it is saved. */
async function renamed(stage: Stage, client: HeadlessClient): Promise<void> {
  await client.executeCommand('edit', [rename(stage) as never, LABEL])
  await client.saveAll()
  expect(stage.files()).toEqual(AFTER)
}

const text = (client: HeadlessClient, stage: Stage, name: string) => client.document(stage.path(name))?.text

async function quit(stage: Stage, client: HeadlessClient): Promise<void> {
  await client.shutdown()
  expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
}

describe('a command of the editor', () => {
  test('undoes in its buffers what is saved, and redoes it', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)

    const [undone] = (await client.executeCommand('lsp-wal.undo')) as Undone[]
    expect(undone).toMatchObject({ direction: 'undo', label: LABEL, left: [] })
    await client.waitForMessage(/undid Rename `foo` → `bar`: 3 files \(3 to be saved\)/)
    expect(['a.ts', 'b.ts', 'c.ts'].map((name) => text(client, stage, name))).toEqual([
      BEFORE['a.ts'],
      BEFORE['b.ts'],
      BEFORE['c.ts'],
    ])
    expect(stage.files()).toEqual(AFTER)
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)

    await client.executeCommand('lsp-wal.redo')
    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    await client.executeCommand('lsp-wal.undo')
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    expect(await client.executeCommand('lsp-wal.undo')).toEqual([])
    await client.waitForMessage(/nothing is left to be undone here/)
    await quit(stage, client)
  })

  test('passes over what was put back by other means, and says so', async () => {
    using stage = new Stage(BEFORE)
    const first = await editor(stage)
    await renamed(stage, first)
    const other = { changes: { [stage.uri('d.ts')]: [{ range: at(0, 0, 4), newText: 'some' }] } }
    await first.executeCommand('edit', [other as never, 'Other'])
    await first.saveAll()
    expect(stage.files()['d.ts']).toBe('some\n')
    await quit(stage, first)
    stage.write('d.ts', BEFORE['d.ts'])

    const client = await editor(stage)
    const undone = (await client.executeCommand('lsp-wal.undo')) as Undone[]
    expect(undone).toMatchObject([
      { label: 'Other', by: null, passedOver: true },
      { label: LABEL, left: [] },
    ])
    await client.waitForMessage(/passed over Other: there is nothing to write/)
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    await quit(stage, client)
  })

  test('passes over nothing that the disk holds yet under a buffer', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)
    const other = { changes: { [stage.uri('d.ts')]: [{ range: at(0, 0, 4), newText: 'some' }] } }
    await client.executeCommand('edit', [other as never, 'Other'])
    await client.saveAll()
    const pending = async () => (await stage.lspWal('status')).stdout
    await expect.poll(pending, { timeout: 10_000 }).toBe('Nothing is pending here.\n')
    await client.change(stage.path('d.ts'), [{ range: at(0, 0, 4), newText: BEFORE['d.ts'].slice(0, 4) }])
    const undone = (await client.executeCommand('lsp-wal.undo')) as Undone[]
    expect(undone).toMatchObject([{ label: 'Other', by: null, files: [], left: [] }])
    expect(undone[0]).not.toHaveProperty('passedOver')
    expect(stage.files()).toEqual({ ...AFTER, 'd.ts': 'some\n' })
    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    await quit(stage, client)
  })

  test('undoes what was never saved, and nothing is pending then', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await client.executeCommand('edit', [rename(stage) as never, LABEL])
    expect(text(client, stage, 'a.ts')).toBe(AFTER['a.ts'])
    await client.executeCommand('lsp-wal.undo')
    expect(text(client, stage, 'a.ts')).toBe(BEFORE['a.ts'])
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    await quit(stage, client)
  })

  test('leaves what was typed since where it is, and says what it left alone', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)
    await client.change(stage.path('a.ts'), [{ range: at(2, 0, 6), newText: '// The end' }])
    await client.change(stage.path('b.ts'), [{ range: at(0, 4, 7), newText: 'other' }])
    const [undone] = (await client.executeCommand('lsp-wal.undo')) as Undone[]
    expect(undone!.left).toEqual([
      expect.objectContaining({ path: stage.path('b.ts'), reason: 'the same lines were changed since' }),
    ])
    await client.waitForMessage(/left alone: .*b\.ts:1: the same lines were changed since/)
    expect(text(client, stage, 'a.ts')).toBe('let foo = 1\n\n// The end\n')
    expect(text(client, stage, 'b.ts')).toBe('use(other)\n')
    expect(text(client, stage, 'c.ts')).toBe(BEFORE['c.ts'])
  })

  test('removes by the editor a file that was made and is open, and brings it back', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    const uri = stage.uri('new.ts')
    const made = {
      documentChanges: [
        { kind: 'create', uri },
        { textDocument: { uri, version: null }, edits: [{ range: at(0, 0, 0), newText: 'made\n' }] },
      ],
    }
    await client.executeCommand('edit', [made as never, 'Make'])
    await client.saveAll()
    expect(stage.files()['new.ts']).toBe('made\n')
    const [undone] = (await client.executeCommand('lsp-wal.undo')) as Undone[]
    expect(undone).toMatchObject({ left: [], files: [{ path: stage.path('new.ts'), change: 'removed' }] })
    expect(existsSync(stage.path('new.ts'))).toBe(false)
    await client.executeCommand('lsp-wal.redo')
    await client.saveAll()
    expect(stage.files()['new.ts']).toBe('made\n')
  })

  test('removes the folders that the editor made unasked, and leaves those that hold something by then', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    const names = ['new/in/a.ts', 'other/in/a.ts']
    const documentChanges = [
      ...names.map((name) => ({ kind: 'create', uri: stage.uri(name) })),
      { kind: 'rename', oldUri: stage.uri('d.ts'), newUri: stage.uri('moved/d.ts') },
    ]
    await client.executeCommand('edit', [{ documentChanges } as never, 'Make'])
    await client.saveAll()
    expect(Object.keys(stage.files())).toEqual(['a.ts', 'b.ts', 'c.ts', 'moved/d.ts', ...names])
    stage.write('other/b.ts', 'mine\n')
    await client.executeCommand('lsp-wal.undo')
    expect(stage.files()).toEqual({ ...BEFORE, 'other/b.ts': 'mine\n' })
    expect(['new', 'other/in', 'moved'].filter((name) => existsSync(stage.path(name)))).toEqual([])
    await client.executeCommand('lsp-wal.redo')
    const { 'd.ts': _, ...rest } = BEFORE
    const made = { 'moved/d.ts': BEFORE['d.ts'], 'new/in/a.ts': '', 'other/in/a.ts': '' }
    expect(stage.files()).toEqual({ ...rest, ...made, 'other/b.ts': 'mine\n' })
    await quit(stage, client)
  })

  test('is not found with a wrong id, and the server never hears of any', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)
    await expect(client.executeCommand('lsp-wal.undo', ['ffff'])).rejects.toThrow('no edit is called ffff')
    expect(await client.executeCommand('lsp-wal.status')).toEqual(expect.any(String))
    const log = await client.executeCommand('lsp-wal.log')
    expect(log).toContain(LABEL)
    expect(await client.executeCommand('lsp-wal.show')).toContain('+let bar = 1')
    await client.waitForMessage(/\+let bar = 1/)
    await client.executeCommand('lsp-wal.recover')
    await client.waitForMessage(/nothing is waiting to be recovered here/)
    const seen = (await client.executeCommand('seen')) as { method: string }[]
    expect(seen.filter(({ method }) => method === 'workspace/executeCommand')).toEqual([])
  })

  test('stands among the server’s, in its answer to initialize', async () => {
    using stage = new Stage(BEFORE)
    const initializationOptions = { capabilities: { executeCommandProvider: { commands: ['edit'] } } }
    const client = await editor(stage, { initializationOptions })
    const { commands } = client.serverCapabilities.executeCommandProvider!
    expect(commands.slice(0, 3)).toEqual(['edit', 'lsp-wal.undo', 'lsp-wal.redo'])
    const code = await editor(stage, { initializationOptions, clientInfo: { name: 'Visual Studio Code' } })
    const [, unique] = code.serverCapabilities.executeCommandProvider!.commands
    expect(unique).toMatch(/^lsp-wal\.undo\.[0-9a-f]{8}$/)
  })
})

describe('after an edit of several files', () => {
  test('the user is told once, and how to take it back', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)
    await client.waitForMessage(
      /^lsp-wal: Rename `foo` → `bar`: 3 edits in 3 files; lsp-wal\.undo takes it back$/,
    )
    await quit(stage, client)
    expect(client.messages.filter((message) => message.text.includes('takes it back'))).toHaveLength(1)
  })

  test.each([
    [
      'of some of it where undo refuses the rest',
      ['a.ts'],
      'lsp-wal.undo takes it back but for some of it: OUT is outside the workspace folders',
    ],
    [
      'of none where it refuses all',
      ['../other.ts'],
      'lsp-wal.undo cannot take it back: OUT is outside the workspace folders',
    ],
  ])('there is a way back %s', async (_, names, way) => {
    using stage = new Stage({ 'a.ts': 'foo\n', '../out.ts': 'foo\n', '../other.ts': 'foo\n' })
    const client = await editor(stage)
    const edits = [{ range: at(0, 0, 3), newText: 'bar' }]
    const changes = Object.fromEntries(['../out.ts', ...names].map((name) => [stage.uri(name), edits]))
    await client.executeCommand('edit', [{ changes } as never, LABEL])
    const { text } = await client.waitForMessage(/2 edits in 2 files/)
    expect(text).toBe(`lsp-wal: ${LABEL}: 2 edits in 2 files; ${way.replace('OUT', stage.path('../out.ts'))}`)
    await client.shutdown()
  })

  test('the way back is among the code actions of its files, and then the way forth', async () => {
    using stage = new Stage(BEFORE)
    const capabilities = {
      codeActionProvider: { resolveProvider: true },
      executeCommandProvider: { commands: ['edit'] },
    }
    const actions = [{ title: 'Fix', command: { title: 'Fix', command: 'seen' } }]
    const client = await editor(stage, { initializationOptions: { capabilities, actions } })
    const menu = (name: string, only?: readonly string[]) =>
      client.codeActions(stage.path(name), at(0, 0, 0), { ...(only && { only }) })
    const titles = async (name: string, only?: readonly string[]) =>
      (await menu(name, only)).map(({ title }) => title)
    await client.open(stage.path('a.ts'))
    expect(await titles('a.ts')).toEqual(['Fix'])
    await renamed(stage, client)
    const offer = `Undo: ${LABEL} (3 files)`
    expect(await titles('a.ts')).toEqual(['Fix', offer])
    expect(await titles('a.ts', ['refactor'])).toEqual(['Fix', offer])
    expect(await titles('a.ts', ['quickfix'])).toEqual(['Fix'])
    await client.open(stage.path('d.ts'))
    expect(await titles('d.ts')).toEqual(['Fix'])

    const action = (await menu('b.ts')).at(-1) as CodeAction
    await client.runCodeAction(action)
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    expect(await titles('a.ts')).toEqual(['Fix', `Redo: ${LABEL} (3 files)`])
    await client.runCodeAction((await menu('b.ts')).at(-1)!)
    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    expect(await titles('a.ts')).toEqual(['Fix', offer])
    expect((await stage.lspWal('undo')).status).toBe(0)
    expect(await titles('a.ts')).toEqual(['Fix', `Redo: ${LABEL} (3 files)`])
    expect(await client.executeCommand('asked')).toEqual({})
  })
})

describe('from the command line, while an editor runs', () => {
  test('what it has open is undone in its buffers, the rest on the disk, and the server is told', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await renamed(stage, client)
    await client.close(stage.path('c.ts'))
    const dry = await stage.lspWal('undo', '--dry-run')
    expect(dry.stdout).toContain('3 files would be written')
    expect(dry.stdout).toContain('-let bar = 1\n+let foo = 1\n')
    expect(stage.files()).toEqual(AFTER)

    const done = await stage.lspWal('undo')
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(done.stdout).toContain('  changed  a.ts  (in the editor: save it there)\n')
    expect(done.stdout).toContain('  changed  c.ts\n')
    expect(text(client, stage, 'a.ts')).toBe(BEFORE['a.ts'])
    expect(stage.files()).toEqual({ ...AFTER, 'c.ts': BEFORE['c.ts'] })
    const seen = (await client.executeCommand('seen')) as { method: string; params: unknown }[]
    expect(seen.filter(({ method }) => method === 'workspace/didChangeWatchedFiles')).toEqual([
      {
        method: 'workspace/didChangeWatchedFiles',
        params: { changes: [{ uri: stage.uri('c.ts'), type: 2 }] },
      },
    ])
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    expect((await stage.lspWal('redo')).status).toBe(0)
    await client.saveAll()
    expect(stage.files()).toEqual(AFTER)
    await quit(stage, client)
  })

  test('one file of what was never saved is undone, and the rest can be finished after a crash', async () => {
    using stage = new Stage(BEFORE)
    const client = await editor(stage)
    await client.executeCommand('edit', [rename(stage) as never, LABEL])
    expect((await stage.lspWal('undo', '--file', 'a.ts')).status).toBe(0)
    expect(text(client, stage, 'a.ts')).toBe(BEFORE['a.ts'])
    expect(text(client, stage, 'b.ts')).toBe(AFTER['b.ts'])
    await client.kill()
    const { stdout } = await stage.lspWal('log', '--json')
    const entries = JSON.parse(stdout) as { label: string; state: string }[]
    expect(entries.find(({ label }) => label === LABEL)).toMatchObject({ state: 'pending' })
    // This process is the editor, and lives.
    const [live] = readdirSync(join(stage.journal, 'live'))
    const session = join(stage.journal, 'live', live!, 'session.json')
    const info = JSON.parse(readFileSync(session, 'utf8')) as object
    writeFileSync(session, JSON.stringify({ ...info, editor: null }))
    expect(await stage.lspWal('recover', '--finish')).toMatchObject({ status: 0 })
    expect(stage.files()).toEqual({ ...AFTER, 'a.ts': BEFORE['a.ts'] })
    expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
    expect(stage.files()).toEqual(BEFORE)
    expect(await stage.lspWal('status')).toMatchObject({ status: 0 })
  })

  test('an edit of days ago goes through the editor that runs now, which has recorded nothing yet', async () => {
    using stage = new Stage(BEFORE)
    const first = await editor(stage)
    await renamed(stage, first)
    await quit(stage, first)
    const client = await editor(stage)
    await client.open(stage.path('a.ts'))
    await expect.poll(() => stage.journalFiles()).toContain('live/S/session.json')
    expect((await stage.lspWal('undo')).stdout).toContain('a.ts  (in the editor: save it there)\n')
    expect(text(client, stage, 'a.ts')).toBe(BEFORE['a.ts'])
    expect(stage.files()).toEqual({ ...BEFORE, 'a.ts': AFTER['a.ts'] })
    await client.saveAll()
    expect(stage.files()).toEqual(BEFORE)
    await quit(stage, client)
  })
})

test('a folder that was moved goes back, and a file in it that was opened since is renamed by the editor', async () => {
  const before = { 'src/a.ts': 'a\n', 'src/in/b.ts': 'b\n', 'src/in/c.ts': 'c\n', 'main.ts': 'foo\n' }
  const after = { 'lib/a.ts': 'a\n', 'lib/in/b.ts': 'b\n', 'lib/in/c.ts': 'c\n', 'main.ts': 'bar\n' }
  using stage = new Stage(before)
  const client = await editor(stage)
  const edits = [{ range: at(0, 0, 3), newText: 'bar' }]
  const documentChanges = [
    { kind: 'rename', oldUri: stage.uri('src'), newUri: stage.uri('lib') },
    { textDocument: { uri: stage.uri('main.ts'), version: null }, edits },
  ]
  await client.executeCommand('edit', [{ documentChanges } as never, 'Move src'])
  await client.saveAll()
  expect(stage.files()).toEqual(after)

  await client.open(stage.path('lib/a.ts'))
  const [undone] = (await client.executeCommand('lsp-wal.undo')) as Undone[]
  expect(undone).toMatchObject({ direction: 'undo', left: [] })
  await client.saveAll()
  expect(stage.files()).toEqual(before)
  expect(existsSync(stage.path('lib'))).toBe(false)
  expect([text(client, stage, 'src/a.ts'), text(client, stage, 'lib/a.ts')]).toEqual(['a\n', undefined])

  await client.executeCommand('lsp-wal.redo')
  await client.saveAll()
  expect(stage.files()).toEqual(after)
  await quit(stage, client)
})
