import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { exportPatch } from '../../server/cli/export.ts'
import { files } from '../../server/cli/files.ts'
import { forget } from '../../server/cli/forget.ts'
import { redo } from '../../server/cli/redo.ts'
import { show } from '../../server/cli/show.ts'
import { undo } from '../../server/cli/undo.ts'
import { verify } from '../../server/cli/verify.ts'
import type { Undone } from '../../server/history/undone.ts'
import { bare, edit, edited, intentOf, moved } from '../journal/intents.ts'
import { id, Workplace } from './workplace.ts'

let place: Workplace

beforeEach(async () => {
  place = new Workplace()
  place.write('src/a.bin', Buffer.from([0, 255, 1]))
  place.write('src/in/b.ts', 'b\n')
  place.write('src/c.ts', 'c\n')
  place.write('main.ts', 'src\n')
  const path = (name: string) => place.path(name)
  await place.session(async ({ session }) => {
    const images = [
      ...bare(path('src/a.bin'), path('lib/a.bin'), 3),
      ...bare(path('src/in/b.ts'), path('lib/in/b.ts'), 2),
      ...moved(path('src/c.ts'), path('lib/c.ts'), 'c\n', edit(0, 1, 'C')),
      edited(path('main.ts'), 'src\n', edit(0, 3, 'lib')),
    ]
    const folders = { made: [path('lib'), path('lib/in')], removed: [path('src/in'), path('src')] }
    await session.append(intentOf(id('aa'), images, { folders }))
    renameSync(path('src'), path('lib'))
    writeFileSync(path('lib/c.ts'), 'C\n')
    writeFileSync(path('main.ts'), 'lib\n')
    session.note({ id: id('aa'), at: '2026-03-04T10:00:00.000Z', event: 'landed' })
  })
})
afterEach(() => place.dispose())

/** Each a minute after the last: edits are told apart by their time. */
let minutes = 0
const run = (command: Command, args: readonly string[] = []) =>
  place.run(command, args, { now: `2026-03-04T11:${String(minutes++).padStart(2, '0')}:00.000Z` })

const text = (name: string) => readFileSync(place.path(name), 'latin1')

function expectUndone(): void {
  expect(['src/a.bin', 'src/in/b.ts', 'src/c.ts', 'main.ts'].map(text)).toEqual([
    '\0\xff\x01',
    'b\n',
    'c\n',
    'src\n',
  ])
  expect(existsSync(place.path('lib'))).toBe(false)
}

