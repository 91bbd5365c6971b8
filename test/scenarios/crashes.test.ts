import { describe, expect, test } from 'vitest'
import { DYING_PROXY, FIXTURE_SERVER, Stage } from './stage.ts'

/** A kill, and whether the edit is there after the next start. */
interface Kill {
  readonly name: string
  readonly proxy?: 'before-append' | 'after-append'
  readonly client?: string
  readonly whole: 'original' | 'edited' | 'either'
}

interface Workload {
  readonly name: string
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
  readonly edit: (stage: Stage) => object
  readonly kills: readonly Kill[]
}

const at = (line: number, start: number, end: number) => ({
  start: { line, character: start },
  end: { line, character: end },
})

/** Text edits only: nothing reaches the disk before a save. */
const RENAME: Workload = {
  name: 'a rename over four files',
  before: {
    'a.ts': 'export const foo = 1\n',
    'b.ts': '\xef\xbb\xbfimport { foo } from "./a"\r\nuse(foo)\r\n',
    'lib/c.ts': '// \xf0\x9f\x98\x80 foo\nfoo()',
    'd.ts': 'foo\nfoo\n',
  },
  after: {
    'a.ts': 'export const total = 1\n',
    'b.ts': '\xef\xbb\xbfimport { total } from "./a"\r\nuse(total)\r\n',
    'lib/c.ts': '// \xf0\x9f\x98\x80 total\ntotal()',
    'd.ts': 'total\ntotal\n',
  },
  edit: (stage) => ({
    changes: {
      [stage.uri('a.ts')]: [{ range: at(0, 13, 16), newText: 'total' }],
      [stage.uri('b.ts')]: [
        { range: at(1, 4, 7), newText: 'total' },
        { range: at(0, 9, 12), newText: 'total' },
      ],
      [stage.uri('lib/c.ts')]: [
        { range: at(0, 6, 9), newText: 'total' },
        { range: at(1, 0, 3), newText: 'total' },
      ],
      [stage.uri('d.ts')]: [
        { range: at(0, 0, 3), newText: 'total' },
        { range: at(1, 0, 3), newText: 'total' },
      ],
    },
  }),
  kills: [
    { name: 'before the append', proxy: 'before-append', whole: 'original' },
    { name: 'after the append, before the edit is forwarded', proxy: 'after-append', whole: 'edited' },
    { name: 'after the edit is forwarded, before the answer', client: 'before-answer', whole: 'edited' },
    { name: 'after 1 of 4 files', client: 'files-saved=1', whole: 'edited' },
    { name: 'after 2 of 4 files', client: 'files-saved=2', whole: 'edited' },
    { name: 'after 3 of 4 files', client: 'files-saved=3', whole: 'edited' },
    { name: 'after all files', client: 'files-saved=4', whole: 'edited' },
    // In unsaved buffers only. A crash and a quit without saving look the same, so what the proxy saw in the
    // buffers is offered and not done; but the kill may come before the proxy has read that it is there.
    { name: 'after the answer, before any save', client: 'after-answer', whole: 'either' },
  ],
}

/** File operations reach the disk at once, the text edits with a save: half done without any save. */
const MOVE: Workload = {
  name: 'a file moved, one made, one deleted, and the imports fixed',
  before: {
    'a.ts': 'export const a = 1\n',
    'b.ts': 'import "./a"\n',
    'c.ts': 'import "./a"\nimport "./old"\n',
    'old.ts': 'old\n',
  },
  after: {
    'lib/z.ts': 'export const z = 1\n',
    'b.ts': 'import "./lib/z"\n',
    'c.ts': 'import "./lib/z"\nimport "./new"\n',
    'new.ts': 'new\n',
  },
  edit: (stage) => ({
    documentChanges: [
      { kind: 'rename', oldUri: stage.uri('a.ts'), newUri: stage.uri('lib/z.ts') },
      {
        textDocument: { uri: stage.uri('lib/z.ts'), version: null },
        edits: [{ range: at(0, 13, 14), newText: 'z' }],
      },
      {
        textDocument: { uri: stage.uri('b.ts'), version: null },
        edits: [{ range: at(0, 8, 11), newText: './lib/z' }],
      },
      { kind: 'create', uri: stage.uri('new.ts') },
      {
        textDocument: { uri: stage.uri('new.ts'), version: null },
        edits: [{ range: at(0, 0, 0), newText: 'new\n' }],
      },
      { kind: 'delete', uri: stage.uri('old.ts') },
      {
        textDocument: { uri: stage.uri('c.ts'), version: null },
        edits: [
          { range: at(0, 8, 11), newText: './lib/z' },
          { range: at(1, 8, 13), newText: './new' },
        ],
      },
    ],
  }),
  kills: [
    { name: 'before the append', proxy: 'before-append', whole: 'original' },
    { name: 'after the append, before the edit is forwarded', proxy: 'after-append', whole: 'edited' },
    { name: 'after the edit is forwarded, before the answer', client: 'before-answer', whole: 'edited' },
    { name: 'after 1 of 4 files', client: 'files-saved=1', whole: 'edited' },
    { name: 'after 3 of 4 files', client: 'files-saved=3', whole: 'edited' },
    { name: 'after the answer, before any save', client: 'after-answer', whole: 'edited' },
  ],
}

