import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { show } from '../../server/cli/show.ts'
import { HELIX, id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

/** What is shown, without what differs from run to run. */
async function shown(...args: string[]): Promise<string> {
  const { out, err, exit } = await place.run(show, args)
  expect({ err, exit }).toEqual({ err: '', exit: 0 })
  return out.replaceAll(place.project, '/project').replace(/^(Session:.*)-[0-9a-f]{8}$/m, '$1-…')
}

async function rename(): Promise<void> {
  await place.session(async (scribe) => {
    const files = {
      'src/note.rs': { before: 'struct Note;\n', deleted: true as const },
      'src/memo.rs': { movedFrom: 'src/note.rs', edits: [{ start: 7, end: 11, text: 'Memo' }] },
      'src/main.rs': replacing('use Note;\nlet n: Note;\n', 'Note', 'Memo'),
      'new.txt': { edits: [{ start: 0, end: 0, text: 'x\n' }] },
      'old.txt': { before: 'x\n', deleted: true as const },
      'logo.png': { before: Buffer.from([0, 1]), after: Buffer.from([0, 1, 2]) },
      'latin.txt': { before: Buffer.from([0xe9]), unknown: 'it is not UTF-8' },
    }
    const label = 'Rename `Note` → `Memo`'
    await scribe.landed(id('7c1f0a92'), files, { label, at: '2026-03-04T10:42:00Z' })
  })
}

test('says who, when and what, and what each file holds now', async () => {
  await rename()
  place.write('src/main.rs', 'mine')
  place.write('old.txt', 'x\n')
  place.write('latin.txt', Buffer.from([0xe8]))
  expect(await shown()).toBe(
    [
      '7c1f0a92000000000000000000000000',
      'Rename `Note` → `Memo`',
      '',
      'State:   landed 6/6',
      'When:    2026-03-04 10:42:00 (2 min ago)',
      'Server:  rust-analyzer',
      'Editor:  Neovim 0.10.2',
      'Road:    textDocument/rename',
      'Session: 20260304T104430Z-…',
      'Folders: /project',
      '',
      'moved    src/note.rs → src/memo.rs    1 edit   landed',
      'edited   src/main.rs                  2 edits  drifted',
      'created  new.txt                               landed',
      'deleted  old.txt                               restored',
      'edited   logo.png                              landed',
      'unknown  latin.txt (it is not UTF-8)           landed',
      '',
    ].join('\n'),
  )
})

test('shows the patch, the numbers or the names', async () => {
  await rename()
  const head = (await shown()).split('\n').slice(0, 10).join('\n')
  expect(await shown('7c', '-p')).toBe(
    [
      head,
      '',
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
      'diff --git a/old.txt b/old.txt',
      'deleted file mode 100644',
      '--- a/old.txt',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-x',
      'diff --git a/logo.png b/logo.png',
      'binary, 2 → 3 bytes',
      'diff --git a/latin.txt b/latin.txt',
      'what the edits make of it is not known: it is not UTF-8',
      '',
    ].join('\n'),
  )
  expect(await shown('--stat')).toBe(
    [
      head,
      '',
      ' src/note.rs => src/memo.rs | 2 +-',
      ' src/main.rs                | 4 ++--',
      ' new.txt                    | 1 +',
      ' old.txt                    | 1 -',
      ' logo.png                   | Bin 2 -> 3 bytes',
      ' latin.txt                  | not known',
      ' 6 files changed, 4 insertions(+), 4 deletions(-)',
      '',
    ].join('\n'),
  )
  expect(await shown('--name-only', '@')).toBe(
    'src/memo.rs\nsrc/main.rs\nnew.txt\nold.txt\nlogo.png\nlatin.txt\n',
  )
})

test('gives programs one object, with what each file holds', async () => {
  await rename()
  expect(JSON.parse(await shown('--json'))).toMatchObject({
    id: id('7c1f0a92'),
    state: 'landed',
    landed: 5,
    files: [
      {
        path: '/project/src/memo.rs',
        change: 'moved',
        from: '/project/src/note.rs',
        edits: 1,
        state: 'landed',
      },
      { path: '/project/src/main.rs', change: 'edited', edits: 2, state: 'landed' },
      { path: '/project/new.txt', change: 'created', edits: 1, state: 'landed' },
      { path: '/project/old.txt', change: 'deleted', edits: 0, state: 'landed' },
      { path: '/project/logo.png', change: 'edited', edits: 0, state: 'landed' },
      { path: '/project/latin.txt', change: 'unknown', edits: 0, state: 'untouched' },
    ],
  })
})

describe('an intent that another one took on', () => {
  const files = { 'a.ts': replacing('a', 'a', 'b') }
  const back = { 'a.ts': { before: 'b', after: 'a' } }
  const undo = (of: string) => ({ purpose: 'undo' as const, of: id(of), road: 'undo' })

  test('names it, and is named by it', async () => {
    await place.session(
      async (scribe) => {
        await scribe.landed(id('aa'), files, { label: 'Rename', at: '2026-03-04T10:00:00Z' })
        const about = { ...undo('aa'), label: 'Undo: Rename', at: '2026-03-04T10:43:00Z' }
        await scribe.landed(id('bb'), back, about)
      },
      { server: ['/usr/bin/lsp-wal', 'undo'], editor: null },
    )
    expect(await shown('aa')).toBe(
      [
        'aa000000000000000000000000000000',
        'Rename',
        '',
        'State:     undone',
        'When:      2026-03-04 10:00:00 (44 min ago)',
        'Server:    rust-analyzer',
        'Road:      textDocument/rename',
        'Session:   20260304T104430Z-…',
        'Folders:   /project',
        'Undone by: bb000000 (Undo: Rename), 1 min ago',
        '',
        'edited   a.ts  1 edit  restored',
        '',
      ].join('\n'),
    )
    expect(await shown('bb')).toContain('\nUndoes:  aa000000 (Rename)\n')
  })

  test('says of each what came of it', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('aa'), files, { label: 'Rename', at: '2026-03-04T10:00:00Z' })
      await scribe.landed(id('bb'), back, { ...undo('aa'), label: 'Undo', at: '2026-03-04T10:01:00Z' })
      await scribe.landed(id('cc'), files, { ...undo('bb'), label: 'Redo', at: '2026-03-04T10:02:00Z' })
      const part = await scribe.intent(id('dd'), back, { ...undo('aa'), at: '2026-03-04T10:03:00Z' })
      scribe.note(part, 'superseded')
      const failed = await scribe.intent(id('ee'), back, { ...undo('aa'), at: '2026-03-04T10:04:00Z' })
      scribe.note(failed, 'abandoned')
      await scribe.intent(id('ff'), back, { ...undo('aa'), at: '2026-03-04T10:05:00Z' })
    })
    const lines = (await shown('aa')).split('\n').filter((line) => line.startsWith('Undone by:'))
    expect(lines).toEqual([
      'Undone by: bb000000 (Undo), 43 min ago, taken back by cc000000 (Redo)',
      'Undone by: dd000000 (Edit), 41 min ago, in part',
      'Undone by: ee000000 (Edit), 40 min ago, came to nothing',
      'Undone by: ff000000 (Edit), 39 min ago, not done yet',
    ])
  })
})

