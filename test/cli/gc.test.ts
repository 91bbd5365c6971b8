import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gc } from '../../server/cli/gc.ts'
import { log } from '../../server/cli/log.ts'
import { status } from '../../server/cli/status.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

/** A settled session whose files were last written at `at`. */
async function settled(start: string, at: string): Promise<string> {
  const session = await place.session(
    (scribe) => scribe.landed(id(start), { [`${start}.ts`]: replacing('a', 'a', 'b') }).then(() => {}),
    { at },
  )
  const folder = join(place.root.history, session)
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), new Date(at), new Date(at))
  return session
}

const history = (): string[] => readdirSync(place.root.history).sort()

/** Sizes depend on how long the test's paths are. */
const sized = (text: string): string => text.replace(/\d+(\.\d)? (Ki)?B/g, 'SIZE')

test('removes what is older than two weeks, and what is beyond a size', async () => {
  const [older, old, recent] = [
    await settled('aa', '2026-01-05T12:00:00Z'),
    await settled('bb', '2026-02-18T10:00:00Z'),
    await settled('cc', '2026-02-18T11:00:00Z'),
  ]
  const dry = await place.run(gc, ['--dry-run'])
  expect({ ...dry, out: sized(dry.out) }).toEqual({
    out: [
      'Would remove 2 sessions, SIZE:',
      `  ${older}  2026-01-05  SIZE  old`,
      `  ${old}  2026-02-18  SIZE  old`,
      'Kept: 1 session, SIZE.',
      '',
    ].join('\n'),
    err: '',
    exit: 0,
  })
  expect(history()).toEqual([older, old, recent])
  expect(sized((await place.run(gc)).out)).toBe(sized(dry.out.replace('Would remove', 'Removed')))
  expect(history()).toEqual([recent])
  expect((await place.run(log, ['-n', '0'])).out).toContain('cc000000')
  const last = await place.run(gc, ['--keep', 'none', '--max-size', '100'])
  expect(sized(last.out)).toBe(
    `Removed 1 session, SIZE:\n  ${recent}  2026-02-18  SIZE  too much in all\nKept: 0 sessions, SIZE.\n`,
  )
  expect(await place.run(log)).toEqual({ out: 'Nothing is recorded here yet.\n', err: '', exit: 0 })
})

test('says that there is nothing to do', async () => {
  const none = { out: 'Nothing is to be removed.\nKept: 0 sessions, 0 B.\n', err: '', exit: 0 }
  expect(await place.run(gc)).toEqual(none)
})

test('tells programs the same', async () => {
  const session = await settled('aa', '2026-01-05T12:00:00Z')
  writeFileSync(join(place.root.history, 'notes'), '')
  const { out, exit } = await place.run(gc, ['--json', '--keep', '12h'])
  const { removed, ...others } = JSON.parse(out)
  expect(removed).toEqual([
    { session, bytes: expect.any(Number), last: '2026-01-05T12:00:00.000Z', because: 'age' },
  ])
  expect(others).toEqual({
    dryRun: false,
    swept: [],
    kept: { sessions: 0, bytes: 0 },
    spared: [{ path: join(place.root.history, 'notes'), reason: 'it is no session' }],
    failed: [],
  })
  expect(exit).toBe(0)
})

test('never touches what is pending', async () => {
  await place.session((scribe) =>
    scribe.intent(id('aa'), { 'a.ts': replacing('a', 'a', 'b') }).then(() => {}),
  )
  expect((await place.run(gc, ['--keep', '0', '--max-size', '0'])).out).toContain('Nothing is to be removed.')
  expect((await place.run(status)).exit).toBe(4)
})

test('takes its limits from the environment where no option says another', async () => {
  await settled('aa', '2026-03-01T00:00:00Z')
  const variables = { LSP_WAL_KEEP: '1d', LSP_WAL_MAX_SIZE: 'none' }
  expect((await place.run(gc, ['--dry-run', '--keep', '7d'], { variables })).out).toContain('Nothing')
  expect((await place.run(gc, ['--dry-run'], { variables })).out).toContain('Would remove 1 session')
})

test.each([
  [['--keep', '14'], {}, '--keep takes a time such as 12h, 14d or 2w, 0 or none: not 14'],
  [['--keep', '-1d'], {}, "Option '--keep' argument is ambiguous."],
  [['--keep', '1.5d'], {}, '--keep takes a time such as 12h, 14d or 2w, 0 or none: not 1.5d'],
  [['--keep', ''], {}, '--keep takes a time such as 12h, 14d or 2w, 0 or none: not '],
  [['--max-size', '1T'], {}, '--max-size takes a size such as 512M, 0 or none: not 1T'],
  [[], { LSP_WAL_KEEP: 'long' }, 'LSP_WAL_KEEP takes a time such as 12h, 14d or 2w, 0 or none: not long'],
  [['now'], {}, "Unexpected argument 'now'. This command does not take positional arguments"],
])('refuses %j with %j: %s', async (args, variables, message) => {
  await expect(place.run(gc, args, { variables })).rejects.toThrow(
    expect.objectContaining({ name: 'UsageError', message }),
  )
})
