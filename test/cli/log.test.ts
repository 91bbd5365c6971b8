import { appendFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { log } from '../../server/cli/log.ts'
import { HELIX, id, replacing, type Scribe, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const RENAME = { label: 'Rename `Note` → `Memo`', at: '2026-03-04T10:42:00Z' }

/** A rename that landed, in four files, and before it one that a crash cut in half. */
async function twoRenames(): Promise<void> {
  await place.session(
    async (scribe) => {
      const files = {
        'a.go': replacing('Foo\n', 'Foo', 'Bar'),
        'b.go': replacing('Foo Foo\n', 'Foo', 'Bar'),
        'c.go': replacing('Foo\n', 'Foo', 'Bar'),
      }
      const intent = await scribe.intent(id('5be10d33'), files, {
        label: 'Rename `Foo` → `Bar`',
        server: 'gopls',
        at: '2026-03-04T09:30:00Z',
      })
      await scribe.land(intent, 'a.go')
    },
    { editor: HELIX, at: '2026-03-04T09:30:00Z' },
  )
  await place.session(async (scribe) => {
    const files = {
      'src/note.rs': { before: 'struct Note;\n', deleted: true as const },
      'src/memo.rs': { movedFrom: 'src/note.rs', edits: [{ start: 7, end: 11, text: 'Memo' }] },
      'src/main.rs': replacing('use Note;\nlet n: Note;\n', 'Note', 'Memo'),
      'new.txt': { edits: [{ start: 0, end: 0, text: 'x\n' }] },
    }
    await scribe.landed(id('7c1f0a92'), files, RENAME)
  })
}

test('shows the newest first, with what became of each', async () => {
  await twoRenames()
  expect(await place.run(log)).toEqual({
    out: [
      '@  7c1f0a92  2 min ago   rust-analyzer · Neovim    landed 3/3',
      '│  Rename `Note` → `Memo`            3 files, 3 edits, 1 file created, 1 file moved',
      '×  5be10d33  09:30       gopls · helix             torn 1/3',
      '│  Rename `Foo` → `Bar`              lsp-wal recover 5be1',
      '',
    ].join('\n'),
    err: '',
    exit: 0,
  })
})

test.each([
  [
    78,
    '@  7c1f0a92  2 min ago   rust-analyzer · Neovim    landed 3/3\n' +
      '│  Rename `Note` → `Memo`       3 files, 3 edits, 1 file created, 1 file moved\n' +
      '×  5be10d33  09:30       gopls · helix             torn 1/3\n' +
      '│  Rename `Foo` → `Bar`              lsp-wal recover 5be1\n',
  ],
  [
    44,
    '@  7c1f0a92  2 min ago   rust-an… landed 3/3\n' +
      '│  Rename `Note` → `Memo`   3 files, 3 edits\n' +
      '×  5be10d33  09:30       gopls ·… torn 1/3\n' +
      '│  Rename `Foo` → `Ba…  lsp-wal recover 5be1\n',
  ],
  [
    30,
    '@  7c1f0a92  2 min ago   land…\n' +
      '│  Rename `Note` → `Memo`\n' +
      '×  5be10d33  09:30       torn…\n' +
      '│  Rename `Foo` → `Bar`\n',
  ],
])('cuts names before lines would wrap, %i columns wide', async (width, out) => {
  await twoRenames()
  expect((await place.run(log, [], { width })).out).toBe(out)
})

test('sets off on a terminal what waits', async () => {
  await twoRenames()
  expect((await place.run(log, ['-n', '1'], { colour: true, width: 100 })).out).toBe(
    '\x1b[1m@  \x1b[22m\x1b[36m7c1f0a92  \x1b[39m\x1b[2m2 min ago   \x1b[22mrust-analyzer · Neovim    \x1b[32mlanded 3/3\x1b[39m\n' +
      '\x1b[2m│  \x1b[22mRename `Note` → `Memo`            \x1b[2m3 files, 3 edits, 1 file created, 1 file moved\x1b[22m\n' +
      '1 older: lsp-wal log -n 0 lists all\n',
  )
  expect((await place.run(log, [], { colour: true })).out).toContain('\x1b[31m×  \x1b[39m')
})

test('adds the patch of each', async () => {
  await twoRenames()
  expect((await place.run(log, ['-p', '--file', 'src/main.rs'])).out).toBe(
    [
      '@  7c1f0a92  2 min ago   rust-analyzer · Neovim    landed 3/3',
      '│  Rename `Note` → `Memo`            3 files, 3 edits, 1 file created, 1 file moved',
      'diff --git a/src/note.rs b/src/memo.rs',
      'rename from src/note.rs',
      'rename to src/memo.rs',
      '--- a/src/note.rs',
      '+++ b/src/memo.rs',
      '@@ -1 +1 @@',
      '-struct Note;',
      '+struct Memo;',
      'diff --git a/src/main.rs b/src/main.rs',
      '--- a/src/main.rs',
      '+++ b/src/main.rs',
      '@@ -1,2 +1,2 @@',
      '-use Note;',
      '-let n: Note;',
      '+use Memo;',
      '+let n: Memo;',
      'diff --git a/new.txt b/new.txt',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/new.txt',
      '@@ -0,0 +1 @@',
      '+x',
      '',
      '',
    ].join('\n'),
  )
})

test('adds how much each changed', async () => {
  await twoRenames()
  expect((await place.run(log, ['--stat', '--file', 'a.go'])).out).toBe(
    [
      '×  5be10d33  09:30   gopls · helix    torn 1/3',
      '│  Rename `Foo` → `Bar`              lsp-wal recover 5be1',
      ' a.go | 2 +-',
      ' b.go | 2 +-',
      ' c.go | 2 +-',
      ' 3 files changed, 3 insertions(+), 3 deletions(-)',
      '',
      '',
    ].join('\n'),
  )
})

test('gives programs an array', async () => {
  await twoRenames()
  const { out } = await place.run(log, ['--json'])
  const [newest, torn] = JSON.parse(out) as [Record<string, unknown>, Record<string, unknown>]
  expect(newest).toEqual({
    id: '7c1f0a92000000000000000000000000',
    at: '2026-03-04T10:42:00Z',
    session: expect.stringMatching(/^20260304T104430Z-[0-9a-f]{8}$/),
    folders: [place.project],
    server: 'rust-analyzer',
    editor: { name: 'Neovim', version: '0.10.2' },
    road: 'textDocument/rename',
    label: 'Rename `Note` → `Memo`',
    foreign: false,
    state: 'landed',
    files: [
      { path: place.path('src/memo.rs'), change: 'moved', from: place.path('src/note.rs'), edits: 1 },
      { path: place.path('src/main.rs'), change: 'edited', edits: 2 },
      { path: place.path('new.txt'), change: 'created', edits: 1 },
    ],
  })
  expect(torn).toMatchObject({
    state: 'torn',
    owner: 'nobody',
    landed: 1,
    files: [{ state: 'landed' }, { state: 'untouched' }, { state: 'untouched' }],
  })
})

describe('what is listed', () => {
  const edit = { 'a.ts': replacing('a', 'a', 'b') }

  test('nothing is recorded yet', async () => {
    expect(await place.run(log)).toEqual({ out: 'Nothing is recorded here yet.\n', err: '', exit: 0 })
    expect(await place.run(log, ['--json'])).toEqual({ out: '[]\n', err: '', exit: 0 })
  })

  test('at most as many as asked for', async () => {
    await place.session(async (scribe) => {
      for (let i = 10; i < 32; i++)
        await scribe.landed(id(`${i}aaaa`), edit, { at: `2026-03-04T10:${i}:00Z`, label: `n${i}` })
    })
    const lines = async (...args: string[]) => (await place.run(log, args)).out.split('\n').length - 1
    expect(await lines()).toBe(2 * 20 + 1)
    expect((await place.run(log)).out).toMatch(/\n2 older: lsp-wal log -n 0 lists all\n$/)
    expect(await lines('-n', '0')).toBe(2 * 22)
    expect((await place.run(log, ['-n1'])).out).toMatch(/^@ {2}31aaaa00 /)
    expect(JSON.parse((await place.run(log, ['--json'])).out)).toHaveLength(22)
    expect(JSON.parse((await place.run(log, ['--json', '-n', '3'])).out)).toHaveLength(3)
  })

  test('only this workspace, unless all are asked for', async () => {
    const elsewhere = join(place.folder, 'elsewhere')
    await place.session((scribe) => scribe.landed(id('aa'), edit, { label: 'here' }).then(() => {}))
    await place.session(
      async (scribe) => {
        await scribe.intent(id('bb'), edit, { label: 'there', at: '2026-03-04T10:44:31Z' })
      },
      { folders: [elsewhere] },
    )
    expect((await place.run(log)).out).toBe(
      '@  aa000000  just now   rust-analyzer · Neovim    landed 1/1\n' +
        '│  here                              1 file, 1 edit\n',
    )
    expect((await place.run(log, ['--all'])).out).toBe(
      '×  bb000000  just now   rust-analyzer · Neovim    pending 0/1\n' +
        '│  there                             lsp-wal recover bb00\n' +
        `│  in ${elsewhere}\n` +
        '○  aa000000  just now   rust-analyzer · Neovim    landed 1/1\n' +
        '│  here                              1 file, 1 edit\n',
    )
    expect((await place.run(log, [], { cwd: join(place.project, 'src') })).out).toContain('here')
    expect((await place.run(log, [], { cwd: join(place.folder, 'third') })).out).toBe(
      'Nothing is recorded here yet.\n',
    )
  })

  test('finds a workspace that the editor knows by a link', async () => {
    const link = join(place.folder, 'link')
    symlinkSync(place.project, link)
    await place.session((scribe) => scribe.landed(id('aa'), edit, { label: 'here' }).then(() => {}), {
      folders: [link],
    })
    expect((await place.run(log)).out).toContain('here')
  })

  test('only what touched a file, or a folder', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), { 'src/a.ts': replacing('a', 'a', 'b') })
      await scribe.landed(id('bb'), { 'src2/a.ts': replacing('a', 'a', 'b') })
    })
    const ids = async (file: string) =>
      (JSON.parse((await place.run(log, ['--json', '--file', file])).out) as { id: string }[]).map(
        (e) => e.id,
      )
    expect(await ids('src')).toEqual([id('aa')])
    expect(await ids('src/a.ts')).toEqual([id('aa')])
    expect(await ids(place.path('src2'))).toEqual([id('bb')])
    expect(await ids('.')).toEqual([id('bb'), id('aa')])
    expect((await place.run(log, ['--file', 'nowhere'])).out).toBe(
      'Nothing recorded here touched that file.\n',
    )
  })
})

