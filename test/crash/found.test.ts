import { describe, expect, it } from 'vitest'
import { observe } from '../../server/recovery/observe.ts'
import { die, error, onNth } from '../disk/memory-disk.ts'
import { about, edit, edited, intentOf, moved, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'
import { ROOT, Run } from './run.ts'
import { Dice } from './seed.ts'
import { WORKSPACE, type Workload } from './workload.ts'

/** What the battery has found: each in as few steps as show it. */

const one: Workload = {
  name: 'one',
  before: { '/w/a': 'old' },
  steps: [{ intent: intentOf('0a', [replaced('/w/a', 'old', 'new')]), saves: [] }],
}

const named: Workload = {
  name: 'a file with two names',
  before: { '/w/a': 'one name\n' },
  links: { '/elsewhere/a': { kind: 'hard', to: '/w/a' } },
  inPlace: ['/w/a'],
  steps: [{ intent: intentOf('0b', [edited('/w/a', 'one name\n', edit(0, 3, 'this'))]), saves: [] }],
}

const linked: Workload = {
  name: 'a file behind a link',
  before: { '/w/real/a': 'old' },
  links: { '/w/a': { kind: 'symbolic', to: '/w/real/a' } },
  steps: [{ intent: intentOf('0c', [replaced('/w/a', 'old', 'new')]), saves: [] }],
}

const files = (run: Run) => run.machine.platter.tree(WORKSPACE)

async function recorded(workload: Workload): Promise<Run> {
  const run = new Run(workload)
  await run.record()
  run.crash('killed', new Dice())
  return run
}

describe('a temporary file of a recovery that was cut short', () => {
  it('does not come back with a loss of power, once the next start has removed it', async () => {
    const run = await recorded(one)
    await run.recover('auto', ({ name, path }) =>
      name === 'rename' && path.startsWith('/w/.lsp-wal-') ? die('before') : undefined,
    )
    // Somebody else syncs the folder: the temporary file is durable.
    run.machine.platter.syncFolder(WORKSPACE)
    run.crash('killed', new Dice())
    expect(Object.keys(files(run)).some((name) => name.startsWith('.lsp-wal-'))).toBe(true)
    await run.recover()
    run.machine.crash()
    expect(files(run)).toEqual({ a: 'new' })
  })
})

describe('a file that was renamed into place behind a link', () => {
  it('is made durable before the next start settles its edit', async () => {
    const run = await recorded(linked)
    await run.recover('auto', ({ name, path }) =>
      name === 'rename' && path.startsWith('/w/real/') ? die('after') : undefined,
    )
    run.crash('killed', new Dice())
    expect(files(run)['real/a']).toBe('new')
    await run.recover()
    run.machine.crash()
    expect(files(run)).toEqual({ 'real/a': 'new', a: '-> /w/real/a' })
  })
})

describe('a file that was being written in place', () => {
  it('is finished where all that is wrong with it is its line end', async () => {
    const run = await recorded(named)
    await run.recover()
    await run.undo(onNth('truncate', '/w/a', 1, die('before')))
    run.crash('killed', new Dice())
    expect(files(run)).toEqual({ a: 'one name\n\n' })
    await run.recover()
    expect(files(run)).toEqual({ a: 'one name\n' })
  })

  it('is finished where power was lost between its blocks, or between its bytes and its size', async () => {
    const [before, after] = ['a'.repeat(1200), 'b'.repeat(1300)]
    const intent = intentOf('0e', [replaced('/w/a', before, after)], {
      about: { ...about, purpose: 'finish', of: '0d' },
    })
    const stateOf = async (text: string) => {
      const look = () => Promise.resolve({ kind: 'file', bytes: Buffer.from(text), stat: undefined } as const)
      const spellings = () => Promise.resolve([])
      return (await observe({ look, spellings }, intent, [], hasher))[0]!.state
    }
    const [oldBlock, newBlock] = ['a'.repeat(512), 'b'.repeat(512)]
    expect(await stateOf(oldBlock + newBlock + 'a'.repeat(176))).toBe('halfway')
    expect(await stateOf(newBlock + oldBlock + 'a'.repeat(176) + '\0'.repeat(100))).toBe('halfway')
    expect(await stateOf(before + '\0'.repeat(100))).toBe('halfway')
    expect(await stateOf('x'.repeat(512) + newBlock + 'a'.repeat(176))).toBe('drifted')
  })
})

describe('a session whose removal a loss of power cut short', () => {
  it('does not keep the session that had claimed it among the live ones', async () => {
    const run = await recorded(one)
    // Its last claimer died with an emptied folder among what it had claimed.
    await run.recover('auto', ({ name, path }) =>
      name === 'rename' && path.includes('/claimed/') ? die('before') : undefined,
    )
    const [session] = Object.keys(run.machine.platter.tree(ROOT.live)).filter(
      (path) => !path.includes('claimed'),
    )
    run.crash('killed', new Dice())
    run.machine.platter.putFolder(`${ROOT.live}/${session!.split('/')[0]}/claimed/20260101T000000Z-00000000`)
    await run.recover()
    const left = Object.keys(run.machine.platter.tree(ROOT.live)).filter((path) =>
      path.includes('session.json'),
    )
    expect(left).toEqual([])
    expect(files(run)).toEqual({ a: 'new' })
  })
})

describe('a moved file whose new place could not be made durable', () => {
  it('is not removed from its old one', async () => {
    const run = new Run({
      name: 'a move',
      before: { '/w/a': 'precious', '/w/c': 'old' },
      steps: [
        {
          intent: intentOf('0f', [...moved('/w/a', '/w/b', 'precious'), replaced('/w/c', 'old', 'new')]),
          saves: ['/w/b'],
        },
      ],
    })
    await run.record()
    run.crash('killed', new Dice())
    expect(await run.recover('auto', onNth('syncFolder', '/w', 1, error('EIO')))).toBe('refused')
    run.machine.crash()
    expect(files(run).a).toBe('precious')
    await run.recover()
    expect(files(run)).toMatchObject({ b: 'precious', c: 'new' })
  })
})

describe('an undo that could not make what it wrote durable', () => {
  it('makes it durable when it is asked for again', async () => {
    const run = await recorded(one)
    await run.recover()
    let isRenamed = false
    const went = await run.undo(({ name, path }) => {
      isRenamed ||= name === 'rename' && path.startsWith('/w/')
      return isRenamed && name === 'syncFolder' && path === WORKSPACE ? error('EIO') : undefined
    })
    expect([went, files(run)]).toEqual(['refused', { a: 'old' }])
    expect(await run.undo()).toBe('done')
    run.machine.crash()
    expect(files(run)).toEqual({ a: 'old' })
  })
})

describe('a file that cannot be given its owner', () => {
  it('is written in place, and its temporary file does not come back with a loss of power', async () => {
    const run = await recorded(one)
    await run.recover('auto', onNth('setMode', '', 1, error('EPERM')))
    let entries = 0
    run.machine.crash(({ kind }) => kind === 'entry' && ++entries === 1)
    expect(files(run)).toEqual({ a: 'new' })
  })
})

describe('a write in place that fails half way', () => {
  it('is taken back: what is told as an error is settled, and nobody would finish it', async () => {
    const run = await recorded(named)
    await run.recover()
    expect(await run.undo(onNth('truncate', '/w/a', 1, error('EIO')))).toBe('refused')
    expect(files(run)).toEqual({ a: 'this name\n' })
    expect(await run.undo()).toBe('done')
    expect(files(run)).toEqual({ a: 'one name\n' })
  })
})

describe('an undo after a clock was set back', () => {
  it('is known for one, so that the next undo takes back the edit before', async () => {
    const twice: Workload = {
      name: 'twice',
      before: { '/w/a': 'one' },
      steps: [
        { intent: intentOf('1a', [replaced('/w/a', 'one', 'two')]), saves: ['/w/a'] },
        { intent: intentOf('1b', [replaced('/w/a', 'two', 'three')]), saves: ['/w/a'] },
      ],
    }
    const run = await recorded(twice)
    await run.recover()
    run.machine.clock -= 24 * 60 * 60 * 1000
    await run.undo()
    expect(files(run)).toEqual({ a: 'two' })
    await run.undo()
    expect(files(run)).toEqual({ a: 'one' })
  })

  it('is younger than the redo of the one before, too', async () => {
    const run = await recorded(one)
    await run.recover()
    run.machine.clock -= 60 * 60 * 1000
    for (const a of ['old', 'new', 'old', 'new']) {
      await (a === 'old' ? run.undo() : run.redo())
      expect(files(run)).toEqual({ a })
    }
  })
})

describe('a roll back in two goes, the clock set back between them', () => {
  it('counts as a whole, so that the next undo takes back the edit before', async () => {
    const before: Workload = {
      name: 'one that is rolled back, on top of another',
      before: { '/w/a': '0', '/w/b': '0', '/w/c': '0' },
      steps: [
        {
          intent: intentOf(
            '3a',
            ['/w/a', '/w/b', '/w/c'].map((path) => replaced(path, '0', '1')),
          ),
          saves: ['/w/a', '/w/b', '/w/c'],
          noted: ['landed'],
        },
        {
          intent: intentOf(
            '3b',
            ['/w/a', '/w/b', '/w/c'].map((path) => replaced(path, '1', '2')),
          ),
          saves: ['/w/a', '/w/b'],
        },
      ],
    }
    const run = await recorded(before)
    let renames = 0
    await run.recover('rollback', ({ name, path }) =>
      name === 'rename' && path.startsWith('/w/.lsp-wal-') && ++renames === 2 ? error('EIO') : undefined,
    )
    expect(run.hasFailed).toBe(true)
    run.machine.clock -= 24 * 60 * 60 * 1000
    await run.recover('rollback')
    expect(files(run)).toMatchObject({ a: '1', b: '1', c: '1' })
    await run.undo()
    expect(files(run)).toMatchObject({ a: '0', b: '0', c: '0' })
  })
})

describe('an undo that was cut short, and finished by a recovery', () => {
  it.each([1, 2])(
    'is redone as a whole, so that the edit can be undone again: cut short at rename %i',
    async (nth) => {
      const two: Workload = {
        name: 'two',
        before: { '/w/a': 'old', '/w/b': 'old' },
        steps: [
          {
            intent: intentOf('2a', [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')]),
            saves: [],
          },
        ],
      }
      const run = await recorded(two)
      await run.recover()
      let renames = 0
      const went = await run.undo(({ name, path }) =>
        name === 'rename' && path.startsWith('/w/.lsp-wal-') && ++renames === nth ? die('before') : undefined,
      )
      expect(went).toBe('died')
      await run.recover()
      expect(files(run)).toEqual({ a: 'old', b: 'old' })
      for (const wanted of ['new', 'old', 'new', 'old']) {
        await (wanted === 'new' ? run.redo() : run.undo())
        expect(files(run)).toEqual({ a: wanted, b: wanted })
      }
    },
  )
})

const deep: Workload = {
  name: 'a file that is moved into new folders',
  before: { '/w/x': 'x' },
  steps: [{ intent: intentOf('0d', moved('/w/x', '/w/new/deep/x', 'x')), saves: [] }],
}

describe('a folder that was made, where that could not be made durable at first', () => {
  it('is durable before the other end of a move into it is removed', async () => {
    const run = await recorded(deep)
    expect(await run.recover('auto', onNth('syncFolder', '/w/new', 1, error('EMFILE')))).toBe('done')
    run.machine.crash()
    expect(files(run)).toEqual({ 'new/deep/x': 'x' })
  })
})
