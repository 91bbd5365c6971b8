import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forget } from '../../server/cli/forget.ts'
import { log } from '../../server/cli/log.ts'
import { redo } from '../../server/cli/redo.ts'
import { undo } from '../../server/cli/undo.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace

beforeEach(async () => {
  place = new Workplace()
  symlinkSync(place.project, join(place.folder, 'link'))
  await place.session(async (scribe) => {
    await scribe.landed(id('aa'), {
      'src/a.ts': replacing('note\n', 'note', 'memo'),
      'b.ts': replacing('note\n', 'note', 'memo'),
    })
  })
})
afterEach(() => place.dispose())

const texts = () => ['src/a.ts', 'b.ts'].map((name) => readFileSync(place.path(name), 'utf8'))

describe('a file that is named through a link', () => {
  const around = () => ({ cwd: join(place.folder, 'link'), now: '2026-03-04T10:50:00.000Z' })

  it('is found in the log, and so is its folder', async () => {
    for (const name of ['src/a.ts', 'src', '.'])
      expect((await place.run(log, ['--file', name], around())).out).toContain('aa000000')
    expect((await place.run(log, ['--file', 'c.ts'], around())).out).toBe(
      'Nothing recorded here touched that file.\n',
    )
  })

  it('is undone and redone alone', async () => {
    expect(await place.run(undo, ['--file', 'src/a.ts'], around())).toMatchObject({ exit: 0 })
    expect(texts()).toEqual(['note\n', 'memo\n'])
    const later = { ...around(), now: '2026-03-04T10:51:00.000Z' }
    expect(await place.run(redo, ['--file', 'src/a.ts'], later)).toMatchObject({ exit: 0 })
    expect(texts()).toEqual(['memo\n', 'memo\n'])
  })

  it('is refused where the edit does not touch it, and so is a folder', async () => {
    for (const name of ['c.ts', 'src'])
      await expect(place.run(undo, ['--file', name], around())).rejects.toThrow(
        `what is left to be undone here does not touch ${join(around().cwd, name)}`,
      )
  })
})

describe('a file that is to be forgotten', () => {
  const logs = () =>
    [place.root.history, place.root.live]
      .filter((folder) => existsSync(folder))
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
      )
      .filter((path) => path.endsWith('wal.log'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('')
  const SECRET = Buffer.from('secret 1\n').toString('base64')

  beforeEach(async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('bb'), { 'src/key.ts': replacing('secret 1\n', '1', '2') })
    })
    symlinkSync(place.path('src/key.ts'), place.path('alias.ts'))
    expect(logs()).toContain(SECRET)
  })

  it.each([
    ['through a link to its workspace', '../link/src/key.ts'],
    ['by a link to it', 'alias.ts'],
    ['by its folder, through a link', '../link/src'],
    ['as it was recorded', 'src/key.ts'],
  ])('is found %s', async (_title, name) => {
    const { exit, out } = await place.run(forget, ['--file', name])
    expect([exit, out]).toEqual([0, expect.stringContaining('src/key.ts')])
    expect(logs()).not.toContain(SECRET)
  })

  it('is found where it was recorded through a link, whatever else is recorded as it is named', async () => {
    const through = join(place.folder, 'link')
    await place.session(
      async (scribe) => {
        const intent = await scribe.intent(id('cc'), {
          '../link/src/key.ts': replacing('secret 3\n', '3', '4'),
        })
        scribe.note(intent, 'landed')
      },
      { folders: [through] },
    )
    const held = Buffer.from('secret 3\n').toString('base64')
    expect(logs()).toContain(held)
    expect(await place.run(forget, ['--file', 'src/key.ts'])).toMatchObject({ exit: 0 })
    expect(logs()).not.toContain(held)
    expect(logs()).not.toContain(SECRET)
  })

  it('is found where it was recorded by a link to it', async () => {
    await place.session(async (scribe) => {
      await scribe.landed(id('dd'), { 'alias.ts': replacing('secret 5\n', '5', '6') })
    })
    expect(await place.run(forget, ['--file', 'src/key.ts'])).toMatchObject({ exit: 0 })
    expect(logs()).not.toContain(Buffer.from('secret 5\n').toString('base64'))
  })

  it('is no other one of that name', async () => {
    expect((await place.run(forget, ['--file', '../link/key.ts'])).out).toMatch(/^No recorded edit holds /)
    expect(logs()).toContain(SECRET)
  })
})
