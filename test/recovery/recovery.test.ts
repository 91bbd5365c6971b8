import { beforeEach, describe, expect, it } from 'vitest'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { type EditorInfo, liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import type { RecoverMode } from '../../server/recovery/plan.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { error } from '../disk/memory-disk.ts'
import { created, deleted, intentOf, replaced } from '../journal/intents.ts'
import { hasher, logOf } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')

let machine: Machine
let told: string[]

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.put('/w/a', 'old')
  machine.platter.put('/w/b', 'old')
  told = []
})

const oldNew = (id: string) =>
  intentOf(id, [replaced('/w/a', 'old', 'new'), replaced('/w/b', 'old', 'new')], { facts: new Map() })

const tell = (problem: unknown) => told.push(String(problem))

interface Ran {
  readonly session: Session
  readonly program: Program
}

/** A session that recorded these and is still there. */
async function running(
  intents: readonly Intent[],
  editor: EditorInfo | null = null,
  folders = ['/w'],
): Promise<Ran> {
  const program = machine.run()
  const session = new Session(program, root, { folders, server: ['server'], editor }, tell)
  for (const intent of intents) await session.append(intent)
  return { session, program }
}

async function dead(
  intents: readonly Intent[],
  editor: EditorInfo | null = null,
  folders = ['/w'],
): Promise<Session> {
  const { session, program } = await running(intents, editor, folders)
  machine.kill(program)
  return session
}

/** What one start does, case by case; then it ends cleanly. */
async function start(
  mode: RecoverMode = 'auto',
  editor: EditorInfo | null = null,
  prepare: (program: Program) => void = () => {},
): Promise<{ done: string[]; adopted: string[] }> {
  const program = machine.run()
  prepare(program)
  const session = new Session(program, root, { folders: ['/w'], server: ['server'], editor }, tell)
  const workspace = new DiskWorkspace(program.disk, ['/w'])
  const recovery = await Recovery.start(program, root, session, { folders: ['/w'], editor }, tell)
  const done: string[] = []
  for (const kase of recovery.cases) {
    const result = await recovery.deal(kase, workspace, mode)
    done.push(
      `${kase.intent.id} ${result.kind === 'waiting' ? `${result.plan.kind}: ${result.plan.reason}` : result.kind}`,
    )
  }
  const adopted = recovery.adopted.map(({ intent }) => intent.id)
  await recovery.end()
  await session.end()
  machine.kill(program)
  return { done, adopted }
}

const live = async () => (await liveSessions(machine.run(), root)).map(({ info }) => info.session)
const settled = async () => (await settledSessions(machine.run(), root)).map(({ info }) => info.session)
const tree = () => machine.platter.tree('/w')

