import { beforeEach, describe, expect, it } from 'vitest'
import { DiskError } from '../../server/disk/disk.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions } from '../../server/journal/session-folder.ts'
import { carryOut } from '../../server/recovery/carry-out.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { observe } from '../../server/recovery/observe.ts'
import { rollBackWay } from '../../server/recovery/ways.ts'
import type { Change, Pairs } from '../../server/recovery/workspace.ts'
import { Machine } from '../disk/machine.ts'
import { about, created, deleted, intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'
import { dead, fail, recovery, root, start, tree } from './dead-sessions.ts'

/** What must never be taken from a user, one way of losing it a test. */

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/w')
})

const at = about.at

describe('going back', () => {
  it('leaves a file alone of which it is not known what the edit made', async () => {
    machine.platter.put('/w/a', 'hours of later work')
    const intent = intentOf('01', [unknown('/w/a', 'old')])
    const { workspace } = await recovery(machine)
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
    await dead(machine, [
      intentOf('01', [replaced('/w/a', 'one', 'two')]),
      intentOf('02', [replaced('/w/a', 'two', 'three')]),
    ])
    const { recovery: started, workspace, end } = await recovery(machine)
    for (const kase of started.inOrder(true)) await started.decide(kase, workspace, 'roll-back')
    await end()
    expect(tree(machine)).toEqual({ a: 'one' })
  })
})

describe('a moved file', () => {
  it('is not removed where it was when it cannot be written where it goes', async () => {
    machine.platter.put('/w/x', 'precious')
    await dead(machine, [intentOf('01', moved('/w/x', '/w/y', 'precious'))])
    const { recovery: started, workspace, end } = await recovery(machine)
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
    expect(tree(machine)).toEqual({ x: 'precious' })
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
      await dead(machine, [intentOf('01', moved('/w/a.ts', '/w/A.ts', 'text'))])
      const { recovery: started, workspace, end } = await recovery(machine)
      const placed: (string | undefined)[][] = []
      const watched = Object.assign(Object.create(workspace) as DiskWorkspace, {
        look: (path: string) => workspace.look(path),
        spellings: (pairs: Pairs) => workspace.spellings(pairs),
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
      expect(tree(machine)).toEqual({ [stays.slice(3)]: 'text' })
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
      await dead(machine, [of, { ...of, id: '02', about: { ...about, purpose: 'finish', of: '01' } }])
      const { recovery: started, workspace, end } = await recovery(machine)
      for (const kase of started.cases) await started.deal(kase, workspace, 'auto')
      await end()
      expect(tree(machine), `cut after ${written} bytes`).toEqual({ a: after })
    }
  })
})

describe('what the user has decided', () => {
  const torn = () => intentOf('01', [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')])

  it('is not done again behind their back: a path undone in its buffer is asked about', async () => {
    machine.platter.put('/w/a', 'new')
    machine.platter.put('/w/b', 'old')
    await dead(machine, [torn()], [{ id: '01', at, event: 'applied', paths: { '/w/b': 'undone' } }])
    const { recovery: started, workspace, end } = await recovery(machine)
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({
      kind: 'waiting',
      plan: { kind: 'ask', reason: '/w/b was undone, or closed unsaved' },
    })
    await end()
    expect(tree(machine)).toEqual({ a: 'new', b: 'old' })
  })

  it('is offered and not done where the editor was asked, and the session ended before it had answered', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'old')
    await dead(
      machine,
      [torn()],
      [{ id: '01', at, event: 'forwarded', reason: 'not answered by the editor' }],
    )
    const { recovery: started, workspace, end } = await recovery(machine)
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({
      plan: { kind: 'offer' },
    })
    await end()
    expect(tree(machine)).toEqual({ a: 'old', b: 'old' })
  })

  it('is final: finished but for a file that was changed since, it is never asked about again', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'mine')
    await dead(machine, [torn()])
    const first = await recovery(machine)
    const result = await first.recovery.decide(first.recovery.cases[0]!, first.workspace, 'finish')
    expect(result).toMatchObject({ report: { written: ['/w/a'], left: [{ path: '/w/b' }] } })
    await first.end()
    expect(tree(machine)).toEqual({ a: 'new', b: 'mine' })
    const second = await recovery(machine)
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
      machine,
      [first, intentOf('02', [replaced('/w/a', 'new', 'newest')])],
      [{ id: '02', at, event: 'landed' }],
    )
    const { recovery: started, workspace, end } = await recovery(machine)
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree(machine)).toEqual({ a: 'newest', b: 'new' })
  })
})

