import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { status } from '../../server/cli/status.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { HELIX, id, NEOVIM, replacing, Workplace } from './workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const files = { 'a.ts': replacing('a', 'a', 'b'), 'b.ts': replacing('a', 'a', 'b') }

/** A dead session with a rename of which `landed` are on the disk. */
function torn(start: string, landed: readonly string[], label = 'Rename'): Promise<string> {
  return place.session(async (scribe) => {
    const intent = await scribe.intent(id(start), files, { label })
    if (landed.length > 0) await scribe.land(intent, ...landed)
  })
}

test('says that nothing is recorded, or nothing pending', async () => {
  expect(await place.run(status)).toEqual({ out: 'Nothing is recorded here yet.\n', err: '', exit: 0 })
  await place.session((scribe) => scribe.landed(id('aa'), files).then(() => {}))
  expect(await place.run(status)).toEqual({ out: 'Nothing is pending here.\n', err: '', exit: 0 })
  expect(await place.run(status, ['--json'])).toEqual({
    out: '{\n  "pending": [],\n  "damage": [],\n  "unread": []\n}\n',
    err: '',
    exit: 0,
  })
})

test('lists what waits, with exit status 4', async () => {
  await torn('5be1', ['a.ts'], 'Rename `Foo` → `Bar`')
  expect(await place.run(status)).toEqual({
    out: [
      'Waiting to be recovered:',
      '×  5be10000  just now   rust-analyzer · Neovim    torn 1/2',
      '│  Rename `Foo` → `Bar`              lsp-wal recover 5be1',
      '',
    ].join('\n'),
    err: '',
    exit: 4,
  })
})

test('tells in one line of a session whose session.json is damaged', async () => {
  await place.session((scribe) => scribe.landed(id('aa'), files).then(() => {}))
  await torn('5be1', ['a.ts'])
  const [name] = readdirSync(place.root.live)
  const folder = join(place.root.live, name!)
  writeFileSync(join(folder, 'session.json'), '{"version":1')
  // Being removed: out of every reader's sight.
  const hidden = join(place.root.history, '.20260101T000000Z-00000001-ab')
  mkdirSync(hidden)
  writeFileSync(join(hidden, 'wal.log'), 'half of it')
  expect(await place.run(status)).toEqual({
    out: `Nothing is pending here.\n${folder} cannot be read: its session.json is missing or damaged.\n`,
    err: '',
    exit: 0,
  })
  const { out } = await place.run(status, ['--json'])
  expect(JSON.parse(out)).toEqual({ pending: [], damage: [], unread: [folder] })
})

test('names the files that stand in the way', async () => {
  const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`f${i}.ts`, replacing('a', 'a', 'b')]))
  await place.session(async (scribe) => {
    await scribe.land(await scribe.intent(id('aa'), { ...files, ...many }), 'a.ts')
  })
  for (const name of Object.keys(many)) place.write(name, 'mine')
  const { out, exit } = await place.run(status)
  expect(out).toBe(
    [
      'Waiting to be recovered:',
      '×  aa000000  just now   rust-analyzer · Neovim    torn 1/9, 7 drifted',
      '│  Edit                              lsp-wal recover aa00',
      '│  drifted: f0.ts, f1.ts, f2.ts, f3.ts, f4.ts and 2 more',
      '',
    ].join('\n'),
  )
  expect(exit).toBe(4)
})

test('tells apart what nothing is to be done about', async () => {
  const mine = nodeHost(process)
  const start = (await mine.processStart(process.pid))!
  await place.running(async (scribe) => {
    await scribe.intent(id('aa'), { 'x.ts': replacing('a', 'a', 'b') }, { label: 'in buffers' })
  })
  // The proxy died, the editor did not.
  await place.session(
    async (scribe) => {
      await scribe.intent(id('bb'), { 'y.ts': replacing('a', 'a', 'b') }, { label: 'orphaned' })
    },
    { editor: { ...NEOVIM, pid: process.pid, start } },
  )
  await place.session(
    async (scribe) => {
      await scribe.intent(id('cc'), { 'z.ts': replacing('a', 'a', 'b') }, { label: 'far away' })
    },
    { host: 'desk\x07top', editor: HELIX },
  )
  await torn('dd', ['a.ts', 'b.ts'], 'saved, then quit')
  const { out, err, exit } = await place.run(status)
  // Sessions of one instant come in the order of their random names.
  const blocks = out.split('\n\n').map((block) => block.trimEnd().split('\n'))
  expect(blocks.map(([heading]) => heading)).toEqual([
    'Pending in an editor that still runs:',
    'Pending on another host:',
    'On the disk as a whole, and settled by the next start:',
  ])
  expect(blocks[0]!.filter((line) => line.startsWith('│')).sort()).toEqual([
    '│  in buffers                        1 file, 1 edit',
    '│  orphaned                          1 file, 1 edit',
  ])
  expect(blocks[1]!.slice(1).map((line) => line.slice(1))).toEqual([
    '  cc000000  just now   rust-analyzer · helix    pending',
    '  far away                          1 file, 1 edit',
    '  on desk\\x07top',
  ])
  expect(blocks[2]!.slice(1).map((line) => line.slice(1))).toEqual([
    '  dd000000  just now   rust-analyzer · Neovim    landed 2/2',
    '  saved, then quit                  2 files, 2 edits',
  ])
  expect({ err, exit }).toEqual({ err: '', exit: 0 })
})

