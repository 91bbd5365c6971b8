import { describe, expect, test } from 'vitest'
import type { Surroundings } from '../../../server/cli/command.ts'
import { carryOutEdit, type Done } from '../../../server/cli/headless/carry-out-edit.ts'
import type { HeadlessOptions } from '../../../server/cli/headless/options.ts'
import { recover } from '../../../server/cli/recover.ts'
import { DiskError } from '../../../server/disk/disk.ts'
import { JournalError } from '../../../server/journal/env.ts'
import type { HeldEdit } from '../../../server/journal/held-edit.ts'
import { rootAt } from '../../../server/journal/root.ts'
import { Session } from '../../../server/journal/session.ts'
import { composeHeld } from '../../../server/proxy/compose-held.ts'
import { Machine, type Program } from '../../disk/machine.ts'
import { Died, die, error, type FaultPlan, from, once } from '../../disk/memory-disk.ts'
import { intentOf, replaced } from '../../journal/intents.ts'
import { hasher } from '../../journal/logs.ts'

const ROOT = rootAt('/j/lsp-wal')

/** Of several sectors, and of another length afterwards. */
const LONG = (name: string) => `${name} = 1\n${'x'.repeat(2000)}\n`

const BEFORE = { a: LONG('old'), 'deep/b': 'old\r\n', 'x/moved': 'old', gone: 'rest' }
const AFTER = { a: LONG('new'), 'deep/b': 'new\r\n', 'y/moved': 'new', fresh: 'made\n' }

const renamed = (name: string) => ({
  textDocument: { uri: `file:///w/${name}`, version: null },
  edits: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }, newText: 'new' }],
})

const EDIT = {
  documentChanges: [
    renamed('a'),
    renamed('deep/b'),
    { kind: 'rename', oldUri: 'file:///w/x/moved', newUri: 'file:///w/y/moved' },
    renamed('y/moved'),
    { kind: 'delete', uri: 'file:///w/gone' },
    { kind: 'create', uri: 'file:///w/fresh' },
    {
      textDocument: { uri: 'file:///w/fresh', version: null },
      edits: [
        { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, newText: 'made\n' },
      ],
    },
  ],
}

const HELD: HeldEdit = {
  edit: EDIT,
  encoding: 'utf-16',
  texts: [{ uri: 'file:///w/a', text: BEFORE.a }],
  road: 'rename',
  label: 'Rename `old` → `new`',
  server: 'fixture',
}

const OPTIONS: HeadlessOptions = {
  folder: '/w',
  timeoutMs: 1,
  settleMs: 1,
  initializationOptions: undefined,
  configuration: undefined,
  dryRun: false,
  json: false,
  server: ['fixture'],
}

const TOOLS = {
  version: '0',
  compose: composeHeld,
  unbroken: <T>(work: () => Promise<T>) => work(),
}

function machine(): Machine {
  const made = new Machine(hasher)
  made.platter.putFolder('/w')
  for (const [name, text] of Object.entries(BEFORE)) made.platter.put(`/w/${name}`, text)
  return made
}

function around(env: Program, variables: Surroundings['variables'] = {}): Surroundings {
  const silent = () => {}
  const programs = { node: '', nodeVersion: '', lspWal: [], headless: [] }
  const streams = { out: silent, err: silent, progress: silent }
  return { env, root: ROOT, cwd: '/w', programs, variables, ...streams, colour: false, width: undefined }
}

/** The files of the workspace; folders without one do not count. */
const filesOf = ({ platter }: Machine) =>
  Object.fromEntries(Object.entries(platter.tree('/w')).filter(([, text]) => text !== '/'))

type Went = Done['kind'] | 'failed' | 'died'

async function carryOutOn(
  place: Machine,
  plan: FaultPlan = () => undefined,
  held = HELD,
  options = OPTIONS,
  variables = {},
): Promise<{ went: Went; done?: Done; operations: number }> {
  const program = place.run()
  const since = new Date(place.clock)
  program.disk.plan = plan
  try {
    const done = await carryOutEdit(around(program, variables), TOOLS, held, options, since)
    return { went: program.disk.isDead ? 'died' : done.kind, done, operations: program.disk.log.length }
  } catch (failure) {
    if (failure instanceof Died || program.disk.isDead)
      return { went: 'died', operations: program.disk.log.length }
    if (failure instanceof DiskError || failure instanceof JournalError)
      return { went: 'failed', operations: program.disk.log.length }
    throw failure
  } finally {
    place.kill(program)
  }
}

async function recoverOn(place: Machine): Promise<void> {
  const program = place.run()
  await recover(around(program), [])
  place.kill(program)
}

test('writes every file, moves, makes and removes, and settles', async () => {
  const place = machine()
  expect((await carryOutOn(place)).went).toBe('written')
  expect(filesOf(place)).toEqual(AFTER)
  expect(place.platter.tree(ROOT.live)).toEqual({ '': '/' })
})

test('is durable when it is told', async () => {
  const place = machine()
  await carryOutOn(place)
  place.crash(() => false)
  expect(filesOf(place)).toEqual(AFTER)
})

