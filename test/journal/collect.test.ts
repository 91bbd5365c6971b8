import { describe, expect, it } from 'vitest'
import { type Collected, collect } from '../../server/journal/collect.ts'
import { type Limits, planRetention, type Retention, untilDone } from '../../server/journal/retention.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import type { EditorInfo } from '../../server/journal/session-folder.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { Died, die, error, once } from '../disk/memory-disk.ts'
import type { Node } from '../disk/platter.ts'
import { edit, edited, intentOf } from './intents.ts'
import { hasher } from './logs.ts'

const root = rootAt('/j')
const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const EDITOR: EditorInfo = { name: 'Neovim', version: '0.11', pid: null, start: null }
const NONE = Number.POSITIVE_INFINITY

/** A session that has ended with its only edit settled. */
async function settled(machine: Machine, id: string, editor: EditorInfo | null = EDITOR): Promise<string> {
  const program = machine.run()
  const session = new Session(program, root, { folders: ['/w'], server: ['server'], editor }, fail)
  await session.append(intentOf(id, [edited('/w/a', 'let total\n', edit(4, 9, 'sum'))]))
  session.note({ id, at: '2026-01-01T00:00:00.000Z', event: 'landed' })
  await session.end()
  machine.kill(program)
  machine.clock += 1000
  return session.id
}

/** One that died with its edit pending. */
async function pending(machine: Machine, id: string): Promise<string> {
  const program = machine.run()
  const start = { folders: ['/w'], server: ['server'], editor: EDITOR }
  const session = new Session(program, root, start, fail)
  await session.append(intentOf(id, [edited('/w/a', 'let total\n', edit(4, 9, 'sum'))]))
  machine.kill(program)
  machine.clock += 1000
  return session.id
}

function fail(problem: unknown): never {
  throw problem
}

/** The folder's files were last written so long ago. */
function age(machine: Machine, path: string, ms: number): void {
  const date = (node: Node): void => {
    node.mtimeNs = BigInt(machine.clock - ms) * 1_000_000n
    if (node.kind === 'file') node.sync()
    if (node.kind === 'folder') for (const inner of node.entries.values()) date(inner)
  }
  date(machine.platter.find(path))
}

async function gc(program: Program, limits: Partial<Limits>): Promise<Retention & Collected> {
  const retention = await planRetention(program, root, { keepMs: NONE, maxBytes: NONE, ...limits }, untilDone)
  return { ...retention, ...(await collect(program, root, retention, untilDone)) }
}

const names = (machine: Machine, folder: string): string[] => {
  const node = machine.platter.find(folder)
  return node.kind === 'folder' ? [...node.entries.keys()].sort() : []
}

/** Four settled sessions, the first one ten days old, then eight, six and four; and one that is pending. */
async function history(): Promise<{ machine: Machine; ids: string[]; waiting: string }> {
  const machine = new Machine(hasher)
  const waiting = await pending(machine, 'ff')
  const ids: string[] = []
  for (const [i, days] of [10, 8, 6, 4].entries()) {
    const id = await settled(machine, `0${i}`)
    age(machine, `/j/history/${id}`, days * DAY_MS)
    ids.push(id)
  }
  age(machine, `/j/live/${waiting}`, 100 * DAY_MS)
  return { machine, ids, waiting }
}

