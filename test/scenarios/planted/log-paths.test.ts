import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { created, deleted, intentOf, replaced } from '../../journal/intents.ts'
import { Planted } from './planting.ts'

/** A log that names what it should not: that path is left alone and named, and the others are dealt with. */
describe.concurrent('a log that names', () => {
  test.for<[string, (at: Planted) => string, RegExp]>([
    ['a path outside the workspace', (at) => join(at.outside, 'victim'), /outside the workspace folders/],
    [
      'a path that leads outside',
      (at) => `${at.workspace}/../outside/victim`,
      /outside the workspace folders/,
    ],
    ['a path with `..`', (at) => `${at.workspace}/sub/../b.ts`, /not spelt as it is resolved/],
    ['a path with a slash too many', (at) => `${at.workspace}//b.ts`, /not spelt as it is resolved/],
    ['a path with a NUL', (at) => `${at.path('b.ts')}\0`, /NUL|ERR_INVALID_ARG_VALUE/],
    ['a path through a link', (at) => at.path('link/victim'), /outside the workspace folders/],
    ['a link', (at) => at.path('victim.ts'), /outside the workspace folders/],
    ['a path under .git', (at) => at.path('.git/config'), /under \.git/],
    ['a path under .git in other letters', (at) => at.path('sub/.GiT/config'), /under \.git/],
    ['a path under .git through a link', (at) => at.path('git/config'), /under \.git/],
    ['the workspace folder itself', (at) => at.workspace, /folder now/],
    ['a file of the kernel whose reader waits', () => '/proc/kmsg', /changed since/],
    ['a device', () => '/dev/zero', /it is no ordinary file now/],
  ])('%s', async ([, pathIn, reason], { expect }) => {
    using at = new Planted()
    for (const folder of ['.git', 'sub/.GiT']) at.write(`${folder}/config`, 'old\n')
    symlinkSync(at.outside, at.path('link'))
    symlinkSync(join(at.outside, 'victim'), at.path('victim.ts'))
    symlinkSync('.git', at.path('git'))
    const before = at.files()
    await at.plantReplacing(pathIn(at), at.path('a.ts'))

    const { status, stdout, stderr } = await at.startAndFinish()
    expect(stdout + stderr).toMatch(reason)
    expect(status).toBe(3)
    expect(at.files()).toEqual({ ...before, 'a.ts': 'new\n' })
    expect(readFileSync(join(at.outside, 'victim'), 'utf8')).toBe('old\n')
  })

  test('paths to be made, removed, and folders: none of them outside', async () => {
    using at = new Planted()
    mkdirSync(join(at.outside, 'empty'))
    symlinkSync(at.outside, at.path('link'))
    const outside = readdirSync(at.outside)
    await at.plant(
      intentOf(
        'cafe',
        [
          created(join(at.outside, 'made'), 'x'),
          created(at.path('link/made'), 'x'),
          created(at.path('.git/hooks/pre-commit'), 'x'),
          deleted(join(at.outside, 'victim'), 'old\n'),
          replaced(at.path('a.ts'), 'old\n', 'new\n'),
        ],
        {
          folders: {
            made: [join(at.outside, 'made'), at.path('link/folder'), at.path('.git')],
            removed: [join(at.outside, 'empty'), at.path('link/empty'), at.workspace],
          },
        },
      ),
    )
    expect((await at.startAndFinish()).status).toBe(3)
    expect(readdirSync(at.outside)).toEqual(outside)
    expect(readdirSync(at.workspace).sort()).toEqual(['a.ts', 'b.ts', 'link'])
    expect(readFileSync(at.path('a.ts'), 'utf8')).toBe('new\n')
  })
})

describe.concurrent('an edit that is undone', () => {
  test('puts nothing back outside, or under .git', async ({ expect }) => {
    using at = new Planted()
    at.write('.git/config', 'new\n')
    const before = at.files()
    await at.plantReplacing(at.path('.git/config'), join(at.outside, 'victim'))
    for (const args of [['recover', '--roll-back'], ['undo']]) {
      const { status, stderr } = await at.lspWal(...args)
      expect([
        [0, ''],
        [3, ''],
      ]).toContainEqual([status, stderr])
    }
    expect(at.files()).toEqual(before)
    expect(readFileSync(join(at.outside, 'victim'), 'utf8')).toBe('old\n')
  })
})

test.concurrent.for([
  ['a relative path', 'b.ts'],
  ['an empty one', ''],
] as const)('a log that names %s is damaged', async ([, path], { expect }) => {
  using at = new Planted()
  const before = at.files()
  await at.plantReplacing(path, at.path('a.ts'))
  const { status, stdout, stderr } = await at.lspWal('recover', '--finish')
  expect(stderr).toMatch(/wal\.log is corrupt at byte 0: its path .* is not absolute/)
  expect([status, stdout]).toEqual([0, 'Nothing is waiting to be recovered here.\n'])
  expect(at.files()).toEqual(before)
})

test('a journal inside the workspace is not acted on, be it the newest undo', async () => {
  using at = new Planted()
  const journal = at.path('.journal')
  await at.plant(intentOf('cafe', [replaced(at.path('a.ts'), 'old\n', 'new\n')]), {}, journal)
  const before = at.files()
  const refused = [1, expect.stringContaining('is inside the workspace folder')]
  const finished = await at.startAndFinish(journal)
  expect([finished.status, finished.stderr]).toEqual(refused)
  expect(at.files()).toEqual(before)
  at.write('a.ts', 'new\n')
  const undone = await at.command(journal, 'undo')
  expect([undone.status, undone.stderr]).toEqual(refused)
  expect(at.files()).toEqual({ ...before, 'a.ts': 'new\n' })
})
