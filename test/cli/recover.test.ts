import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { log } from '../../server/cli/log.ts'
import { recover } from '../../server/cli/recover.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const NOW = { now: '2026-03-04T10:50:00.000Z' }

/** Nobody knows whether the edit had got there when it was cut off. */
const NOT_THERE = 'the lines that the edit was to change hold something else'

const NAMES = ['a.ts', 'b.ts']
const texts = () => NAMES.map((name) => readFileSync(place.path(name), 'utf8'))
const filesOf = (before: string, from: string, to: string) =>
  Object.fromEntries(NAMES.map((name) => [name, replacing(before, from, to)]))

it('names the roll back that it has finished as what can be undone, and not the edit', async () => {
  await place.session(async (scribe) => {
    await scribe.landed(id('aa'), filesOf('note\n', 'note', 'memo'))
    const about = {
      purpose: 'roll-back',
      of: id('aa'),
      road: 'roll-back',
      label: 'Roll back: Rename',
    } as const
    await scribe.land(await scribe.intent(id('bb'), filesOf('memo\n', 'memo', 'note'), about), 'a.ts')
  })
  const { exit, out } = await place.run(recover, [], NOW)
  expect([exit, texts()]).toEqual([0, ['note\n', 'note\n']])
  expect(out).toContain('\nTo take it back: lsp-wal undo bb000000\n')
  expect(await place.run(undo, ['bb000000'], { now: '2026-03-04T10:51:00.000Z' })).toMatchObject({ exit: 0 })
  expect(texts()).toEqual(['memo\n', 'memo\n'])
})

/** Torn: a.ts is changed, b.ts is not. */
const torn = () =>
  place.session(async (scribe) => {
    const about = { label: 'Rename' }
    await scribe.land(await scribe.intent(id('aa'), filesOf('note\n', 'note', 'memo'), about), 'a.ts')
  })

const recoverJson = async (...args: readonly string[]) => {
  const { exit, out } = await place.run(recover, ['--json', ...args], NOW)
  return [exit, JSON.parse(out)] as const
}

it('tells programs what it did, would do, and what waits', async () => {
  const itself = { id: id('aa'), label: 'Rename', files: [], left: [] }
  const file = (name: string) => ({ path: place.path(name), change: 'changed' })
  expect(await recoverJson()).toEqual([0, []])
  await torn()
  const wouldBe = { ...itself, what: 'would be', files: [{ ...file('b.ts'), where: null }] }
  expect(await recoverJson('--dry-run')).toEqual([0, [wouldBe]])
  writeFileSync(place.path('b.ts'), 'notes\n')
  const reason = `${place.path('b.ts')} was changed since`
  for (const dry of [['--dry-run'], []])
    expect(await recoverJson(...dry)).toEqual([4, [{ ...itself, what: 'waiting', reason }]])
  expect(await recoverJson('--dry-run', '--discard')).toEqual([0, [{ ...itself, what: 'would be' }]])
  expect(texts()).toEqual(['memo\n', 'notes\n'])
  const hunk = { line: 1, base: ['memo'], ours: ['notes'], theirs: ['note'] }
  expect(await recoverJson('--roll-back', 'aa')).toEqual([
    3,
    [
      {
        ...itself,
        what: 'roll-back',
        files: [{ ...file('a.ts'), where: 'disk' }],
        left: [{ path: place.path('b.ts'), reason: NOT_THERE, hunks: [hunk] }],
        back: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ],
  ])
})

it('says that nothing was written where that is so, and not that it is finished', async () => {
  await torn()
  writeFileSync(place.path('b.ts'), 'notes\n')
  const { exit, out } = await place.run(recover, ['--finish', 'aa'], NOW)
  expect(exit).toBe(3)
  expect(out).toMatch(/^Nothing was written: aa000000 "Rename"\.\n {2}left alone {2}b\.ts: /)
})

it('refuses an empty ID', async () => {
  await torn()
  for (const decision of ['--finish', '--roll-back', '--discard'])
    await expect(place.run(recover, [decision, ''], NOW)).rejects.toThrow('an empty ID names no edit')
})

it('of an undo that is discarded counts what it has done: a plain undo does the rest', async () => {
  await place.session(async (scribe) => {
    await scribe.landed(id('aa'), filesOf('note\n', 'note', 'memo'))
    const about = { purpose: 'undo', of: id('aa'), road: 'undo', label: 'Undo: Rename' } as const
    await scribe.land(await scribe.intent(id('bb'), filesOf('memo\n', 'memo', 'note'), about), 'a.ts')
  })
  await place.run(recover, ['--discard', 'bb'], NOW)
  expect(texts()).toEqual(['note\n', 'memo\n'])
  const listed = async () => (await place.run(log, [], NOW)).out.match(/(?<=Neovim +)\S.*/g)
  expect(await listed()).toEqual(['partly done', 'partly undone'])
  expect((await place.run(undo, [], { now: '2026-03-04T10:51:00.000Z' })).out).toContain('1 file written.')
  expect(texts()).toEqual(['note\n', 'note\n'])
  expect((await listed())?.at(-1)).toBe('undone')
  expect((await place.run(undo, [], { now: '2026-03-04T10:52:00.000Z' })).out).toContain(
    'Nothing recorded here',
  )
})

it('of a roll back that is discarded does not go on with the rest', async () => {
  await place.session(async (scribe) => {
    await scribe.land(await scribe.intent(id('aa'), filesOf('note\n', 'note', 'memo')))
    const about = { purpose: 'roll-back', of: id('aa'), label: 'Roll back: Rename' } as const
    await scribe.land(await scribe.intent(id('bb'), filesOf('memo\n', 'memo', 'note'), about), 'a.ts')
  })
  const before = new Date('2026-03-04T10:40:00.000Z')
  utimesSync(place.path('a.ts'), before, before)
  await place.run(recover, ['--discard', 'bb'], NOW)
  await place.run(recover, [], { now: '2026-03-04T10:51:00.000Z' })
  expect(texts()).toEqual(['note\n', 'memo\n'])
})

it('names a session whose session.json is damaged: nobody can tell what waits in there', async () => {
  await torn()
  const [name] = readdirSync(place.root.live)
  const folder = join(place.root.live, name!)
  writeFileSync(join(folder, 'session.json'), '{')
  expect(await place.run(recover, [], NOW)).toEqual({
    out: 'Nothing is waiting to be recovered here.\n',
    err: `lsp-wal: ${folder} cannot be read: its session.json is missing or damaged.\n`,
    exit: 0,
  })
})
