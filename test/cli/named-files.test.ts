import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
        `aa000000 does not touch ${join(around().cwd, name)}`,
      )
  })
})
