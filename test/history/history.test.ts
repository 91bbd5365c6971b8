import { expect, it } from 'vitest'
import { readHistory } from '../../server/history/history.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { Machine } from '../disk/machine.ts'
import { error } from '../disk/memory-disk.ts'
import { created, intentOf } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j')

async function settled(machine: Machine, id: string): Promise<string> {
  const program = machine.run()
  const session = new Session(program, root, { folders: ['/w'], server: [], editor: null }, () => {})
  await session.append(intentOf(id, [created('/w/a', 'a')]))
  session.note({ id, at: '2026-01-01T00:00:00.000Z', event: 'landed' })
  await session.end()
  machine.clock += 1000
  return session.id
}

it('passes over a session that is removed while it is read, at whatever moment', async () => {
  for (let n = 1; ; n++) {
    const machine = new Machine(hasher)
    const going = await settled(machine, '01')
    await settled(machine, '02')
    const program = machine.run()
    program.disk.plan = (operation) => {
      if (operation.n === n) machine.platter.rename(`/j/history/${going}`, `/j/history/.${going}-ab12`)
      return undefined
    }
    const { entries, damage } = await readHistory(program, root, undefined)
    const ids = entries.map(({ recorded }) => recorded.intent.id)
    // Opened already, it is read to its end.
    expect([['02'], ['01', '02']], `operation ${n}`).toContainEqual(ids)
    expect(damage).toEqual([])
    if (program.disk.log.length < n) return
  }
})

it('says what cannot be read', async () => {
  const machine = new Machine(hasher)
  await settled(machine, '01')
  const program = machine.run()
  program.disk.plan = ({ name, path }) =>
    name === 'open' && path.endsWith('wal.log') ? error('EACCES') : undefined
  await expect(readHistory(program, root, undefined)).rejects.toThrow('EACCES')
})
