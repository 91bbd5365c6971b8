import { beforeEach, describe, expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import type { Intent } from '../../server/journal/intent.ts'
import type { Event } from '../../server/journal/outcomes.ts'
import { type Recorded, replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import type { RecoverMode } from '../../server/recovery/plan.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { observeWithheld } from '../../server/recovery/withheld.ts'
import { Machine } from '../disk/machine.ts'
import { Died, die, once } from '../disk/memory-disk.ts'
import { created, deleted, intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j')
const start = { folders: ['/w'], server: ['server'], editor: null }

let machine: Machine
beforeEach(() => {
  machine = new Machine(hasher)
  for (const name of ['a', 'b', '.env']) machine.platter.put(`/w/${name}`, `old ${name}`)
})

const withholding = (intent: Intent, ...paths: string[]): Intent =>
  withhold(intent, (path) => paths.includes(path), hasher)

const change = (name: string): Image => replaced(`/w/${name}`, `old ${name}`, `new ${name}`)

const NOT_FINISHED = {
  path: '/w/.env',
  reason: 'its bytes were kept out of the log: it cannot be finished',
}
const NOT_PUT_BACK = {
  path: '/w/.env',
  reason: 'its bytes were kept out of the log: it cannot be put back',
}

/** A session that died with this one pending. */
async function dead(intent: Intent, event: Event = 'forwarded'): Promise<void> {
  const program = machine.run()
  const session = new Session(program, root, start, fail)
  await session.append(intent)
  session.note({ id: intent.id, at: intent.about.at, event })
  await session.flush()
  machine.kill(program)
}

interface Start {
  /** For each case what came of it. */
  readonly results: readonly unknown[]
  /** The last outcome of each intent that was recorded so far. */
  readonly ends: Readonly<Record<string, string | undefined>>
}

async function recover(
  mode: RecoverMode = 'auto',
  decision?: 'finish' | 'roll-back',
  program = machine.run(),
): Promise<Start> {
  const session = new Session(program, root, start, () => {})
  const recovery = await Recovery.start(program, root, session, start, () => {})
  const workspace = new DiskWorkspace(program.disk, ['/w'])
  const results: unknown[] = []
  for (const kase of recovery.cases) {
    const result = await recovery.deal(kase, workspace, mode)
    const last =
      result.kind === 'waiting' && decision !== undefined
        ? await recovery.decide(kase, workspace, decision)
        : result
    results.push(
      last.kind === 'waiting'
        ? last.plan
        : last.kind === 'done' && last.report
          ? { written: last.report.written, left: last.report.left, withheld: last.report.withheld }
          : last.kind,
    )
  }
  await recovery.end()
  await session.end()
  const ends: Record<string, string | undefined> = {}
  for (const { intent, outcomes } of await all())
    ends[intent.about.purpose ?? intent.id] = outcomes.at(-1)?.event
  machine.kill(program)
  return { results, ends }
}

async function all(): Promise<Recorded[]> {
  const program = machine.run()
  const found: Recorded[] = []
  const sessions = [...(await liveSessions(program, root)), ...(await settledSessions(program, root))]
  for (const { path } of sessions)
    for await (const each of replay(program, path)) if (each.kind === 'intent') found.push(each)
  return found
}

function fail(problem: unknown): never {
  throw problem
}

const tree = () => machine.platter.tree('/w')

describe('recovery of an intent with a withheld path', () => {
  const intent = withholding(intentOf('01', [change('a'), change('b'), change('.env')]), '/w/.env')

  it('finishes the others, reports that one once, and is done with it', async () => {
    await dead(intent)
    machine.platter.put('/w/a', 'new a')
    expect(await recover()).toEqual({
      results: [{ written: ['/w/b'], left: [], withheld: [NOT_FINISHED] }],
      ends: { '01': 'recovered', finish: 'landed' },
    })
    expect(tree()).toEqual({ a: 'new a', b: 'new b', '.env': 'old .env' })
    expect((await recover()).results).toEqual([])
  })

  it('takes it for begun where that path alone landed', async () => {
    await dead(intent, 'applied')
    machine.platter.put('/w/.env', 'new .env')
    expect((await recover()).results).toEqual([{ written: ['/w/a', '/w/b'], left: [], withheld: [] }])
    expect(tree()).toEqual({ a: 'new a', b: 'new b', '.env': 'new .env' })
  })

  it('settles it once all of it landed, that path by its hash', async () => {
    await dead(intent)
    for (const name of ['a', 'b', '.env']) machine.platter.put(`/w/${name}`, `new ${name}`)
    expect(await recover()).toEqual({ results: ['done'], ends: { '01': 'landed' } })
  })

  it('reports it where the others landed', async () => {
    await dead(intent)
    for (const name of ['a', 'b']) machine.platter.put(`/w/${name}`, `new ${name}`)
    expect(await recover()).toEqual({
      results: [{ written: [], left: [], withheld: [NOT_FINISHED] }],
      ends: { '01': 'recovered' },
    })
  })

  it('rolls the others back, and reports that one where it landed', async () => {
    await dead(intent)
    for (const name of ['a', '.env']) machine.platter.put(`/w/${name}`, `new ${name}`)
    expect((await recover('rollback')).results).toEqual([
      { written: ['/w/a'], left: [], withheld: [NOT_PUT_BACK] },
    ])
    expect(tree()).toEqual({ a: 'old a', b: 'old b', '.env': 'new .env' })
  })

  it('has nothing to roll back where it did not land', async () => {
    await dead(intent)
    expect(await recover('rollback')).toEqual({ results: ['done'], ends: { '01': 'rolled-back' } })
  })

  it('says in a question that it is kept out', async () => {
    await dead(intent, 'applied')
    expect((await recover()).results).toEqual([
      { kind: 'offer', reason: 'it was never saved; /w/.env was kept out of the log' },
    ])
    expect((await recover('auto', 'finish')).results).toEqual([
      { written: ['/w/a', '/w/b'], left: [], withheld: [NOT_FINISHED] },
    ])
    expect((await recover()).results).toEqual([])
    expect(tree()['.env']).toBe('old .env')
  })

  it.each(['killed', 'without power'])('ends the same after a crash at any operation: %s', async (end) => {
    for (let n = 1; ; n++) {
      machine = new Machine(hasher)
      for (const name of ['a', 'b', '.env']) machine.platter.put(`/w/${name}`, `old ${name}`)
      await dead(intent)
      machine.platter.put('/w/a', 'new a')
      const program = machine.run()
      program.disk.plan = once(n, die('half'))
      const isDone = await recover('auto', undefined, program).then(
        () => true,
        (problem: unknown) => {
          if (problem instanceof Died) return false
          throw problem
        },
      )
      if (end === 'killed') machine.kill(program)
      else machine.crash()
      await recover()
      expect(tree(), `operation ${n}`).toEqual({ a: 'new a', b: 'new b', '.env': 'old .env' })
      const { results, ends } = await recover()
      expect(results).toEqual([])
      expect(ends['01'], `operation ${n}`).toBe('recovered')
      if (isDone) {
        expect(n).toBeGreaterThan(40)
        return
      }
    }
  })

  it('never writes over what somebody else put there, in any mode', async () => {
    for (const mode of ['auto', 'replay', 'rollback'] as const) {
      machine.platter.put('/w/.env', 'mine')
      machine.platter.put('/w/a', 'new a')
      await dead(withholding(intentOf(mode, intent.images.concat(change('.env'))), '/w/.env'))
      await recover(mode)
      expect(tree()['.env']).toBe('mine')
    }
  })
})

describe('an intent that is withheld as a whole', () => {
  const intent = withholding(intentOf('01', [change('.env')]), '/w/.env')

  it('is neither offered nor called recovered: it is reported, and given up', async () => {
    await dead(intent, 'applied')
    expect(await recover()).toEqual({
      results: [{ written: [], left: [], withheld: [NOT_FINISHED] }],
      ends: { '01': 'abandoned' },
    })
    expect(tree()['.env']).toBe('old .env')
  })

  it('is settled where it landed', async () => {
    await dead(intent)
    machine.platter.put('/w/.env', 'new .env')
    expect((await recover()).ends).toEqual({ '01': 'landed' })
  })

  it('moves nothing: neither end is removed, and none is made', async () => {
    machine.platter.put('/w/k.pem', 'key')
    await dead(withholding(intentOf('02', moved('/w/k.pem', '/w/k.txt', 'key')), '/w/k.pem'))
    await recover('replay')
    expect(tree()['k.pem']).toBe('key')
    expect(tree()).not.toHaveProperty('k.txt')
  })
})

describe('what a withheld path holds', () => {
  it.each([
    ['its original', change('.env'), 'old .env', 'restored'],
    ['what the edit made of it', change('.env'), 'new .env', 'landed'],
    ['that, with other line ends', replaced('/w/.env', 'a\n', 'b\n'), 'b\r\n', 'landed'],
    ['something else', change('.env'), 'mine', 'drifted'],
    ['nothing, though there was something', change('.env'), undefined, 'drifted'],
    ['nothing, and it was deleted', deleted('/w/.env', 'old'), undefined, 'landed'],
    ['nothing, and it is to be made', created('/w/.env', 'new'), undefined, 'untouched'],
    ['what was made', created('/w/.env', 'new'), 'new', 'landed'],
    ['anything, and nobody knows what the edit makes of it', unknown('/w/.env', 'old'), 'x', 'landed'],
    ['its original, which the edit changes nobody knows how', unknown('/w/.env', 'old'), 'old', 'restored'],
    [
      'other line ends, which is what the edit is about',
      replaced('/w/.env', 'a\n', 'a\r\n'),
      'a\n',
      'restored',
    ],
  ] as const)('is told by hashes: %s', async (_what, image, now, state) => {
    if (now === undefined) machine.platter.takeAway('/w/.env')
    else machine.platter.put('/w/.env', now)
    const facts = new Map([['/w/.env', { from: 'disk', mtimeNs: 1n, size: 1 } as const]])
    const intent = withholding(intentOf('01', [image], { facts }), '/w/.env')
    const workspace = new DiskWorkspace(machine.run().disk, ['/w'])
    expect(await observeWithheld(workspace, intent, hasher)).toEqual([{ path: '/w/.env', state }])
  })

  it('is untouched while its size and time are those recorded, and under a buffer with unsaved work', async () => {
    const { size, mtimeNs } = machine.platter.find('/w/.env')
    const workspace = new DiskWorkspace(machine.run().disk, ['/w'])
    const disk = { from: 'disk', size, mtimeNs } as const
    const buffer = { from: 'buffer', size, mtimeNs, disk: hasher.hash(Buffer.from('old .env')) } as const
    for (const [fact, image] of [
      [disk, change('.env')],
      [buffer, replaced('/w/.env', 'unsaved', 'new')],
    ] as const) {
      const intent = withholding(intentOf('01', [image], { facts: new Map([['/w/.env', fact]]) }), '/w/.env')
      expect(await observeWithheld(workspace, intent, hasher)).toEqual([
        { path: '/w/.env', state: 'untouched' },
      ])
    }
  })
})
