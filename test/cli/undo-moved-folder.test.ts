import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../server/cli/command.ts'
import { log } from '../../server/cli/log.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { bare, intentOf } from '../journal/intents.ts'
import { id, Workplace } from './workplace.ts'

let place: Workplace
let minutes: number

beforeEach(() => {
  place = new Workplace()
  minutes = 10
  place.write('src/a.ts', 'a\n')
  place.write('src/in/b.ts', 'b\n')
})
afterEach(() => place.dispose())

const next = () => `2026-03-04T10:${minutes++}:00.000Z`
const path = (name: string) => place.path(name)
const run = (command: Command, ...args: readonly string[]) => place.run(command, args, { now: next() })
const text = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : undefined)
const files = () => readdirSync(place.project, { recursive: true, encoding: 'utf8' }).sort()

/** The folder of both files was moved, by an edit in a session that has ended. */
async function move(
  start: string,
  from: string,
  to: string,
  names = ['a.ts', 'in/b.ts'],
  inner = ['in'],
): Promise<void> {
  const at = next()
  await place.session(
    async ({ session }) => {
      const images = names.flatMap((name) => bare(path(`${from}/${name}`), path(`${to}/${name}`), 2))
      const folders = {
        made: [path(to), ...inner.map((name) => path(`${to}/${name}`))],
        removed: [...inner.map((name) => path(`${from}/${name}`)), path(from)],
      }
      const intent = intentOf(id(start), images, { folders })
      await session.append({ ...intent, about: { ...intent.about, at, label: `Move ${from}` } })
      renameSync(path(from), path(to))
      session.note({ id: id(start), at, event: 'landed' })
    },
    { at },
  )
}

describe('a folder that was moved, and moved on', () => {
  beforeEach(async () => {
    await move('aa', 'src', 'lib')
    await move('bb', 'lib', 'end')
  })

  it('goes back from where it is, and counts for undone then', async () => {
    expect(await run(undo, 'aa')).toMatchObject({ exit: 0 })
    expect(files()).toEqual(['src', 'src/a.ts', 'src/in', 'src/in/b.ts'])
    expect((await run(log)).out).toMatch(/aa000000 .* undone\n/)
    expect(await run(redo, '--file', 'lib/a.ts', 'aa')).toMatchObject({ exit: 0 })
    expect([text('end/a.ts'), text('src/in/b.ts')]).toEqual(['a\n', 'b\n'])
  })

  it('does not go back with another file that has come to stand in its old place', async () => {
    place.write('lib/a.ts', 'another one\n')
    const { exit, out } = await run(undo, 'aa')
    expect(exit).toBe(3)
    expect(out).toContain('left alone  lib/a.ts: the file that stood there was moved to')
    expect([text('lib/a.ts'), text('end/a.ts'), text('src/a.ts')]).toEqual([
      'another one\n',
      'a\n',
      undefined,
    ])
    expect(text('src/in/b.ts')).toBe('b\n')
  })

  it('goes back from its old place where somebody has put it there again', async () => {
    renameSync(path('end'), path('lib'))
    expect(await run(undo, 'aa')).toMatchObject({ exit: 0 })
    expect(files()).toEqual(['src', 'src/a.ts', 'src/in', 'src/in/b.ts'])
  })

  it('leaves no empty folders where nothing of it is to be had', async () => {
    rmSync(path('end'), { recursive: true })
    place.write('end', 'a file\n')
    expect(await run(undo, 'bb')).toMatchObject({ exit: 3 })
    expect(files()).toEqual(['end'])
  })
})

describe('a folder that was moved, and a file of it deleted by a later edit', () => {
  beforeEach(async () => {
    await move('aa', 'src', 'lib')
    const at = next()
    const deletion = { 'lib/a.ts': { before: 'a\n', deleted: true } } as const
    await place.session(async (scribe) => void (await scribe.landed(id('dd'), deletion, { at })), { at })
    expect(text('lib/a.ts')).toBeUndefined()
  })

  it('goes back without another file that has come to stand there', async () => {
    place.write('lib/a.ts', 'another one\n')
    const { exit, out } = await run(undo, 'aa')
    expect(exit).toBe(3)
    expect(out).toContain(
      '  left alone  lib/a.ts: the file that stood there was deleted since, and this is another one\n',
    )
    expect([text('lib/a.ts'), text('src/a.ts'), text('src/in/b.ts')]).toEqual([
      'another one\n',
      undefined,
      'b\n',
    ])
  })

  it('goes back with it where its deletion was undone', async () => {
    expect(await run(undo, 'dd')).toMatchObject({ exit: 0 })
    expect(text('lib/a.ts')).toBe('a\n')
    expect(await run(undo, 'aa')).toMatchObject({ exit: 0 })
    expect(files()).toEqual(['src', 'src/a.ts', 'src/in', 'src/in/b.ts'])
  })

  it('leaves it where its deletion was done again', async () => {
    await run(undo, 'dd')
    await run(redo)
    place.write('lib/a.ts', 'another one\n')
    expect(await run(undo, 'aa')).toMatchObject({ exit: 3 })
    expect(text('lib/a.ts')).toBe('another one\n')
  })
})

it('a folder with a repository of its own goes back as a whole, and nothing is said to be left', async () => {
  place.write('src/.git/HEAD', 'ref: refs/heads/main\n')
  await move('aa', 'src', 'lib', ['.git/HEAD', 'a.ts', 'in/b.ts'], ['.git', 'in'])
  const { exit, out } = await run(undo, 'aa')
  expect([exit, out.includes('left alone')]).toEqual([0, false])
  expect(files()).toEqual(['src', 'src/.git', 'src/.git/HEAD', 'src/a.ts', 'src/in', 'src/in/b.ts'])
  expect((await run(log)).out).toMatch(/aa000000 .* undone\n/)
})

it('no folder is made where nothing could be moved into it', async () => {
  await move('aa', 'src', 'lib')
  renameSync(path('lib'), join(place.folder, 'elsewhere'))
  symlinkSync(join(place.folder, 'elsewhere'), path('lib'))
  expect(await run(undo, 'aa')).toMatchObject({ exit: 3 })
  expect(existsSync(path('src'))).toBe(false)
})

it('a folder that could not be moved back is not called undone, not even in part', async () => {
  await move('aa', 'src', 'lib')
  writeFileSync(path('src'), 'a file\n')
  const { exit, out } = await run(undo, 'aa')
  expect(exit).toBe(3)
  expect(out).toContain('there is nothing to write')
  expect(out).not.toContain('To take it back')
  expect((await run(log)).out).toMatch(/aa000000 .* landed 2\/2\n/)
  rmSync(path('src'))
  expect(await run(undo, 'aa')).toMatchObject({ exit: 0 })
  expect((await run(log)).out).toMatch(/aa000000 .* undone\n/)
})
