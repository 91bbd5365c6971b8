import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verify } from '../../server/cli/verify.ts'
import { id, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

/** Sizes depend on how long the test's paths are. */
const sized = (text: string): string => text.replace(/\d+(\.\d)? (Ki)?B/g, 'SIZE')

const landed = (start: string): Promise<string> =>
  place.session((scribe) =>
    scribe.landed(id(start), { [`${start}.ts`]: replacing('a', 'a', 'b') }).then(() => {}),
  )

test('says that all is sound', async () => {
  expect(await place.run(verify)).toEqual({ out: '0 sessions, 0 edits, 0 B: all sound.\n', err: '', exit: 0 })
  await landed('aa')
  await landed('bb')
  const { out, err, exit } = await place.run(verify)
  expect({ out: sized(out), err, exit }).toEqual({
    out: '2 sessions, 2 edits, SIZE: all sound.\n',
    err: '',
    exit: 0,
  })
})

test('says what is damaged, session by session', async () => {
  await landed('aa')
  const session = await landed('bb')
  const log = join(place.root.history, session, 'wal.log')
  writeFileSync(log, `broken\n${readFileSync(log, 'utf8')}`)
  writeFileSync(join(place.root.history, session, 'notes'), '')
  const { out, exit } = await place.run(verify)
  expect(sized(out)).toBe(
    [
      `history/${session}`,
      `  history/${session}/notes: a stranger: it is no part of a session`,
      `  history/${session}/wal.log: corrupt at byte 0: it is not JSON in UTF-8`,
      '2 sessions, 2 edits, SIZE: 1 damaged.',
      '',
    ].join('\n'),
  )
  expect(exit).toBe(1)
})

test('tells programs the same', async () => {
  const session = await landed('aa')
  const path = join(place.root.history, session)
  writeFileSync(join(path, 'session.json'), '{}')
  const { out, exit } = await place.run(verify, ['--json'])
  expect(JSON.parse(out)).toEqual({
    sound: false,
    sessions: [
      {
        path,
        place: 'history',
        edits: 1,
        outcomes: 1,
        bytes: expect.any(Number),
        findings: [
          {
            kind: 'session',
            path: join(path, 'session.json'),
            reason: 'it is missing, damaged, or that of another: nothing here is found',
          },
        ],
      },
    ],
    findings: [],
  })
  expect(exit).toBe(1)
})
