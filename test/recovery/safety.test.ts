import { beforeEach, describe, expect, it } from 'vitest'
import { DiskError } from '../../server/disk/disk.ts'
import type { Intent } from '../../server/journal/intent.ts'
import type { Outcome } from '../../server/journal/outcomes.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions } from '../../server/journal/session-folder.ts'
import { carryOut } from '../../server/recovery/carry-out.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { observe } from '../../server/recovery/observe.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { rollBackWay } from '../../server/recovery/ways.ts'
import type { Change } from '../../server/recovery/workspace.ts'
import { recordable } from '../crash/recordable.ts'
import { Machine } from '../disk/machine.ts'
import { error, type FaultPlan, onNth, short } from '../disk/memory-disk.ts'
import { about, created, deleted, intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

/** What must never be taken from a user, one way of losing it a test. */

const root = rootAt('/j/lsp-wal')
const start = { folders: ['/w'], server: ['server'], editor: null }

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/w')
})

/** A session that recorded these, noted these, and died. */
function dead(intents: readonly Intent[], outcomes: readonly Outcome[] = []): Promise<void> {
  return recorded(
    intents.map((intent) => ({ ...intent, facts: new Map() })),
    outcomes,
  )
}

/** The same with what is said of the files: who writes to one later is seen by its time. */
async function recorded(intents: readonly Intent[], outcomes: readonly Outcome[] = []): Promise<void> {
  const program = machine.run()
  const session = new Session(program, root, start, fail)
  for (const intent of intents) await session.append(intent)
  for (const outcome of outcomes) session.note(outcome)
  await session.flush()
  machine.kill(program)
}

async function recovery(program = machine.run()): Promise<{
  recovery: Recovery
  workspace: DiskWorkspace
  end: () => Promise<void>
}> {
  const session = new Session(program, root, start, fail)
  const started = await Recovery.start(program, root, session, start, fail)
  const end = async () => {
    await started.end()
    await session.end()
  }
  return { recovery: started, workspace: new DiskWorkspace(program.disk, ['/w']), end }
}

function fail(problem: unknown): never {
  throw problem
}

const tree = () => machine.platter.tree('/w')
const at = about.at

describe('going back', () => {
  it('leaves a file alone of which it is not known what the edit made', async () => {
    machine.platter.put('/w/a', 'hours of later work')
    const intent = intentOf('01', [unknown('/w/a', 'old')])
    const { workspace } = await recovery()
    const seen = await observe(workspace, intent, [], hasher)
    expect(rollBackWay(intent, seen)).toEqual({
      changes: [],
      left: [{ path: '/w/a', reason: 'what the edit made of it is not known: it is not UTF-8' }],
    })
    // Unless the user names it: then it is theirs to say, and what stands there is recorded first.
    expect(rollBackWay(intent, seen, { named: new Set(['/w/a']) }).changes).toHaveLength(1)
  })

  it('goes through several edits of one file from the newest to the oldest', async () => {
    machine.platter.put('/w/a', 'three')
    await dead([
      intentOf('01', [replaced('/w/a', 'one', 'two')]),
      intentOf('02', [replaced('/w/a', 'two', 'three')]),
    ])
    const { recovery: started, workspace, end } = await recovery()
    for (const kase of started.inOrder(true)) await started.decide(kase, workspace, 'roll-back')
    await end()
    expect(tree()).toEqual({ a: 'one' })
  })
})

describe('a moved file', () => {
  it('is not removed where it was when it cannot be written where it goes', async () => {
    machine.platter.put('/w/x', 'precious')
    await dead([intentOf('01', moved('/w/x', '/w/y', 'precious'))])
    const { recovery: started, workspace, end } = await recovery()
    const disk = machine.run().disk
    const failing = Object.assign(Object.create(workspace) as DiskWorkspace, {
      look: (path: string) => workspace.look(path),
      settleFolders: async () => {},
      place: async (changes: readonly Change[], nameOf: (path: string) => string) => {
        if (changes[0]?.path !== '/w/y') return workspace.place(changes, nameOf)
        const problem = new DiskError('write', '/w/y', Object.assign(new Error(), { code: 'ENOSPC' }))
        return [{ where: 'left', problem }]
      },
    })
    const result = await started.deal(started.cases[0]!, failing, 'auto')
    await end()
    expect(result).toMatchObject({ report: { written: [], left: [{ path: '/w/y' }, { path: '/w/x' }] } })
    expect(tree()).toEqual({ x: 'precious' })
    expect((await liveSessions({ ...machine.run(), disk }, root)).length).toBeGreaterThan(0)
  })
})

