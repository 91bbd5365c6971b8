import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const files = () => Object.fromEntries(['a.ts', 'b.ts'].filter(isThere).map((name) => [name, text(name)]))
const isThere = (name: string) => existsSync(place.path(name))
const text = (name: string) => readFileSync(place.path(name), 'utf8')

it.each(['a.ts', 'b.ts'])(
  'a moved file is redone, and undone again, with both its ends: %s',
  async (name) => {
    await place.session(async (scribe) => {
      const plans = { 'a.ts': { before: 'text\n', deleted: true }, 'b.ts': { movedFrom: 'a.ts' } } as const
      await scribe.landed(id('aa'), plans)
    })
    const at = (minute: number) => ({ now: `2026-03-04T10:5${minute}:00.000Z` })
    const wholly = { exit: 0 }
    expect(await place.run(undo, [], at(0))).toMatchObject(wholly)
    expect(files()).toEqual({ 'a.ts': 'text\n' })
    expect(await place.run(redo, ['--file', place.path(name)], at(1))).toMatchObject(wholly)
    expect(files()).toEqual({ 'b.ts': 'text\n' })
    expect(await place.run(undo, ['--file', place.path(name)], at(2))).toMatchObject(wholly)
    expect(files()).toEqual({ 'a.ts': 'text\n' })
  },
)