describe('the history', () => {
  it('loses the sessions that were last written longer ago than it is kept', async () => {
    const { machine, ids, waiting } = await history()
    const { removed, kept, failed, spared } = await gc(machine.run(), { keepMs: 7 * DAY_MS })
    expect(removed.map(({ session, because }) => [session, because])).toEqual([
      [ids[0], 'age'],
      [ids[1], 'age'],
    ])
    expect([kept.sessions, failed, spared]).toEqual([2, [], []])
    expect(names(machine, '/j/history')).toEqual(ids.slice(2))
    expect(names(machine, '/j/live')).toEqual([waiting])
  })

  it('loses the oldest ones until the rest is small enough', async () => {
    const { machine, ids } = await history()
    const [one] = (await planRetention(machine.run(), root, { keepMs: 0, maxBytes: NONE }, untilDone)).due
    const { removed, kept } = await gc(machine.run(), { maxBytes: 3 * one!.bytes })
    expect(removed.map(({ session, because }) => [session, because])).toEqual([[ids[0], 'size']])
    expect(kept).toEqual({ sessions: 3, bytes: 3 * one!.bytes })
    await gc(machine.run(), { maxBytes: 3 * one!.bytes - 1 })
    expect(names(machine, '/j/history')).toEqual(ids.slice(2))
  })

  it.each([{ keepMs: 0 }, { maxBytes: 0 }])('is emptied by %o, and what is pending stays', async (limits) => {
    const { machine, waiting } = await history()
    await gc(machine.run(), limits)
    expect(names(machine, '/j/history')).toEqual([])
    expect(Object.keys(machine.platter.tree('/j/live')).sort()).toEqual(
      ['claimed', 'session.json', 'socket', 'wal.log'].map((name) => `${waiting}/${name}`).sort(),
    )
  })

  it('is kept as it is without limits, and where there is none', async () => {
    const { machine, ids } = await history()
    expect((await gc(machine.run(), {})).removed).toEqual([])
    expect(names(machine, '/j/history')).toEqual(ids)
    const empty = new Machine(hasher)
    expect((await gc(empty.run(), { keepMs: 0 })).removed).toEqual([])
    expect(empty.platter.tree('/')).toEqual({ tmp: '/' })
  })

  it('keeps a session by when it was last written, not by when it began', async () => {
    const { machine, ids } = await history()
    age(machine, `/j/history/${ids[0]}/outcomes.log`, DAY_MS)
    await gc(machine.run(), { keepMs: 7 * DAY_MS })
    expect(names(machine, '/j/history')).toEqual([ids[0], ids[2], ids[3]])
  })

  it('keeps an undo that may tell what became of an older session’s pending edit', async () => {
    const machine = new Machine(hasher)
    const before = await settled(machine, '01', null)
    const waiting = await pending(machine, '02')
    const undo = await settled(machine, '03', null)
    const { spared } = await gc(machine.run(), { keepMs: 0 })
    expect(spared).toEqual([
      { path: `/j/history/${undo}`, reason: 'it may have undone what is pending in an older session' },
    ])
    expect(names(machine, '/j/history')).toEqual([undo])
    expect(before < waiting).toBe(true)
    machine.platter.rename(`/j/live/${waiting}`, `/j/history/${waiting}`)
    await gc(machine.run(), { keepMs: 0 })
    expect(names(machine, '/j/history')).toEqual([])
  })

  it('leaves what is no session, and sessions that hold what is not theirs', async () => {
    const { machine, ids, waiting } = await history()
    machine.platter.put('/j/history/notes.txt', 'mine')
    machine.platter.putFolder('/j/history/backup')
    machine.platter.putLink('/j/history/20250101T000000Z-00000001', '/w')
    machine.platter.put('/w/wal.log', 'mine')
    machine.platter.put(`/j/history/${ids[0]}/todo`, 'mine')
    machine.platter.takeAway(`/j/history/${ids[1]}/outcomes.log`)
    machine.platter.putLink(`/j/history/${ids[1]}/outcomes.log`, '/w/wal.log')
    machine.platter.putFolder(`/j/history/${ids[2]}/claimed`)
    machine.platter.rename(`/j/live/${waiting}`, `/j/history/${ids[2]}/claimed/${waiting}`)
    const { spared, removed } = await gc(machine.run(), { keepMs: 0 })
    expect(spared.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      '/j/history/20250101T000000Z-00000001: it is no session',
      `/j/history/${ids[0]}: it holds todo, which is no part of a session`,
      `/j/history/${ids[1]}: it holds outcomes.log, which is no part of a session`,
      `/j/history/${ids[2]}: it holds sessions that it has taken over`,
      '/j/history/backup: it is no session',
      '/j/history/notes.txt: it is no session',
    ])
    expect(removed.map(({ session }) => session)).toEqual([ids[3]])
    expect(machine.platter.tree('/w')).toEqual({ 'wal.log': 'mine' })
  })

  it('is left where somebody else may write to it', async () => {
    const { machine, ids } = await history()
    machine.platter.find(`/j/history/${ids[0]}`).mode = 0o777
    const { spared } = await gc(machine.run(), { keepMs: 0 })
    expect(spared[0]!.reason).toContain('may be written by others')
    expect(names(machine, '/j/history')).toEqual([ids[0]])
    machine.platter.find('/j/history').mode = 0o777
    await expect(gc(machine.run(), { keepMs: 0 })).rejects.toThrow('may be written by others')
  })

  it('loses the others where one cannot be removed, which is said', async () => {
    const { machine, ids } = await history()
    const program = machine.run()
    program.disk.plan = ({ name, path }) =>
      name === 'rename' && path.endsWith(ids[1]!) ? error('EACCES') : undefined
    const { failed } = await gc(program, { keepMs: 0 })
    expect(failed).toEqual([
      { path: `/j/history/${ids[1]}`, reason: `cannot rename /j/history/${ids[1]}: EACCES` },
    ])
    expect(names(machine, '/j/history')).toEqual([ids[1]])
  })
})

