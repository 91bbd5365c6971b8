import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportPatch } from '../../server/cli/export.ts'
import { type Files, id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
const long = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251))

/** Everything that an edit may do to files, by names of every sort. */
const FILES: Files = {
  'plain.txt': replacing('a\nb\nc\nd\ne\nfoo\ng\nh\n', 'foo', 'bar'),
  'crlf and cr.txt': { before: 'a\r\nb\rc\r\n', after: 'a\r\nb\rX\r\n' },
  'blanks.txt': { before: 'a  \n\t\n', after: 'a  \n\t\n \t \n' },
  'no newline': { before: 'a', after: 'b' },
  'now with newline': { before: 'a', after: 'a\n' },
  'no more newline': { before: 'a\n', after: 'a' },
  'bom.txt': { before: '\ufeffa\n', after: '\ufeffb\n' },
  'latin1.txt': {
    before: Buffer.from('caf\xe9 foo\n', 'latin1'),
    after: Buffer.from('caf\xe9 bar\n', 'latin1'),
  },
  'run.sh': replacing('#!/bin/sh\nfoo\n', 'foo', 'bar'),
  'binary.bin': { before: every, after: Buffer.concat([long, every]) },
  'now-binary': { before: 'text\n', after: every },
  'new.bin': { after: long },
  'gone.bin': { before: every, deleted: true },
  'deep/er/new.txt': { after: 'x\ny\n' },
  'empty-new.txt': { after: '' },
  'gone/gone.sh': { before: '#!/bin/sh\n', deleted: true },
  'empty-gone.txt': { before: '', deleted: true },
  'quote" tab\t back\\slash é漢 \x1b[2J.txt': { before: 'a\n', after: 'b\n' },
  'new line\n.txt': { before: 'a\n', after: 'b\n' },
  ' lead and trail ': { before: 'a\n', after: 'b\n' },
  '-rf': { before: 'a\n', after: 'b\n' },
  'from here.txt': { before: 'a\nfoo\nc\n', deleted: true },
  'to/moved here.txt': { movedFrom: 'from here.txt', edits: [{ start: 2, end: 5, text: 'bar' }] },
  'tool.py': { before: '#!/usr/bin/python3\n', deleted: true },
  'tools/tool.py': { movedFrom: 'tool.py', edits: [] },
  'é"old': { before: every, deleted: true },
  'é"new': { movedFrom: 'é"old', edits: [{ start: 97, end: 98, text: 'ü' }] },
  'emptied.txt': { before: 'x\n', after: '' },
  'same.txt': { before: 'x\n', after: 'x\n' },
}
const EXECUTABLE = ['run.sh', 'gone/gone.sh', 'tool.py']

function git(...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  return execFileSync('git', args, { cwd: place.project, encoding: 'utf8', env })
}

/** Each file of {@link FILES} as it is now: its bytes and whether it may be run. */
function now(): Record<string, string> {
  const entries = Object.keys(FILES).filter((name) => existsSync(place.path(name)))
  return Object.fromEntries(
    entries.map((name) => [
      name,
      `${statSync(place.path(name)).mode & 0o100 ? 'x ' : ''}${readFileSync(place.path(name), 'latin1')}`,
    ]),
  )
}

/** The files as they were, as they are afterwards, and the patch between them. */
async function recorded(): Promise<{
  before: Record<string, string>
  after: Record<string, string>
  patch: string
}> {
  for (const [name, { before }] of Object.entries(FILES)) if (before !== undefined) place.write(name, before)
  for (const name of EXECUTABLE) chmodSync(place.path(name), 0o755)
  const before = now()
  await place.session(async (scribe) => {
    const intent = await scribe.intent(id('7c1f0a92'), FILES)
    await scribe.land(intent)
    scribe.note(intent, 'landed')
  })
  chmodSync(place.path('tools/tool.py'), 0o755)
  const after = now()
  const { out, err, exit } = await place.run(exportPatch, ['7c1f'])
  expect({ err, exit }).toEqual({ err: '', exit: 0 })
  return { before, after, patch: out }
}

