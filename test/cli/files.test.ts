import { afterEach, beforeEach, expect, test } from 'vitest'
import { files } from '../../server/cli/files.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

async function everyKind(): Promise<void> {
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), {
      'src/main.rs': replacing('x\r\nuse Note; Note\r\nlet n: Note;\r\n', 'Note', 'Mémo'),
      'src/note.rs': { before: 'struct Note;\n', deleted: true as const },
      'src/memo.rs': { movedFrom: 'src/note.rs', edits: [{ start: 7, end: 11, text: 'Memo' }] },
      'gone.txt': { before: 'x\n', deleted: true as const },
      'new "one".txt': { edits: [{ start: 0, end: 0, text: 'x\ny\n' }] },
      'kept.txt': { before: 'a\nb\nc\nd\n', after: 'a\nB\nc\nd\nE\n' },
      'a\x1b\tb': { before: 'x', unknown: 'an edit is a snippet' },
    })
  })
}

test('names what an edit left, one file a line, odd names quoted as git does it', async () => {
  await everyKind()
  expect(await place.run(files)).toEqual({
    out: 'src/main.rs\nsrc/memo.rs\n"new \\"one\\".txt"\nkept.txt\n"a\\033\\011b"\n',
    err: '',
    exit: 0,
  })
})

test('names them as they are, a NUL behind each, for xargs', async () => {
  await everyKind()
  expect((await place.run(files, ['-0', '7c1f'])).out).toBe(
    'src/main.rs\0src/memo.rs\0new "one".txt\0kept.txt\0a\x1b\tb\0',
  )
})

test('gives each place of each edit in the file as the edit left it, columns in bytes', async () => {
  await everyKind()
  expect((await place.run(files, ['--vimgrep', '@'])).out).toBe(
    [
      'src/main.rs:2:5:use Mémo; Mémo',
      'src/main.rs:2:12:use Mémo; Mémo',
      'src/main.rs:3:8:let n: Mémo;',
      'src/memo.rs:1:8:struct Memo;',
      'new "one".txt:1:1:x',
      'kept.txt:2:1:B',
      'kept.txt:5:1:E',
      'a\\x1b\\tb:1:1:',
      '',
    ].join('\n'),
  )
})

test('gives a program the deleted ones, too', async () => {
  await everyKind()
  const json = JSON.parse((await place.run(files, ['--json'])).out)
  expect(json).toEqual([
    { path: place.path('src/main.rs'), change: 'edited', edits: 3 },
    { path: place.path('src/memo.rs'), change: 'moved', from: place.path('src/note.rs'), edits: 1 },
    { path: place.path('gone.txt'), change: 'deleted', edits: 0 },
    { path: place.path('new "one".txt'), change: 'created', edits: 1 },
    { path: place.path('kept.txt'), change: 'edited', edits: 0 },
    { path: place.path('a\x1b\tb'), change: 'unknown', edits: 0 },
  ])
})

test('names files from where one stands, in a workspace of which that is a part or not', async () => {
  await everyKind()
  expect((await place.run(files, ['--vimgrep'], { cwd: place.path('src') })).out).toContain(
    `main.rs:2:5:use Mémo; Mémo\n`,
  )
  expect((await place.run(files, ['7c1f'], { cwd: place.folder })).out).toContain('project/src/main.rs\n')
})

test('says what is wrong with the question', async () => {
  await expect(place.run(files)).rejects.toThrow('nothing is recorded here yet')
  await everyKind()
  await expect(place.run(files, ['ffff'])).rejects.toThrow("no recorded edit's id begins with ffff")
  await expect(place.run(files, ['-0', '--json'])).rejects.toThrow('only one of --vimgrep, -0 and --json')
  expect((await place.run(files, ['--help'])).out).toContain('Usage: lsp-wal files')
})
