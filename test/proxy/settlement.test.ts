import { describe, expect, it, vi } from 'vitest'
import { DiskError } from '../../server/disk/disk.ts'
import type { Env } from '../../server/journal/env.ts'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import { REFUSED } from '../../server/journal/outcomes.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import { Settlement } from '../../server/proxy/settlement.ts'
import type { Known, Sight } from '../../server/recovery/workspace.ts'
import { Machine } from '../disk/machine.ts'
import { about, created, deleted, facts, intentOf, moved, replaced, unknown } from '../journal/intents.ts'
import { A, B, both, Desk, desk, hasher, only, START } from './settlement-desk.ts'

describe('landed', () => {
  it('is an intent whose every path holds its after-image on the disk', async () => {
    const d = desk().follow(both())
    d.disk.set(A, 'bar\n')
    await d.wait(1000)
    expect(d.told).toEqual([])
    d.disk.set(B, 'bar()\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: landed'])
  })

  it('is found in several looks: a path that was seen to land may change again', async () => {
    const d = desk().follow(both())
    d.disk.set(A, 'bar\n')
    await d.wait(300)
    d.disk.set(A, 'something else\n')
    d.disk.set(B, 'bar()\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: landed'])
  })

  it('is one that was saved with changes on top', async () => {
    const d = desk().open(A).follow(only())
    d.type(A, 'bar\n').type(A, 'bar // and more\n').save(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it('is one that was saved without a word of it', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n')
    d.disk.set(A, 'bar\r\n') // the editor's own line endings
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it.each<[string, Intent, (disk: Map<string, string>) => void]>([
    ['creates', intentOf('1', [created('/p/new.ts', 'x\n')]), (disk) => disk.set('/p/new.ts', 'x\n')],
    ['deletes', intentOf('1', [deleted(A, 'foo\n')]), (disk) => disk.delete(A)],
    [
      'moves',
      intentOf('1', moved(A, '/p/c.ts', 'foo\n')),
      (disk) => disk.delete(A) && disk.set('/p/c.ts', 'foo\n'),
    ],
    ['cannot be told', intentOf('1', [unknown(A, 'foo\n')]), (disk) => disk.set(A, 'whatever\n')],
  ])('is one that %s', async (_title, intent, lands) => {
    const d = desk().follow(intent)
    await d.wait(1000)
    expect(d.told).toEqual([])
    lands(d.disk)
    await d.wait(60_000)
    expect(d.told).toEqual(['1: landed'])
  })

  it('is not one that only its file operations were done of', async () => {
    const d = desk().follow(intentOf('1', moved(A, '/p/c.ts', 'foo\n', { start: 0, end: 3, text: 'bar' })))
    d.disk.delete(A)
    d.disk.set('/p/c.ts', 'foo\n')
    await d.wait(60_000)
    expect(d.told).toEqual([])
  })

  it('is an intent that changes nothing', async () => {
    const d = desk().follow(intentOf('1', [replaced(A, 'foo\n', 'foo\n')]), intentOf('2', []))
    await d.wait(300)
    expect(d.told).toEqual(['1: landed', '2: landed'])
  })

  it('is not a file that was saved without its buffer ever holding the edit', async () => {
    const d = desk().open(A).follow(only()).type(A, 'foo // typed\n').save(A)
    await d.wait(60_000)
    expect(d.told).toEqual([])
  })

  it('is not what the editor says, where nothing happens', async () => {
    const d = desk().follow(both()).answer('1', true)
    await d.wait(600_000)
    await d.settlement.finish()
    expect(d.told).toEqual(['1: applied'])
  })
})

describe('applied', () => {
  it('is told once, whether a buffer or the answer says so first', async () => {
    const d = desk().open(A, B).follow(both('1'), only('2'))
    d.type(A, 'bar\n').answer('1', true).type(B, 'bar()\n')
    expect(d.told).toEqual(['1: applied', '2: applied'])
    d.answer('2', true).type(A, 'foo\n').type(A, 'bar\n')
    expect(d.told).toEqual(['1: applied', '2: applied'])
  })

  it('is seen where the buffer held the edit before it was followed, as a recovery put it there', async () => {
    const d = desk().open(A)
    d.show(A, 'bar\n')
    d.settlement.follow(only(), d.follower, 'applied')
    d.type(A, 'bar // and more\n').save(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: landed'])
  })

  it('is noted as unseen where the editor only claims it, and as in the buffer once it is', async () => {
    const d = desk().open(A, B)
    d.settlement.follow(both(), d.follower, 'applied', [A])
    d.type(B, 'bar()\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied (/p/a.ts unseen)'])
    d.type(A, 'bar\n')
    expect(d.told.slice(1)).toEqual(['1: applied (/p/a.ts buffered)'])
    d.save(A).save(B)
    await d.wait(300)
    expect(d.told.slice(2)).toEqual(['1: landed'])
  })

  it('is no more where the disk held it all along, under a buffer that never showed it', async () => {
    const d = desk()
    d.disk.set(A, 'bar\n')
    d.show(A, 'foo\n')
    d.settlement.follow(only(), d.follower, 'applied', [A])
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied (/p/a.ts unseen)'])
    d.close(A)
    await d.wait(300)
    expect(d.told.slice(1)).toEqual(['1: landed'])
  })

  it('is noted as unseen no longer than until it is followed, where the buffer has it by then', () => {
    const d = desk().open(B)
    d.show(A, 'bar\n')
    d.settlement.follow(both(), d.follower, 'applied', [A])
    expect(d.told).toEqual(['1: applied (/p/a.ts unseen)', '1: applied (/p/a.ts buffered)'])
  })

  it('is seen in a change that comes after the answer', async () => {
    const d = desk().follow(only()).answer('1', true)
    await d.wait(150)
    d.show(A, 'bar\n')
    d.type(A, 'bar // and more\n').save(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })
})

describe('rejected', () => {
  it('is an edit that was refused and changed nothing', async () => {
    const d = desk().open(A).follow(both()).answer('1', false)
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`])
    await d.wait(5000)
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: rejected'])
  })

  it('is not one that a buffer is seen to hold after the answer', async () => {
    const d = desk().open(A).follow(both()).answer('1', false)
    await d.wait(1500)
    d.type(A, 'bar\n')
    await d.wait(60_000)
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: torn, 1 landed'])
  })

  it('is told at the end at the latest', async () => {
    const d = desk().follow(both()).answer('1', false)
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: rejected'])
  })

  it('is not one that has no answer', async () => {
    const d = desk().follow(both())
    await d.wait(600_000)
    expect(d.told).toEqual([])
    // A later start is told that the editor did have it, and said nothing.
    await d.settlement.finish()
    expect(d.told).toEqual(['1: forwarded (not answered by the editor)'])
  })

  it('is not one whose files somebody else changed', async () => {
    const d = desk().follow(both()).answer('1', false)
    d.disk.set(B, 'drifted\n')
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`])
  })

  it('may be an intent in which some path changes nothing', async () => {
    const d = desk()
      .follow(intentOf('1', [replaced(A, 'foo\n', 'foo\n'), replaced(B, 'foo()\n', 'bar()\n')]))
      .answer('1', false)
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: rejected'])
  })

  it('may be an intent that is folders only', async () => {
    const d = desk()
      .follow(intentOf('1', [], { folders: { made: ['/p/new'], removed: [] } }))
      .answer('1', false)
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: rejected'])
  })
})

describe('torn', () => {
  it('is an edit that was refused and changed some paths: that is told once', async () => {
    const d = desk().follow(both())
    d.disk.set(A, 'bar\n')
    d.answer('1', false)
    await d.wait(120_000)
    await d.settlement.look()
    await d.settlement.finish()
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: torn, 1 landed'])
  })

  it('is one that shows in a buffer, once the editor has had the time to tell of the others', async () => {
    const d = desk().follow(both()).open(A)
    d.answer('1', false)
    d.type(A, 'bar\n')
    await d.wait(1500)
    expect(d.told).not.toContain('1: torn, 1 landed')
    await d.wait(5000)
    expect(d.told).toContain('1: torn, 1 landed')
  })

  it('is not one that was undone in that buffer', async () => {
    const d = desk().follow(both()).open(A)
    d.answer('1', false)
    d.type(A, 'bar\n')
    d.type(A, 'foo\n')
    await d.wait(60_000)
    expect(d.told).not.toContain('1: torn, 1 landed')
  })

  it('is not an edit that was refused and landed all the same', async () => {
    const d = desk().follow(only())
    d.disk.set(A, 'bar\n')
    d.answer('1', false)
    await d.wait(300)
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`, '1: landed'])
  })

  it('is not told of an edit that was not refused: the rest may still be saved', async () => {
    const d = desk().follow(both())
    d.disk.set(A, 'bar\n')
    d.answer('1', true)
    await d.wait(120_000)
    expect(d.told).toEqual(['1: applied'])
  })

  it('needs nobody who listens', async () => {
    const d = desk()
    d.settlement.follow(both(), { note: d.follower.note })
    d.disk.set(A, 'bar\n')
    d.answer('1', false)
    await d.wait(300)
    expect(d.told).toEqual([`1: forwarded (${REFUSED})`])
  })
})

describe('reverted', () => {
  it('is an edit that was undone in every buffer', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').type(A, 'foo\n')
    await d.wait(1000)
    // For a later start: what was undone is not to be written back unasked.
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts undone)'])
    d.type(B, 'foo()\n')
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts undone)', '1: reverted'])
  })

  it('is one that was undone and saved, which is no landing', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').type(A, 'foo\n').save(A).type(B, 'foo()\n').save(B)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: reverted'])
  })

  it('is one that was refused half way and undone as far as it had come', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').answer('1', false).type(A, 'foo\n')
    await d.wait(5000)
    expect(d.told).toEqual([
      '1: applied',
      `1: forwarded (${REFUSED})`,
      '1: applied (/p/a.ts undone)',
      '1: reverted',
    ])
  })

  it('is not one that is redone before anybody looks', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n').type(A, 'foo\n').type(A, 'bar\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied'])
    d.save(A)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it('is not one that changes blanks only and is still in the buffer', async () => {
    const d = new Desk({ [A]: 'foo  \n' }).open(A).follow(intentOf('1', [replaced(A, 'foo  \n', 'foo\n')]))
    d.type(A, 'foo\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied'])
    d.save(A)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it('is one of a buffer that was loaded anew, with its unsaved work gone as well', async () => {
    const intent = intentOf('1', [replaced(A, 'foo // unsaved\n', 'bar // unsaved\n')], {
      facts: facts({ [A]: { from: 'buffer', version: 1, disk: hasher.hash(Buffer.from('foo\n')) } }),
    })
    const d = desk()
    d.show(A, 'foo // unsaved\n')
    d.follow(intent).type(A, 'bar // unsaved\n').type(A, 'foo\n')
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: reverted'])
  })

  it('is not one that is on the disk and was undone in the buffer', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').save(A).type(A, 'foo\n').type(B, 'foo()\n')
    await d.settlement.finish()
    expect(d.told).toEqual(['1: applied', '1: applied (/p/b.ts undone)'])
  })
})

describe('abandoned', () => {
  it('is an edit whose buffers were closed unsaved', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').close(A)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts closed)'])
    d.close(B)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts closed)', '1: abandoned'])
  })

  it('is not one whose buffers an editor closes on its way out', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').close(A).close(B)
    d.settlement.leaving()
    await d.settlement.finish()
    expect(d.told).toEqual(['1: applied'])
  })

  it('is told of again where the buffer comes back', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').close(A)
    await d.wait(1000)
    d.show(A, 'bar\n')
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts closed)', '1: applied (/p/a.ts buffered)'])
  })

  it('is one that was undone here and closed unsaved there', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').type(B, 'bar()\n').type(A, 'foo\n').close(B)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '1: abandoned'])
  })

  it('is not one that was saved and closed', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n').save(A).close(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it('is not one that an editor saved while it closed, and said nothing', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n')
    d.disk.set(A, 'bar\n')
    d.close(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '1: landed'])
  })

  it('is not one whose buffer comes back with the edit in it', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n').close(A)
    d.show(A, 'bar\n')
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied'])
  })

  it('is not one of which a buffer was never seen to hold it', async () => {
    const d = desk().open(A, B).follow(both())
    d.type(A, 'bar\n').close(A).close(B)
    await d.wait(60_000)
    expect(d.told).toEqual(['1: applied', '1: applied (/p/a.ts closed)'])
  })
})

describe('several intents on one path', () => {
  const second = intentOf('2', [replaced(A, 'bar\n', 'baz\n')])

  it('land together with one save', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n')
    d.follow(second).type(A, 'baz\n').save(A)
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '2: applied', '1: landed', '2: landed'])
  })

  it('land together where the editor told of both with one change, and of no save', async () => {
    const d = desk().open(A).follow(only(), second).answer('1', true).answer('2', true).type(A, 'baz\n')
    d.disk.set(A, 'baz\n')
    await d.wait(300)
    expect(d.told).toEqual(['1: applied', '2: applied', '1: landed', '2: landed'])
  })

  it('end apart: the first saved, the second undone', async () => {
    const d = desk().open(A).follow(only()).type(A, 'bar\n')
    d.follow(second).type(A, 'baz\n').type(A, 'bar\n').save(A)
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '2: applied', '1: landed', '2: reverted'])
  })

  it('are reverted together where both are undone', async () => {
    const overUnsaved = intentOf('2', [replaced(A, 'bar\n', 'baz\n')], {
      facts: facts({ [A]: { from: 'buffer', version: 2, disk: hasher.hash(Buffer.from('foo\n')) } }),
    })
    const d = desk().open(A).follow(only()).type(A, 'bar\n')
    d.follow(overUnsaved).type(A, 'baz\n').type(A, 'bar\n').type(A, 'foo\n')
    await d.wait(1000)
    expect(d.told).toEqual(['1: applied', '2: applied', '1: reverted', '2: reverted'])
  })
})

describe('a file that has the size and the time of its original', () => {
  const at = new Date(START).toISOString()
  const long = BigInt(START - 60_000) * 1_000_000n + 1n
  const known = { from: 'disk', size: 4, mtimeNs: long, mode: 0o644 } as const
  const recorded = (fact: PathFacts) =>
    intentOf('1', [replaced(A, 'foo\n', 'bar\n')], { facts: facts({ [A]: fact }), about: { ...about, at } })

  /** What was asked to be taken for known, look by look. */
  async function asked(intent: Intent, happens: (s: Settlement) => unknown) {
    const asks: string[] = []
    const told: string[] = []
    const spellings = () => Promise.resolve([])
    const look = (_path: string, may?: Known): Promise<Sight> => {
      asks.push(may === undefined ? 'bytes' : 'times')
      const bytes = may?.bytes ?? Buffer.from('bar\n')
      return Promise.resolve({ kind: 'file', bytes, stat: undefined })
    }
    const program = new Machine(hasher).run()
    const env: Env = { ...program, host: { ...program.host, now: () => new Date() } }
    const settlement = new Settlement(env, new Mirror(), { look, spellings }, (p) => told.push(String(p)))
    settlement.follow(intent, { note: ({ event }) => told.push(event) })
    await happens(settlement)
    return { asks, told }
  }

  it('is not read', async () => {
    const { asks } = await asked(recorded(known), (s) => s.look())
    expect(asks).toEqual(['times'])
  })

  it.each<[string, PathFacts]>([
    ['nothing is known of', { from: 'disk' }],
    ['was written while it was recorded', { ...known, mtimeNs: BigInt(START) * 1_000_000n + 1n }],
    ['was written just before it was recorded', { ...known, mtimeNs: BigInt(START - 15) * 1_000_000n + 1n }],
    ['was written just before, in whole seconds', { ...known, mtimeNs: BigInt(START - 2000) * 1_000_000n }],
    ['lay under a buffer with unsaved work', { ...known, from: 'buffer', disk: '0123456789abcdef' }],
  ])('is read where it %s', async (_what, fact) => {
    const { asks } = await asked(recorded(fact), (s) => s.look())
    expect(asks).toEqual(['bytes'])
  })

  it('is read before anything is settled on it', async () => {
    const { asks, told } = await asked(recorded(known), async (s) => {
      s.answered('1', false)
      await s.finish()
    })
    // By its time it is untouched, so the edit would be rejected; by its bytes it has landed.
    expect(asks).toEqual(['times', 'bytes'])
    expect(told).toEqual(['forwarded', 'landed'])
  })
})

describe('bytes that cannot be loaded', () => {
  const lost = {
    length: 4,
    load: () => {
      throw new DiskError('read', '/j/wal.log', Object.assign(new Error(), { code: 'EIO' }))
    },
  }
  const image = {
    ...replaced(A, 'foo\n', 'bar\n'),
    before: lost,
    after: { kind: 'file', bytes: lost },
  } as const
  const problem = 'problem: DiskError: cannot read /j/wal.log: EIO'

  it('are told once, and hold up neither messages nor other intents', async () => {
    const d = desk().follow(
      intentOf('1', [{ ...image, source: undefined }]),
      intentOf('2', [replaced(B, 'foo\n', 'bar\n')]),
    )
    d.open(A)
    d.type(A, 'bar\n')
    d.settlement.saved(A)
    d.disk.set(B, 'bar\n')
    await d.wait(10_000)
    expect(d.told.filter((each) => each === problem)).toHaveLength(1)
    expect(d.told).toContain('2: landed')
    expect(d.told.filter((each) => each.startsWith('1: landed'))).toEqual([])
  })
})

describe('looking', () => {
  it('happens with growing pauses, half a minute at most', async () => {
    const d = desk().follow(only())
    await d.wait(120_000)
    // 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 31.75, 61.75, 91.75 s.
    expect(d.looks).toBe(9)
  })

  it.each<[string, (d: Desk) => void]>([
    ['a change', (d) => d.type(A, 'foo!\n')],
    ['a save', (d) => d.settlement.saved(A)],
    ['a close', (d) => d.settlement.closed(A)],
    ['an answer', (d) => d.answer('1', true)],
    ['a nudge', (d) => d.settlement.nudge()],
    ['another intent', (d) => d.follow(both('2'))],
  ])('happens soon after %s', async (_title, happens) => {
    const d = await desk().open(A).follow(only()).wait(100_000)
    const before = d.looks
    happens(d)
    await d.wait(250)
    expect(d.looks).toBeGreaterThan(before)
  })

  it('stops once every intent has its end', async () => {
    const d = desk().follow(only())
    d.disk.set(A, 'bar\n')
    await d.wait(300)
    expect(vi.getTimerCount()).toBe(0)
    d.settlement.nudge()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer after the end, whatever comes then', async () => {
    const d = desk().open(A).follow(both())
    d.type(A, 'bar\n')
    const finishing = d.settlement.finish()
    d.type(A, 'bar!\n')
    await finishing
    d.settlement.nudge()
    d.settlement.saved(A)
    d.answer('1', true)
    await d.settlement.look()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never keeps the process alive', () => {
    vi.useRealTimers()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    try {
      desk().follow(only())
      expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false])
    } finally {
      for (const { value } of timers.mock.results) clearTimeout(value as NodeJS.Timeout)
      timers.mockRestore()
    }
  })

  it('happens once at a time', async () => {
    const d = desk()
    let running = 0
    const settlement = new Settlement(new Machine(hasher).run(), d.mirror, {
      look: async (path) => {
        expect(++running).toBe(1)
        await Promise.resolve()
        running--
        return d.look(path)
      },
      spellings: () => d.spellings(),
    })
    settlement.follow(both(), d.follower)
    await Promise.all([settlement.look(), settlement.look(), settlement.finish()])
    expect(d.looks).toBe(6)
  })

  it('ignores answers to what it does not follow, and paths that no intent has', async () => {
    const d = desk().follow(only()).answer('2', true)
    d.disk.set('/p/x.ts', 'x')
    d.open('/p/x.ts').type('/p/x.ts', 'y').save('/p/x.ts').close('/p/x.ts')
    await d.wait(1000)
    expect(d.told).toEqual([])
  })
})

describe('an intent of an earlier session, of which a path was kept out of the log', () => {
  const withheld = () => withhold(both(), (path) => path === B, hasher)

  it('has not landed before that path has, as far as its hash tells', async () => {
    const at = desk().follow(withheld())
    at.disk.set(A, 'bar\n')
    await at.settlement.look()
    expect(at.told).toEqual([])
    at.disk.set(B, 'bar()\n')
    await at.settlement.look()
    expect(at.told).toEqual(['1: landed'])
  })

  it('is not taken back before that path is', async () => {
    const at = desk().open(A).follow(withheld())
    at.disk.set(B, 'bar()\n')
    at.type(A, 'bar\n').type(A, 'foo\n')
    await at.settlement.look()
    expect(at.told).toEqual(['1: applied', '1: applied (/p/a.ts undone)'])
    at.disk.set(B, 'foo()\n')
    await at.settlement.look()
    expect(at.told.at(-1)).toBe('1: reverted')
  })
})
