import { beforeEach, describe, expect, it } from 'vitest'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions } from '../../server/journal/session-folder.ts'
import { isDamage, type Verified, verifyRoot, verifySessions } from '../../server/journal/verify.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { created, edit, edited, intentOf, moved } from './intents.ts'
import { hasher } from './logs.ts'

const root = rootAt('/j')
const start = { folders: ['/w'], server: ['server'], editor: null }
const at = '2026-01-01T00:00:00.000Z'

let machine: Machine
beforeEach(() => {
  machine = new Machine(hasher)
})

const intents = [
  intentOf('01', [edited('/w/a', 'one\r\n', edit(0, 3, '1'))]),
  intentOf('02', moved('/w/b', '/w/c', Buffer.from([0xff, 0x00]))),
  intentOf('03', [created('/w/d', 'é')]),
]

/** A session with three edits; returns its folder's name. */
async function session(program: Program, settles: boolean): Promise<string> {
  const session = new Session(program, root, start, () => {})
  for (const intent of intents) await session.append(intent)
  for (const { id } of settles ? intents : []) session.note({ id, at, event: 'landed' })
  if (settles) await session.end()
  else machine.kill(program)
  machine.clock += 1000
  return session.id
}

async function all(): Promise<Verified[]> {
  const verified: Verified[] = []
  for await (const each of verifySessions(machine.run(), root, () => {})) verified.push(each)
  return verified
}

/** Findings in a few words. */
async function found(): Promise<string[]> {
  const sessions = await all()
  const findings = sessions.flatMap((each) => each.findings)
  return findings.map(
    ({ kind, path, at, reason }) => `${kind} ${path}${at === undefined ? '' : ` ${at}`}: ${reason}`,
  )
}

describe('a sound journal', () => {
  it('is read whole: what is settled, what died pending, and what was taken over', async () => {
    const dead = await session(machine.run(), false)
    const settled = await session(machine.run(), true)
    const claimer = machine.run()
    const claiming = new Session(claimer, root, start, () => {})
    const [pending] = await liveSessions(claimer, root)
    await claiming.claim(pending!)
    const sessions = await all()
    expect(
      sessions.map(({ path, place, intents, outcomes, findings }) => [
        path,
        place,
        intents,
        outcomes,
        findings,
      ]),
    ).toEqual([
      [`/j/live/${claiming.id}`, 'live', 0, 0, []],
      [`/j/live/${claiming.id}/claimed/${dead}`, 'claimed', 3, 0, []],
      [`/j/history/${settled}`, 'history', 3, 3, []],
    ])
    const size = (name: string) => machine.platter.bytesAt(`/j/history/${settled}/${name}`).length
    expect(sessions[2]!.bytes).toBe(size('wal.log') + size('outcomes.log'))
    expect(await verifyRoot(machine.run(), root)).toEqual([])
  })

  it('may be none at all', async () => {
    expect(await verifyRoot(machine.run(), root)).toEqual([])
    expect(await all()).toEqual([])
  })

  it('may have an empty folder left of a session whose removal was cut short', async () => {
    await session(machine.run(), true)
    machine.platter.putFolder('/j/live/20260101T000000Z-00000001')
    expect(await found()).toEqual([])
  })

  it('may be being written: what a running session has not finished is no damage', async () => {
    const program = machine.run()
    const running = new Session(program, root, start, () => {})
    await running.append(intents[0]!)
    machine.platter.put(`${running.folder}/outcomes.log`, '{"id":"01","at"')
    const log = machine.platter.bytesAt(`${running.folder}/wal.log`)
    machine.platter.put(`${running.folder}/wal.log`, Buffer.concat([log, Buffer.from('{"id":"02","edi')]))
    expect(await found()).toEqual([])
    machine.kill(program)
    expect(await found()).toEqual([
      `outcome ${running.folder}/outcomes.log 0: its line is damaged, and passed over`,
      `torn ${running.folder}/wal.log ${log.length}: it is cut off or too long`,
    ])
  })
})