describe('a start', () => {
  it('finishes what a dead session left, moves it to history, and records what it did', async () => {
    const session = await dead([oldNew('01')])
    expect(await start()).toEqual({ done: ['01 done'], adopted: [] })
    expect(tree()).toEqual({ a: 'new', b: 'new' })
    expect(await live()).toEqual([])
    expect(await settled()).toContain(session.id)
    expect(await settled()).toHaveLength(2)
    expect(await start()).toEqual({ done: [], adopted: [] })
    expect(told).toEqual([])
  })

  it('leaves alone a session that runs, one of another folder, and one of another machine', async () => {
    await running([oldNew('01')])
    await dead([oldNew('02')], null, ['/other'])
    machine.name = 'there'
    machine.hardware = 'that'
    await dead([oldNew('03')])
    machine.name = 'here'
    machine.hardware = 'this'
    expect(await start()).toEqual({ done: [], adopted: [] })
    expect(await live()).toHaveLength(3)
    expect(tree()).toEqual({ a: 'old', b: 'old' })
  })

  it('adopts what a session of the same editor left, and leaves that of another editor that runs', async () => {
    const [mine, other] = [machine.run(), machine.run()]
    const infoOf = async ({ host }: Program): Promise<EditorInfo> => ({
      name: 'vi',
      version: '1',
      pid: host.pid,
      start: (await host.processStart(host.pid))!,
    })
    await dead([oldNew('01')], await infoOf(mine))
    await dead([oldNew('02')], await infoOf(other))
    expect(await start('auto', await infoOf(mine))).toEqual({ done: [], adopted: ['01'] })
    machine.kill(mine)
    machine.kill(other)
    expect((await start('report')).done).toEqual([
      '01 ask: it was left unfinished',
      '02 ask: it was left unfinished',
    ])
  })

  it('asks about what another program wrote, and about a log that is damaged', async () => {
    const foreign = await dead([oldNew('01')])
    const line =
      '{"id":"go","edits":[{"Path":"/w/a","StartByte":0,"EndByte":3,"NewText":"new"}],"originals":{"/w/a":"b2xk"},"expected_raw_hash":null,"expected_norm_hash":null}\n'
    machine.platter.put(`${foreign.folder}/wal.log`, line)
    const damaged = await dead([oldNew('02')])
    machine.platter.put(`${damaged.folder}/wal.log`, Buffer.concat([Buffer.from('x\n'), logOf(oldNew('02'))]))
    expect((await start()).done.sort()).toEqual([
      '02 ask: its log is damaged',
      'go ask: another program wrote it',
    ])
    expect(tree()).toEqual({ a: 'old', b: 'old' })
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/wal\.log is corrupt at byte 0: it is not JSON in UTF-8$/)
  })

  it('recovers what stands before a torn tail, and reports the tail', async () => {
    const session = await dead([oldNew('01')])
    machine.platter.put(
      `${session.folder}/wal.log`,
      Buffer.concat([logOf(oldNew('01')), Buffer.from('{"id"')]),
    )
    expect((await start()).done).toEqual(['01 done'])
    expect(tree()).toEqual({ a: 'new', b: 'new' })
    expect(told[0]).toMatch(/wal\.log is torn at byte \d+: it is cut off or too long$/)
  })

  it('keeps in live what a later version wrote', async () => {
    const session = await dead([oldNew('01')])
    const body = Buffer.from('{"id":"02","meta":{"v":5}')
    const later = Buffer.concat([body, Buffer.from(`,"sum":"${hasher.hash(body)}"}\n`)])
    machine.platter.put(`${session.folder}/wal.log`, later)
    expect((await start()).done).toEqual([])
    expect(await live()).toEqual([session.id])
    expect(told[0]).toMatch(/wal\.log is refused at byte 0: it is of version 5, not 1 to 4$/)
  })

  it('recovers the others where one session cannot be read or taken over', async () => {
    const unreadable = await dead([oldNew('01')])
    const open = await dead([oldNew('02')])
    machine.platter.find(open.folder).mode = 0o777
    machine.platter.put('/w/c', 'old')
    const good = await dead([intentOf('03', [replaced('/w/c', 'old', 'new')], { facts: new Map() })])
    const failing = (program: Program) => {
      program.disk.plan = ({ name, path }) =>
        name === 'readAt' && path.includes(unreadable.id) ? error('EIO') : undefined
    }
    expect((await start('auto', null, failing)).done).toEqual(['03 done'])
    expect(tree()).toEqual({ a: 'old', b: 'old', c: 'new' })
    expect(
      told.filter((each) => each.includes('EIO') || each.includes('may be written by others')),
    ).toHaveLength(2)
    expect(await live()).toEqual(expect.arrayContaining([unreadable.id, open.id]))
    expect(await settled()).toContain(good.id)
    machine.platter.find(open.folder).mode = 0o700
    // Found again, though a start that could not read it had taken it over.
    expect((await start()).done.sort()).toEqual(['01 done', '02 done'])
    expect(await live()).toEqual([])
  })

  it('finishes two intents on one file, the second of which rests on the first', async () => {
    await dead([
      intentOf('01', [replaced('/w/a', 'old', 'new')]),
      intentOf('02', [replaced('/w/a', 'new', 'newer'), replaced('/w/b', 'old', 'newer')], {
        facts: new Map([
          ['/w/a', { from: 'buffer', disk: hasher.hash(Buffer.from('old')), size: 3, mtimeNs: 1n }],
        ]),
      }),
    ])
    expect((await start()).done).toEqual(['01 done', '02 done'])
    expect(tree()).toEqual({ a: 'newer', b: 'newer' })
  })

  it('rolls back what it is told to, bytes that are no text too', async () => {
    const binary = Buffer.from([0xff, 0, 0x80])
    machine.platter.put('/w/bin', binary)
    await dead([
      intentOf('01', [deleted('/w/bin', binary), created('/w/new', 'x'), replaced('/w/a', 'old', 'new')]),
    ])
    machine.platter.takeAway('/w/bin')
    machine.platter.put('/w/new', 'x')
    expect((await start('rollback')).done).toEqual(['01 done'])
    expect(tree()).toEqual({ a: 'old', b: 'old', bin: binary.toString('latin1') })
    expect(told).toEqual([])
    // What was done is recorded so that it can be read, and taken back.
    for (const { path } of await settledSessions(machine.run(), root)) {
      for await (const found of replay(machine.run(), path)) expect(found.kind).toBe('intent')
    }
  })
})
