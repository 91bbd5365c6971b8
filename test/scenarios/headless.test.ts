import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CodeAction, WorkspaceEdit } from 'vscode-languageserver-protocol/node'
import type { FixtureOptions } from '../client-shim/fixture-server.ts'
import { type Ended, FIXTURE_SERVER, LSP_WAL, run, Stage } from './stage.ts'

const FILES = { 'a.txt': 'let old = 1\r\nold()', 'src/b.txt': '\xef\xbb\xbfold\n', 'c.txt': 'no\n' }
const DONE = { 'a.txt': 'let new = 1\r\nnew()', 'src/b.txt': '\xef\xbb\xbfnew\n', 'c.txt': 'no\n' }

const at = (line: number, from: number, newText = 'new') => ({
  range: { start: { line, character: from }, end: { line, character: from + 3 } },
  newText,
})

function editOf(stage: Stage): WorkspaceEdit {
  return { changes: { [stage.uri('a.txt')]: [at(0, 4), at(1, 0)], [stage.uri('src/b.txt')]: [at(0, 0)] } }
}

function stageOf(): Stage {
  const stage = new Stage({})
  for (const [name, bytes] of Object.entries(FILES)) stage.write(name, Buffer.from(bytes, 'latin1'))
  return stage
}

function headless(stage: Stage, args: readonly string[], fixture: FixtureOptions): Promise<Ended> {
  const capabilities = { renameProvider: true, codeActionProvider: true, ...fixture.capabilities }
  const init = JSON.stringify({ ...fixture, capabilities })
  return stage.lspWal(...args, '--settle', '1', '--init', init, '--', ...FIXTURE_SERVER)
}

const rename = (stage: Stage, args: readonly string[], fixture: FixtureOptions = {}) =>
  headless(stage, ['rename', ...args], { renames: [editOf(stage)], ...fixture })

test('renames in all files, is listed, and is taken back byte for byte', async () => {
  using stage = stageOf()
  const ended = await rename(stage, ['a.txt:1:5', 'new'])
  expect(ended).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(
      /^Rename `old` → `new`: 2 files, 3 edits\n {2}edited {3}a.txt\n {2}edited {3}src\/b.txt\nTo take it back: lsp-wal undo [0-9a-f]{8}\n$/,
    ),
  })
  expect(stage.files()).toEqual(DONE)
  expect((await stage.lspWal('log')).stdout).toMatch(
    /^@ {2}[0-9a-f]{8} {2}just now {3}.* · lsp-wal {4}landed 2\/2\n/,
  )
  expect((await stage.lspWal('status')).stdout).toBe('Nothing is pending here.\n')
  const id = ended.stdout.trim().split(' ').at(-1)!
  expect((await stage.lspWal('undo', id)).status).toBe(0)
  expect(stage.files()).toEqual(FILES)
})

test('shows a patch, and writes neither files nor a log', async () => {
  using stage = stageOf()
  const { status, stdout, stderr } = await rename(stage, ['--dry-run', 'a.txt:1:5', 'new'])
  expect(status).toBe(0)
  expect(stderr).toBe('lsp-wal: nothing was written: Rename `old` → `new`: 2 files, 3 edits\n')
  expect(stage.files()).toEqual(FILES)
  expect(existsSync(stage.journal)).toBe(false)
  expect(await run(['git', 'apply', '-'], stage.workspace, stdout)).toMatchObject({ status: 0 })
  expect(stage.files()).toEqual(DONE)
})

test('tells programs what it did', async () => {
  using stage = stageOf()
  const files = [
    { path: stage.path('a.txt'), change: 'edited', edits: 2 },
    { path: stage.path('src/b.txt'), change: 'edited', edits: 1 },
  ]
  const what = { server: expect.any(String), label: 'Rename `old` → `new`', files, left: [] }
  const shown = await rename(stage, ['--json', '--dry-run', 'a.txt:1:5', 'new'])
  expect(JSON.parse(shown.stdout)).toEqual({
    written: false,
    ...what,
    patch: expect.stringContaining('+new()'),
  })
  const written = await rename(stage, ['--json', 'a.txt:1:5', 'new'])
  expect(JSON.parse(written.stdout)).toEqual({
    written: true,
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    ...what,
  })
  const refused = await rename(stage, ['--json', 'a.txt:1:5', 'new'], {
    renames: [{ refuse: { code: 1, message: 'it is a keyword' } }],
  })
  expect(refused.status).toBe(1)
  expect(JSON.parse(refused.stdout)).toEqual({
    written: false,
    files: [],
    left: [],
    error: expect.stringMatching(/: it is a keyword$/),
  })
})