describe('a leftover under live/', () => {
  const hidden = '/j/live/.20260101T000000Z-00000001-ab12'

  /** A session whose maker died at the nth operation while it made its folder. */
  async function halfMade(n: number): Promise<{ machine: Machine; path: string | undefined }> {
    const machine = new Machine(hasher)
    await settled(machine, '01')
    const program = machine.run()
    program.disk.plan = once(n, die('half'))
    const session = new Session(
      program,
      root,
      { folders: ['/w'], server: ['server'], editor: EDITOR },
      () => {},
    )
    await session.append(intentOf('02', [edited('/w/a', 'a', edit(0, 1, 'b'))])).catch(() => {})
    machine.kill(program)
    const [name] = names(machine, '/j/live').filter((each) => each.startsWith('.'))
    return { machine, path: name && `/j/live/${name}` }
  }

  it('goes once it is old and its maker dead, wherever that stopped', async () => {
    let met = 0
    for (let n = 1; n < 40; n++) {
      const { machine, path } = await halfMade(n)
      if (path === undefined) continue
      met++
      age(machine, path, DAY_MS - 1000)
      expect((await gc(machine.run(), {})).swept).toEqual([])
      age(machine, path, DAY_MS)
      expect((await gc(machine.run(), {})).swept).toEqual([path])
      expect(names(machine, '/j/live')).toEqual([])
    }
    expect(met).toBeGreaterThan(3)
  })

  it('goes where only the end of a removal is left of it, and nobody is at it', async () => {
    const machine = new Machine(hasher)
    await settled(machine, '01')
    const path = '/j/live/20260101T000000Z-00000001'
    machine.platter.putFolder(path)
    age(machine, path, 59_000)
    expect((await gc(machine.run(), {})).swept).toEqual([])
    age(machine, path, 60_000)
    expect((await gc(machine.run(), {})).swept).toEqual([path])
    machine.platter.put(`${path}/anything`, 'x')
    age(machine, path, 2 * DAY_MS)
    expect((await gc(machine.run(), {})).swept).toEqual([])
    expect(names(machine, '/j/live')).toEqual(['20260101T000000Z-00000001'])
  })

  it('stays while its maker runs', async () => {
    const machine = new Machine(hasher)
    await settled(machine, '01')
    const program = machine.run()
    program.disk.plan = ({ name, path }) =>
      name === 'rename' && path.includes('/.') ? error('EIO') : undefined
    const session = new Session(program, root, { folders: [], server: [], editor: null }, () => {})
    await session.append(intentOf('02', [])).catch(() => {})
    const [name] = names(machine, '/j/live')
    age(machine, `/j/live/${name}`, 2 * DAY_MS)
    expect((await gc(machine.run(), {})).swept).toEqual([])
    machine.kill(program)
    expect((await gc(machine.run(), {})).swept).toEqual([`/j/live/${name}`])
  })

  it.each([
    ['an edit', 'wal.log', 'something'],
    ['what is not its own', 'todo', ''],
    ['a session', 'claimed/20260101T000000Z-00000002/session.json', '{}'],
  ])('stays where it holds %s', async (_what, name, content) => {
    const machine = new Machine(hasher)
    await settled(machine, '01')
    machine.platter.put(`${hidden}/${name}`, content)
    age(machine, hidden, 100 * DAY_MS)
    expect((await gc(machine.run(), { keepMs: 0 })).swept).toEqual([])
    expect(names(machine, '/j/live')).toEqual([hidden.slice('/j/live/'.length)])
  })
})