describe('what became of it', () => {
  const files = { 'a.ts': replacing('a', 'a', 'b'), 'b.ts': replacing('a', 'a', 'b') }
  const back = { 'a.ts': { before: 'b', after: 'a' }, 'b.ts': { before: 'b', after: 'a' } }

  const stateOf = async (start: string) =>
    (JSON.parse((await place.run(log, ['--json'])).out) as { id: string; state: string; by?: string }[])
      .filter((entry) => entry.id.startsWith(start))
      .map(({ state, by }) => (by === undefined ? state : `${state} by ${by.slice(0, 2)}`))[0]
  const words = async (start: string) =>
    (await place.run(log)).out
      .split('\n')
      .find((line) => line.slice(3).startsWith(start))!
      .replace(/.*(Neovim|lsp-wal undo) +/, '')

  test.each([
    ['rejected', 'rejected'],
    ['abandoned', 'abandoned'],
    ['reverted', 'reverted'],
    ['superseded', 'superseded'],
    ['recovered', 'recovered'],
    ['rolled-back', 'rolled back'],
  ] as const)('%s is said as its log says it', async (event, text) => {
    await place.session(async (scribe) => scribe.note(await scribe.intent(id('aa'), files), event))
    expect(await stateOf('aa')).toBe(event)
    expect(await words('aa')).toBe(text)
  })

  async function undone(scribe: Scribe): Promise<void> {
    await scribe.landed(id('aa'), files, { at: '2026-03-04T10:00:00Z', label: 'Rename' })
    await scribe.landed(id('bb'), back, {
      at: '2026-03-04T10:01:00Z',
      label: 'Undo: Rename',
      purpose: 'undo',
      of: id('aa'),
    })
  }

  test('an undo that landed makes it undone, and an undo of that makes it landed again', async () => {
    await place.session(undone)
    expect([await stateOf('aa'), await stateOf('bb')]).toEqual(['undone by bb', 'landed'])
    expect((await place.run(log)).out).toBe(
      [
        '@  bb000000  43 min ago   rust-analyzer · Neovim    landed 2/2',
        '│  Undo: Rename                      2 files',
        '○  aa000000  44 min ago   rust-analyzer · Neovim    undone',
        '│  Rename                            2 files, 2 edits',
        '',
      ].join('\n'),
    )
    await place.session(async (scribe) => {
      await scribe.landed(id('cc'), files, { at: '2026-03-04T10:02:00Z', purpose: 'undo', of: id('bb') })
    })
    expect([await stateOf('aa'), await stateOf('bb'), await stateOf('cc')]).toEqual([
      'landed',
      'undone by cc',
      'landed',
    ])
  })

  test('undos of single files add up', async () => {
    const only = (name: 'a.ts' | 'b.ts') => ({ [name]: back[name] })
    const about = { purpose: 'undo', of: id('aa') } as const
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), files, { at: '2026-03-04T10:00:00Z' })
      await scribe.landed(id('bb'), only('a.ts'), { ...about, at: '2026-03-04T10:01:00Z' })
    })
    expect([await stateOf('aa'), await words('aa')]).toEqual(['partly-undone by bb', 'partly undone'])
    await place.session(async (scribe) => {
      await scribe.landed(id('cc'), only('b.ts'), { ...about, at: '2026-03-04T10:02:00Z' })
    })
    expect(await stateOf('aa')).toBe('undone by cc')
  })

  test('an undo that left files alone is partly done', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), files, { at: '2026-03-04T10:00:00Z' })
      const undo = await scribe.intent(id('bb'), back, { purpose: 'undo', of: id('aa') })
      scribe.note(undo, 'superseded')
    })
    expect([await words('aa'), await words('bb')]).toEqual(['partly undone', 'partly done'])
  })

  test.each([
    ['finish', 'recovered', 'recovered'],
    ['roll-back', 'rolled-back', 'rolled back'],
  ] as const)('a %s that landed settles what its own log leaves pending', async (purpose, state, text) => {
    await place.session(async (scribe) => {
      await scribe.intent(id('aa'), files, { at: '2026-03-04T10:00:00Z' })
      await scribe.landed(id('bb'), back, { purpose, of: id('aa') })
    })
    expect([await stateOf('aa'), await words('aa')]).toEqual([`${state} by bb`, text])
  })

  test('an undo that died on its way is what waits, and so is what it was to undo still landed', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), files, { at: '2026-03-04T10:00:00Z' })
      const undo = await scribe.intent(id('bb'), back, { purpose: 'undo', of: id('aa') })
      await scribe.land(undo, 'a.ts')
    })
    expect([await stateOf('aa'), await stateOf('bb')]).toEqual(['landed', 'torn'])
  })

  test('what claims to take itself back goes in no circle', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), files, { purpose: 'undo', of: id('bb') })
      await scribe.landed(id('bb'), files, { purpose: 'undo', of: id('aa') })
      await scribe.landed(id('cc'), files, { purpose: 'undo', of: id('cc') })
    })
    expect([await stateOf('aa'), await stateOf('bb'), await stateOf('cc')]).toEqual([
      'undone by bb',
      'landed',
      'landed',
    ])
  })

  test('what was pending when a later edit came on top has landed', async () => {
    await place.session(async (scribe) => {
      await scribe.land(await scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') }))
      await scribe.landed(id('bb'), { 'a.ts': replacing('b', 'b', 'c') })
    })
    expect(await words('aa')).toBe('landed 1/1')
  })

  test('a moved file that is only moved so far is torn', async () => {
    await place.session(async (scribe) => {
      await scribe.intent(id('aa'), {
        'old.ts': { before: 'a', deleted: true },
        'new.ts': { movedFrom: 'old.ts', edits: [{ start: 0, end: 1, text: 'b' }] },
      })
    })
    place.write('new.ts', 'a')
    rmSync(place.path('old.ts'))
    expect([await stateOf('aa'), await words('aa')]).toEqual(['torn', 'torn 0/1, 1 halfway'])
  })

  test('drifted and restored files are counted', async () => {
    await place.session(async (scribe) => {
      const intent = await scribe.intent(id('aa'), {
        ...files,
        'c.ts': replacing('a', 'a', 'b'),
        'd.ts': replacing('a', 'a', 'b'),
      })
      await scribe.land(intent, 'a.ts')
    })
    place.write('b.ts', 'mine')
    await new Promise((done) => setTimeout(done, 20)) // for another mtime
    place.write('c.ts', 'a')
    expect([await stateOf('aa'), await words('aa')]).toEqual(['torn', 'torn 1/4, 1 drifted, 1 restored'])
  })

  test('in a session that still runs nothing is torn', async () => {
    await place.running(async (scribe) => {
      await scribe.land(await scribe.intent(id('aa'), files, { label: 'Rename' }), 'a.ts')
    })
    expect([await stateOf('aa'), await words('aa')]).toEqual(['pending', 'pending 1/2'])
    expect((await place.run(log)).out).toContain('│  Rename                            2 files, 2 edits\n')
  })
})