describe('a moved file whose name changes its case alone', () => {
  it.each([
    ['forward', 'finish', 'text', undefined, '/w/a.ts', '/w/A.ts'],
    ['back', 'roll-back', undefined, 'text', '/w/A.ts', '/w/a.ts'],
  ] as const)(
    'is removed %s with a word on the name by which it is to stay',
    async (_way, purpose, here, there, gone, stays) => {
      if (here !== undefined) machine.platter.put('/w/a.ts', here)
      if (there !== undefined) machine.platter.put('/w/A.ts', there)
      await dead([intentOf('01', moved('/w/a.ts', '/w/A.ts', 'text'))])
      const { recovery: started, workspace, end } = await recovery()
      const placed: (string | undefined)[][] = []
      const watched = Object.assign(Object.create(workspace) as DiskWorkspace, {
        look: (path: string) => workspace.look(path),
        settleFolders: async () => {},
        place: async (changes: readonly Change[], nameOf: (path: string) => string) => {
          placed.push(...changes.map(({ path, respelt }) => [path, respelt]))
          return workspace.place(changes, nameOf)
        },
      })
      await started.decide(started.cases[0]!, watched, purpose)
      await end()
      expect(placed).toEqual([
        [stays, undefined],
        [gone, stays],
      ])
      expect(tree()).toEqual({ [stays.slice(3)]: 'text' })
    },
  )
})

describe('a file that was being written in place', () => {
  it('is finished, wherever the writing was cut short', async () => {
    const [before, after] = ['foo one foo two foo three', 'te one te two te three']
    for (let written = 1; written < after.length; written++) {
      machine = new Machine(hasher)
      machine.platter.put('/w/a', after.slice(0, written) + before.slice(written))
      const of = intentOf('01', [replaced('/w/a', before, after)])
      await dead([of, { ...of, id: '02', about: { ...about, purpose: 'finish', of: '01' } }])
      const { recovery: started, workspace, end } = await recovery()
      for (const kase of started.cases) await started.deal(kase, workspace, 'auto')
      await end()
      expect(tree(), `cut after ${written} bytes`).toEqual({ a: after })
    }
  })
})

