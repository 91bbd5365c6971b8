import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { forget } from '../../server/cli/forget.ts'
import { log } from '../../server/cli/log.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import type { Undone } from '../../server/history/undone.ts'
import type { Event } from '../../server/journal/outcomes.ts'
import { type Files, id, replacing, Workplace } from './workplace.ts'

let place: Workplace
let minutes = 10

beforeEach(() => {
  place = new Workplace()
  minutes = 10
})
afterEach(() => place.dispose())

const next = () => `2026-03-04T10:${minutes++}:00.000Z`

/** An edit that was carried out, in a session that has ended. */
async function landed(start: string, files: Files, label: string): Promise<void> {
  const at = next()
  await place.session(async (scribe) => void (await scribe.landed(id(start), files, { label })), { at })
}

const run = (command: Command, ...args: readonly string[]) => place.run(command, args, { now: next() })
const text = (name: string) =>
  existsSync(place.path(name)) ? readFileSync(place.path(name), 'utf8') : undefined

const A = 'let note = 1\n\n// end\n'
const RENAMED = A.replace('note', 'memo')
const rename = () => landed('aa', { 'a.ts': replacing(A, 'note', 'memo') }, 'Rename `note` → `memo`')
const moveOf = (from: string, to: string, before = RENAMED): Files => ({
  [from]: { before, deleted: true },
  [to]: { movedFrom: from },
})
const move = (start: string, from: string, to: string, before = RENAMED) =>
  landed(start, moveOf(from, to, before), `Move ${from}`)

describe('a file that a later edit has moved', () => {
  it('is undone where it is, which is said, and redone', async () => {
    await rename()
    await move('bb', 'a.ts', 'lib/b.ts')
    expect(await run(undo, id('aa'))).toEqual({
      out:
        'Undid: aa000000 "Rename `note` → `memo`": 1 file written.\n' +
        '  changed  lib/b.ts  (moved there since, from a.ts)\n' +
        'To take it back: lsp-wal redo aa000000\n',
      err: '',
      exit: 0,
    })
    expect([text('a.ts'), text('lib/b.ts')]).toEqual([undefined, A])
    expect((await run(log)).out).toMatch(/aa000000 .* undone\n/)
    expect((await run(undo, id('aa'))).out).toContain('there is nothing to write')
    expect(await run(redo, id('aa'))).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('lib/b.ts')]).toEqual([undefined, RENAMED])
    expect((await run(log)).out).toMatch(/aa000000 .* landed 1\/1\n/)
  })

  it('is redone where it is, after it was moved back', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    await run(undo, id('aa'))
    expect(await run(undo, id('bb'))).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([A, undefined])
    expect((await run(redo, id('aa'))).out).toContain('  changed  a.ts  (moved there since, from b.ts)\n')
    expect([text('a.ts'), text('b.ts')]).toEqual([RENAMED, undefined])
    expect((await run(log)).out).toMatch(/aa000000 .* landed 1\/1\n/)
    await run(undo, id('aa'))
    expect([text('a.ts'), text('b.ts')]).toEqual([A, undefined])
    await run(redo, id('bb'))
    expect([text('a.ts'), text('b.ts')]).toEqual([undefined, A])
    await run(redo, id('aa'))
    expect([text('a.ts'), text('b.ts')]).toEqual([undefined, RENAMED])
  })

  it('keeps what was changed in it since', async () => {
    await rename()
    const moved = {
      ...moveOf('a.ts', 'b.ts'),
      'b.ts': { movedFrom: 'a.ts', edits: [edit(RENAMED, 'end', 'fin')] },
    }
    await landed('bb', moved, 'Move and change')
    expect((await run(undo, id('aa'))).out).toContain(
      '  changed  b.ts  (moved there since, from a.ts; with what was changed in it since)\n',
    )
    expect(text('b.ts')).toBe('let note = 1\n\n// fin\n')
  })

  it('is found after several moves', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    await landed('cc', { 'b.ts': replacing(RENAMED, 'end', 'fin') }, 'Change')
    await move('dd', 'b.ts', 'c.ts', RENAMED.replace('end', 'fin'))
    await run(undo, id('aa'))
    expect(text('c.ts')).toBe('let note = 1\n\n// fin\n')
  })

  it('is named as it was, or as it is', async () => {
    for (const [i, name] of ['a.ts', 'b.ts'].entries()) {
      await landed(
        `a${i}`,
        { 'a.ts': replacing(A, 'note', 'memo'), 'z.ts': replacing(A, 'note', 'memo') },
        'Rename',
      )
      await move(`b${i}`, 'a.ts', 'b.ts')
      const [undone] = JSON.parse(
        (await run(undo, '--json', '--file', place.path(name), id(`a${i}`))).out,
      ) as Undone[]
      expect(undone!.files).toEqual([
        {
          path: place.path('b.ts'),
          change: 'changed',
          where: 'disk',
          merged: false,
          was: place.path('a.ts'),
        },
      ])
      expect([text('b.ts'), text('z.ts')]).toEqual([A, RENAMED])
      expect(await run(redo, '--file', place.path(name), id(`a${i}`))).toMatchObject({ exit: 0 })
      expect(text('b.ts')).toBe(RENAMED)
      renameSync(place.path('b.ts'), place.path('gone.ts'))
    }
  })

  it('is forgotten by its old name, too, where it was undone', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    await run(undo, id('aa'))
    expect((await run(forget, '--file', 'a.ts')).out).toMatch(/^Forgotten in 3 edits:\n/)
    const logs = readdirSync(place.root.path, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('wal.log'))
      .map((path) => readFileSync(join(place.root.path, path), 'utf8'))
    expect(logs).toHaveLength(3)
    for (const held of [A, RENAMED]) expect(logs.join('')).not.toContain(Buffer.from(held).toString('base64'))
  })

  it('is shown by --dry-run, which writes nothing', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    const { out } = await run(undo, '--dry-run', id('aa'))
    expect(out).toContain('  changed  b.ts  (moved there since, from a.ts)\n')
    expect(out).toContain('-let memo = 1\n+let note = 1\n')
    expect([text('a.ts'), text('b.ts')]).toEqual([undefined, RENAMED])
  })

  it('is removed where the edit had made it, and made again where it is', async () => {
    await landed('aa', { 'a.ts': { after: A } }, 'Make')
    await move('bb', 'a.ts', 'b.ts', A)
    expect(await run(undo, id('aa'))).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([undefined, undefined])
    await run(redo, id('aa'))
    expect([text('a.ts'), text('b.ts')]).toEqual([undefined, A])
  })

  it('goes back to where the edit had moved it from', async () => {
    await landed('aa', moveOf('x.ts', 'a.ts', A), 'Move')
    await move('bb', 'a.ts', 'b.ts', A)
    expect(await run(undo, id('aa'))).toMatchObject({ exit: 0 })
    expect(['x.ts', 'a.ts', 'b.ts'].map(text)).toEqual([A, undefined, undefined])
    await run(redo, id('aa'))
    expect(['x.ts', 'a.ts', 'b.ts'].map(text)).toEqual([undefined, undefined, A])
  })
})