test.each([
  ['in a repository', true],
  ['outside of one', false],
])('is taken by git apply and taken back by git apply -R, byte for byte, %s', async (_, isRepository) => {
  if (isRepository) git('init', '-q')
  const { before, after, patch } = await recorded()
  expect(Object.keys(after)).not.toEqual(Object.keys(before))
  place.write('../it.patch', patch)

  git('apply', '-R', '--whitespace=nowarn', '../it.patch')
  expect(now()).toEqual(before)
  git('apply', '--whitespace=nowarn', '../it.patch')
  expect(now()).toEqual(after)
})

test('is merged by git apply --3way where a file was changed since', async () => {
  git('init', '-q')
  const text = ['foo', ...Array.from({ length: 20 }, (_, i) => `${i}`), ''].join('\n')
  place.write('a.txt', text)
  git('add', '.')
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), { 'a.txt': replacing(text, 'foo', 'bar') })
  })
  place.write('it.patch', (await place.run(exportPatch)).out)
  place.write('a.txt', text.replace('1\n', 'one\n'))
  git('add', '.')
  git('apply', '--3way', 'it.patch')
  expect(readFileSync(place.path('a.txt'), 'utf8')).toBe(text.replace('foo', 'bar').replace('1\n', 'one\n'))
})

test('says of renames and modes what git says of them', async () => {
  git('init', '-q')
  const { patch } = await recorded()
  expect(patch).toContain(
    'diff --git a/tool.py b/tools/tool.py\nsimilarity index 100%\nrename from tool.py\nrename to tools/tool.py\ndiff',
  )
  expect(patch).toContain('diff --git a/gone/gone.sh b/gone/gone.sh\ndeleted file mode 100755\n')
  expect(patch).not.toContain('same.txt')
})

test('names files from the top of the work tree, wherever one stands in it', async () => {
  git('init', '-q')
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), { 'src/a.txt': replacing('foo\n', 'foo', 'bar') })
  })
  const patch =
    'diff --git a/src/a.txt b/src/a.txt\n' +
    'index 257cc5642cb1a054f08cc83f2d943e56fd3ebe99..5716ca5987cbf97d6bb54920bea6adde242d87e6 100644\n' +
    '--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1 +1 @@\n-foo\n+bar\n'
  expect((await place.run(exportPatch)).out).toBe(patch)
  expect((await place.run(exportPatch, [], { cwd: place.path('src') })).out).toBe(patch)
  rmSync(place.path('.git'), { recursive: true })
  expect((await place.run(exportPatch, [], { cwd: place.path('src') })).out).toContain('--- a/a.txt\n')
})

test('leaves out and names what it cannot give', async () => {
  const files = {
    'sub/a.txt': replacing('foo\n', 'foo', 'bar'),
    'sub/secret.env': replacing('foo\n', 'foo', 'bar'),
    'sub/odd.txt': { before: 'x', unknown: 'an edit is a snippet' },
    'beside.txt': replacing('foo\n', 'foo', 'bar'),
  }
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), files, { withheld: ['sub/secret.env'] })
  })
  const { out, err, exit } = await place.run(exportPatch, [], { cwd: place.path('sub') })
  expect(out.match(/^diff.*$/gm)).toEqual(['diff --git a/a.txt b/a.txt'])
  expect(err).toBe(
    'lsp-wal: left out: odd.txt: what the edits make of it is not known: an edit is a snippet\n' +
      `lsp-wal: left out: ${place.path('beside.txt')}: it is outside of ${place.path('sub')}\n` +
      'lsp-wal: left out: secret.env: its bytes were kept out of the log\n',
  )
  expect(exit).toBe(3)
})

test('says where its files are, asked for elsewhere', async () => {
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), { 'a.txt': replacing('foo\n', 'foo', 'bar') })
  })
  place.write('../other/x', '')
  await expect(place.run(exportPatch, ['7c1f'], { cwd: `${place.folder}/other` })).rejects.toThrow(
    `none of its files lies in ${place.folder}/other; run this in ${place.project}`,
  )
})

test('on a terminal lets no line move the cursor', async () => {
  await place.session(async (scribe) => {
    await scribe.landed(id('7c1f0a92'), { 'a.txt': replacing('foo\x1b[2J\n', 'foo', 'bar') })
  })
  expect((await place.run(exportPatch, [], { width: 80 })).out).toContain('\n+bar\\x1b[2J\n')
  expect((await place.run(exportPatch)).out).toContain('\n+bar\x1b[2J\n')
})
