import { beforeEach, describe, expect, it } from 'vitest'
import { LogWriter } from '../../server/journal/log-writer.ts'
import { replay } from '../../server/journal/replay.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { die, error, type FaultPlan, from, once, onNth, short } from '../disk/memory-disk.ts'
import { edit, edited, intentOf, replaced } from './intents.ts'
import { hasher, linesOf, logOf } from './logs.ts'

let machine: Machine
let program: Program

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/s')
  program = machine.run()
})

const intent = (id: string) => intentOf(id, [replaced('/w/a', 'one', 'two')])
const huge = (id: string) => intentOf(id, [edited('/w/a', Buffer.alloc(7 << 20, 'x'), edit(0, 1, 'y'))])

/** What a program that starts now reads, in a few words. */
async function read(): Promise<string[]> {
  const words: string[] = []
  for await (const found of replay(machine.run(), '/s'))
    words.push(found.kind === 'intent' ? found.intent.id : `${found.kind} at ${found.at}`)
  return words
}

describe('an append', () => {
  it('survives a loss of power as soon as it resolves, the first one too', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    await log.append(intent('02'))
    machine.crash()
    expect(await read()).toEqual(['01', '02'])
  })

  it('survives a loss of power at any later moment, and counts not at all before', async () => {
    for (let n = 1; ; n++) {
      machine = new Machine(hasher)
      machine.platter.putFolder('/s')
      program = machine.run()
      program.disk.plan = once(n, die('half'))
      const acknowledged: string[] = []
      const died = await (async () => {
        const log = await LogWriter.open(program, '/s')
        for (const id of ['01', '02', '03']) {
          await log.append(intent(id))
          acknowledged.push(id)
        }
      })().then(
        () => false,
        () => true,
      )
      machine.crash()
      expect(await read()).toEqual(acknowledged)
      if (!died) {
        expect(acknowledged).toEqual(['01', '02', '03'])
        return
      }
    }
  })

  it('is read in the order in which it was asked for, when several are asked for at once', async () => {
    const log = await LogWriter.open(program, '/s')
    program.disk.turn = () => new Promise((turn) => setImmediate(turn))
    await Promise.all(['01', '02', '03', '04'].map((id) => log.append(intent(id))))
    await log.close()
    expect(await read()).toEqual(['01', '02', '03', '04'])
  })

  it('of several lines counts only once the last is durable', async () => {
    for (const when of ['before', 'half'] as const) {
      for (const nth of [1, 2]) {
        machine = new Machine(hasher)
        machine.platter.putFolder('/s')
        program = machine.run()
        const log = await LogWriter.open(program, '/s')
        await log.append(intent('01'))
        program.disk.plan = onNth('write', 'wal.log', nth, die(when))
        await expect(log.append(huge('02'))).rejects.toThrow()
        machine.crash(() => true)
        const after = await LogWriter.open(machine.run(), '/s')
        await after.append(intent('03'))
        expect(await read()).toEqual(['01', '03'])
      }
    }
  })

  it('does not count in a log that was moved away under it, though every byte of it is safe there', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    await program.disk.rename('/s/wal.log', '/s/elsewhere')
    await expect(log.append(intent('02'))).rejects.toThrow('/s/wal.log was removed while it was written')
    expect(machine.platter.tree('/s')).toEqual({ elsewhere: logOf(intent('01')).toString('latin1') })
  })

  it('does not count where nobody can say whether its log has its name yet', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    program.disk.plan = onNth('stat', 'wal.log', 1, error('EACCES'))
    await expect(log.append(intent('02'))).rejects.toThrow('cannot append intent 02 to /s/wal.log at')
    await log.append(intent('03'))
    machine.crash()
    expect(await read()).toEqual(['01', '03'])
  })

  it('is cut back where it fails in the middle of many chunks, and the log goes on', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    for (const nth of [1, 2, 3]) {
      program.disk.plan = onNth('write', 'wal.log', nth, short('ENOSPC'))
      await expect(log.append(huge('02'))).rejects.toThrow('ENOSPC')
      expect(machine.platter.tree('/s')['wal.log']).toBe(logOf(intent('01')).toString('latin1'))
    }
    await log.append(huge('03'))
    machine.crash()
    expect(await read()).toEqual(['01', '03'])
  })

  const failures: [string, string, () => FaultPlan][] = [
    ['a full disk', 'ENOSPC', () => onNth('write', 'wal.log', 1, short('ENOSPC'))],
    ['an I/O error', 'EIO', () => onNth('write', 'wal.log', 1, error('EIO'))],
    ['a quota', 'EDQUOT', () => onNth('write', 'wal.log', 1, short('EDQUOT'))],
  ]
  it.each(failures)(
    'that meets %s rejects, is cut back, and leaves room for the next',
    async (_what, code, plan) => {
      const log = await LogWriter.open(program, '/s')
      await log.append(intent('01'))
      const size = logOf(intent('01')).length
      program.disk.plan = plan()
      await expect(log.append(intent('02'))).rejects.toThrow(
        `cannot append intent 02 to /s/wal.log at ${size}: ${code}`,
      )
      expect(machine.platter.bytesAt('/s/wal.log').length).toBe(size)
      await log.append(intent('03'))
      machine.crash()
      expect(await read()).toEqual(['01', '03'])
    },
  )

  it('goes to another log where the first cannot be cut back', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    const plans = [onNth('write', 'wal.log', 1, short('EIO')), onNth('truncate', 'wal.log', 1, error('EIO'))]
    program.disk.plan = (operation) => plans.map((plan) => plan(operation)).find(Boolean)
    await log.append(intent('02'))
    await log.append(intent('03'))
    machine.crash()
    expect(machine.platter.tree('/s')['wal.1.log']).toBe(logOf(intent('02'), intent('03')).toString('latin1'))
    expect(await read()).toEqual(['01', '02', '03'])
  })

  it.each(['power is lost', 'the program is killed'])(
    'goes to another log after a failed sync, and is read once when %s',
    async (end) => {
      const log = await LogWriter.open(program, '/s')
      await log.append(intent('01'))
      program.disk.plan = onNth('sync', 'wal.log', 1, error('EIO'))
      await log.append(intent('02'))
      await log.append(intent('03'))
      if (end === 'power is lost') machine.crash()
      else machine.kill(program)
      expect(Object.keys(machine.platter.tree('/s'))).toEqual(['wal.log', 'wal.1.log'])
      expect(await read()).toEqual(['01', '02', '03'])
      const next = await LogWriter.open(machine.run(), '/s')
      await next.append(intent('04'))
      expect(await read()).toEqual(['01', '02', '03', '04'])
    },
  )

  it('does not count when it rejects because every sync fails', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    program.disk.plan = ({ name }) => (name === 'sync' ? error('EIO') : undefined)
    await expect(log.append(intent('02'))).rejects.toThrow(
      'cannot append intent 02 to /s/wal.1.log at 0: EIO',
    )
    program.disk.plan = () => undefined
    expect(await read()).toEqual(['01'])
    await log.append(intent('03'))
    machine.kill(program)
    expect(await read()).toEqual(['01', '03'])
  })

  it('does not count where it could not be taken back, once the log is written again', async () => {
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    program.disk.plan = ({ name }) => (name === 'write' ? undefined : error('EIO'))
    await expect(log.append(intent('02'))).rejects.toThrow('EIO')
    program.disk.plan = () => undefined
    await log.append(intent('03'))
    machine.kill(program)
    expect(await read()).toEqual(['01', '03'])
  })

  it('does not count when it rejects, whatever operation fails and for how long', async () => {
    const rows = [
      [once, () => machine.crash()],
      [from, () => machine.crash()],
      [once, () => machine.kill(program)],
    ] as const
    for (const code of ['EIO', 'ENOSPC', 'EROFS']) {
      for (const [plan, end] of rows) {
        for (let n = 1; n < 30; n++) {
          machine = new Machine(hasher)
          machine.platter.putFolder('/s')
          program = machine.run()
          program.disk.plan = plan(n, short(code))
          const acknowledged: string[] = []
          const log = await LogWriter.open(program, '/s').catch(() => undefined)
          for (const id of log === undefined ? [] : ['01', '02', '03']) {
            await log!.append(intent(id)).then(
              () => acknowledged.push(id),
              () => {},
            )
          }
          end()
          expect(await read()).toEqual(acknowledged)
        }
      }
    }
  })

  it('is lost without the syncs: the control of what stands above', async () => {
    program.disk.lies = () => true
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('01'))
    machine.crash()
    expect(await read()).toEqual([])
  })
})