test('what servers and editors call themselves never reaches the terminal raw', async () => {
  const hostile = '\x1b]0;owned\x07\nRename\u202e'
  await place.session(
    async (scribe) => {
      await scribe.landed(
        id('aa'),
        { 'a\x1b[2J.ts': replacing('a', 'a', 'b') },
        { label: hostile, server: '\x9bm' },
      )
    },
    { editor: { ...HELIX, name: 'He\x07lix' } },
  )
  expect((await place.run(log, ['--stat'])).out).toBe(
    [
      '@  aa000000  just now   \\x9bm · He\\x07lix    landed 1/1',
      '│  \\x1b]0;owned\\x07\\nRename\\u202e    1 file, 1 edit',
      ' a\\x1b[2J.ts | 2 +-',
      ' 1 file changed, 1 insertion(+), 1 deletion(-)',
      '',
      '',
    ].join('\n'),
  )
  const { out } = await place.run(log, ['--json'])
  expect(out).toMatch(/^[ -~\n]*$/)
  expect((JSON.parse(out) as { label: string }[])[0]!.label).toBe(hostile)
})

test('shows the foreign records of a log as that', async () => {
  const session = await place.session(async (scribe) => {
    await scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') }, { at: '2026-03-04T10:44:00Z' })
  })
  const record = {
    id: 'go-1',
    edits: null,
    originals: null,
    expected_raw_hash: null,
    expected_norm_hash: null,
  }
  appendFileSync(join(place.root.live, session, 'wal.log'), `${JSON.stringify(record)}\n`)
  expect((await place.run(log)).out).toBe(
    [
      '@  go-1      just now   foreign                   landed',
      '│  written by another program',
      '×  aa000000  just now   rust-analyzer · Neovim    pending 0/1',
      '│  Edit                              lsp-wal recover aa00',
      '',
    ].join('\n'),
  )
})

