import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { log } from '../../server/cli/log.ts'
import { recover } from '../../server/cli/recover.ts'
import { show } from '../../server/cli/show.ts'
import { status } from '../../server/cli/status.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const files = { 'a.ts': replacing('a\n', 'a', 'b'), '.env': replacing('T=a\n', 'a', 'b') }
const about = { label: 'Rename', withheld: ['.env'] }
const text = (name: string): string => readFileSync(place.path(name), 'utf8')

test('log and show say that a file is not undoable', async () => {
  await place.session((scribe) => scribe.landed(id('aa'), files, about).then(() => {}))
  const listed = [
    '@  aa000000  just now   rust-analyzer · Neovim    landed 2/2',
    '│  Rename                            2 files, 1 edit, 1 file not undoable',
    '',
  ].join('\n')
  expect((await place.run(log)).out).toBe(listed)
  expect((await place.run(log, ['--file', '.env'])).out).toBe(listed)
  expect((await place.run(show)).out).toMatch(
    /\n\nedited {3}a\.ts {38}1 edit {2}landed\nedited {3}\.env \(kept out of the log: not undoable\) {10}landed\n$/,
  )
  expect((await place.run(show, ['-p'])).out).toMatch(
    /\+b\ndiff --git a\/\.env b\/\.env\nits bytes were kept out of the log\n$/,
  )
  expect((await place.run(show, ['--stat'])).out).toContain(' .env | kept out of the log\n 2 files changed')
  expect((await place.run(show, ['--name-only'])).out).toBe('a.ts\n.env\n')
  expect(JSON.parse((await place.run(show, ['--json'])).out).files[1]).toEqual({
    path: place.path('.env'),
    change: 'edited',
    edits: 0,
    withheld: true,
    state: 'landed',
  })
})

test('undo puts back the others and says so, with exit status 3', async () => {
  await place.session((scribe) => scribe.landed(id('aa'), files, about).then(() => {}))
  const LEFT = '  left alone  .env: its bytes were kept out of the log: it cannot be put back\n'
  const diff = 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-b\n+a\n'
  expect(await place.run(undo, ['--dry-run'])).toEqual({
    out: `aa000000 "Rename": 1 file would be written.\n  changed  a.ts\n${LEFT}${diff}`,
    err: '',
    exit: 3,
  })
  const done = await place.run(undo, [], { now: '2026-03-04T10:50:00.000Z' })
  expect(done.out).toMatch(/^Undid: aa000000 "Rename": 1 file written\.\n {2}changed {2}a\.ts\n/)
  expect(done.out).toContain(LEFT)
  expect(done.exit).toBe(3)
  expect([text('a.ts'), text('.env')]).toEqual(['a\n', 'T=b\n'])
  expect((await place.run(log)).out).toContain('undone')
  expect(await place.run(undo)).toEqual({
    out: 'Nothing recorded here is left to be undone.\n',
    err: '',
    exit: 0,
  })
  expect(await place.run(undo, ['--file', '.env', 'aa00'])).toEqual({
    out: `aa000000 "Rename": there is nothing to write.\n${LEFT}`,
    err: '',
    exit: 3,
  })
})

test('status and recover tell what waits, and what is never finished', async () => {
  await place.session(async (scribe) => {
    await scribe.land(await scribe.intent(id('aa'), { ...files, 'b.ts': files['a.ts'] }, about), 'a.ts')
  })
  expect((await place.run(status)).out).toContain('torn 1/3')
  const done = await place.run(recover)
  expect(done.out).toMatch(
    /^Finished: aa000000 "Rename": 1 file written\.\n {2}changed {2}b\.ts\n {2}left alone {2}\.env: its bytes were kept out of the log: it cannot be finished\n/,
  )
  expect(done.exit).toBe(3)
  expect([text('a.ts'), text('b.ts'), text('.env')]).toEqual(['b\n', 'b\n', 'T=a\n'])
  expect((await place.run(status)).out).toBe('Nothing is pending here.\n')
})