describe('a roll back that was cut short', () => {
  it('goes on when it is asked for again, and is never rolled back itself', async () => {
    machine.platter.put('/w/a', 'old')
    machine.platter.put('/w/b', 'new')
    machine.platter.put('/w/c', 'old')
    const paths = ['/w/a', '/w/b', '/w/c']
    await dead(machine, [
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
    const { recovery: started, workspace, end } = await recovery(machine)
    const [carrier, root] = started.inOrder(true)
    expect([carrier?.intent.id, root?.intent.id]).toEqual(['02', '01'])
    await started.deal(carrier!, workspace, 'replay')
    // With it the edit is settled, and its temporary file is gone.
    expect(started.isSettled(root!)).toBe(true)
    await end()
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'old' })
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
    await dead(machine, [intentOf('01', [replaced('/w/a', 'old', 'new'), created('/w/c', 'made')])])
    await ended(intentOf('02', [deleted('/w/c', 'made')]))
    const { recovery: started, workspace, end } = await recovery(machine)
    await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    expect(tree(machine)).toEqual({ a: 'new' })
  })

  it('counts: an edit that was undone as a whole is settled, and not asked about', async () => {
    machine.platter.put('/w/a', 'old')
    await dead(machine, [intentOf('01', [replaced('/w/a', 'old', 'new'), created('/w/c', 'made')])])
    const undo = [replaced('/w/a', 'new', 'old'), deleted('/w/c', 'made')]
    await ended(intentOf('02', undo, { about: { ...about, purpose: 'undo', of: '01' } }))
    const { recovery: started, workspace, end } = await recovery(machine)
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree(machine)).toEqual({ a: 'old' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })

  it('is no harm where it goes in circles', async () => {
    machine.platter.put('/w/a', 'old')
    const on = (id: string, of: string) =>
      intentOf(id, [replaced('/w/a', 'old', 'new')], { about: { ...about, purpose: 'finish', of } })
    await dead(machine, [on('01', '03')])
    await ended(on('02', '03'), on('03', '02'), on('04', '04'))
    const { recovery: started, end } = await recovery(machine)
    expect(['02', '03']).toContain(started.rootOf(started.cases[0]!.intent))
    await end()
  })

  it('counts as it stands now: an undo that was undone in turn is none', async () => {
    machine.platter.put('/w/a', 'old')
    await dead(machine, [intentOf('01', [replaced('/w/a', 'old', 'new')])])
    await ended(
      intentOf('02', [replaced('/w/a', 'new', 'old')], { about: { ...about, purpose: 'undo', of: '01' } }),
      intentOf('03', [replaced('/w/a', 'old', 'new')], { about: { ...about, purpose: 'undo', of: '02' } }),
    )
    const { recovery: started, end } = await recovery(machine)
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
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'gone' })
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
    expect(tree(machine)).toEqual({ a: 'new', b: 'made' })
  })
})

describe('a workspace that is gone', () => {
  it('is not made again: it may be on a drive that is not there just now', async () => {
    await dead(machine, [intentOf('01', [created('/w/c', 'made')])])
    machine.platter.takeAway('/w')
    const { recovery: started, workspace, end } = await recovery(machine)
    const result = await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    expect(result).toMatchObject({ report: { written: [], left: [{ reason: '/w is not there' }] } })
  })
})

describe('a created file', () => {
  it('that the user has written since is not removed', async () => {
    machine.platter.put('/w/c', 'my own text')
    const intent = intentOf('01', [created('/w/c', 'theirs')])
    const { workspace } = await recovery(machine)
    expect(rollBackWay(intent, await observe(workspace, intent, [], hasher)).changes).toEqual([])
  })
})