test('says what to do about one that is torn', async () => {
  await place.session(async (scribe) => {
    const files = { 'a.ts': replacing('a', 'a', 'b'), 'b.ts': replacing('a', 'a', 'b') }
    await scribe.land(await scribe.intent(id('5be1'), files), 'a.ts')
  })
  const out = await shown()
  expect(out).toContain('\nState:   torn 1/2\n')
  expect(out).toContain('\nTo do:   lsp-wal recover 5be1\n')
  expect(out).toMatch(/\nedited {3}a\.ts {2}1 edit {2}landed\nedited {3}b\.ts {2}1 edit {2}untouched\n$/)
})

test('does not look at the files of another host', async () => {
  await place.session(
    async (scribe) => {
      await scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') })
    },
    { host: 'far\x1baway' },
  )
  const out = await shown()
  expect(out).toContain('\nState:   pending on another host (far\\x1baway)\n')
  expect(out).toMatch(/\nedited {3}a\.ts {2}1 edit\n$/)
  const json = JSON.parse(await shown('--json')) as Record<string, unknown>
  expect(json).toMatchObject({ state: 'pending', owner: 'elsewhere', files: [{ change: 'edited' }] })
  expect(json).not.toHaveProperty('landed')
})

test('says of a running session that its editor still runs', async () => {
  await place.running(async (scribe) => {
    await scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') })
  })
  expect(await shown()).toContain('\nState:   pending 0/1, in an editor that still runs\n')
})

test('finds the id of another workspace, but its own newest', async () => {
  const edit = { 'a.ts': replacing('a', 'a', 'b') }
  await place.session((scribe) => scribe.landed(id('aa'), edit).then(() => {}))
  await place.session((scribe) => scribe.landed(id('bb'), edit).then(() => {}), {
    folders: [join(place.folder, 'elsewhere')],
    at: '2026-03-04T10:44:31Z',
  })
  expect(await shown('bb')).toContain('bb000000')
  expect(await shown('@')).toContain('aa000000')
})

test('nothing hostile reaches the terminal raw', async () => {
  await place.session(
    async (scribe) => {
      const edit = replacing('a\x1b[2J\n', 'a', 'b')
      await scribe.landed(
        id('aa'),
        { 'a\x1b[2J.ts': edit },
        { label: '\x9b2J', server: '\x07', road: '\x1bc' },
      )
    },
    { editor: { ...HELIX, name: '\x1b', version: '\x1b' } },
  )
  for (const args of [[], ['-p'], ['--stat'], ['--name-only'], ['--json']]) {
    const { out } = await place.run(show, args, { width: 80 })
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  }
})

describe('usage', () => {
  test('nothing recorded yet is an error for whoever asks for one', async () => {
    await expect(place.run(show)).rejects.toMatchObject({
      name: 'JournalError',
      message: 'nothing is recorded here yet',
    })
  })

  test('an id may be unknown or mean several', async () => {
    await place.session(async (scribe) => {
      for (const start of ['5be1aa', '5be1bb'])
        await scribe.landed(id(start), { 'a.ts': replacing('a', 'a', 'b') })
    })
    await expect(place.run(show, ['77'])).rejects.toThrow("no recorded edit's id begins with 77")
    await expect(place.run(show, ['@--'])).rejects.toThrow('there is no @--: only 2 edits recorded here')
    await expect(place.run(show, ['5be1'])).rejects.toThrow(
      '5be1 may be any of 2:\n    5be1bb00  2026-03-04 10:44:30\n    5be1aa00  2026-03-04 10:44:30',
    )
  })

  test('--help says it', async () => {
    expect(await shown('--help')).toMatch(
      /^Usage: lsp-wal show \[-p \| --stat \| --name-only \| --json\] \[ID\]\n/,
    )
  })

  test.each([
    [['--nope'], "Unknown option '--nope'"],
    [['-p', '--stat'], 'only one of -p, --stat, --name-only and --json'],
    [['a', 'b'], 'one ID at a time'],
  ])('%j is refused in one line', async (args, message) => {
    await expect(place.run(show, args)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    })
  })
})
