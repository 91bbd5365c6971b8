import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forget } from '../../server/cli/forget.ts'
import { log } from '../../server/cli/log.ts'
import { recover } from '../../server/cli/recover.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const files = { 'a.ts': replacing('a\n', 'a', 'b'), '.env': replacing('T=hunter2\n', 'hunter2', 'swordfish') }

const landed = (start: string): Promise<string> =>
  place.session((scribe) => scribe.landed(id(start), files, { label: 'Rename' }).then(() => {}))

function secrets(): number {
  return readdirSync(place.root.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .filter((text) => text.includes('swordfish')).length
}

test('takes a file out of one edit, and names the others that hold it', async () => {
  await landed('aa')
  await landed('bb')
  const dry = await place.run(forget, ['--dry-run', '--file', '.env', 'aa'])
  expect(dry).toEqual({
    out: [
      'Would be forgotten in 1 edit:',
      '  aa000000  just now  Rename: .env',
      '1 other edit holds it, too: bb000000',
      'Out of all: lsp-wal forget --all --file .env',
      '',
    ].join('\n'),
    err: '',
    exit: 0,
  })
  expect(secrets()).toBe(2)
  const done = await place.run(forget, ['--file', '.env', 'aa'])
  expect(done).toEqual({ ...dry, out: dry.out.replace('Would be forgotten', 'Forgotten') })
  expect(secrets()).toBe(1)
  expect((await place.run(log, ['-n', '0'])).out).toContain('2 files, 1 edit, 1 file not undoable')
  expect(readdirSync(place.root.live)).toEqual([])
  expect(await place.run(forget, ['--file', '.env', 'aa'])).toEqual({
    out: 'aa000000 does not hold .env.\n1 other edit holds it, too: bb000000\nOut of all: lsp-wal forget --all --file .env\n',
    err: '',
    exit: 0,
  })
})

test('takes it out of everything, an undo of it too', async () => {
  await landed('aa')
  await place.run(undo, [], { now: '2026-03-04T10:50:00.000Z' })
  const { out, exit } = await place.run(forget, ['--file', '.env'])
  expect(out).toMatch(
    /^Forgotten in 2 edits:\n {2}aa000000 .* Rename: \.env\n {2}[0-9a-f]{8} .* Undo: Rename: \.env\n$/,
  )
  expect(exit).toBe(0)
  expect(secrets()).toBe(0)
  expect(await place.run(forget, ['--all', '--file', '.env'])).toEqual({
    out: 'No recorded edit holds .env.\n',
    err: '',
    exit: 0,
  })
})

test('an undo that was forgotten has taken its edit back all the same', async () => {
  await landed('aa')
  await place.run(undo, [], { now: '2026-03-04T10:50:00.000Z' })
  await place.run(forget, ['--file', '.env', '@'])
  expect((await place.run(log, ['--json', '-n', '1', '--file', 'a.ts'])).out).toContain('"withheld": true')
  const [, undone] = JSON.parse((await place.run(log, ['--json'])).out)
  expect([undone.id, undone.state]).toEqual([id('aa'), 'undone'])
  expect((await place.run(undo)).out).toBe('Nothing recorded here is left to be undone.\n')
})

test('says what it means for what is pending', async () => {
  await place.session(async (scribe) => {
    await scribe.land(await scribe.intent(id('aa'), files, { label: 'Rename' }), 'a.ts')
  })
  expect((await place.run(forget, ['--file', '.env'])).out).toBe(
    [
      'Forgotten in 1 edit:',
      '  aa000000  just now  Rename: .env',
      '      it is pending, and can be neither finished nor rolled back there any more',
      '',
    ].join('\n'),
  )
  expect(secrets()).toBe(0)
  const { out, exit } = await place.run(recover)
  expect(out).toContain('left alone  .env: its bytes were kept out of the log: it cannot be finished')
  expect(exit).toBe(3)
  expect(readFileSync(place.path('.env'), 'utf8')).toBe('T=hunter2\n')
})

test('does nothing in a session that runs, and says so', async () => {
  const running = await place.running((scribe) => scribe.intent(id('aa'), files).then(() => {}))
  await landed('bb')
  const reason = `session ${running} still runs: close its editor first, and forget then`
  await expect(place.run(forget, ['--file', '.env', 'aa'])).rejects.toThrow(reason)
  expect(secrets()).toBe(2)
  const { out, exit } = await place.run(forget, ['--file', '.env'])
  expect(out).toBe(`Forgotten in 1 edit:\n  bb000000  just now  Rename: .env\nNot forgotten: ${reason}.\n`)
  expect(exit).toBe(3)
  expect(secrets()).toBe(1)
})

test('names what it could not look into', async () => {
  const hidden = await landed('aa')
  writeFileSync(join(place.root.history, hidden, 'session.json'), '{')
  const unread = `Not looked into: history/${hidden}: it is no session\nSee: lsp-wal verify\n`
  expect(await place.run(forget, ['--file', '.env'])).toEqual({
    out: `No recorded edit holds .env.\n${unread}`,
    err: '',
    exit: 3,
  })
  await landed('bb')
  const { out, exit } = await place.run(forget, ['--file', '.env'])
  expect(out).toBe(`Forgotten in 1 edit:\n  bb000000  just now  Rename: .env\n${unread}`)
  expect(exit).toBe(3)
})

test('sweeps what a gc that was cut short was about to remove', async () => {
  const session = await landed('aa')
  renameSync(join(place.root.history, session), join(place.root.history, `.${session}-ab12`))
  expect(secrets()).toBe(1)
  expect(await place.run(forget, ['--file', '.env'])).toEqual({
    out: 'No recorded edit holds .env.\n',
    err: '',
    exit: 0,
  })
  expect(secrets()).toBe(0)
})

test.each([
  [[], 'what is to be forgotten? --file PATH'],
  [['aa'], 'what is to be forgotten? --file PATH'],
  [['--file', 'a', '--all', 'aa'], 'an ID, or --all: not both'],
  [['--file', 'a', 'aa', 'bb'], 'one ID at a time'],
])('refuses %j: %s', async (args, message) => {
  await expect(place.run(forget, args)).rejects.toThrow(
    expect.objectContaining({ name: 'UsageError', message }),
  )
})

test('an id that nothing has is said as everywhere', async () => {
  await landed('aa')
  await expect(place.run(forget, ['--file', '.env', 'cc'])).rejects.toThrow(
    "no recorded edit's id begins with cc",
  )
})
