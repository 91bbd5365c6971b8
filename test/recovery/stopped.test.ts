import { beforeEach, describe, expect, it } from 'vitest'
import { recordable } from '../crash/recordable.ts'
import { Machine } from '../disk/machine.ts'
import { error, type FaultPlan, onNth, short } from '../disk/memory-disk.ts'
import { about, intentOf, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'
import { dead, recorded, recovery, tree } from './dead-sessions.ts'

/** What errors have stopped, and the next start meets. */

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/w')
})

describe('a file that can neither be written in place nor get its bytes back', () => {
  it('is finished by the next start, and called half written until then', async () => {
    machine.platter.attributes = () => undefined
    machine.platter.put('/w/a', 'the old text')
    await dead(machine, [intentOf('01', [replaced('/w/a', 'the old text', 'the new one')])])
    const program = machine.run()
    let isFull = false
    program.disk.plan = ({ name, path }) => {
      if (path !== '/w/a') return undefined
      if (name === 'open' && isFull) return error('EIO')
      isFull ||= name === 'write'
      return name === 'write' ? short('ENOSPC') : undefined
    }
    const first = await recovery(machine, program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({
      report: { written: [], left: [{ path: '/w/a', reason: '/w/a is half written' }] },
    })
    await first.end()
    machine.kill(program)
    expect(tree(machine)).toEqual({ a: 'the nld text' })

    const second = await recovery(machine)
    for (const kase of second.recovery.cases) await second.recovery.deal(kase, second.workspace, 'auto')
    await second.end()
    expect(tree(machine)).toEqual({ a: 'the new one' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })
})

describe('a file in a folder that may not be entered', () => {
  it('keeps no other one from what was decided', async () => {
    for (const path of ['/w/a', '/w/in/b']) machine.platter.put(path, 'old')
    const images = [replaced('/w/in/b', 'old', 'new'), replaced('/w/a', 'old', 'new')]
    await dead(machine, [intentOf('01', images)])
    const program = machine.run()
    program.disk.plan = ({ path }) => (path.startsWith('/w/in/') ? error('EACCES') : undefined)
    const { recovery: started, workspace, end } = await recovery(machine, program)
    const result = await started.decide(started.cases[0]!, workspace, 'finish')
    await end()
    expect(result).toMatchObject({
      report: { written: ['/w/a'], left: [{ path: '/w/in/b', reason: 'cannot stat /w/in/b: EACCES' }] },
    })
    expect(tree(machine)).toEqual({ a: 'new', 'in/b': 'old' })
  })
})

describe('a file that could not be written in place, and got its bytes back', () => {
  const failing = async () => {
    machine.platter.attributes = () => undefined
    machine.platter.put('/w/a', 'old')
    await recorded(machine, [recordable(machine, intentOf('01', [replaced('/w/a', 'old', 'new')]))])
    const program = machine.run()
    program.disk.plan = onNth('write', '/w/a', 1, short('ENOSPC'))
    const first = await recovery(machine, program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({ report: { written: [], left: [{ path: '/w/a' }] } })
    await first.end()
    machine.kill(program)
    expect(tree(machine)).toEqual({ a: 'old' })
  }

  const nextAsks = async () => {
    const next = await recovery(machine)
    const [kase] = next.recovery.cases
    expect(await next.recovery.deal(kase!, next.workspace, 'auto')).toMatchObject({
      kind: 'waiting',
      plan: { kind: 'ask' },
    })
    await next.end()
  }

  it('is finished by the next start, which knows its own hand', async () => {
    await failing()
    const second = await recovery(machine)
    const [kase] = second.recovery.cases
    expect(await second.recovery.deal(kase!, second.workspace, 'auto')).toMatchObject({
      kind: 'done',
      report: { written: ['/w/a'] },
    })
    await second.end()
    expect(tree(machine)).toEqual({ a: 'new' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })

  it('is asked about where somebody has put the same bytes back since', async () => {
    await failing()
    machine.platter.put('/w/a', 'old')
    // The disk's times are long before those of the machine's clock.
    machine.platter.find('/w/a').mtimeNs = BigInt(machine.clock) * 1_000_000n
    await nextAsks()
    expect(tree(machine)).toEqual({ a: 'old' })
  })

  it('is left alone where somebody has written something else there since', async () => {
    await failing()
    machine.platter.put('/w/a', 'mine')
    await nextAsks()
    expect(tree(machine)).toEqual({ a: 'mine' })
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
    await recorded(machine, [recordable(machine, edit)])
    for (const path of paths.slice(0, 3)) machine.platter.put(path, 'new')
  }

  const stopped = async (plan = secondRename()) => {
    await torn()
    const program = machine.run()
    program.disk.plan = plan
    const first = await recovery(machine, program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'rollback')
    await first.end()
    machine.kill(program)
    return result
  }

  const next = async () => {
    const { recovery: started, workspace, end } = await recovery(machine)
    const result = await started.deal(started.cases[0]!, workspace, 'auto')
    await end()
    return result
  }

  it('goes on at the next start, as one does that was cut short', async () => {
    expect(await stopped()).toMatchObject({ report: { written: ['/w/a', '/w/c'], left: [{ path: '/w/b' }] } })
    expect(tree(machine)).toEqual({ a: 'old', b: 'new', c: 'old', d: 'old' })
    expect(await next()).toMatchObject({ kind: 'done', report: { purpose: 'roll-back', written: ['/w/b'] } })
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })

  it('goes on, too, where what was written could not be made durable', async () => {
    const result = await stopped(syncAfterRename())
    expect(result).toMatchObject({ report: { written: [], left: [{}, {}, {}] } })
    expect(await next()).toMatchObject({ kind: 'done' })
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
  })

  it('goes on when the same session is asked again', async () => {
    await torn()
    const program = machine.run()
    program.disk.plan = secondRename()
    const { recovery: started, workspace, end } = await recovery(machine, program)
    await started.deal(started.cases[0]!, workspace, 'rollback')
    expect(await started.deal(started.cases[0]!, workspace, 'auto')).toMatchObject({ kind: 'done' })
    await end()
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'old', d: 'old' })
  })

  it('is asked about where somebody has written the same there since', async () => {
    await stopped()
    machine.platter.put('/w/a', 'old')
    // The disk's times are long before those of the machine's clock.
    machine.platter.find('/w/a').mtimeNs = BigInt(machine.clock) * 1_000_000n
    expect(await next()).toMatchObject({ plan: { kind: 'ask', reason: '/w/a was written again since' } })
    expect(tree(machine)).toEqual({ a: 'old', b: 'new', c: 'old', d: 'old' })
  })

  it('is asked about where somebody has brought the edit back in a file', async () => {
    await stopped()
    machine.platter.put('/w/a', 'new')
    expect(await next()).toMatchObject({ kind: 'waiting', plan: { kind: 'ask' } })
    expect(tree(machine)).toEqual({ a: 'new', b: 'new', c: 'old', d: 'old' })
  })

  it('does not take away what the edit, made anew, has brought to a file that it had not reached', async () => {
    await stopped()
    machine.platter.put('/w/d', 'new')
    expect(await next()).toMatchObject({ kind: 'waiting', plan: { kind: 'ask' } })
    expect(tree(machine)).toEqual({ a: 'old', b: 'new', c: 'old', d: 'new' })
  })
})

describe('an undo that was cut short, whose recovery an error stopped', () => {
  it('is not worked against: what it takes back is not finished meanwhile, and the next start goes on with it', async () => {
    for (const path of ['/w/a', '/w/b', '/w/c']) machine.platter.put(path, 'old')
    const [a, b, c] = ['/w/a', '/w/b', '/w/c'].map((path) => replaced(path, 'old', 'new'))
    await recorded(machine, [recordable(machine, intentOf('01', [a!, b!, c!]))])
    for (const path of ['/w/a', '/w/b']) machine.platter.put(path, 'new')
    const undo = intentOf('02', [replaced('/w/a', 'new', 'old'), replaced('/w/b', 'new', 'old')], {
      about: { ...about, purpose: 'undo', of: '01' },
    })
    await recorded(machine, [recordable(machine, undo)])
    const program = machine.run()
    program.disk.plan = secondRename()
    const first = await recovery(machine, program)
    for (const kase of first.recovery.cases) await first.recovery.deal(kase, first.workspace, 'auto')
    await first.end()
    machine.kill(program)
    expect(tree(machine)).toEqual({ a: 'old', b: 'new', c: 'old' })
    const second = await recovery(machine)
    for (const kase of second.recovery.cases)
      expect(await second.recovery.deal(kase, second.workspace, 'auto')).toMatchObject({ kind: 'done' })
    await second.end()
    expect(tree(machine)).toEqual({ a: 'old', b: 'old', c: 'old' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })
})

describe('an edit that was finished, and not made durable for an error', () => {
  it('is no reason to ask about the one on top of it', async () => {
    machine.platter.put('/w/a', '0')
    const onTop = intentOf('02', [replaced('/w/a', '1', '2')])
    await recorded(machine, [
      recordable(machine, intentOf('01', [replaced('/w/a', '0', '1')])),
      recordable(machine, onTop),
    ])
    const program = machine.run()
    program.disk.plan = syncAfterRename()
    const first = await recovery(machine, program)
    const result = await first.recovery.deal(first.recovery.cases[0]!, first.workspace, 'auto')
    expect(result).toMatchObject({ report: { left: [{ path: '/w/a' }] } })
    await first.end()
    machine.kill(program)
    expect(tree(machine)).toEqual({ a: '1' })
    const second = await recovery(machine)
    for (const kase of second.recovery.cases)
      expect(await second.recovery.deal(kase, second.workspace, 'auto')).toMatchObject({ kind: 'done' })
    await second.end()
    expect(tree(machine)).toEqual({ a: '2' })
  })
})