const edit = (before: string, from: string, to: string) => {
  const start = before.indexOf(from)
  return { start, end: start + from.length, text: to }
}

describe('a file is not followed', () => {
  const leftAlone = async (name: string, holds: string) => {
    const { exit, out } = await run(undo, id('aa'))
    expect(out).toContain('left alone  a.ts: ')
    expect(exit).toBe(3)
    expect(text(name)).toBe(holds)
  }

  it('where something stands in its old place again', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    place.write('a.ts', 'something else\n')
    await leftAlone('b.ts', RENAMED)
    expect(text('a.ts')).toBe('something else\n')
  })

  it('to where nothing is any more', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    renameSync(place.path('b.ts'), place.path('c.ts'))
    await leftAlone('c.ts', RENAMED)
  })

  it('by a move that no edit made', async () => {
    await rename()
    renameSync(place.path('a.ts'), place.path('b.ts'))
    await leftAlone('b.ts', RENAMED)
  })

  it.each<Event>(['rejected', 'abandoned', 'reverted', 'rolled-back'])(
    'by a move that was %s',
    async (event) => {
      await rename()
      await place.session(
        async (scribe) => scribe.note(await scribe.intent(id('bb'), moveOf('a.ts', 'b.ts')), event),
        { at: next() },
      )
      renameSync(place.path('a.ts'), place.path('elsewhere.ts'))
      writeFileSync(place.path('b.ts'), RENAMED)
      await leftAlone('b.ts', RENAMED)
    },
  )

  it('over the removal of what it was moved to', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    await landed('cc', { 'b.ts': { before: RENAMED, deleted: true } }, 'Delete')
    await landed('dd', { 'b.ts': { after: RENAMED } }, 'Make another one')
    await leftAlone('b.ts', RENAMED)
  })

  it('to a path that the edit itself is about', async () => {
    await landed(
      'aa',
      { 'a.ts': replacing(A, 'note', 'memo'), 'b.ts': { before: 'b\n', deleted: true } },
      'Rename and delete',
    )
    await move('bb', 'a.ts', 'b.ts')
    await leftAlone('b.ts', RENAMED)
  })

  it('where what it holds now has nothing to do with it', async () => {
    await rename()
    await move('bb', 'a.ts', 'b.ts')
    place.write('b.ts', 'something else\n')
    const { exit, out } = await run(undo, id('aa'))
    expect(out).toContain('left alone  b.ts: the same lines were changed since')
    expect(exit).toBe(3)
    expect(text('b.ts')).toBe('something else\n')
  })
})