test('touches no file where one is read-only', async () => {
  using stage = stageOf()
  chmodSync(stage.path('src/b.txt'), 0o444)
  const inode = statSync(stage.path('a.txt')).ino
  const { status, stdout, stderr } = await rename(stage, ['a.txt:1:5', 'new'])
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^lsp-wal: .*nothing was written.*\n {2}src\/b.txt: it is read-only\n/)
  expect(stage.files()).toEqual(FILES)
  expect(statSync(stage.path('a.txt')).ino).toBe(inode)
  expect((await stage.lspWal('log')).stdout).toBe('Nothing is recorded here yet.\n')
})

test.skipIf(!canFreeze())('puts the others back where one file cannot be written', async () => {
  using stage = stageOf()
  execFileSync('chattr', ['+i', stage.path('src/b.txt')])
  const { status, stdout, stderr } = await rename(stage, ['a.txt:1:5', 'new'])
  execFileSync('chattr', ['-i', stage.path('src/b.txt')])
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(
    /^lsp-wal: not every file could be written; the others are as they were\n {2}src\/b.txt: /,
  )
  expect(stage.files()).toEqual(FILES)
  expect((await stage.lspWal('status')).stdout).toBe('Nothing is pending here.\n')
  expect((await stage.lspWal('log')).stdout).toMatch(/rolled back\n/)
})

test('writes nothing where a file is written while the server is at work', async () => {
  using stage = stageOf()
  const meanwhile = { [stage.path('src/b.txt')]: 'old, by another hand\n' }
  const { status, stderr } = await rename(stage, ['a.txt:1:5', 'new'], { meanwhile })
  expect(status).toBe(1)
  expect(stderr).toContain('src/b.txt: it was changed while the server was at work')
  expect(stage.files()).toEqual({ ...FILES, 'src/b.txt': 'old, by another hand\n' })
})

test('does not start on half of an edit that a crash left', async () => {
  using stage = stageOf()
  const edits = { edit: editOf(stage) }
  await stage.headless(
    ['--die-at', 'files-saved=1', '--die-with-server'],
    [{ executeCommand: { command: 'edit', arguments: [edits.edit] } }],
    stage.wrapped(),
  )
  const { status, stderr } = await rename(stage, ['a.txt:1:5', 'newer'])
  expect({ status, stderr }).toEqual({
    status: 4,
    stderr: 'lsp-wal: an edit that was cut short is waiting to be recovered here; see: lsp-wal status\n',
  })
})

test('records once what a server does that is wrapped itself', async () => {
  using stage = stageOf()
  const init = JSON.stringify({ renames: [editOf(stage)], capabilities: { renameProvider: true } })
  const ended = await stage.lspWal(
    'rename',
    'a.txt:1:5',
    'new',
    '--settle',
    '1',
    '--init',
    init,
    '--',
    ...stage.wrapped(),
  )
  expect(ended.status).toBe(0)
  expect(readdirSync(`${stage.journal}/history`)).toHaveLength(1)
  expect(readdirSync(`${stage.journal}/live`)).toEqual([])
})