describe('a file that can neither be written in place nor get its bytes back', () => {
  it('is finished by the next start, and called half written until then', async () => {
    machine.platter.attributes = () => undefined
    machine.platter.put('/w/a', 'the old text')
    await dead([intentOf('01', [replaced('/w/a', 'the old text', 'the new one')])])
    const program = machine.run()
    let isFull = false
    program.disk.plan = ({ name, path }) => {
      if (path !== '/w/a') return undefined
      if (name === 'open' && isFull) return error('EIO')
      isFull ||= name === 'write'
      return name === 'write' ? short('ENOSPC') : undefined
    }
    const first = await recovery(program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({
      report: { written: [], left: [{ path: '/w/a', reason: '/w/a is half written' }] },
    })
    await first.end()
    machine.kill(program)
    expect(tree()).toEqual({ a: 'the nld text' })

    const second = await recovery()
    for (const kase of second.recovery.cases) await second.recovery.deal(kase, second.workspace, 'auto')
    await second.end()
    expect(tree()).toEqual({ a: 'the new one' })
    expect((await recovery()).recovery.cases).toEqual([])
  })
})

describe('a file that could not be written in place, and got its bytes back', () => {
  const failing = async () => {
    machine.platter.attributes = () => undefined
    machine.platter.put('/w/a', 'old')
    await recorded([recordable(machine, intentOf('01', [replaced('/w/a', 'old', 'new')]))])
    const program = machine.run()
    program.disk.plan = onNth('write', '/w/a', 1, short('ENOSPC'))
    const first = await recovery(program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({ report: { written: [], left: [{ path: '/w/a' }] } })
    await first.end()
    machine.kill(program)
    expect(tree()).toEqual({ a: 'old' })
  }

  const nextAsks = async () => {
    const next = await recovery()
    const [kase] = next.recovery.cases
    expect(await next.recovery.deal(kase!, next.workspace, 'auto')).toMatchObject({
      kind: 'waiting',
      plan: { kind: 'ask' },
    })
    await next.end()
  }

  it('is finished by the next start, which knows its own hand', async () => {
    await failing()
    const second = await recovery()
    const [kase] = second.recovery.cases
    expect(await second.recovery.deal(kase!, second.workspace, 'auto')).toMatchObject({
      kind: 'done',
      report: { written: ['/w/a'] },
    })
    await second.end()
    expect(tree()).toEqual({ a: 'new' })
    expect((await recovery()).recovery.cases).toEqual([])
  })

  it('is asked about where somebody has put the same bytes back since', async () => {
    await failing()
    machine.platter.put('/w/a', 'old')
    // The disk's times are long before those of the machine's clock.
    machine.platter.find('/w/a').mtimeNs = BigInt(machine.clock) * 1_000_000n
    await nextAsks()
    expect(tree()).toEqual({ a: 'old' })
  })

  it('is left alone where somebody has written something else there since', async () => {
    await failing()
    machine.platter.put('/w/a', 'mine')
    await nextAsks()
    expect(tree()).toEqual({ a: 'mine' })
  })
})

/** The second of the files that are renamed into place is not. */
function secondRename(): FaultPlan {
  let renames = 0
  return ({ name, path }) =>
    name === 'rename' && path.startsWith('/w/.lsp-wal-') && ++renames === 2 ? error('EIO') : undefined
}

/** Files are renamed into place, and their folder cannot be synced then. */
function syncAfterRename(): FaultPlan {
  let isRenamed = false
  return ({ name, path }) => {
    isRenamed ||= name === 'rename' && path.startsWith('/w/.lsp-wal-')
    return isRenamed && name === 'syncFolder' && path === '/w' ? error('EIO') : undefined
  }
}

describe('a roll back that an error stopped', () => {
  const paths = ['/w/a', '/w/b', '/w/c', '/w/d']

  /** Of four files three have landed. */
  const torn = async () => {
    for (const path of paths) machine.platter.put(path, 'old')
    const edit = intentOf(
      '01',
      paths.map((path) => replaced(path, 'old', 'new')),
    )
    await recorded([recordable(machine, edit)])
    for (const path of paths.slice(0, 3)) machine.platter.put(path, 'new')
  }

  const stopped = async (plan = secondRename()) => {
    await torn()
    const program = machine.run()
    program.disk.plan = plan
    const first = await recovery(program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'rollback')
    await first.end()
    machine.kill(program)
    return result
  }

  const next = async () => {
    const { recovery: started, workspace, end } = await recovery()
    const result = await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    return result
  }

  it('goes on at the next start, as one does that was cut short', async () => {
    expect(await stopped()).toMatchObject({ report: { written: ['/w/a', '/w/c'], left: [{ path: '/w/b' }] } })
    expect(tree()).toEqual({ a: 'old', b: 'new', c: 'old', d: 'old' })
    expect(await next()).toMatchObject({ kind: 'done', report: { purpose: 'roll-back', written: ['/w/b'] } })
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
    expect((await recovery()).recovery.cases).toEqual([])
  })

  it('goes on, too, where what was written could not be made durable', async () => {
    const result = await stopped(syncAfterRename())
    expect(result).toMatchObject({ report: { written: [], left: [{}, {}, {}] } })
    expect(await next()).toMatchObject({ kind: 'done' })
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
  })

  it('goes on when the same session is asked again', async () => {
    await torn()
    const program = machine.run()
    program.disk.plan = secondRename()
    const { recovery: started, workspace, end } = await recovery(program)
    await started.deal(started.cases[0]!, workspace, 'rollback')
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
  })

  it('is asked about where somebody has written the same there since', async () => {
    await stopped()
    machine.platter.put('/w/a', 'old')
    // The disk's times are long before those of the machine's clock.
    machine.platter.find('/w/a').mtimeNs = BigInt(machine.clock) * 1_000_000n
    expect(await next()).toMatchObject({ plan: { kind: 'ask', reason: '/w/a was written again since' } })
    expect(tree()).toEqual({ a: 'old', b: 'new', c: 'old', d: 'old' })
  })

  it('is asked about where somebody has brought the edit back in a file', async () => {
    await stopped()
    machine.platter.put('/w/a', 'new')
    expect(await next()).toMatchObject({ kind: 'waiting', plan: { kind: 'ask' } })
    expect(tree()).toEqual({ a: 'new', b: 'new', c: 'old', d: 'old' })
  })

  it('does not take away what the edit, made anew, has brought to a file that it had not reached', async () => {
    await stopped()
    machine.platter.put('/w/d', 'new')
    expect(await next()).toMatchObject({ kind: 'waiting', plan: { kind: 'ask' } })
    expect(tree()).toEqual({ a: 'old', b: 'new', c: 'old', d: 'new' })
  })
})

describe('an undo that was cut short, whose recovery an error stopped', () => {
  it('is not worked against: what it takes back is not finished meanwhile, and the next start goes on with it', async () => {
    for (const path of ['/w/a', '/w/b', '/w/c']) machine.platter.put(path, 'old')
    const [a, b, c] = ['/w/a', '/w/b', '/w/c'].map((path) => replaced(path, 'old', 'new'))
    await recorded([recordable(machine, intentOf('01', [a!, b!, c!]))])
    for (const path of ['/w/a', '/w/b']) machine.platter.put(path, 'new')
    const undo = intentOf('02', [replaced('/w/a', 'new', 'old'), replaced('/w/b', 'new', 'old')], {
      about: { ...about, purpose: 'undo', of: '01' },
    })
    await recorded([recordable(machine, undo)])
    const program = machine.run()
    program.disk.plan = secondRename()
    const first = await recovery(program)
    for (const kase of first.recovery.cases) await first.recovery.deal(kase, first.workspace, 'auto')
    await first.end()
    machine.kill(program)
    expect(tree()).toEqual({ a: 'old', b: 'new', c: 'old' })
    const second = await recovery()
    for (const kase of second.recovery.cases)
      expect(await second.recovery.deal(kase, second.workspace, 'auto')).toMatchObject({ kind: 'done' })
    await second.end()
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'old' })
    expect((await recovery()).recovery.cases).toEqual([])
  })
})