describe('damage', () => {
  it('of any bit of a log is found, whether of edits or of outcomes', async () => {
    const id = await session(machine.run(), true)
    for (const name of ['wal.log', 'outcomes.log']) {
      const path = `/j/history/${id}/${name}`
      const sound = machine.platter.bytesAt(path)
      for (let at = 0; at < sound.length; at++) {
        const damaged = Buffer.from(sound)
        damaged[at]! ^= 1 << (at % 8)
        machine.platter.put(path, damaged)
        const [verified] = await all()
        expect(verified!.findings.some(isDamage), `byte ${at} of ${name}`).toBe(true)
      }
      machine.platter.put(path, sound)
    }
    expect(await found()).toEqual([])
  })

  it('is found where a whole record is gone, by what tells of it', async () => {
    const id = await session(machine.run(), true)
    const path = `/j/history/${id}/wal.log`
    const log = machine.platter.bytesAt(path)
    machine.platter.put(path, log.subarray(0, log.lastIndexOf(10, log.length - 2) + 1))
    expect(await found()).toEqual([
      `missing /j/history/${id}/outcomes.log: it tells of intent 03, which no log holds`,
    ])
    machine.platter.takeAway(path)
    expect((await found())[0]).toBe(`missing ${path}: a settled session has one`)
  })

  it('is said with its byte', async () => {
    const id = await session(machine.run(), false)
    const path = `/j/live/${id}/wal.log`
    const log = machine.platter.bytesAt(path)
    const second = log.indexOf(10) + 1
    const damaged = Buffer.from(log)
    damaged[second + 10]! ^= 1
    machine.platter.put(path, damaged)
    expect(await found()).toEqual([
      `corrupt ${path} ${second}: its checksum does not match`,
      `corrupt ${path} ${log.lastIndexOf(10, log.length - 2) + 1}: record 2 does not follow record 0`,
    ])
    machine.platter.put(path, log.subarray(0, second + 100))
    expect(await found()).toEqual([`torn ${path} ${second}: it is cut off or too long`])
  })

  it('is a later version, which is not understood', async () => {
    const id = await session(machine.run(), false)
    const path = `/j/live/${id}/wal.log`
    const body = machine.platter.bytesAt(path).toString().split('\n')[0]!.replace('"v":1', '"v":99')
    const line = body.slice(0, body.lastIndexOf(',"sum"'))
    machine.platter.put(path, `${line},"sum":"${hasher.hash(Buffer.from(line))}"}\n`)
    expect(await found()).toEqual([`refused ${path} 0: it is of version 99, not 1 to 4`])
  })

  it.each([
    ['{"version":1', 'it is missing, damaged, or that of another: nothing here is found'],
    [undefined, 'it is missing, damaged, or that of another: nothing here is found'],
    ['another', 'it is missing, damaged, or that of another: nothing here is found'],
  ])('is a session.json that does not say whose folder it is: %s', async (content, reason) => {
    const id = await session(machine.run(), true)
    const path = `/j/history/${id}/session.json`
    const other = machine.platter.bytesAt(path).toString().replace(id, '20200101T000000Z-00000000')
    if (content === undefined) machine.platter.takeAway(path)
    else machine.platter.put(path, content === 'another' ? other : content)
    expect(await found()).toEqual([`session ${path}: ${reason}`])
    expect((await all())[0]!.intents).toBe(3)
  })

  it('is a log that lacks the one before it', async () => {
    const id = await session(machine.run(), true)
    const folder = `/j/history/${id}`
    machine.platter.put(`${folder}/wal.2.log`, machine.platter.bytesAt(`${folder}/wal.log`))
    expect(await found()).toEqual([`missing ${folder}/wal.1.log: wal.2.log is never read without it`])
  })
})

describe('what is no plain file, or not the user’s alone', () => {
  it('is never opened', async () => {
    const [one, other] = [await session(machine.run(), true), await session(machine.run(), true)]
    machine.platter.takeAway(`/j/history/${one}/wal.log`)
    machine.platter.putOther(`/j/history/${one}/wal.log`)
    machine.platter.takeAway(`/j/history/${one}/outcomes.log`)
    machine.platter.putLink(`/j/history/${one}/outcomes.log`, '/w/a')
    machine.platter.find(`/j/history/${other}`).mode = 0o777
    machine.platter.putLink('/j/history/20990101T000000Z-00000000', '/w')
    const program = machine.run()
    const findings = []
    for await (const each of verifySessions(program, root, () => {})) findings.push(...each.findings)
    expect(findings.map(({ kind, path, reason }) => `${kind} ${path}: ${reason}`)).toEqual([
      `corrupt /j/history/${one}/outcomes.log: it is no ordinary file`,
      `corrupt /j/history/${one}/wal.log: it is no ordinary file`,
      `folder /j/history/${other}: the journal folder /j/history/${other} may be written by others: chmod go-w /j/history/${other}`,
      'stray /j/history/20990101T000000Z-00000000: it is no session',
    ])
    const opened = program.disk.log.filter(({ name }) => name === 'open' || name === 'read')
    expect(opened.map(({ path }) => path)).toEqual([
      `/j/history/${one}/session.json`,
      `/j/history/${one}/session.json`,
      `/j/history/${other}/session.json`,
    ])
  })

  it('is said of the journal’s own folders', async () => {
    await session(machine.run(), true)
    machine.platter.find('/j/history').uid = 0
    expect(await verifyRoot(machine.run(), root)).toEqual([
      {
        kind: 'folder',
        path: '/j/history',
        reason: 'the journal folder /j/history belongs to another user (0)',
      },
    ])
    expect(await all()).toEqual([])
  })

  it('is nowhere looked into where the journal itself is not the user’s alone', async () => {
    await session(machine.run(), true)
    machine.platter.find('/j').mode = 0o777
    expect((await verifyRoot(machine.run(), root)).map(({ kind, path }) => [kind, path])).toEqual([
      ['folder', '/j'],
    ])
    expect(await all()).toEqual([])
  })

  it('is no damage where it is only somebody else’s', async () => {
    const id = await session(machine.run(), true)
    machine.platter.put(`/j/history/${id}/todo`, '')
    const [verified] = await all()
    expect(verified!.findings).toEqual([
      { kind: 'stray', path: `/j/history/${id}/todo`, reason: 'it is no part of a session' },
    ])
    expect(verified!.findings.some(isDamage)).toBe(false)
  })
})
