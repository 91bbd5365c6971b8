import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Event,
  isFinal,
  type Outcome,
  OutcomeWriter,
  readOutcomes,
} from '../../server/journal/outcomes.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { error, onNth, short } from '../disk/memory-disk.ts'
import { hasher } from './logs.ts'

let machine: Machine
let program: Program
let told: unknown[]

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/s')
  program = machine.run()
  told = []
})

const outcome = (id: string, event: Event = 'landed'): Outcome => ({
  id,
  at: '2026-01-02T03:04:05.000Z',
  event,
})
const open = () => new OutcomeWriter(program, '/s', (problem) => told.push(problem))
const read = async () => (await readOutcomes(machine.run(), '/s')).map(({ id, event }) => `${id} ${event}`)
const log = () => machine.platter.bytesAt('/s/outcomes.log')

async function write(...ids: string[]): Promise<void> {
  const writer = open()
  for (const id of ids) writer.add(outcome(id))
  await writer.close()
}

describe('outcomes', () => {
  it('are written while earlier ones are being synced: editors kill this process when they quit', async () => {
    let release = () => {}
    const held = new Promise<void>((done) => {
      release = done
    })
    const { disk } = program
    const bound = <T extends object>(of: T, more: Partial<T>): T =>
      new Proxy(of, {
        get: (target, key) => {
          const value: unknown = more[key as keyof T] ?? target[key as keyof T]
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    const slow: Program = {
      ...program,
      disk: bound(disk, {
        open: async (...args: Parameters<typeof disk.open>) => {
          const file = await disk.open(...args)
          return bound(file, { sync: () => held.then(() => file.sync()) })
        },
      }),
    }
    const writer = new OutcomeWriter(slow, '/s', (problem) => told.push(problem))
    writer.add(outcome('01', 'forwarded'))
    const flushed = writer.flush()
    writer.add(outcome('01', 'applied'))
    await expect.poll(read).toEqual(['01 forwarded', '01 applied'])
    release()
    await flushed
    await writer.close()
    machine.crash()
    expect(await read()).toEqual(['01 forwarded', '01 applied'])
    expect(told).toEqual([])
  })

  it('are read back in order, with their paths and reason', async () => {
    const all: Outcome[] = [
      { ...outcome('01', 'forwarded') },
      { ...outcome('01', 'conflict'), paths: { '/w/__proto__': 'drifted' }, reason: 'é\ud800\u2028"' },
      outcome('01', 'rolled-back'),
    ]
    const writer = open()
    for (const each of all) writer.add(each)
    await writer.close()
    expect(await readOutcomes(machine.run(), '/s')).toEqual(all)
  })

  it('survive a loss of power once flushed', async () => {
    const writer = open()
    writer.add(outcome('01'))
    await writer.flush()
    machine.crash()
    expect(await read()).toEqual(['01 landed'])
  })

  it('leave no file behind where there were none', async () => {
    await open().close()
    expect(machine.platter.tree('/s')).toEqual({ '': '/' })
    expect(await read()).toEqual([])
  })

  it('are all read but the one in which a bit is flipped', async () => {
    await write('01', '02', '03')
    const sound = log()
    const ends = [...sound.keys()].filter((at) => sound[at] === 0x0a)
    for (let at = 0; at < sound.length; at++) {
      const damaged = Buffer.from(sound)
      damaged[at]! ^= 1 << (at % 8)
      machine.platter.put('/s/outcomes.log', damaged)
      const line = ends.findIndex((end) => at <= end)
      // Without its LF a line runs into the next; without the last one, it has no end.
      const lost = at === ends[line] ? [line, line + 1] : [line]
      expect(await read()).toEqual(
        ['01 landed', '02 landed', '03 landed'].filter((_, i) => !lost.includes(i)),
      )
    }
  })

  it('are read up to where a log is cut off, and what is added then is not swallowed by half a line', async () => {
    await write('01', '02')
    const sound = log()
    const first = sound.indexOf('\n') + 1
    for (let length = 0; length < sound.length; length++) {
      machine.platter.put('/s/outcomes.log', sound.subarray(0, length))
      const whole = length >= first ? ['01 landed'] : []
      expect(await read()).toEqual(whole)
      await write('03')
      // The line feed alone was missing: then the line is whole again.
      const ended = length === sound.length - 1 ? ['02 landed'] : length === first - 1 ? ['01 landed'] : []
      expect(await read()).toEqual([...whole, ...ended, '03 landed'])
    }
    expect(told).toEqual([])
  })

  it('that cannot be written are told and not thrown, and do not swallow those that follow', async () => {
    program.disk.plan = onNth('write', 'outcomes.log', 2, short('ENOSPC'))
    await write('01', '02', '03')
    expect(told.map(String)).toEqual(['DiskError: cannot write /s/outcomes.log: ENOSPC'])
    expect(await read()).toEqual(['01 landed', '03 landed'])
  })

  it.each(['open', 'sync', 'close'] as const)('tell a failing %s', async (name) => {
    program.disk.plan = onNth(name, 'outcomes.log', 1, error('EIO'))
    await write('01')
    expect(told.map(String)).toEqual([`DiskError: cannot ${name} /s/outcomes.log: EIO`])
  })

  it.each(['a folder', 'a link', 'a pipe'])(
    'are none where %s stands in the place of their log',
    async (what) => {
      machine.platter.put('/elsewhere', '')
      if (what === 'a folder') machine.platter.putFolder('/s/outcomes.log')
      else if (what === 'a pipe') machine.platter.putOther('/s/outcomes.log')
      else machine.platter.putLink('/s/outcomes.log', '/elsewhere')
      expect(await read()).toEqual([])
      await write('01')
      expect(told).toHaveLength(1)
      expect(machine.platter.tree('/elsewhere')).toEqual({ '': '' })
    },
  )

  it.each([
    ['forwarded', false],
    ['applied', false],
    ['undone', false],
    ['conflict', false],
    ['rejected', true],
    ['landed', true],
    ['abandoned', true],
    ['reverted', true],
    ['superseded', true],
    ['recovered', true],
    ['rolled-back', true],
  ] as const)('after %s: settled is %s', (event, settled) => {
    expect(isFinal(event)).toBe(settled)
  })
})
