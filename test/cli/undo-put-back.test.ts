import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import type { Undone } from '../../server/history/undone.ts'
import { type Files, id, type Outcome, replacing, Workplace } from './workplace.ts'

let place: Workplace
let minutes = 10

beforeEach(() => {
  place = new Workplace()
  minutes = 10
})
afterEach(() => place.dispose())

const next = () => `2026-03-04T10:${minutes++}:00.000Z`
const text = (name: string) => readFileSync(place.path(name), 'utf8')
const run = (command: Command, ...args: readonly string[]) => place.run(command, args, { now: next() })
const idsOf = ({ out }: Outcome) => (JSON.parse(out) as Undone[]).map((each) => each.id.slice(0, 2))

/** An edit that was carried out, in a session that has ended. */
async function landed(start: string, files: Files, label: string): Promise<void> {
  const at = next()
  await place.session(async (scribe) => void (await scribe.landed(id(start), files, { label })), { at })
}

const word = (name: string): Files => ({ [name]: replacing('one\n', 'one', 'two') })

/** Three edits, each of a file of its own. */
async function three(): Promise<void> {
  await landed('aa', word('a.ts'), 'first')
  await landed('bb', word('b.ts'), 'second')
  await landed('cc', { ...word('c.ts'), ...word('d.ts') }, 'third')
}

const putBack = (...names: readonly string[]) => {
  for (const name of names) place.write(name, 'one\n')
}

describe('an edit that was put back by other means', () => {
  it('is passed over by a plain undo, which says so', async () => {
    await three()
    putBack('c.ts', 'd.ts')
    expect(await run(undo)).toEqual({
      out:
        'Passed over: cc000000 "third": there is nothing to write.\n' +
        'Undid: bb000000 "second": 1 file written.\n  changed  b.ts\n' +
        'To take it back: lsp-wal redo bb000000\n',
      err: '',
      exit: 0,
    })
    expect(['a.ts', 'b.ts', 'c.ts', 'd.ts'].map(text)).toEqual(['two\n', 'one\n', 'one\n', 'one\n'])
    expect((await run(undo)).out).toContain('Undid: aa000000 "first": 1 file written.')
    expect(text('a.ts')).toBe('one\n')
  })

  it('is passed over as often as there is an older one', async () => {
    await three()
    putBack('b.ts', 'c.ts', 'd.ts')
    expect(idsOf(await run(undo, '--json'))).toEqual(['cc', 'bb', 'aa'])
    expect(text('a.ts')).toBe('one\n')
  })

  it('is passed over by a dry run, too, which writes nothing', async () => {
    await three()
    putBack('c.ts', 'd.ts')
    const { out } = await run(undo, '--dry-run')
    expect(out).toMatch(/^Passed over: cc000000 .*\nbb000000 "second": 1 file would be written\.\n/)
    expect(text('b.ts')).toBe('two\n')
  })

  it('is told to programs as that', async () => {
    await three()
    putBack('c.ts', 'd.ts')
    const [passed, undone] = JSON.parse((await run(undo, '--json')).out) as Undone[]
    expect(passed).toMatchObject({ id: id('cc'), by: null, files: [], left: [], passedOver: true })
    expect(undone).toMatchObject({ id: id('bb'), files: [{ path: place.path('b.ts') }] })
    expect(undone).not.toHaveProperty('passedOver')
  })

  it('is passed over as far as the files go that are named', async () => {
    await landed('aa', { ...word('a.ts'), ...word('b.ts') }, 'older')
    await landed('bb', { 'a.ts': replacing('two\n', 'two', 'three'), ...word('c.ts') }, 'newer')
    place.write('a.ts', 'two\n')
    expect(idsOf(await run(undo, '--json', '--file', place.path('a.ts')))).toEqual(['bb', 'aa'])
    expect(['a.ts', 'b.ts', 'c.ts'].map(text)).toEqual(['one\n', 'two\n', 'two\n'])
  })

  it('is told as before where there is no other one', async () => {
    await three()
    putBack('a.ts', 'b.ts', 'c.ts', 'd.ts')
    const nothing = { out: 'cc000000 "third": there is nothing to write.\n', err: '', exit: 0 }
    expect(await run(undo)).toEqual(nothing)
    expect(await run(undo, '--file', place.path('c.ts'))).toEqual(nothing)
    expect(idsOf(await run(undo, '--json'))).toEqual(['cc'])
  })

  it('is not passed over where it is named', async () => {
    await three()
    putBack('c.ts', 'd.ts')
    for (const name of [id('cc'), '@'])
      expect((await run(undo, name)).out).toBe('cc000000 "third": there is nothing to write.\n')
    expect(text('b.ts')).toBe('two\n')
  })

  it('is taken where a part of it is left, and not passed over where something else stands there', async () => {
    await three()
    putBack('c.ts')
    expect(idsOf(await run(undo, '--json'))).toEqual(['cc'])
    expect(text('d.ts')).toBe('one\n')
    await run(redo)
    place.write('c.ts', 'three\n')
    putBack('d.ts')
    expect(await run(undo)).toMatchObject({ exit: 3, out: expect.stringContaining('left alone  c.ts') })
    expect(['b.ts', 'c.ts'].map(text)).toEqual(['two\n', 'three\n'])
  })

  it('is not passed over as long as a folder is missing', async () => {
    await landed('aa', word('a.ts'), 'older')
    mkdirSync(place.path('gone'))
    const at = next()
    await place.session(
      async (scribe) => {
        const folders = { made: [], removed: [place.path('gone')] }
        await scribe.landed(id('bb'), {}, { label: 'Remove', folders })
      },
      { at },
    )
    rmdirSync(place.path('gone'))
    expect(idsOf(await run(undo, '--json'))).toEqual(['bb'])
    expect([existsSync(place.path('gone')), text('a.ts')]).toEqual([true, 'two\n'])
    expect(idsOf(await run(undo, '--json'))).toEqual(['bb', 'aa'])
  })

  it('is not passed over as long as an editor may have yet to show it', async () => {
    await landed('aa', word('a.ts'), 'older')
    await place.running(
      async (scribe) => scribe.note(await scribe.intent(id('bb'), word('b.ts'), { label: 'new' }), 'applied'),
      { at: next(), editor: null },
    )
    expect((await run(undo)).out).toBe('bb000000 "new": there is nothing to write.\n')
    expect(text('a.ts')).toBe('two\n')
  })
})

it('an undo that was taken back by other means is passed over by a plain redo', async () => {
  await three()
  await run(undo)
  await run(undo)
  place.write('b.ts', 'two\n')
  expect((await run(redo)).out).toMatch(
    /^Passed over: [0-9a-f]{8} "second": there is nothing to write\.\nRedid: [0-9a-f]{8} "third": 2 files/,
  )
  expect(['b.ts', 'c.ts', 'd.ts'].map(text)).toEqual(['two\n', 'two\n', 'two\n'])
})