describe('an edit that was finished, and not made durable for an error', () => {
  it('is no reason to ask about the one on top of it', async () => {
    machine.platter.put('/w/a', '0')
    const onTop = intentOf('02', [replaced('/w/a', '1', '2')])
    await recorded([
      recordable(machine, intentOf('01', [replaced('/w/a', '0', '1')])),
      recordable(machine, onTop),
    ])
    const program = machine.run()
    program.disk.plan = syncAfterRename()
    const first = await recovery(program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({ report: { left: [{ path: '/w/a' }] } })
    await first.end()
    machine.kill(program)
    expect(tree()).toEqual({ a: '1' })
    const second = await recovery()
    for (const kase of second.recovery.cases)
      expect(await second.recovery.deal(kase, second.workspace, 'auto')).toMatchObject({ kind: 'done' })
    await second.end()
    expect(tree()).toEqual({ a: '2' })
  })
})

describe('what the user has decided', () => {
  const torn = () => intentOf('01', [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')])

  it('is not done again behind their back: a path undone in its buffer is asked about', async () => {
    machine.platter.put('/w/a', 'new')
    machine.platter.put('/w/b', 'old')
    await dead([torn()], [{ id: '01', at, event: 'applied', paths: { '/w/b': 'undone' } }])
    const { recovery: started, workspace, end } = await recovery()
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({
      kind: 'waiting',
      plan: { kind: 'ask', reason: '/w/b was undone, or closed unsaved' },
    })
    await end()
    expect(tree()).toEqual({ a: 'new', b: 'old' })
  })

  it('is offered and not done where the editor was asked, and the session ended before it had answered', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'old')
    await dead([torn()], [{ id: '01', at, event: 'forwarded', reason: 'not answered by the editor' }])
    const { recovery: started, workspace, end } = await recovery()
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({
      plan: { kind: 'offer' },
    })
    await end()
    expect(tree()).toEqual({ a: 'old', b: 'old' })
  })

  it('is final: finished but for a file that was changed since, it is never asked about again', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'mine')
    await dead([torn()])
    const first = await recovery()
    const result = await first.recovery.decide(first.recovery.cases[0]!, first.workspace, 'finish')
    expect(result).toMatchObject({ report: { written: ['/w/a'], left: [{ path: '/w/b' }] } })
    await first.end()
    expect(tree()).toEqual({ a: 'new', b: 'mine' })
    const second = await recovery()
    expect(second.recovery.cases).toEqual([])
    await second.end()
  })
})

