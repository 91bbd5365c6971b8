import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { log } from '../../server/cli/log.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import type { Undone } from '../../server/history/undone.ts'
import { JournalError } from '../../server/journal/env.ts'
import { type Files, id, type Outcome, replacing, type Scribe, Workplace } from './workplace.ts'

const LABEL = { label: 'Rename `note` → `memo`' }

let place: Workplace

beforeEach(() => {
  place = new Workplace()
  sessions = 0
})
afterEach(() => place.dispose())

/** An edit that was carried out, in a session that has ended. */
async function landed(start: string, files: Files, label = LABEL.label): Promise<void> {
  // Each is newer than the last: they are told apart by their time.
  const at = `2026-03-04T10:${String(10 + sessions++).padStart(2, '0')}:00.000Z`
  await place.session(async (scribe: Scribe) => void (await scribe.landed(id(start), files, { label })), {
    at,
  })
}
let sessions = 0

/** One that a dead session left pending, with some of its files changed, or all. */
async function left(...names: readonly string[]): Promise<void> {
  const at = `2026-03-04T10:${String(10 + sessions++).padStart(2, '0')}:00.000Z`
  const record = async (scribe: Scribe) => scribe.land(await scribe.intent(id('aa'), rename, LABEL), ...names)
  await place.session(record, { at })
}

/** Runs a command a minute after the last thing that happened. */
const run = (command: Command, args: readonly string[] = []) =>
  place.run(command, args, { now: `2026-03-04T10:${String(10 + sessions++).padStart(2, '0')}:00.000Z` })

const text = (name: string) => readFileSync(place.path(name), 'utf8')
const jsonOf = ({ out }: Outcome) => JSON.parse(out) as Undone[]

const A = 'let note = 1\n\n// end\n'
const B = 'use(note)\n\nuse(note)\n'
const rename: Files = { 'a.ts': replacing(A, 'note', 'memo'), 'b.ts': replacing(B, 'note', 'memo') }