describe('a folder that was moved, with the bytes of what was edited in it alone', () => {
  it('is shown file by file, with no bytes of the others', async () => {
    const { out } = await run(show, ['aa'])
    expect(out).toMatch(/^moved +src\/a\.bin → lib\/a\.bin +landed$/m)
    expect(out).toMatch(/^moved +src\/c\.ts → lib\/c\.ts +1 edit +landed$/m)
    const patch = (await place.run(show, ['-p', 'aa'])).out
    expect(patch).toContain(
      'diff --git a/src/a.bin b/lib/a.bin\nsimilarity index 100%\nrename from src/a.bin\nrename to lib/a.bin\ndiff',
    )
    expect((await place.run(show, ['--stat', 'aa'])).out).toContain('src/a.bin => lib/a.bin     | 0\n')
    expect((await place.run(files, ['--vimgrep', 'aa'])).out).toContain('lib/a.bin:1:1:')
    expect(await place.run(verify)).toMatchObject({ exit: 0 })
  })

  it('is exported as renames that git applies', async () => {
    const { out, exit } = await place.run(exportPatch, ['aa'])
    expect(exit).toBe(0)
    expect(out).toContain('similarity index 100%\nrename from src/in/b.ts\nrename to lib/in/b.ts\n')
    const patch = join(place.folder, 'move.patch')
    writeFileSync(patch, out)
    execFileSync('git', ['init', '-q'], { cwd: place.project })
    execFileSync('git', ['apply', '-R', patch], { cwd: place.project })
    expectUndone()
    execFileSync('git', ['apply', patch], { cwd: place.project })
    expect(text('lib/a.bin')).toBe('\0\xff\x01')
  })

  it('is undone, and done again, as often as one likes', async () => {
    for (let i = 0; i < 2; i++) {
      expect(await run(undo, ['aa'])).toMatchObject({ exit: 0 })
      expectUndone()
      expect((await run(show, ['aa'])).out).toContain('undone')
      expect(await run(redo)).toMatchObject({ exit: 0 })
      expect([text('lib/a.bin'), text('lib/c.ts'), existsSync(place.path('src'))]).toEqual([
        '\0\xff\x01',
        'C\n',
        false,
      ])
    }
    expect(await place.run(verify)).toMatchObject({ exit: 0 })
  })

  it('shows what would be undone, and where it comes from', async () => {
    const { out } = await run(undo, ['--dry-run', 'aa'])
    expect(out).toContain('  created  src/a.bin  (moved from lib/a.bin)\n')
    expect(out).toContain('rename from lib/a.bin\nrename to src/a.bin\n')
    expect(text('lib/a.bin')).toBe('\0\xff\x01')
    const [undone] = JSON.parse((await run(undo, ['--dry-run', '--json', 'aa'])).out) as Undone[]
    expect(undone?.files.find(({ path }) => path === place.path('src/a.bin'))).toEqual({
      path: place.path('src/a.bin'),
      change: 'created',
      where: null,
      merged: false,
      movedFrom: place.path('lib/a.bin'),
    })
  })

  it('goes back with what was changed in it since, and without what came into it', async () => {
    place.write('lib/in/b.ts', 'b, and later work\n')
    place.write('lib/in/theirs.ts', 'theirs\n')
    expect(await run(undo, ['aa'])).toMatchObject({ exit: 0 })
    expect([text('src/in/b.ts'), text('lib/in/theirs.ts')]).toEqual(['b, and later work\n', 'theirs\n'])
    expect(existsSync(place.path('lib/a.bin'))).toBe(false)
  })

  it('is left where its file is gone, or something stands in its place: both are said', async () => {
    renameSync(place.path('lib/a.bin'), place.path('elsewhere.bin'))
    place.write('src/in/b.ts', 'theirs\n')
    const { exit, out } = await run(undo, ['aa'])
    expect(exit).toBe(3)
    expect(out).toContain('left alone  src/a.bin: it is not there any more, nor is')
    expect(out).toContain('left alone  src/in/b.ts: it is there, and so is')
    expect([text('src/in/b.ts'), text('lib/in/b.ts'), text('src/c.ts')]).toEqual(['theirs\n', 'b\n', 'c\n'])
    // What was left is undone on its own, once nothing is in the way.
    renameSync(place.path('src/in/b.ts'), place.path('kept.ts'))
    expect(await run(undo, ['--file', 'lib/in/b.ts', 'aa'])).toMatchObject({ exit: 0 })
    expect(text('src/in/b.ts')).toBe('b\n')
  })

  it('has links in it moved back as links', async () => {
    const path = (name: string) => place.path(name)
    symlinkSync('/nowhere', path('lib/link'))
    await place.session(async ({ session }) => {
      await session.append(
        intentOf(id('bb'), bare(path('lib/link'), path('end/link'), 8), {
          folders: { made: [path('end')], removed: [] },
        }),
      )
      execFileSync('mkdir', [path('end')])
      renameSync(path('lib/link'), path('end/link'))
      session.note({ id: id('bb'), at: '2026-03-04T10:01:00.000Z', event: 'landed' })
    })
    expect(await run(undo, ['bb'])).toMatchObject({ exit: 0 })
    expect(execFileSync('readlink', [path('lib/link')], { encoding: 'utf8' })).toBe('/nowhere\n')
    expect(existsSync(path('end'))).toBe(false)
  })

  it('holds nothing that could be forgotten of what was only moved', async () => {
    const { out } = await place.run(forget, ['--file', 'lib/a.bin', '--all'])
    expect(out).toContain('No recorded edit holds lib/a.bin.')
    expect(await place.run(forget, ['--file', 'lib', '--all'])).toMatchObject({ exit: 0 })
    expect(await place.run(verify)).toMatchObject({ exit: 0 })
    const shown = (await run(show, ['aa'])).out
    expect(shown).toMatch(/^moved +src\/a\.bin → lib\/a\.bin/m)
    expect(shown).toMatch(/lib\/c\.ts \(kept out of the log: not undoable\)/)
  })
})