describe('a later edit of the same file', () => {
  it('that has landed and is settled does not make the earlier one a drift', async () => {
    machine.platter.put('/w/a', 'newest')
    machine.platter.put('/w/b', 'old')
    const first = intentOf('01', [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')])
    await dead(
      [first, intentOf('02', [replaced('/w/a', 'new', 'newest')])],
      [{ id: '02', at, event: 'landed' }],
    )
    const { recovery: started, workspace, end } = await recovery()
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree()).toEqual({ a: 'newest', b: 'new' })
  })
})

describe('a roll back that was cut short', () => {
  it('goes on when it is asked for again, and is never rolled back itself', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'new')
    machine.platter.put('/w/c', 'old')
    const paths = ['/w/a', '/w/b', '/w/c']
    await dead([
      intentOf(
        '01',
        paths.map((path) => replaced(path, 'old', 'new')),
      ),
      intentOf('02', [replaced('/w/a', 'new', 'old'), replaced('/w/b', 'new', 'old')], {
        about: { ...about, purpose: 'roll-back', of: '01' },
      }),
    ])
    const name = `.lsp-wal-${hasher.hash(Buffer.from('02:/w/b'))}`
    machine.platter.put(`/w/${name}`, 'ol')
    const { recovery: started, workspace, end } = await recovery()
    const [carrier, root] = started.inOrder(true)
    expect([carrier?.intent.id, root?.intent.id]).toEqual(['02', '01'])
    await started.deal(carrier!, workspace, 'replay')
    // With it the edit is settled, and its temporary file is gone.
    expect(started.isSettled(root!)).toBe(true)
    await end()
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'old' })
  })
})

describe('what other sessions have recorded', () => {
  /** A session that recorded these, saw them land, and ended in order. */
  async function ended(...intents: Intent[]): Promise<void> {
    const program = machine.run()
    const session = new Session(program, root, start, fail)
    for (const intent of intents) {
      await session.append({ ...intent, facts: new Map() })
      session.note({ id: intent.id, at, event: 'landed' })
    }
    await session.end()
    machine.kill(program)
  }

  it('counts: a file that a later edit deleted is not made again', async () => {
    machine.platter.put('/w/a', 'new')
    await dead([intentOf('01', [replaced('/w/a', 'old', 'new'), created('/w/c', 'made')])])
    await ended(intentOf('02', [deleted('/w/c', 'made')]))
    const { recovery: started, workspace, end } = await recovery()
    await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    expect(tree()).toEqual({ a: 'new' })
  })

  it('counts: an edit that was undone as a whole is settled, and not asked about', async () => {
    machine.platter.put('/w/a', 'old')
    await dead([intentOf('01', [replaced('/w/a', 'old', 'new'), created('/w/c', 'made')])])
    const undo = [replaced('/w/a', 'new', 'old'), deleted('/w/c', 'made')]
    await ended(intentOf('02', undo, { about: { ...about, purpose: 'undo', of: '01' } }))
    const { recovery: started, workspace, end } = await recovery()
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree()).toEqual({ a: 'old' })
    expect((await recovery()).recovery.cases).toEqual([])
  })

  it('is no harm where it goes in circles', async () => {
    machine.platter.put('/w/a', 'old')
    const on = (id: string, of: string) =>
      intentOf(id, [replaced('/w/a', 'old', 'new')], { about: { ...about, purpose: 'finish', of } })
    await dead([on('01', '03')])
    await ended(on('02', '03'), on('03', '02'), on('04', '04'))
    const { recovery: started, end } = await recovery()
    expect(['02', '03']).toContain(started.rootOf(started.cases[0]!.intent))
    await end()
  })

  it('counts as it stands now: an undo that was undone in turn is none', async () => {
    machine.platter.put('/w/a', 'old')
    await dead([intentOf('01', [replaced('/w/a', 'old', 'new')])])
    await ended(
      intentOf('02', [replaced('/w/a', 'new', 'old')], { about: { ...about, purpose: 'undo', of: '01' } }),
      intentOf('03', [replaced('/w/a', 'old', 'new')], { about: { ...about, purpose: 'undo', of: '02' } }),
    )
    const { recovery: started, end } = await recovery()
    expect(started.cases.map((kase) => started.isSettled(kase))).toEqual([false])
    await end()
  })
})