describe('a code action', () => {
  const fixture = (stage: Stage): FixtureOptions => ({
    capabilities: { executeCommandProvider: { commands: [] } },
    actions: [
      { title: 'Rewrite it', kind: 'refactor.rewrite', edit: editOf(stage) },
      { title: 'Move it', kind: 'refactor.move', command: move(stage) },
      { title: 'Not this', kind: 'quickfix', disabled: { reason: 'no\x1b[2J' } },
    ],
  })
  const move = (stage: Stage): NonNullable<CodeAction['command']> => ({
    title: '',
    command: 'edit step by step',
    arguments: [
      [
        editOf(stage),
        {
          documentChanges: [
            { kind: 'rename', oldUri: stage.uri('src/b.txt'), newUri: stage.uri('lib/d.txt') },
          ],
        },
        { changes: { [stage.uri('lib/d.txt')]: [at(0, 0, 'newer')] } },
      ],
    ],
  })

  test('is listed where none is meant', async () => {
    using stage = stageOf()
    const list = await headless(stage, ['action', 'a.txt'], fixture(stage))
    expect(list).toEqual({
      status: 0,
      stdout:
        'refactor.rewrite  Rewrite it\nrefactor.move     Move it\nquickfix          Not this  (not here: no\\x1b[2J)\n',
      stderr: '',
    })
    const json = await headless(
      stage,
      ['action', '--json', '--kind', 'refactor', 'a.txt:1:1-2:1'],
      fixture(stage),
    )
    expect(JSON.parse(json.stdout).actions).toEqual([
      { title: 'Rewrite it', kind: 'refactor.rewrite', preferred: false },
      { title: 'Move it', kind: 'refactor.move', preferred: false },
    ])
    expect(stage.files()).toEqual(FILES)
  })

  test('of several edits is one in the log, and taken back as one', async () => {
    using stage = stageOf()
    const ended = await headless(stage, ['action', '--title', 'Move it', 'a.txt:1:5'], fixture(stage))
    expect(ended).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('moved    src/b.txt → lib/d.txt\n'),
    })
    expect(stage.files()).toEqual({
      'a.txt': DONE['a.txt'],
      'lib/d.txt': '\xef\xbb\xbfnewer\n',
      'c.txt': 'no\n',
    })
    expect((await stage.lspWal('undo')).status).toBe(0)
    expect(stage.files()).toEqual(FILES)
  })

  test('is run by its kind, and chosen among several by hand', async () => {
    using stage = stageOf()
    const several = await headless(stage, ['action', '--run', '--kind', 'refactor', 'a.txt'], fixture(stage))
    expect(several).toMatchObject({
      status: 1,
      stderr:
        'lsp-wal: more than one code action is meant\nrefactor.rewrite  Rewrite it\nrefactor.move     Move it\n',
    })
    const one = await headless(
      stage,
      ['action', '--run', '--kind', 'refactor.rewrite', 'a.txt'],
      fixture(stage),
    )
    expect(one.status).toBe(0)
    expect(stage.files()).toEqual(DONE)
  })
})

test.each<[string, string[], string]>([
  ['no server', ['rename', 'a.txt:1:1', 'x'], 'no server: its command comes after `--`'],
  ['no name', ['rename', 'a.txt:1:1', '--', 'x'], 'rename takes FILE:LINE:COLUMN and the new name'],
  ['no place', ['rename', 'a.txt', 'x', '--', 'x'], 'a place is FILE:LINE:COLUMN: not a.txt'],
  ['no file', ['rename', 'z.txt:1:1', 'x', '--', 'x'], 'there is no file z.txt'],
  ['no folder', ['rename', '--folder', 'z', 'a.txt:1:1', 'x', '--', 'x'], 'there is no folder '],
  ['no line', ['rename', 'a.txt:7:1', 'x', '--', ...FIXTURE_SERVER], 'a.txt has 2 lines: there is no line 7'],
  ['no JSON', ['rename', '--init', '{', 'a.txt:1:1', 'x', '--', 'x'], '--init takes JSON'],
  [
    'no time',
    ['rename', '--timeout', '0', 'a.txt:1:1', 'x', '--', 'x'],
    '--timeout takes a number from 1 on: not 0',
  ],
  ['nothing to run', ['action', '--dry-run', 'a.txt', '--', 'x'], '--dry-run needs --title or --run'],
])('says what is wrong with a command line with %s', async (_, args, message) => {
  using stage = stageOf()
  const { status, stderr } = await stage.lspWal(...args)
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) })
})

test('says that a server cannot be started', async () => {
  using stage = stageOf()
  const { status, stderr } = await stage.lspWal('rename', 'a.txt:1:5', 'new', '--', './no-such-server')
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining('lsp-wal: cannot start the server ./no-such-server'),
  })
})

test('ends in time with a server that never answers', async () => {
  using stage = stageOf()
  const { status, stderr } = await rename(stage, ['--timeout', '2', 'a.txt:1:5', 'new'], { loadsMs: 60_000 })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining('for the server to have loaded the project'),
  })
})

test.each(['rename', 'action'])('%s has a help text', async (name) => {
  const { status, stdout } = await run([...LSP_WAL, name, '--help'], process.cwd())
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringContaining(`Usage: lsp-wal ${name} `),
  })
})

/** Whether a file can be made immutable: nobody may replace it then, and only a write tells. */
function canFreeze(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-frozen-'))
  try {
    for (const flag of ['+i', '-i']) execFileSync('chattr', [flag, folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}