test.each([
  ['once', once],
  ['from then on', from],
] as const)('an error, %s, at whatever operation, leaves all or nothing', async (how, at) => {
  const total = (await carryOutOn(machine())).operations
  expect(total).toBeGreaterThan(100)
  for (let n = 1; n <= total; n++) {
    const place = machine()
    const { went } = await carryOutOn(place, at(n, error('EIO')))
    const told = `operation ${n}: ${went}`
    // With the disk gone for good nothing can be put back: that is for the next start.
    if (how === 'once') expect([BEFORE, AFTER], told).toContainEqual(filesOf(place))
    if (went === 'written') expect(filesOf(place), told).toEqual(AFTER)
    if (went === 'refused' || went === 'taken back') expect(filesOf(place), told).toEqual(BEFORE)
    await recoverOn(place)
    expect([BEFORE, AFTER], told).toContainEqual(filesOf(place))
    if (went === 'written') expect(filesOf(place), told).toEqual(AFTER)
  }
})

describe.each(['replaced', 'written in place'])('a file that is %s', (how) => {
  test.each([
    ['killed', undefined],
    ['without power', 0],
  ] as const)('%s at whatever operation, all or nothing is there after the next start', async (_, keeps) => {
    for (let n = 1; ; n++) {
      const place = machine()
      // A file with a second name is not replaced by another one.
      if (how === 'written in place') place.platter.putHardLink('/tmp/second', '/w/a')
      const { went } = await carryOutOn(place, once(n, die('half')))
      if (keeps !== undefined) place.crash(() => false)
      await recoverOn(place)
      expect([BEFORE, AFTER], `operation ${n}: ${went}`).toContainEqual(filesOf(place))
      if (went !== 'written') continue
      expect(filesOf(place)).toEqual(AFTER)
      break
    }
  })
})

const REFUSED: readonly (readonly [string, (place: Machine) => void, HeldEdit, object, string])[] = [
  [
    'a file was changed since it was read',
    (place) => place.platter.put('/w/a', 'odd = 1\n'),
    HELD,
    {},
    '/w/a: it was changed while the server was at work',
  ],
  [
    'a file was changed while the server was at work',
    (place) => {
      const file = place.platter.find('/w/deep/b')
      file.mtimeNs = BigInt(place.clock + 1) * 1_000_000n
    },
    HELD,
    {},
    '/w/deep/b: it was changed while the server was at work',
  ],
  [
    'a file is gone',
    (place) => place.platter.takeAway('/w/deep/b'),
    HELD,
    {},
    '/w/deep/b: what the edit makes of it cannot be told',
  ],
  [
    'a path is outside of the workspace',
    () => {},
    {
      ...HELD,
      edit: {
        changes: { 'file:///tmp/x': [], 'file:///w/a': [] },
        documentChanges: [{ kind: 'create', uri: 'file:///tmp/x' }, renamed('a')],
      },
    },
    {},
    ': /tmp/x is outside the workspace folders',
  ],
  [
    'it is no file',
    () => {},
    {
      ...HELD,
      edit: {
        documentChanges: [
          renamed('a'),
          { ...renamed('a'), textDocument: { uri: 'untitled:1', version: null } },
        ],
      },
    },
    {},
    'untitled:1: it is no file',
  ],
  [
    'it is kept out of the log',
    () => {},
    HELD,
    { LSP_WAL_EXCLUDE: 'gone' },
    '/w/gone: it is kept out of the log (--exclude)',
  ],
]

test.each(REFUSED)('writes nothing where %s', async (_, change, held, variables, reason) => {
  const place = machine()
  change(place)
  const files = filesOf(place)
  const { went, done } = await carryOutOn(place, undefined, held, OPTIONS, variables)
  expect(went).toBe('refused')
  const left = done?.kind === 'refused' ? done.left : []
  expect(left.map(({ path, reason }) => `${path}: ${reason}`).join('\n')).toContain(reason)
  expect(filesOf(place)).toEqual(files)
  expect(place.platter.tryFind(ROOT.path, 'no follow')).toBeUndefined()
})

test('writes nothing where an editor has one of its files open', async () => {
  const place = machine()
  place.platter.put('/w/other', '')
  const editor = place.run()
  const start = { folders: ['/w'], server: ['server'], editor: null }
  const session = new Session(editor, ROOT, start, () => {}, { openPaths: () => ['/w/deep/b'] })
  await session.append(intentOf('aa', [replaced('/w/other', '', 'x')]))
  const { done } = await carryOutOn(place)
  expect(done).toMatchObject({
    kind: 'refused',
    left: [{ path: '/w/deep/b', reason: 'an editor has it open: close it there first' }],
  })
  await session.end()
})

test('shows, and writes and records nothing', async () => {
  const place = machine()
  const { done } = await carryOutOn(place, undefined, HELD, { ...OPTIONS, dryRun: true })
  expect(done).toMatchObject({
    kind: 'shown',
    intent: { about: { label: 'Rename `old` → `new`', server: 'fixture' } },
  })
  expect(filesOf(place)).toEqual(BEFORE)
  expect(place.platter.tryFind(ROOT.path, 'no follow')).toBeUndefined()
})