for (const workload of [RENAME, MOVE]) {
  describe.concurrent(`${workload.name}, everything killed`, () => {
    test.for(workload.kills)('$name: the next start ends with every path whole', async (kill, { expect }) => {
      using stage = new Stage(bytes(workload.before))
      const command = kill.proxy
        ? [...DYING_PROXY, kill.proxy, stage.journal, '--', ...FIXTURE_SERVER]
        : stage.wrapped()
      const options = kill.client ? ['--die-at', kill.client, '--die-with-server'] : []
      const first = await stage.headless(options, [edit(workload, stage)], command)
      expect(first.status).toBe(kill.proxy ? 1 : 'SIGKILL')

      const second = await stage.headless([], [], stage.wrapped())
      expect(second.status).toBe(0)
      const whole = stage.files()
      const { before, after } = workload
      if (kill.whole === 'either') expect([before, after]).toContainEqual(whole)
      else expect(whole).toEqual(kill.whole === 'edited' ? after : before)

      // Idempotent: another start finds nothing to do.
      const logs = stage.journalFiles()
      await stage.headless([], [], stage.wrapped())
      expect(stage.files()).toEqual(whole)
      expect(stage.journalFiles()).toEqual(logs)

      if (kill.whole === 'edited') {
        // And it can still be taken back whole.
        expect((await stage.lspWal('undo')).status).toBe(0)
        expect(stage.files()).toEqual(workload.before)
      }
    })
  })
}

test('what was never saved is offered by the command line, and brought back when asked for', async () => {
  using stage = new Stage(bytes(RENAME.before))
  expect((await stage.headless(['--save', 'never'], [edit(RENAME, stage)], stage.wrapped())).status).toBe(0)
  expect((await stage.lspWal('status')).status).toBe(4)
  const offered = await stage.lspWal('recover')
  expect(offered.stdout).toContain('never saved')
  expect(offered.status).toBe(4)
  expect(stage.files()).toEqual(RENAME.before)
  expect((await stage.lspWal('recover', '--finish')).status).toBe(0)
  expect(stage.files()).toEqual(RENAME.after)
  expect((await stage.lspWal('status')).status).toBe(0)
})

test('a path that somebody changed after the crash is never written over', async () => {
  using stage = new Stage(bytes(RENAME.before))
  await stage.headless(
    ['--die-at', 'files-saved=2', '--die-with-server'],
    [edit(RENAME, stage)],
    stage.wrapped(),
  )
  stage.write('d.ts', 'mine\n')
  const before = stage.files()
  await stage.headless([], [], stage.wrapped())
  expect(stage.files()).toEqual(before)
  // Asked to finish all the same, the others are finished and the changed one is left alone and named.
  const finished = await stage.lspWal('recover', '--finish')
  expect(finished.status).toBe(3)
  expect(finished.stdout).toContain('d.ts')
  expect(stage.files()).toEqual({ ...RENAME.after, 'd.ts': 'mine\n' })
})

test('of several proxies that start together one recovers, and the others find nothing to do', async () => {
  using stage = new Stage(bytes(RENAME.before))
  await stage.headless(
    ['--die-at', 'files-saved=2', '--die-with-server'],
    [edit(RENAME, stage)],
    stage.wrapped(),
  )
  await Promise.all(Array.from({ length: 4 }, () => stage.headless([], [], stage.wrapped())))
  expect(stage.files()).toEqual(RENAME.after)
  // The torn session and the one that finished it; the others have left nothing.
  expect(stage.journalFiles()).toEqual(
    ['outcomes.log', 'session.json', 'wal.log'].flatMap((name) => [`history/S/${name}`, `history/S/${name}`]),
  )
})

test('proxies that are killed in the middle of recovering pass what they had claimed on', async () => {
  using stage = new Stage(bytes(RENAME.before))
  await stage.headless(
    ['--die-at', 'files-saved=2', '--die-with-server'],
    [edit(RENAME, stage)],
    stage.wrapped(),
  )
  for (const moment of ['before-append', 'after-append'])
    await stage.headless([], [], [...DYING_PROXY, moment, stage.journal, '--', ...FIXTURE_SERVER])
  await stage.headless([], [], stage.wrapped())
  expect(stage.files()).toEqual(RENAME.after)
  expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
})

test('a session without an edit leaves nothing behind', async () => {
  using stage = new Stage({ 'a.ts': '' })
  expect((await stage.headless([], [{ open: 'a.ts' }], stage.wrapped())).status).toBe(0)
  expect(() => stage.journalFiles()).toThrow('ENOENT')
})

function edit(workload: Workload, stage: Stage): object {
  return { executeCommand: { command: 'edit', arguments: [workload.edit(stage), workload.name], edits: 1 } }
}

function bytes(files: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text, 'latin1')]))
}
