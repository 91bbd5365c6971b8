import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { type Files, id, replacing, Workplace } from './workplace.ts'

let place: Workplace
let minutes = 10
beforeEach(() => {
  place = new Workplace()
  minutes = 10
})
afterEach(() => place.dispose())

const next = () => `2026-03-04T10:${minutes++}:00.000Z`
const run = (command: Command, ...args: readonly string[]) => place.run(command, args, { now: next() })
const files = () => Object.fromEntries(['a.ts', 'b.ts'].filter(isThere).map((name) => [name, text(name)]))
const isThere = (name: string) => existsSync(place.path(name))
const text = (name: string) => readFileSync(place.path(name), 'utf8')

async function landed(start: string, plans: Files): Promise<void> {
  await place.session(async (scribe) => void (await scribe.landed(id(start), plans)), { at: next() })
}

const A = 'let note = 1\n\n// end\n'
const RENAMED = A.replace('note', 'memo')

const move = { 'a.ts': { before: RENAMED, deleted: true }, 'b.ts': { movedFrom: 'a.ts' } } as const

describe('a move that was undone', () => {
  it('is redone as that, also where an older edit of the file was undone in between', async () => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    await landed('bb', move)
    await run(undo, id('bb'))
    expect(files()).toEqual({ 'a.ts': RENAMED })
    await run(undo, id('aa'))
    expect(files()).toEqual({ 'a.ts': A })
    const wholly = { exit: 0 }
    expect(await run(redo, id('bb'))).toMatchObject(wholly)
    expect(files()).toEqual({ 'b.ts': A })
    expect(await run(redo, id('aa'))).toMatchObject(wholly)
    expect(files()).toEqual({ 'b.ts': RENAMED })
    expect(await run(undo, id('bb'))).toMatchObject(wholly)
    expect(files()).toEqual({ 'a.ts': RENAMED })
  })

  it('is redone with its own changes in the file', async () => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    const start = RENAMED.indexOf('end')
    await landed('bb', {
      ...move,
      'b.ts': { movedFrom: 'a.ts', edits: [{ start, end: start + 3, text: 'fin' }] },
    })
    await run(undo, id('bb'))
    await run(undo, id('aa'))
    expect(await run(redo, id('bb'))).toMatchObject({ exit: 0 })
    expect(files()).toEqual({ 'b.ts': A.replace('end', 'fin') })
  })

  it.each(['a.ts', 'b.ts'])('is redone with both its ends, whichever is named: %s', async (name) => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    await landed('bb', move)
    await run(undo, id('bb'))
    await run(undo, id('aa'))
    expect(await run(redo, '--file', place.path(name), id('bb'))).toMatchObject({ exit: 0 })
    expect(files()).toEqual({ 'b.ts': A })
  })

  it('is left alone with both its ends where something else stands at the other one', async () => {
    for (const holds of [A, RENAMED]) {
      await landed('bb', move)
      await run(undo, id('bb'))
      place.write('a.ts', holds)
      place.write('b.ts', 'mine\n')
      expect(await run(redo, id('bb'))).toMatchObject({ exit: 3 })
      expect(files()).toEqual({ 'a.ts': holds, 'b.ts': 'mine\n' })
      await place.dispose()
      place = new Workplace()
    }
  })
})