test('what a later recovery did does not wait', async () => {
  await place.session(async (scribe) => {
    const intent = await scribe.intent(id('aa'), files, { at: '2026-03-04T10:00:00Z' })
    await scribe.land(intent, 'a.ts')
    await scribe.landed(
      id('bb'),
      { 'b.ts': { before: 'a', after: 'b' } },
      { purpose: 'finish', of: id('aa') },
    )
  })
  expect(await place.run(status)).toMatchObject({ out: 'Nothing is pending here.\n', exit: 0 })
})

test('gives programs an object', async () => {
  await torn('aa', ['a.ts'])
  const { out, exit } = await place.run(status, ['--json'])
  expect(JSON.parse(out)).toEqual({
    pending: [
      {
        id: id('aa'),
        at: '2026-03-04T10:44:30.000Z',
        session: expect.any(String),
        folders: [place.project],
        server: 'rust-analyzer',
        editor: { name: 'Neovim', version: '0.10.2' },
        road: 'textDocument/rename',
        label: 'Rename',
        foreign: false,
        state: 'torn',
        owner: 'nobody',
        landed: 1,
        files: [
          { path: place.path('a.ts'), change: 'edited', edits: 1, state: 'landed' },
          { path: place.path('b.ts'), change: 'edited', edits: 1, state: 'untouched' },
        ],
      },
    ],
    damage: [],
    unread: [],
  })
  expect(exit).toBe(4)
})

test('only this workspace, unless all are asked for', async () => {
  await torn('aa', ['a.ts'])
  const cwd = join(place.folder, 'elsewhere')
  expect(await place.run(status, [], { cwd })).toMatchObject({
    out: 'Nothing is recorded here yet.\n',
    exit: 0,
  })
  const { out, exit } = await place.run(status, ['--all'], { cwd })
  expect(out).toBe(
    [
      'Waiting to be recovered:',
      '×  aa000000  just now   rust-analyzer · Neovim    torn 1/2',
      '│  Rename                            lsp-wal recover aa00',
      `│  in ${place.project}`,
      '',
    ].join('\n'),
  )
  expect(exit).toBe(4)
})

describe('damage', () => {
  const logOf = (session: string, where: 'live' | 'history') => join(place.root[where], session, 'wal.log')

  test('a torn tail is told with its place', async () => {
    const session = await place.session((scribe) => scribe.landed(id('aa'), files).then(() => {}))
    const log = logOf(session, 'history')
    const at = readFileSync(log).length
    appendFileSync(log, '{"id":')
    expect(await place.run(status)).toEqual({
      out: [
        'Damaged logs:',
        `×  ${log}`,
        `│  torn at byte ${at}: it is cut off or too long`,
        '│  a crash cut off what was being written there; what stands before it is sound',
        '',
      ].join('\n'),
      err: '',
      exit: 0,
    })
    expect(JSON.parse((await place.run(status, ['--json'])).out)).toEqual({
      pending: [],
      damage: [{ log, at, kind: 'torn', reason: 'it is cut off or too long' }],
      unread: [],
    })
  })

  test('a log that is being written is not torn', async () => {
    const session = await place.running(async (scribe) => {
      await scribe.landed(id('aa'), files)
      await new Promise((done) => setTimeout(done, 100)) // the outcome is written in the background
    })
    appendFileSync(logOf(session, 'live'), '{"id":')
    expect((await place.run(status)).out).toBe('Nothing is pending here.\n')
  })

  test('corruption is told beside what can still be read', async () => {
    const session = await place.session(async (scribe) => {
      await scribe.intent(id('aa'), files)
      await scribe.intent(id('bb'), files)
    })
    const log = logOf(session, 'live')
    const bytes = readFileSync(log)
    bytes[20] = bytes[20]! ^ 1
    writeFileSync(log, bytes)
    const { out, exit } = await place.run(status)
    expect(out).toBe(
      [
        'Waiting to be recovered:',
        '×  bb000000  just now   rust-analyzer · Neovim    pending 0/2',
        '│  Edit                              lsp-wal recover bb00',
        '',
        'Damaged logs:',
        `×  ${log}`,
        '│  corrupt at byte 0: its checksum does not match',
        '│  nothing in this log is recovered without being asked',
        `×  ${log}`,
        `│  corrupt at byte ${bytes.indexOf(10) + 1}: record 1 does not follow record -1`,
        '│  nothing in this log is recovered without being asked',
        '',
      ].join('\n'),
    )
    expect(exit).toBe(4)
  })
})

describe('usage', () => {
  test('--help says it', async () => {
    const { out, exit } = await place.run(status, ['--help'])
    expect(out).toMatch(/^Usage: lsp-wal status \[--all\] \[--json\]\n/)
    expect(exit).toBe(0)
  })

  test.each([[['--nope']], [['5be1']]])('%j is refused in one line', async (args) => {
    await expect(place.run(status, args)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.not.stringContaining('\n'),
    })
  })
})
