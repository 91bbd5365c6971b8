import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { recover } from '../../server/cli/recover.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

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
  const { exit, out } = await place.run(recover, [], { now: '2026-03-04T10:50:00.000Z' })
  expect([exit, texts()]).toEqual([0, ['note\n', 'note\n']])
  expect(out).toContain('\nTo take it back: lsp-wal undo bb000000\n')
  expect(await place.run(undo, ['bb000000'], { now: '2026-03-04T10:51:00.000Z' })).toMatchObject({ exit: 0 })
  expect(texts()).toEqual(['memo\n', 'memo\n'])
})
