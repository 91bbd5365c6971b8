import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { undo } from '../../server/cli/undo.ts'
import { id, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const NOW = { now: '2026-03-04T10:50:00.000Z' }

beforeEach(async () => {
  await place.session(async (scribe) => {
    const folders = { made: [place.path('gen')], removed: [] }
    await scribe.landed(id('aa'), { 'gen/x.ts': { after: 'x\n' } }, { folders })
  })
})

it('removes a folder that was made for a file with that file', async () => {
  await place.run(undo, [], NOW)
  expect(existsSync(place.path('gen'))).toBe(false)
})

it('leaves one alone that somebody has made anew', async () => {
  rmSync(place.path('gen'), { recursive: true })
  mkdirSync(place.path('gen'))
  expect((await place.run(undo, [], NOW)).out).toContain('there is nothing to write')
  expect(existsSync(place.path('gen'))).toBe(true)
})

it('leaves one alone that a link leads to', async () => {
  rmSync(place.path('gen'), { recursive: true })
  mkdirSync(place.path('wanted'))
  symlinkSync(place.path('wanted'), place.path('gen'))
  await place.run(undo, [], NOW)
  expect(existsSync(place.path('wanted'))).toBe(true)
})
