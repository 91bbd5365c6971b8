import { describe, expect, it } from 'vitest'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import { type Recorded, replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import type { RecoverMode } from '../../server/recovery/plan.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { Died, die, type FaultPlan, once } from '../disk/memory-disk.ts'
import { created, deleted, edit, edited, intentOf, moved, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')
const start = { folders: ['/w'], server: ['server'], editor: null }

/** What is recorded, in order, and which paths the editor has saved before the end. */
interface Workload {
  readonly name: string
  readonly before: Readonly<Record<string, string | Buffer>>
  readonly intents: readonly Intent[]
  readonly saved: readonly string[]
  /** Nothing can tell what a file carries beside its bytes: none is replaced by a rename. */
  readonly inPlace?: true
}

const binary = Buffer.from([0xff, 0, 0x80, 0x0a, 0xfe])

const workloads: readonly Workload[] = [
  {
    name: 'three files edited, one of them saved',
    before: { '/w/a': 'let total\n', '/w/b': 'total()\r\n', '/w/sub/c': 'no total' },
    intents: [
      intentOf('a1', [
        edited('/w/a', 'let total\n', edit(4, 9, 'sum')),
        edited('/w/b', 'total()\r\n', edit(0, 5, 'sum')),
        edited('/w/sub/c', 'no total', edit(3, 8, 'sum\n')),
      ]),
    ],
    saved: ['/w/a'],
  },
  {
    name: 'a file created, one deleted, one moved to a new folder, the old one going',
    before: { '/w/old/x': 'export x', '/w/gone': 'rest', '/w/a': 'import "./old/x"' },
    intents: [
      intentOf(
        'b1',
        [
          created('/w/fresh', 'new\n'),
          deleted('/w/gone', 'rest'),
          ...moved('/w/old/x', '/w/new/deep/x', 'export x', edit(7, 8, 'y')),
          edited('/w/a', 'import "./old/x"', edit(10, 13, 'new/deep')),
        ],
        { folders: { made: ['/w/new', '/w/new/deep'], removed: ['/w/old'] } },
      ),
    ],
    saved: ['/w/fresh'],
  },
  {
    name: 'bytes that are no text, and two intents one after the other',
    before: { '/w/bin': binary, '/w/a': 'one\r\ntwo\r\n', '/w/b': '' },
    intents: [
      intentOf('c1', [deleted('/w/bin', binary), edited('/w/a', 'one\r\ntwo\r\n', edit(0, 3, '1'))]),
      intentOf('c2', [
        edited('/w/a', '1\r\ntwo\r\n', edit(3, 6, '2')),
        ...[
          { ...replaced('/w/b', '', ''), after: { kind: 'file', bytes: binary } as const, source: undefined },
        ],
      ]),
    ],
    saved: ['/w/bin'],
  },
  {
    name: 'files of several sectors written in place: one grows, one shrinks, one stays as long',
    before: { '/w/saved': 'old', '/w/a': big('a', 1800), '/w/b': big('b', 1800), '/w/c': big('c', 1300) },
    intents: [
      intentOf('d1', [
        edited('/w/a', big('a', 1800), edit(3, 40, big('grown', 900))),
        edited('/w/b', big('b', 1800), edit(5, 1000, 'less')),
        edited('/w/c', big('c', 1300), edit(0, 1300, big('d', 1300))),
        edited('/w/saved', 'old', edit(0, 3, 'new')),
      ]),
    ],
    saved: ['/w/saved'],
    inPlace: true,
  },
]

/** So many bytes, no two lines of which are the same. */
function big(word: string, length: number): string {
  return Array.from({ length }, (_, i) => `${word} ${i}\n`)
    .join('')
    .slice(0, length)
}

/** A machine with the files as they are before anything is recorded. */
function machineOf({ before, inPlace }: Workload): Machine {
  const machine = new Machine(hasher)
  if (inPlace) machine.platter.attributes = () => undefined
  for (const [path, content] of Object.entries(before)) machine.platter.put(path, content)
  return machine
}

/** Intents recorded by a session, and files saved by its editor; resolves with the ids of what was acknowledged. */
async function record(machine: Machine, program: Program, workload: Workload): Promise<string[]> {
  const session = new Session(program, root, start, () => {})
  const acknowledged: string[] = []
  try {
    for (const intent of workload.intents) {
      await session.append(withStats(machine, intent))
      acknowledged.push(intent.id)
      for (const { path, after } of intent.images) {
        if (!workload.saved.includes(path)) continue
        await program.disk.stat(path) // the crash may come before each save
        if (after.kind === 'file') machine.platter.put(path, after.bytes)
        else machine.platter.takeAway(path)
      }
    }
  } catch (error) {
    if (!(error instanceof Died)) throw error
  }
  return acknowledged
}

/** The intent with what its recorder finds on the disk. */
function withStats(machine: Machine, intent: Intent): Intent {
  const facts = intent.images.map(({ path, before }): [string, PathFacts] => {
    const stat = machine.platter.statOf(machine.platter.tryFind(path, 'follow'))
    if (stat === undefined) return [path, { from: 'disk' }]
    const { size, mtimeNs, mode } = stat
    const onDisk = machine.platter.bytesAt(path)
    if (before !== undefined && onDisk.equals(before)) return [path, { from: 'disk', size, mtimeNs, mode }]
    return [path, { from: 'buffer', disk: hasher.hash(onDisk), size, mtimeNs, mode }]
  })
  const at = new Date(machine.clock).toISOString()
  return { ...intent, facts: new Map(facts), about: { ...intent.about, at } }
}

/** One start with what it recovers, to its clean end or to its death; resolves with how many cases it met. */
async function recover(program: Program, mode: RecoverMode, decision?: 'finish'): Promise<number> {
  const session = new Session(program, root, start, () => {})
  const workspace = new DiskWorkspace(program.disk, ['/w'])
  try {
    const recovery = await Recovery.start(program, root, session, start, () => {})
    for (const kase of recovery.cases) {
      const { kind } = await recovery.deal(kase, workspace, mode)
      if (kind === 'waiting' && decision !== undefined) await recovery.decide(kase, workspace, decision)
    }
    await recovery.end()
    await session.end()
    return recovery.cases.length
  } catch (error) {
    if (!(error instanceof Died)) throw error
    return -1
  }
}

const ends = {
  // What was written is there, synced or not: the program died, the machine did not.
  killed: (machine: Machine, program: Program) => machine.kill(program),
  'without power': (machine: Machine) => machine.crash(),
  // Some of what was not synced is there, in no order.
  'half written': (machine: Machine) => {
    let at = 0
    machine.crash(() => at++ % 3 === 0)
  },
}
type End = keyof typeof ends

/** The ids of all intents in the journal. */
async function recorded(program: Program): Promise<Recorded[]> {
  const found: Recorded[] = []
  for (const { path } of [
    ...(await liveSessions(program, root)),
    ...(await settledSessions(program, root)),
  ]) {
    for await (const each of replay(program, path)) if (each.kind === 'intent') found.push(each)
  }
  return found
}

/** The tree in which the first `count` intents are carried out and the others are not. */
function treeAfter(workload: Workload, count: number): Record<string, string> {
  const machine = machineOf(workload)
  for (const { images, folders } of workload.intents.slice(0, count)) {
    for (const folder of folders.made) machine.platter.putFolder(folder)
    for (const { path, after } of images) {
      if (after.kind === 'file') machine.platter.put(path, after.bytes)
      else machine.platter.takeAway(path)
    }
    for (const folder of folders.removed) machine.platter.takeAway(folder)
  }
  return machine.platter.tree('/w')
}

/** What is wrong with the end of a run in which `acknowledged` was recorded; empty: nothing. */
async function faultsOf(
  machine: Machine,
  workload: Workload,
  acknowledged: readonly string[],
  mode: RecoverMode,
): Promise<string[]> {
  const faults: string[] = []
  const tree = machine.platter.tree('/w')
  const count = mode === 'rollback' ? 0 : acknowledged.length
  if (!isEqual(tree, treeAfter(workload, count))) faults.push(`the tree is ${show(tree)}`)

  const again = machine.run()
  const cases = await recover(again, mode)
  if (cases !== 0) faults.push(`a further recovery meets ${cases} cases`)
  if (!isEqual(machine.platter.tree('/w'), tree)) faults.push('a further recovery changes the tree')

  const kept = (await recorded(again)).map(({ intent }) => intent.id)
  for (const id of acknowledged) if (!kept.includes(id)) faults.push(`${id} is lost`)
  for (const { id } of workload.intents) {
    if (!acknowledged.includes(id) && kept.includes(id)) faults.push(`${id} was refused, and counts`)
  }
  return faults
}

const show = (tree: object): string =>
  JSON.stringify(tree, (_, v: unknown) =>
    typeof v === 'string' && v.length > 200 ? `${v.slice(0, 100)}...${v.length}` : v,
  )
const isEqual = (a: Record<string, string>, b: Record<string, string>): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([path, text]) => b[path] === text)

/** Runs that die at each operation in turn, until one gets through; resolves with how many there were. */
async function sweep(
  run: (plan: FaultPlan, n: number) => Promise<'died' | 'done'>,
  step = 1,
  first = 1,
): Promise<number> {
  let runs = 0
  for (let n = first; ; n += step) {
    runs++
    if ((await run(once(n, die('half')), n)) === 'done') return runs
  }
}

const expectNone = (faults: string[], where: string) => {
  if (faults.length > 0) expect.fail(`${where}: ${faults.join('; ')}`)
}

/** A journal whose session died right after the last save. */
async function died(workload: Workload): Promise<{ machine: Machine; acknowledged: string[] }> {
  const machine = machineOf(workload)
  const program = machine.run()
  const acknowledged = await record(machine, program, workload)
  machine.kill(program)
  return { machine, acknowledged }
}

describe.each(workloads)('$name', (workload) => {
  it.each(Object.keys(ends) as End[])(
    'is whole after a crash at any operation of its recording: %s',
    async (end) => {
      const runs = await sweep(async (plan, n) => {
        const machine = machineOf(workload)
        const program = machine.run()
        program.disk.plan = plan
        const acknowledged = await record(machine, program, workload)
        const isDone = program.disk.log.length < n
        ends[end](machine, program)
        await recover(machine.run(), 'auto')
        // Killed in the middle of an append, or with half of it written, an intent may be there all the same.
        const there = (await recorded(machine.run())).map(({ intent }) => intent.id)
        const counted =
          end === 'without power'
            ? acknowledged
            : workload.intents.map(({ id }) => id).filter((id) => there.includes(id))
        expectNone(await faultsOf(machine, workload, counted, 'auto'), `record ${n}`)
        expect(counted).toEqual(expect.arrayContaining(acknowledged))
        return isDone ? 'done' : 'died'
      })
      expect(runs).toBeGreaterThan(20)
    },
  )

  for (const mode of ['auto', 'rollback'] as const) {
    it.each(Object.keys(ends) as End[])(
      `is whole after a crash at any operation of its recovery (${mode}): %s`,
      async (end) => {
        const runs = await sweep(async (plan, n) => {
          const { machine, acknowledged } = await died(workload)
          const program = machine.run()
          program.disk.plan = plan
          const cases = await recover(program, mode)
          ends[end](machine, program)
          await recover(machine.run(), mode)
          expectNone(await faultsOf(machine, workload, acknowledged, mode), `recover ${n}`)
          return cases < 0 ? 'died' : 'done'
        })
        expect(runs).toBeGreaterThan(60)
      },
    )
  }

  it('is whole after a crash of the recovery and another of the recovery’s recovery', async () => {
    const kinds = Object.keys(ends) as End[]
    await sweep(async (plan, n) => {
      let isDone = true
      await sweep(
        async (again, m) => {
          const { machine, acknowledged } = await died(workload)
          const first = machine.run()
          first.disk.plan = plan
          isDone = (await recover(first, 'auto')) >= 0
          ends[kinds[n % 3]!](machine, first)
          const second = machine.run()
          second.disk.plan = again
          const cases = await recover(second, 'auto')
          ends[kinds[m % 3]!](machine, second)
          await recover(machine.run(), 'auto')
          expectNone(await faultsOf(machine, workload, acknowledged, 'auto'), `recover ${n}, again ${m}`)
          return cases < 0 ? 'died' : 'done'
        },
        23,
        1 + (n % 23),
      )
      return isDone ? 'done' : 'died'
    }, 3)
    // Thousands of recoveries: seconds, but for a machine that has much else to do.
  }, 180_000)
})

describe('the sweep', () => {
  it.each([
    ['the recorder', 0],
    ['the recovery', 1],
  ])('is red where %s does not sync: the control of what stands above', async (_who, liar) => {
    const workload = workloads[0]!
    const found: string[] = []
    for (let n = 1; n < 200; n++) {
      const machine = machineOf(workload)
      const recorder = machine.run()
      if (liar === 0) recorder.disk.lies = () => true
      const acknowledged = await record(machine, recorder, workload)
      if (liar === 0) machine.crash()
      else machine.kill(recorder)
      const first = machine.run()
      first.disk.plan = once(n, die('half'))
      if (liar === 1) first.disk.lies = (path) => path.startsWith('/w')
      await recover(first, 'auto')
      machine.crash()
      await recover(machine.run(), 'auto')
      found.push(...(await faultsOf(machine, workload, acknowledged, 'auto')))
    }
    expect(found.length).toBeGreaterThan(0)
  })

  it('is red where a recovery takes what it finds for durable', async () => {
    // Killed before its syncs, then a clean start that writes nothing more, then no power: only that start could save it.
    const workload = workloads[0]!
    const found: string[] = []
    for (let n = 60; n < 200; n++) {
      const { machine, acknowledged } = await died(workload)
      const first = machine.run()
      first.disk.plan = once(n, die('before'))
      await recover(first, 'auto')
      machine.kill(first)
      const second = machine.run()
      second.disk.lies = (path) => path.startsWith('/w')
      await recover(second, 'auto')
      machine.crash()
      await recover(machine.run(), 'auto')
      found.push(...(await faultsOf(machine, workload, acknowledged, 'auto')))
    }
    expect(found.length).toBeGreaterThan(0)
  })
})

describe('what a third party wrote', () => {
  const workload = workloads[0]!

  it('stays, and the other files are finished once the user says so, whatever the moment of a crash', async () => {
    await sweep(async (plan) => {
      const { machine } = await died(workload)
      machine.platter.put('/w/b', 'theirs')
      const program = machine.run()
      program.disk.plan = plan
      const cases = await recover(program, 'auto', 'finish')
      machine.crash()
      await recover(machine.run(), 'auto', 'finish')
      expect(machine.platter.tree('/w')).toEqual({ a: 'let sum\n', b: 'theirs', 'sub/c': 'no sum\n' })
      return cases < 0 ? 'died' : 'done'
    })
  })

  it('stays wherever it comes during the recovery, right before the rename too', async () => {
    for (let n = 1; ; n++) {
      const { machine } = await died(workload)
      const program = machine.run()
      program.disk.plan = (operation) => {
        if (operation.n === n) machine.platter.put('/w/b', 'theirs')
        return undefined
      }
      await recover(program, 'auto')
      if (program.disk.log[n - 1] === undefined) return
      const { b, ...others } = machine.platter.tree('/w')
      expect([n, b]).toEqual([n, 'theirs'])
      expect(Object.keys(others).sort()).toEqual(['a', 'sub/c'])
    }
  })
})

describe('two recoveries at once', () => {
  it('never both act on one intent, whatever their turns', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const workload = workloads[seed % 3]!
      const { machine, acknowledged } = await died(workload)
      const programs = [machine.run(), machine.run()]
      let state = seed
      for (const { disk } of programs) {
        disk.turn = async () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          for (let turns = state >>> 30; turns > 0; turns--) await new Promise((turn) => setImmediate(turn))
        }
      }
      await Promise.all(programs.map((program) => recover(program, 'auto')))
      for (const program of programs) machine.kill(program)
      await recover(machine.run(), 'auto')
      expectNone(await faultsOf(machine, workload, acknowledged, 'auto'), `seed ${seed}`)
      const carried = (await recorded(machine.run())).flatMap(({ intent }) => intent.about.of ?? [])
      expect(carried.length, `seed ${seed}`).toBe(new Set(carried).size)
    }
  })
})