describe('a gc that is cut short', () => {
  const ends = {
    killed: (machine: Machine, program: Program) => machine.kill(program),
    'without power': (machine: Machine) => machine.crash(),
    'half written': (machine: Machine) => {
      let at = 0
      machine.crash(() => at++ % 3 === 0)
    },
  }

  it.each(Object.keys(ends) as (keyof typeof ends)[])(
    'leaves each session whole or out of sight, and the next one sweeps: %s',
    async (end) => {
      for (let n = 1; ; n++) {
        const { machine, ids, waiting } = await history()
        // What its makers have synced is durable by now, and so is the rest.
        machine.crash(() => true)
        const before = machine.platter.tree('/j/history')
        const program = machine.run()
        program.disk.plan = once(n, die('half'))
        const isDone = await gc(program, { keepMs: 7 * DAY_MS }).then(
          () => true,
          (problem: unknown) => {
            if (problem instanceof Died) return false
            throw problem
          },
        )
        ends[end](machine, program)
        const after = machine.platter.tree('/j/history')
        for (const id of ids) {
          const of = (tree: Record<string, string>) =>
            Object.entries(tree).filter(([path]) => path.startsWith(`${id}/`))
          if (of(after).length > 0) expect(of(after), `${n}: ${id}`).toEqual(of(before))
        }
        const { failed } = await gc(machine.run(), { keepMs: 7 * DAY_MS })
        expect(failed).toEqual([])
        expect(names(machine, '/j/history'), `operation ${n}`).toEqual(ids.slice(2))
        expect(names(machine, '/j/live')).toEqual([waiting])
        if (isDone) {
          expect(n).toBeGreaterThan(40)
          return
        }
      }
    },
  )

  it('stops where it may not go on, and the next one does the rest', async () => {
    const { machine, ids } = await history()
    let steps = 0
    const program = machine.run()
    const limits = { keepMs: 0, maxBytes: NONE }
    const few = () => Promise.resolve(++steps <= 6)
    const retention = await planRetention(program, root, limits, few)
    expect(retention.due.map(({ session }) => session)).toEqual(ids)
    await collect(program, root, retention, few)
    expect(names(machine, '/j/history').filter((name) => !name.startsWith('.'))).toEqual(ids.slice(2))
    await gc(machine.run(), { keepMs: 7 * DAY_MS })
    expect(names(machine, '/j/history')).toEqual(ids.slice(2))
  })

  it('removes by age what it has looked at, and nothing by size where it has not looked at all', async () => {
    const { machine, ids } = await history()
    let steps = 0
    const limits = { keepMs: 9 * DAY_MS, maxBytes: 0 }
    const retention = await planRetention(machine.run(), root, limits, () => Promise.resolve(++steps <= 2))
    expect(retention.due.map(({ session, because }) => [session, because])).toEqual([[ids[0], 'age']])
  })
})

it('two gcs at once take nothing from each other, whoever comes first at which step', async () => {
  for (let pace = 1; pace <= 5; pace++) {
    const { machine, ids } = await history()
    const [one, other] = [machine.run(), machine.run()]
    let turns = 0
    one.disk.turn = async () => {
      if (++turns % pace === 0) for (let i = 0; i < pace; i++) await Promise.resolve()
    }
    const results = await Promise.all([gc(one, { keepMs: 7 * DAY_MS }), gc(other, { keepMs: 7 * DAY_MS })])
    for (const { failed } of results) expect(failed).toEqual([])
    await gc(machine.run(), { keepMs: 7 * DAY_MS })
    expect(names(machine, '/j/history')).toEqual(ids.slice(2))
  }
})