describe('undo and redo', () => {
  it('go back and forth, byte for byte, as often as one likes', async () => {
    await landed('aa', rename)
    for (let i = 0; i < 3; i++) {
      expect(await run(undo)).toMatchObject({ exit: 0 })
      expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
      expect((await run(undo)).out).toBe('Nothing recorded here is left to be undone.\n')
      expect(await run(redo)).toMatchObject({ exit: 0 })
      expect([text('a.ts'), text('b.ts')]).toEqual([A, B].map((was) => was.replaceAll('note', 'memo')))
      expect((await run(redo)).out).toBe('Nothing recorded here is left to be redone.\n')
    }
    const { out } = await run(log, [])
    expect(out).toContain('Undo: Rename `note` → `memo`')
    expect(out).toContain('Redo: Rename `note` → `memo`')
    expect(out).not.toContain('Undo: Undo')
  })

  it('are listed as what became of them, also where the edit itself is undone again, and not its redo', async () => {
    await landed('aa', rename)
    const states = async () => {
      const { out } = await run(log, ['--json'])
      return (JSON.parse(out) as { label: string; state: string }[]).map(
        ({ label, state }) => `${label.split(':')[0]} ${state}`,
      )
    }
    await run(undo)
    await run(redo)
    expect(await states()).toEqual(['Redo landed', 'Undo undone', 'Rename `note` → `memo` landed'])
    await run(undo, ['--file', 'a.ts', id('aa')])
    expect((await states()).slice(0, 2)).toEqual(['Undo landed', 'Redo partly-undone'])
    await run(undo)
    expect(await states()).toEqual([
      'Undo landed',
      'Undo landed',
      'Redo undone',
      'Undo undone',
      'Rename `note` → `memo` undone',
    ])
    await run(redo)
    await run(redo)
    expect(await states()).toEqual([
      'Redo landed',
      'Redo landed',
      'Undo undone',
      'Undo undone',
      'Redo landed',
      'Undo undone',
      'Rename `note` → `memo` landed',
    ])
    await run(undo)
    expect((await states()).slice(0, 3)).toEqual(['Undo landed', 'Redo undone', 'Redo undone'])
  })

  it('say what was written, and how to take it back', async () => {
    await landed('aa', rename)
    expect((await run(undo)).out).toBe(
      'Undid: aa000000 "Rename `note` → `memo`": 2 files written.\n' +
        '  changed  a.ts\n  changed  b.ts\nTo take it back: lsp-wal redo aa000000\n',
    )
    expect((await run(redo)).out).toMatch(/^Redid: [0-9a-f]{8} "Rename `note` → `memo`": 2 files written\.\n/)
  })

  it('take one file back after the other, and all of them forth', async () => {
    await landed('aa', rename)
    await run(undo, ['--file', 'a.ts', id('aa')])
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B.replaceAll('note', 'memo')])
    await run(undo, ['--file', 'b.ts', id('aa')])
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
    expect(await run(redo, ['--file', 'b.ts', id('aa')])).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B.replaceAll('note', 'memo')])
    await run(undo, ['--file', 'b.ts', id('aa')])
    expect(await run(redo, [id('aa')])).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B].map((was) => was.replaceAll('note', 'memo')))
  })

  it('take back again what was redone of one file alone', async () => {
    await landed('aa', rename)
    const [a, b] = [A, B].map((was) => was.replaceAll('note', 'memo'))
    await run(undo)
    await run(redo, ['--file', 'a.ts'])
    expect([text('a.ts'), text('b.ts')]).toEqual([a, B])
    expect((await run(log)).out).toMatch(/aa000000 .* partly undone\n/)
    expect((await run(undo)).out).toContain('1 file written.')
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
    expect((await run(log)).out).toMatch(/aa000000 .* undone\n/)
    while ((await run(redo)).out.startsWith('Redid'));
    expect([text('a.ts'), text('b.ts')]).toEqual([a, b])
  })

  it('may be taken back forty times over, each time the one before', async () => {
    await landed('aa', rename)
    let of = id('aa')
    for (let i = 0; i < 40; i++) {
      const at = `2026-03-04T10:${String(10 + sessions++).padStart(2, '0')}:00.000Z`
      const own = (0xb00 + i).toString(16).padEnd(32, '0')
      const [from, to] = i % 2 === 0 ? (['memo', 'note'] as const) : (['note', 'memo'] as const)
      const back = (before: string) => replacing(before.replaceAll('note', from), from, to)
      const files = { 'a.ts': back(A), 'b.ts': back(B) }
      const about = { purpose: 'undo', of, road: 'undo', label: 'Undo: Rename' } as const
      await place.session(async (scribe) => void (await scribe.landed(own, files, about)), { at })
      of = own
    }
    const states = (await run(log, ['-n', '100'])).out.match(/landed|undone/g)
    expect(states).toHaveLength(41)
    expect([...new Set(states)]).toEqual(['landed', 'undone'])
    expect(states?.at(-1)).toBe('landed')
  })

  it('are in order after two undos at once, of which the later one found some files undone', async () => {
    await landed('aa', rename)
    const back = (before: string) => replacing(before.replaceAll('note', 'memo'), 'memo', 'note')
    const about = { purpose: 'undo', of: id('aa'), road: 'undo', label: 'Undo: Rename' } as const
    for (const [start, files] of [
      ['b1', { 'a.ts': back(A), 'b.ts': back(B) }],
      ['b2', { 'b.ts': back(B) }],
    ] as const) {
      const at = `2026-03-04T10:${String(10 + sessions++).padStart(2, '0')}:00.000Z`
      await place.session(async (scribe) => void (await scribe.landed(id(start), files, about)), { at })
    }
    while ((await run(redo)).out.startsWith('Redid'));
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B].map((was) => was.replaceAll('note', 'memo')))
    expect((await run(undo)).out).toContain('2 files written.')
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
  })

  it('go back and forth over what a dead session left as it landed', async () => {
    await left()
    for (let i = 0; i < 3; i++) {
      expect(await run(undo)).toMatchObject({ exit: 0 })
      expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
      expect(await run(redo)).toMatchObject({ exit: 0 })
      expect([text('a.ts'), text('b.ts')]).toEqual([A, B].map((was) => was.replaceAll('note', 'memo')))
      expect((await run(log)).out).toMatch(/aa000000 .* landed 2\/2\n/)
    }
  })

  it('bring back no half of an edit that a crash had cut off: of a file that is named alone', async () => {
    await left('a.ts')
    const undone = await run(undo)
    expect(undone.exit).toBe(0)
    expect(undone.out).not.toContain('To take it back') // what it would name is refused
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
    await expect(run(redo)).rejects.toThrow(/rolled back aa000000, which a crash had cut off half way/)
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
    expect(await run(redo, ['--file', 'a.ts'])).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([A.replace('note', 'memo'), B])
  })

  it('of a file take the newest edit that is left in it, whatever is newer elsewhere', async () => {
    await landed('aa', rename)
    await landed('bb', { 'a.ts': replacing(A.replace('note', 'memo'), 'end', 'fin') })
    await landed('cc', { 'd.ts': replacing('note\n', 'note', 'memo') })
    const [a, b] = [A, B].map((was) => was.replaceAll('note', 'memo'))
    const undoneIn = async (...names: readonly string[]) => {
      const files = names.flatMap((name) => ['--file', name])
      return jsonOf(await run(undo, ['--json', ...files])).map((each) => each.id.slice(0, 2))
    }
    expect(await undoneIn('b.ts', 'a.ts')).toEqual(['aa'])
    expect([text('a.ts'), text('b.ts')]).toEqual([A.replace('end', 'fin'), B])
    expect(await run(redo, ['--file', 'b.ts'])).toMatchObject({ exit: 0 })
    expect(await run(redo, ['--file', 'a.ts'])).toMatchObject({ exit: 0 })
    expect(await undoneIn('a.ts')).toEqual(['bb'])
    expect([text('a.ts'), text('b.ts'), text('d.ts')]).toEqual([a, b, 'memo\n'])
    expect(await undoneIn('a.ts')).toEqual(['aa'])
    expect([text('a.ts'), text('b.ts'), text('d.ts')]).toEqual([A, b, 'memo\n'])
    await expect(run(undo, ['--file', 'a.ts'])).rejects.toThrow(
      `what is left to be undone here does not touch ${place.path('a.ts')}`,
    )
    await run(undo, ['--file', 'b.ts'])
    expect(await run(redo, ['--file', 'a.ts'])).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts'), text('d.ts')]).toEqual([a, B, 'memo\n'])
  })

  it('refuse files that no edit touches together, and say what to do', async () => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    await landed('bb', { 'b.ts': replacing(B, 'note', 'memo') })
    const both = ['--file', 'a.ts', '--file', 'b.ts']
    const refusal = (what: string) =>
      `no edit that is left to be ${what} here touches all of ${place.path('a.ts')}, ${place.path('b.ts')}: name them one by one`
    await expect(run(undo, both)).rejects.toThrow(new JournalError(refusal('undone')))
    expect(await run(undo, both.slice(0, 2))).toMatchObject({ exit: 0 })
    expect(await run(undo, both.slice(2))).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([A, B])
    await expect(run(redo, both)).rejects.toThrow(new JournalError(refusal('redone')))
  })

  it('refuse a file that the edit does not touch', async () => {
    await landed('aa', rename)
    await expect(run(undo, ['--file', 'c.ts', id('aa')])).rejects.toThrow(/aa000000 does not touch .*c\.ts/)
    await run(undo)
    await expect(run(redo, ['--file', 'c.ts'])).rejects.toThrow(/does not touch .*c\.ts/)
  })

  it('bring files back that were made, deleted and moved, with their mode', async () => {
    place.write('gone.sh', '#!/bin/sh\n')
    chmodSync(place.path('gone.sh'), 0o755)
    await landed('aa', {
      'new.ts': { after: 'made\n' },
      'gone.sh': { before: '#!/bin/sh\n', deleted: true },
      'to.ts': { movedFrom: 'from.ts' },
      'from.ts': { before: 'body\n', deleted: true },
    })
    const there = () => ['new.ts', 'gone.sh', 'to.ts', 'from.ts'].map((name) => existsSync(place.path(name)))
    expect(there()).toEqual([true, false, true, false])
    expect(await run(undo)).toMatchObject({ exit: 0 })
    expect(there()).toEqual([false, true, false, true])
    expect(statSync(place.path('gone.sh')).mode & 0o777).toBe(0o755)
    expect(await run(redo)).toMatchObject({ exit: 0 })
    expect(there()).toEqual([true, false, true, false])
    expect(text('to.ts')).toBe('body\n')
  })
})