describe('a session that is removed while its edit is undone', () => {
  it('takes nothing with it: the undo goes on from its own log', async () => {
    machine.platter.put('/w/a', 'new')
    machine.platter.put('/w/b', 'new')
    const program = machine.run()
    const session = new Session(program, root, start, fail)
    const edited = ['/w/a', '/w/b'].map((path) => replaced(path, 'old', 'new'))
    await session.append({ ...intentOf('01', [...edited, deleted('/w/c', 'gone')]), facts: new Map() })
    session.note({ id: '01', at, event: 'landed' })
    await session.end()
    const own = new Session(program, root, start, fail)
    const workspace = new DiskWorkspace(program.disk, ['/w'])
    const found: Intent[] = []
    for await (const item of replay(program, `${root.history}/${session.id}`))
      if (item.kind === 'intent') found.push(item.intent)
    const intent = found[0]!
    const way = rollBackWay(intent, await observe(workspace, intent, [], hasher))
    const place = workspace.place.bind(workspace)
    workspace.place = (changes, nameOf) => {
      machine.platter.takeAway(`${root.history}/${session.id}`)
      return place(changes, nameOf)
    }
    expect((await carryOut(program, own, workspace, intent, 'undo', way)).left).toEqual([])
    await own.end()
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'gone' })
  })
})

describe('a file that is to be removed', () => {
  it('stays as long as the editor has yet to show the change of another', async () => {
    machine.platter.put('/w/a', 'new')
    machine.platter.put('/w/b', 'made')
    const program = machine.run()
    const session = new Session(program, root, start, fail)
    const workspace = new DiskWorkspace(program.disk, ['/w'])
    const intent = intentOf('01', [replaced('/w/a', 'old', 'new'), created('/w/b', 'made')])
    const way = rollBackWay(intent, await observe(workspace, intent, [], hasher))
    workspace.place = (changes) => Promise.resolve(changes.map(() => ({ where: 'buffer', unseen: true })))
    const report = await carryOut(program, session, workspace, intent, 'undo', way)
    await session.end()
    expect(report).toMatchObject({
      buffered: ['/w/a'],
      unseen: ['/w/a'],
      left: [{ path: '/w/b', reason: 'not removed, since the editor has yet to show another change' }],
    })
    expect(tree()).toEqual({ a: 'new', b: 'made' })
  })
})

describe('a workspace that is gone', () => {
  it('is not made again: it may be on a drive that is not there just now', async () => {
    await dead([intentOf('01', [created('/w/c', 'made')])])
    machine.platter.takeAway('/w')
    const { recovery: started, workspace, end } = await recovery()
    const result = await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    expect(result).toMatchObject({ report: { written: [], left: [{ reason: '/w is not there' }] } })
  })
})

describe('a created file', () => {
  it('that the user has written since is not removed', async () => {
    machine.platter.put('/w/c', 'my own text')
    const intent = intentOf('01', [created('/w/c', 'theirs')])
    const { workspace } = await recovery()
    expect(rollBackWay(intent, await observe(workspace, intent, [], hasher)).changes).toEqual([])
  })
})