describe('a log that is opened again', () => {
  const lines = linesOf([intent('01'), intent('02')])

  it('goes on with the chain', async () => {
    machine.platter.put('/s/wal.log', Buffer.concat(lines))
    const log = await LogWriter.open(program, '/s')
    await log.append(intent('03'))
    expect(await read()).toEqual(['01', '02', '03'])
  })

  it('has its torn tail kept aside and cut off, whatever the moment of a crash', async () => {
    const tail = lines[1]!.subarray(0, 40)
    for (let n = 1; ; n++) {
      machine = new Machine(hasher)
      machine.platter.put('/s/wal.log', Buffer.concat([lines[0]!, tail]))
      program = machine.run()
      program.disk.plan = once(n, die('half'))
      const done = await LogWriter.open(program, '/s')
        .then((log) => log.append(intent('03')))
        .then(
          () => true,
          () => false,
        )
      machine.crash()
      const log = await LogWriter.open(machine.run(), '/s')
      await log.append(intent('04'))
      expect(await read()).toEqual(done ? ['01', '03', '04'] : ['01', '04'])
      const tree = Object.entries(machine.platter.tree('/s'))
      const aside = tree.filter(([name]) => name.startsWith(`wal.log.torn-${lines[0]!.length}-`))
      expect(aside.some(([, text]) => text === tail.toString('latin1'))).toBe(true)
      if (done) return
    }
  })

  it.each([
    [
      'corrupt',
      Buffer.concat([Buffer.from('x\n'), ...lines]),
      '/s/wal.log is corrupt at byte 0: it is not JSON in UTF-8',
    ],
    [
      'of a later version',
      (() => {
        const body = Buffer.from('{"id":"01","meta":{"v":5}')
        return Buffer.concat([body, Buffer.from(`,"sum":"${hasher.hash(body)}"}\n`)])
      })(),
      '/s/wal.log is refused at byte 0: it is of version 5, not 1 to 4',
    ],
  ])('is left as it is when it is %s', async (_what, bytes, message) => {
    machine.platter.put('/s/wal.log', bytes)
    await expect(LogWriter.open(program, '/s')).rejects.toThrow(message)
    expect(machine.platter.bytesAt('/s/wal.log')).toEqual(bytes)
  })

  it.each(['a folder', 'a link', 'a pipe'])('is refused where %s stands in its place', async (what) => {
    machine.platter.put('/elsewhere', '')
    if (what === 'a folder') machine.platter.putFolder('/s/wal.log')
    else if (what === 'a pipe') machine.platter.putOther('/s/wal.log')
    else machine.platter.putLink('/s/wal.log', '/elsewhere')
    await expect(LogWriter.open(program, '/s')).rejects.toThrow('/s/wal.log')
    expect(machine.platter.tree('/elsewhere')).toEqual({ '': '' })
  })
})