describe('what was changed since', () => {
  it('stays, where it is not what is undone', async () => {
    await landed('aa', rename)
    writeFileSync(place.path('a.ts'), 'let memo = 1 + 1\n\n// the end\n')
    const done = await run(undo)
    expect(done.exit).toBe(0)
    expect(done.out).toContain('  changed  a.ts  (with what was changed in it since)\n  changed  b.ts\n')
    expect([text('a.ts'), text('b.ts')]).toEqual(['let note = 1 + 1\n\n// the end\n', B])
    writeFileSync(place.path('b.ts'), `// top\n\n${B}`)
    expect(await run(redo)).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([
      'let memo = 1 + 1\n\n// the end\n',
      `// top\n\n${B.replaceAll('note', 'memo')}`,
    ])
  })

  it('is left alone where it is the same lines, and can be undone once they are in order', async () => {
    await landed('aa', rename)
    writeFileSync(place.path('a.ts'), 'let memos = 1\n\n// end\n')
    const done = await run(undo)
    expect(done.exit).toBe(3)
    expect(done.out).toContain('  left alone  a.ts: the same lines were changed since\n    line 1\n')
    expect(done.out).toContain('        let memos = 1\n')
    expect([text('a.ts'), text('b.ts')]).toEqual(['let memos = 1\n\n// end\n', B])
    writeFileSync(place.path('a.ts'), 'let memo = 1\n\n// The End\n')
    expect(await run(undo, ['--file', 'a.ts', id('aa')])).toMatchObject({ exit: 0 })
    expect(text('a.ts')).toBe('let note = 1\n\n// The End\n')
    // Two undos made up the whole, and are redone together.
    expect(await run(redo, [id('aa')])).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts')]).toEqual([
      'let memo = 1\n\n// The End\n',
      B.replaceAll('note', 'memo'),
    ])
  })

  it('is undone for good once its rest is: then comes the edit before it', async () => {
    await landed('aa', { 'd.ts': replacing('note\n', 'note', 'memo') }, 'older')
    await landed('bb', rename)
    writeFileSync(place.path('a.ts'), 'let memos = 1\n\n// end\n')
    expect(await run(undo)).toMatchObject({ exit: 3 })
    writeFileSync(place.path('a.ts'), A.replace('note', 'memo'))
    expect(await run(undo)).toMatchObject({ exit: 0 })
    expect([text('a.ts'), text('b.ts'), text('d.ts')]).toEqual([A, B, 'memo\n'])
    expect(await run(undo)).toMatchObject({ exit: 0 })
    expect(text('d.ts')).toBe('note\n')
    expect((await run(undo)).out).toBe('Nothing recorded here is left to be undone.\n')
    expect(await run(redo, [id('bb')])).toMatchObject({ exit: 0 })
    expect((await run(redo, [id('bb')])).out).toBe('Nothing recorded here is left to be redone.\n')
    expect(text('a.ts')).toBe(A.replace('note', 'memo'))
  })

  it('is not written again as it is: what is undone already has nothing left to undo in it', async () => {
    await landed('aa', rename)
    await run(undo)
    writeFileSync(place.path('a.ts'), `${A}// more\n`)
    const again = await run(undo, [id('aa')])
    expect(again).toMatchObject({ exit: 0 })
    expect(again.out).toContain('there is nothing to write.')
    expect(text('a.ts')).toBe(`${A}// more\n`)
  })

  it('goes with the file that it is in, back to where that was moved from', async () => {
    await landed('aa', {
      'to.ts': { movedFrom: 'from.ts', edits: [{ start: 4, end: 8, text: 'memo' }] },
      'from.ts': { before: A, deleted: true },
    })
    writeFileSync(place.path('to.ts'), text('to.ts').replace('end', 'end!'))
    expect(await run(undo)).toMatchObject({ exit: 0 })
    expect(text('from.ts')).toBe(A.replace('end', 'end!'))
    expect(existsSync(place.path('to.ts'))).toBe(false)
    expect(await run(redo)).toMatchObject({ exit: 0 })
    expect(text('to.ts')).toBe(A.replace('note', 'memo').replace('end', 'end!'))
    expect(existsSync(place.path('from.ts'))).toBe(false)
  })

  it('is left alone with both ends of a move, where it is another file in its old place', async () => {
    await landed('aa', { 'from.ts': { before: A, deleted: true }, 'to.ts': { movedFrom: 'from.ts' } })
    writeFileSync(place.path('from.ts'), 'mine\n')
    const done = await run(undo)
    expect(done.exit).toBe(3)
    expect(done.out).toContain('left alone  to.ts: something else stands at ')
    expect([text('from.ts'), text('to.ts')]).toEqual(['mine\n', A])
    rmSync(place.path('from.ts'))
    expect(await run(undo)).toMatchObject({ exit: 0 })
    expect([text('from.ts'), existsSync(place.path('to.ts'))]).toEqual([A, false])
  })

  it('may be another edit: an older one is undone under a newer one', async () => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    await landed('bb', { 'a.ts': replacing(A.replace('note', 'memo'), 'end', 'fin') }, 'Rename `end` → `fin`')
    expect(await run(undo, [id('aa')])).toMatchObject({ exit: 0 })
    expect(text('a.ts')).toBe('let note = 1\n\n// fin\n')
    expect(await run(undo, [id('bb')])).toMatchObject({ exit: 0 })
    expect(text('a.ts')).toBe(A)
    expect(await run(redo, [id('aa')])).toMatchObject({ exit: 0 })
    expect(text('a.ts')).toBe('let memo = 1\n\n// end\n')
  })

  it('is not undone twice over: of two edits of the same words the older one is a conflict', async () => {
    await landed('aa', { 'a.ts': replacing(A, 'note', 'memo') })
    await landed('bb', { 'a.ts': replacing(A.replace('note', 'memo'), 'memo', 'text') }, 'b')
    expect(await run(undo, [id('aa')])).toMatchObject({ exit: 3 })
    expect(text('a.ts')).toBe(A.replace('note', 'text'))
    expect(await run(undo, [id('bb')])).toMatchObject({ exit: 0 })
    expect(await run(undo, [id('aa')])).toMatchObject({ exit: 0 })
    expect(text('a.ts')).toBe(A)
  })

  it.each([
    ['deleted', () => rmSync(place.path('a.ts'))],
    ['moved on', () => renameSync(place.path('a.ts'), place.path('c.ts'))],
  ])('is left alone where the file was %s', async (_, change) => {
    await landed('aa', rename)
    change()
    const done = await run(undo)
    expect(done.exit).toBe(3)
    expect(done.out).toContain('left alone  a.ts: it was changed since')
    expect(existsSync(place.path('a.ts'))).toBe(false)
    expect(text('b.ts')).toBe(B)
  })
})

