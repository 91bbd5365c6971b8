import { beforeEach, describe, expect, it } from 'vitest'
import type { Surroundings } from '../../server/cli/command.ts'
import { forget } from '../../server/cli/forget.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { verifySessions } from '../../server/journal/verify.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { Died, die, once } from '../disk/memory-disk.ts'
import { about, atHand, edit, edited, intentOf } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j')
const start = { folders: ['/w'], server: ['server'], editor: null }
const OLD = 'TOKEN=hunter2\n'

const env = edited('/w/.env', OLD, edit(6, 13, 'swordfish'))
const plain = edited('/w/a.ts', 'let total\n', edit(4, 9, 'sum'))

/** By session: what each recorded. */
const settled = [intentOf('01', [plain]), intentOf('02', [plain, env]), intentOf('03', [env])]
const pending = [intentOf('04', [plain, env])]

let machine: Machine
let names: { readonly settled: string; readonly pending: string }

beforeEach(() => prepare())

/** A settled session and one that died, both with the secret, and a torn copy with it. */
async function prepare(): Promise<void> {
  machine = new Machine(hasher)
  machine.platter.put('/w/a.ts', 'let total\n')
  machine.platter.put('/w/.env', OLD)
  names = { settled: await record(settled, true), pending: await record(pending, false) }
  machine.crash(() => true) // what all this wrote is durable
  machine.platter.put(
    `/j/history/${names.settled}/wal.log.torn-7-ab`,
    '{"id":"05","edits":[{"Path":"/w/.env","NewText":"swordfish',
  )
}

async function record(intents: readonly Intent[], settles: boolean): Promise<string> {
  const program = machine.run()
  const session = new Session(program, root, start, fail)
  for (const intent of intents) await session.append(intent)
  for (const { id } of settles ? intents : []) session.note({ id, at: about.at, event: 'landed' })
  await session.flush()
  if (settles) await session.end()
  machine.kill(program)
  machine.clock += 1000
  return session.id
}

function fail(problem: unknown): never {
  throw problem
}

/** One run of the command, to its end or to its death. */
async function run(program: Program, ...args: string[]): Promise<number | 'died'> {
  const around: Surroundings = {
    env: program,
    root,
    cwd: '/w',
    programs: { node: '', nodeVersion: '', lspWal: [], headless: [] },
    variables: {},
    out: () => {},
    err: fail,
    progress: () => {},
    colour: false,
    width: undefined,
  }
  try {
    return await forget(around, args)
  } catch (problem) {
    if (problem instanceof Died) return 'died'
    throw problem
  }
}

/** The intents of every session, wherever it is by now, by the session's name. */
async function intents(): Promise<Record<string, Intent[]>> {
  const program = machine.run()
  const found: Record<string, Intent[]> = {}
  for (const { info, path } of [
    ...(await liveSessions(program, root)),
    ...(await settledSessions(program, root)),
  ]) {
    for await (const each of replay(program, path)) {
      if (each.kind !== 'intent') expect.fail(`${each.log}: ${each.reason}`)
      found[info.session] = [...(found[info.session] ?? []), atHand(each.intent)]
    }
  }
  return found
}

const without = (all: readonly Intent[]) =>
  all.map((each) => atHand(withhold(each, (path) => path === '/w/.env', hasher)))

const ends = {
  killed: (program: Program) => machine.kill(program),
  'without power': () => machine.crash(),
  'half written': () => {
    let at = 0
    machine.crash(() => at++ % 3 === 0)
  },
}

function expectNoSecret(): void {
  const text = Object.values(machine.platter.tree('/j')).join('\n')
  for (const secret of ['hunter2', 'swordfish', Buffer.from(OLD).toString('base64')])
    expect(text).not.toContain(secret)
}

describe.each(Object.keys(ends) as (keyof typeof ends)[])('a forgetting that is cut short: %s', (end) => {
  it('leaves each log old or new, whole; and the next one ends it, with no copy left', async () => {
    for (let n = 1; ; n++) {
      await prepare()
      const program = machine.run()
      program.disk.plan = once(n, die('half'))
      const status = await run(program, '--file', '.env')
      ends[end](program)
      if (status === 0) expectNoSecret()
      const after = await intents()
      for (const [name, old] of [
        [names.settled, settled],
        [names.pending, pending],
      ] as const)
        expect([old.map(atHand), without(old)], `operation ${n}`).toContainEqual(after[name])

      expect(await run(machine.run(), '--file', '.env'), `operation ${n}`).toBe(0)
      expectNoSecret()
      expect(await intents()).toEqual({
        [names.settled]: without(settled),
        [names.pending]: without(pending),
      })
      for await (const { findings } of verifySessions(machine.run(), root, () => {}))
        expect(findings).toEqual([])
      if (status !== 'died') {
        expect(n).toBeGreaterThan(60)
        return
      }
    }
  })

  it('and a start in between finds what is pending, and moves on what is settled', async () => {
    for (let n = 1; ; n += 3) {
      await prepare()
      const program = machine.run()
      program.disk.plan = once(n, die('after'))
      const status = await run(program, '--file', '.env')
      ends[end](program)
      const starting = machine.run()
      const session = new Session(starting, root, start, () => {})
      const recovery = await Recovery.start(starting, root, session, start, () => {})
      expect(
        recovery.cases.map(({ intent }) => intent.id),
        `operation ${n}`,
      ).toEqual(['04'])
      const workspace = new DiskWorkspace(starting.disk, ['/w'])
      await recovery.deal(recovery.cases[0]!, workspace, 'replay')
      await recovery.end()
      await session.end()
      expect(machine.platter.bytesAt('/w/a.ts').toString()).toBe('let sum\n')
      expect(await liveSessions(machine.run(), root)).toEqual([])
      expect(Object.keys(await intents())).toEqual(expect.arrayContaining([names.settled, names.pending]))
      if (status !== 'died') return
    }
  })
})

it('two at once take different files out of the same sessions, and both are gone in the end', async () => {
  for (let pace = 1; pace <= 4; pace++) {
    await prepare()
    const [one, other] = [machine.run(), machine.run()]
    let turns = 0
    one.disk.turn = async () => {
      if (++turns % pace === 0) for (let i = 0; i < pace; i++) await Promise.resolve()
    }
    const both = await Promise.all([run(one, '--file', '.env'), run(other, '--file', 'a.ts')])
    // Where the other one had a session just then, it says so, and is done again.
    const retried = [
      both[0] === 0 ? 0 : await run(machine.run(), '--file', '.env'),
      both[1] === 0 ? 0 : await run(machine.run(), '--file', 'a.ts'),
    ]
    expect(retried, `pace ${pace}: ${both.join()}`).toEqual([0, 0])
    expectNoSecret()
    expect(Object.values(machine.platter.tree('/j')).join()).not.toContain(
      Buffer.from('let total\n').toString('base64'),
    )
    expect(
      Object.values(await intents())
        .flat()
        .every(({ images }) => images.length === 0),
    ).toBe(true)
  }
})