test('says that a log is damaged, and lists what can be read', async () => {
  const session = await place.session(async (scribe) => {
    await scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') })
  })
  appendFileSync(join(place.root.live, session, 'wal.log'), '{"id":')
  const { out, err, exit } = await place.run(log)
  expect(out).toContain('aa000000')
  expect({ err, exit }).toEqual({ err: 'lsp-wal: 1 log damaged: see lsp-wal status\n', exit: 0 })
})

describe('usage', () => {
  test('--help says it', async () => {
    const { out, err, exit } = await place.run(log, ['--help'])
    expect(out).toMatch(
      /^Usage: lsp-wal log \[-n N\] \[-p \| --stat\] \[--file PATH\] \[--all\] \[--json\]\n/,
    )
    expect({ err, exit }).toEqual({ err: '', exit: 0 })
  })

  test.each([
    [['--nope'], "Unknown option '--nope'"],
    [['-n', 'x\x1b'], '-n takes a number: not x\\x1b'],
    [['-n'], "Option '-n, --number <value>' argument missing"],
    [['-p', '--json'], 'only one of -p, --stat and --json'],
    [['5be1'], "Unexpected argument '5be1'. This command does not take positional arguments"],
  ])('%j is refused in one line', async (args, message) => {
    await expect(place.run(log, args)).rejects.toMatchObject({ name: 'UsageError', message })
  })
})
