import { beforeEach, describe, expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { recordable } from '../crash/recordable.ts'
import { Machine } from '../disk/machine.ts'
import { intentOf, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'
import { recorded, recovery, tree } from './dead-sessions.ts'

/** What one recovery has written, and the next one finds below another pending edit. */

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/w')
})

/** The next start's way with all that is pending. */
async function goOn(): Promise<unknown[]> {
  const { recovery: started, workspace, end } = await recovery(machine)
  const results: unknown[] = []
  for (const kase of started.cases) results.push(await started.deal(kase, workspace, 'auto'))
  await end()
  return results
}

/** A start that deals with so many of what is pending, and dies. `inOrder`: it lets go of what it has claimed first. */
async function begun(count: number, inOrder: boolean): Promise<void> {
  const program = machine.run()
  const { recovery: started, workspace, end } = await recovery(machine, program)
  for (const kase of started.cases.slice(0, count))
    expect(await started.deal(kase, workspace, 'auto')).toMatchObject({ kind: 'done' })
  if (inOrder) await end()
  machine.kill(program)
}

describe('an edit that was finished, with one on top of it that was not', () => {
  it.each([true, false])('is no reason to ask, with its session in history: %s', async (inOrder) => {
    machine.platter.put('/w/a', 'one')
    const first = recordable(machine, intentOf('01', [replaced('/w/a', 'one', 'two')]))
    const second = recordable(machine, intentOf('02', [replaced('/w/a', 'two', 'three')]))
    await recorded(machine, [first])
    await recorded(machine, [second])
    await begun(1, inOrder)
    expect(tree(machine)).toEqual({ a: 'two' })
    expect(await goOn()).toMatchObject([{ kind: 'done', report: { written: ['/w/a'] } }])
    expect(tree(machine)).toEqual({ a: 'three' })
  })
})

describe('a file whose undo was finished while the session of its edit still ran', () => {
  it.each([true, false])(
    'stays undone, with the session of that recovery in history: %s',
    async (inOrder) => {
      for (const path of ['/w/a', '/w/b']) machine.platter.put(path, 'old')
      const images = [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')]
      const edit = recordable(machine, intentOf('01', images))
      machine.platter.put('/w/a', 'new')
      machine.clock += 1000
      const { about, ...undo } = recordable(machine, intentOf('02', [replaced('/w/a', 'new', 'old')]))
      await recorded(machine, [{ ...undo, about: { ...about, purpose: 'undo', of: edit.id } }])
      await begun(1, inOrder)
      await recorded(machine, [edit])
      await goOn()
      expect(tree(machine)).toMatchObject({ a: 'old' })
    },
  )
})

describe('an edit of one session on top of one of another, both dead', () => {
  it('tells that the one below had landed', async () => {
    machine.platter.put('/w/a', 'one')
    const below = recordable(machine, intentOf('01', [replaced('/w/a', 'one', 'two')]))
    machine.platter.put('/w/a', 'two')
    machine.clock += 1000
    const above = recordable(machine, intentOf('02', [replaced('/w/a', 'two', 'three')]))
    machine.platter.put('/w/a', 'three')
    const at = new Date(machine.clock).toISOString()
    await recorded(machine, [below])
    await recorded(machine, [above], [{ id: above.id, at, event: 'landed' }])
    expect(await goOn()).toMatchObject([{ kind: 'done' }])
    expect(tree(machine)).toEqual({ a: 'three' })
  })
})

describe('an edit of an empty folder', () => {
  it('stays done', async () => {
    machine.platter.putFolder('/w/new')
    await recorded(machine, [intentOf('01', [], { folders: { made: ['/w/new'], removed: ['/w/old'] } })])
    expect(await goOn()).toMatchObject([{ kind: 'done' }])
    expect(machine.platter.tryFind('/w/new', 'no follow')).toBeDefined()
    expect(machine.platter.tryFind('/w/old', 'no follow')).toBeUndefined()
  })
})

describe('an edit of which one file was undone, cut off before it was saved', () => {
  const undo = (edit: Intent, ...images: readonly Image[]): Intent => {
    const { about, ...bare } = recordable(machine, intentOf('02', images))
    return { ...bare, about: { ...about, purpose: 'undo', of: edit.id, named: true } }
  }
  const recordedBoth = async (back: (edit: Intent) => Intent): Promise<void> => {
    for (const path of ['/w/a', '/w/b']) machine.platter.put(path, 'old')
    const images = [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')]
    const edit = recordable(machine, intentOf('01', images))
    machine.clock += 1000
    const at = new Date(machine.clock).toISOString()
    await recorded(
      machine,
      [edit, back(edit)],
      [
        { id: '01', at, event: 'applied' },
        { id: '02', at, event: 'applied' },
      ],
    )
  }

  it('is offered without that file', async () => {
    await recordedBoth((edit) => undo(edit, replaced('/w/a', 'new', 'old')))
    expect(await goOn()).toMatchObject([
      { kind: 'done', case: { intent: { id: '02' } } },
      { kind: 'waiting', plan: { kind: 'offer', reason: 'it was never saved' } },
    ])
    // And by the start after that, which finds the undo settled.
    const { recovery: started, workspace, end } = await recovery(machine)
    await started.decide(started.cases[0]!, workspace, 'finish')
    await end()
    expect(tree(machine)).toEqual({ a: 'old', b: 'new' })
  })

  it('is settled where nothing else was in it', async () => {
    await recordedBoth((edit) => undo(edit, replaced('/w/a', 'new', 'old'), replaced('/w/b', 'new', 'old')))
    expect(await goOn()).toMatchObject([{ kind: 'done' }, { kind: 'done' }])
    expect(tree(machine)).toEqual({ a: 'old', b: 'old' })
    expect((await recovery(machine)).recovery.cases).toEqual([])
  })
})
