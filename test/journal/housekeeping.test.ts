import { beforeEach, expect, it } from 'vitest'
import { keepHouse } from '../../server/journal/housekeeping.ts'
import { untilDone } from '../../server/journal/retention.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { Machine } from '../disk/machine.ts'
import { error } from '../disk/memory-disk.ts'
import { created, intentOf } from './intents.ts'
import { hasher } from './logs.ts'

const root = rootAt('/j')
const HOUR_MS = 60 * 60 * 1000
const NOTHING = { keepMs: 0, maxBytes: 0 }

let machine: Machine
beforeEach(() => {
  machine = new Machine(hasher)
})

async function settled(id: string): Promise<void> {
  const start = { folders: ['/w'], server: ['server'], editor: null }
  const session = new Session(machine.run(), root, start, () => {})
  await session.append(intentOf(id, [created('/w/a', 'a')]))
  session.note({ id, at: '2026-01-01T00:00:00.000Z', event: 'landed' })
  await session.end()
}

const sessions = (): number => {
  const node = machine.platter.find('/j/history')
  return node.kind === 'folder' ? node.entries.size : 0
}

it('keeps the history small, and looks again an hour later', async () => {
  await settled('01')
  await keepHouse(machine.run(), root, NOTHING, untilDone)
  expect(sessions()).toBe(0)
  expect(machine.platter.bytesAt('/j/collected').toString()).toMatch(/^2026-01-01T00:00:00\.\d{3}Z\n$/)
  await settled('02')
  machine.clock += HOUR_MS - 1000
  await keepHouse(machine.run(), root, NOTHING, untilDone)
  expect(sessions()).toBe(1)
  machine.clock += 1000
  await keepHouse(machine.run(), root, NOTHING, untilDone)
  expect(sessions()).toBe(0)
})

it('costs one look at one small file otherwise', async () => {
  for (const id of ['01', '02', '03']) await settled(id)
  await keepHouse(machine.run(), root, { keepMs: HOUR_MS * 10 ** 6, maxBytes: 10 ** 9 }, untilDone)
  const program = machine.run()
  await keepHouse(program, root, NOTHING, untilDone)
  expect(program.disk.log.map(({ name, path }) => `${name} ${path}`)).toEqual([
    'stat /j/collected',
    'read /j/collected',
  ])
})

it.each([
  ['comes from a clock that was set back', '2027-01-01T00:00:00.000Z'],
  ['is no time', 'soon'],
  ['is empty', ''],
])('looks all the same where the time of its last look %s', async (_what, stamp) => {
  await settled('01')
  machine.platter.put('/j/collected', stamp)
  await keepHouse(machine.run(), root, NOTHING, untilDone)
  expect(sessions()).toBe(0)
})

it('removes nothing where it cannot say that it has looked: no hour would pass before the next try', async () => {
  await settled('01')
  const program = machine.run()
  program.disk.plan = ({ name, path }) =>
    name === 'open' && path === '/j/collected' ? error('EROFS') : undefined
  await expect(keepHouse(program, root, NOTHING, untilDone)).rejects.toThrow(
    'cannot open /j/collected: EROFS',
  )
  expect(sessions()).toBe(1)
})

it('follows no link that stands in the place of its stamp', async () => {
  await settled('01')
  machine.platter.put('/w/mine', 'mine')
  machine.platter.putLink('/j/collected', '/w/mine')
  await expect(keepHouse(machine.run(), root, NOTHING, untilDone)).rejects.toThrow('ELOOP')
  expect(machine.platter.bytesAt('/w/mine').toString()).toBe('mine')
})