describe('a dry run', () => {
  it('shows the diff, and writes nothing', async () => {
    await landed('aa', rename)
    const before = [text('a.ts'), text('b.ts')]
    const { exit, out } = await run(undo, ['--dry-run'])
    expect(exit).toBe(0)
    expect(out).toContain('2 files would be written.')
    expect(out).toContain('--- a/a.ts\n+++ b/a.ts\n@@ -1,3 +1,3 @@\n-let memo = 1\n+let note = 1\n')
    expect([text('a.ts'), text('b.ts')]).toEqual(before)
    expect((await run(log, ['--json'])).out.match(/"id"/g)).toHaveLength(1)
  })
})

describe('--json', () => {
  it('says what became of each file', async () => {
    await landed('aa', rename)
    writeFileSync(place.path('a.ts'), 'let memos = 1\n\n// end\n')
    const [undone, ...others] = jsonOf(await run(undo, ['--json']))
    expect(others).toEqual([])
    expect(undone).toEqual({
      direction: 'undo',
      id: id('aa'),
      label: LABEL.label,
      by: expect.stringMatching(/^[0-9a-f]{32}$/),
      files: [{ path: place.path('b.ts'), change: 'changed', where: 'disk', merged: false }],
      left: [
        {
          path: place.path('a.ts'),
          reason: 'the same lines were changed since',
          hunks: [{ line: 1, base: ['let memo = 1'], ours: ['let memos = 1'], theirs: ['let note = 1'] }],
        },
      ],
    })
    expect(jsonOf(await run(redo, ['--json']))[0]).toMatchObject({ direction: 'redo', left: [] })
    expect(jsonOf(await run(redo, ['--json']))).toEqual([])
  })
})
