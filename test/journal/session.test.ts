import { mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import type { Env } from '../../server/journal/env.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import {
  type FoundSession,
  lifeOf,
  liveSessions,
  settledSessions,
} from '../../server/journal/session-folder.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { die, error, from, once } from '../disk/memory-disk.ts'
import { created, intentOf } from './intents.ts'
import { hasher } from './logs.ts'

const root = rootAt('/home/.state/lsp-wal')
const start = {
  folders: ['/w'],
  server: ['gopls', 'serve'],
  editor: { name: 'vi', version: '1', pid: 7, start: 's' },
}
const intent = (id: string) => intentOf(id, [created('/w/a', 'x')])
const landed = (id: string) => ({ id, at: '', event: 'landed' as const })

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/home')
  machine.platter.putFolder('/w')
})

const sessionOf = (program: Program, startOf = start) =>
  new Session(program, root, startOf, (problem) => told.push(problem))
let told: unknown[] = []
beforeEach(() => {
  told = []
})

const names = (found: readonly FoundSession[]) => found.map(({ info }) => info.session)
const live = async () => names(await liveSessions(machine.run(), root))
const settled = async () => names(await settledSessions(machine.run(), root))

async function idsIn(folder: string): Promise<string[]> {
  const ids: string[] = []
  for await (const found of replay(machine.run(), folder))
    ids.push(found.kind === 'intent' ? found.intent.id : found.kind)
  return ids
}

/** A session that died with one intent pending. */
async function dead(id: string, kill: 'killed' | 'crashed' = 'killed'): Promise<FoundSession> {
  const program = machine.run()
  const session = sessionOf(program)
  await session.append(intent(id))
  if (kill === 'killed') machine.kill(program)
  else machine.crash()
  const found = (await liveSessions(machine.run(), root)).find(({ info }) => info.session === session.id)
  return found!
}

describe('a session', () => {
  it('leaves nothing on the disk before its first intent, nor when it ends without one', async () => {
    const before = machine.platter.tree('/')
    const program = machine.run()
    const session = sessionOf(program)
    session.note(landed('00'))
    await session.end()
    expect(machine.platter.tree('/')).toEqual(before)
    expect(program.disk.log).toEqual([])
  })

  it('looks for its log again beside the sync alone', async () => {
    const program = machine.run()
    const session = sessionOf(program)
    await session.append(intent('01'))
    expect(program.disk.log.flatMap(({ name, path }) => (path.endsWith('/wal.log') ? name : []))).toEqual([
      'stat',
      'open',
      'stat',
      'write',
      'stat',
      'sync',
    ])
  })

  it('tells who it is', async () => {
    const program = machine.run()
    const session = sessionOf(program)
    await session.append(intent('01'))
    const found = await liveSessions(program, root)
    expect(found).toEqual([
      {
        path: `/home/.state/lsp-wal/live/${session.id}`,
        claimedBy: undefined,
        info: {
          version: 1,
          session: '20260101T000000Z-9e3779b1',
          folders: ['/w'],
          server: ['gopls', 'serve'],
          editor: { name: 'vi', version: '1', pid: 7, start: 's' },
          host: 'here',
          machine: 'this',
          boot: 'boot-1 of this',
          pid: 101,
          start: 'start-102',
          startedAt: '2026-01-01T00:00:00.001Z',
          socket: '/home/.state/lsp-wal/live/20260101T000000Z-9e3779b1/socket',
        },
      },
    ])
    expect(await program.host.call(found[0]!.info.socket)).toEqual({
      answered: true,
      line: '{"session":"20260101T000000Z-9e3779b1","pid":101,"open":[]}',
    })
  })

  it('is found with its intent after a crash right after the first append', async () => {
    const program = machine.run()
    const session = sessionOf(program)
    await session.append(intent('01'))
    machine.crash()
    expect(await live()).toEqual([session.id])
    expect(await idsIn(session.folder)).toEqual(['01'])
  })

  it('is found whole or not at all after a crash at any operation of its first append', async () => {
    for (const end of ['killed', 'crashed'] as const) {
      for (let n = 1; ; n++) {
        machine = new Machine(hasher)
        machine.platter.putFolder('/home')
        const program = machine.run()
        program.disk.plan = once(n, die('half'))
        const session = sessionOf(program)
        const done = await session.append(intent('01')).then(
          () => true,
          () => false,
        )
        if (end === 'killed') machine.kill(program)
        else machine.crash()
        for (const { path, info } of await liveSessions(machine.run(), root)) {
          expect(info.session).toBe(session.id)
          const ids = await idsIn(path)
          if (done) expect(ids).toEqual(['01'])
          else expect(['', 'torn', '01']).toContain(ids.join())
        }
        if (done) expect(await live()).toEqual([session.id])
        if (done) break
      }
    }
  })

  it('can append once what stood in the way of its folder has passed', async () => {
    for (let n = 1; n < 40; n++) {
      machine = new Machine(hasher)
      machine.platter.putFolder('/home')
      const program = machine.run()
      const session = sessionOf(program)
      program.disk.plan = from(n, error('ENOSPC'))
      const failed = await session.append(intent('01')).then(
        () => false,
        () => true,
      )
      program.disk.plan = () => undefined
      await session.append(intent('02'))
      machine.crash()
      expect(await idsIn(session.folder), `operation ${n}`).toEqual(failed ? ['02'] : ['01', '02'])
    }
  })

  /** A session in whose editor another folder is opened after its first intent. */
  const grown = async (program: Program) => {
    const folders = ['/w']
    const session = sessionOf(program, { ...start, folders })
    await session.append(intent('01'))
    folders.push('/x')
    session.foldersAdded()
    return session
  }

  it('names a folder that is opened later before anything else is recorded, whatever operation is the last', async () => {
    for (const end of ['killed', 'crashed'] as const) {
      for (let n = 1, done = false; !done; n++) {
        machine = new Machine(hasher)
        machine.platter.putFolder('/home')
        const program = machine.run()
        const session = await grown(program)
        program.disk.plan = once(program.disk.log.length + n, die('half'))
        done = await Promise.all([session.append(intent('02')), session.append(intent('03'))]).then(
          () => true,
          () => false,
        )
        if (end === 'killed') machine.kill(program)
        else machine.crash()
        const [found, ...others] = await liveSessions(machine.run(), root)
        expect(others).toEqual([])
        const ids = (await idsIn(session.folder)).filter((id) => id !== 'torn')
        expect(ids[0]).toBe('01')
        expect(['/w', '/w,/x']).toContain(found?.info.folders.join())
        if (ids.length > 1) expect(found?.info.folders, `operation ${n}`).toEqual(['/w', '/x'])
        if (done) expect(ids).toEqual(['01', '02', '03'])
      }
    }
  })

  it('names that folder once what stood in the way has passed', async () => {
    for (let n = 1; n < 20; n++) {
      machine = new Machine(hasher)
      machine.platter.putFolder('/home')
      const program = machine.run()
      const session = await grown(program)
      program.disk.plan = from(program.disk.log.length + n, error('ENOSPC'))
      await session.append(intent('02')).catch(() => {})
      program.disk.plan = () => undefined
      await session.append(intent('03'))
      const [found] = await liveSessions(machine.run(), root)
      expect(found?.info.folders, `operation ${n}`).toEqual(['/w', '/x'])
      expect(await idsIn(session.folder)).toContain('03')
    }
  })

  it('makes one folder for appends that come at once', async () => {
    const program = machine.run()
    const session = sessionOf(program)
    await Promise.all(['01', '02', '03'].map((id) => session.append(intent(id))))
    expect(await idsIn(session.folder)).toEqual(['01', '02', '03'])
    expect(await live()).toEqual([session.id])
  })

  it('moves to history with everything settled, stays with something pending, and goes with nothing in it', async () => {
    const program = machine.run()
    const pending = sessionOf(program)
    await pending.append(intent('01'))
    await pending.append(intent('02'))
    pending.note(landed('01'))
    pending.note({ ...landed('02'), event: 'applied' })
    await pending.end()
    const done = sessionOf(program)
    await done.append(intent('03'))
    done.note(landed('03'))
    await done.end()
    machine.kill(program)
    const next = machine.run()
    const empty = sessionOf(next)
    const found = (await liveSessions(next, root))[0]!
    await empty.release((await empty.claim(found))!, 'live')
    await empty.end()
    expect([await live(), await settled()]).toEqual([[pending.id], [done.id]])
    expect(Object.keys(machine.platter.tree(root.live)).every((path) => path.startsWith(pending.id))).toBe(
      true,
    )
    expect(Object.keys(machine.platter.tree(`${root.history}/${done.id}`)).sort()).toEqual([
      'outcomes.log',
      'session.json',
      'wal.log',
    ])
    expect(told).toEqual([])
  })
})

it('records on in a new folder when the journal was cleared away under it', async () => {
  const program = machine.run()
  const session = new Session(program, root, start, (problem) => {
    throw problem
  })
  await session.append(intent('01'))
  machine.platter.takeAway(session.folder)
  await session.append(intent('02'))
  const [found] = await liveSessions(program, root)
  const ids: string[] = []
  for await (const item of replay(program, found!.path)) if (item.kind === 'intent') ids.push(item.intent.id)
  expect(ids).toEqual(['02'])
})

describe('the life of a session', () => {
  it('is live as long as it answers, and while its process runs though its socket is gone', async () => {
    const program = machine.run()
    const session = sessionOf(program)
    await session.append(intent('01'))
    const [found] = await liveSessions(program, root)
    expect(await lifeOf(machine.run(), found!)).toBe('live')
    machine.platter.takeAway(found!.info.socket)
    expect(await lifeOf(machine.run(), found!)).toBe('live')
    machine.kill(program)
    expect(await lifeOf(machine.run(), found!)).toBe('dead')
  })

  it('is over when another process has its id', async () => {
    const found = await dead('01')
    machine.run(found.info.pid)
    expect(await lifeOf(machine.run(), found)).toBe('dead')
  })

  it('is over after another boot, even where a process has its id and its start', async () => {
    const found = await dead('01', 'crashed')
    const reader = machine.run()
    const twin = {
      ...reader,
      host: { ...reader.host, processStart: () => Promise.resolve(found.info.start) },
    }
    expect(await lifeOf(twin, found)).toBe('dead')
    expect(await lifeOf({ ...twin, host: { ...twin.host, boot: found.info.boot } }, found)).toBe('live')
  })

  it('cannot be known from another machine', async () => {
    const found = await dead('01')
    machine.name = 'there'
    machine.hardware = 'that'
    expect(await lifeOf(machine.run(), found)).toBe('elsewhere')
  })

  it('cannot be known from another machine of the same name, running or not', async () => {
    const found = await dead('01')
    machine.hardware = 'that'
    expect(await lifeOf(machine.run(), found)).toBe('elsewhere')
    // Written before machines were told apart so: the name is all there is.
    const { machine: _, ...info } = found.info
    expect(await lifeOf(machine.run(), { ...found, info })).toBe('dead')
  })

  it('is known on a machine that was given another name meanwhile', async () => {
    const found = await dead('01')
    machine.name = 'renamed'
    expect(await lifeOf(machine.run(), found)).toBe('dead')
  })
})

describe('a claim', () => {
  it('is won by exactly one of two sessions, whatever their turns', async () => {
    for (let seed = 0; seed < 50; seed++) {
      machine = new Machine(hasher)
      machine.platter.putFolder('/home')
      const found = await dead('01')
      const programs = [machine.run(), machine.run()]
      let state = seed
      for (const { disk } of programs) {
        disk.turn = async () => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          if (state >>> 31) await new Promise((turn) => setImmediate(turn))
        }
      }
      const claims = await Promise.all(programs.map((program) => sessionOf(program).claim(found)))
      const won = claims.filter((claim) => claim !== undefined)
      expect(won).toHaveLength(1)
      expect(await idsIn(won[0]!.path)).toEqual(['01'])
    }
  })

  it('passes to the next start when the claimer dies, and belongs to the claimer until then', async () => {
    const found = await dead('01')
    const claimer = machine.run()
    const session = sessionOf(claimer)
    await session.claim(found)
    const seen = (await liveSessions(machine.run(), root)).find(
      ({ info }) => info.session === found.info.session,
    )!
    expect(seen.claimedBy?.session).toBe(session.id)
    expect(await lifeOf(machine.run(), seen)).toBe('live')
    machine.kill(claimer)
    expect(await lifeOf(machine.run(), seen)).toBe('dead')
    const next = await sessionOf(machine.run()).claim(seen)
    expect(await idsIn(next!.path)).toEqual(['01'])
  })

  it('is never lost by a crash, at any operation of claiming and releasing', async () => {
    for (const to of ['live', 'history'] as const) {
      for (const end of ['killed', 'crashed'] as const) {
        for (let n = 1; ; n++) {
          machine = new Machine(hasher)
          machine.platter.putFolder('/home')
          const found = await dead('01')
          const program = machine.run()
          program.disk.plan = once(n, die('before'))
          const session = sessionOf(program)
          const done = await session
            .claim(found)
            .then(async (claim) => session.release(claim!, to).then(() => session.end()))
            .then(
              () => true,
              () => false,
            )
          if (end === 'killed') machine.kill(program)
          else machine.crash()
          const all = [...(await live()), ...(await settled())]
          expect(all).toContain(found.info.session)
          if (done) expect(to === 'live' ? await live() : await settled()).toContain(found.info.session)
          if (done) break
        }
      }
    }
  })

  it('goes to live or to history', async () => {
    const [one, two] = [await dead('01'), await dead('02')]
    const session = sessionOf(machine.run())
    await session.release((await session.claim(one))!, 'history')
    await session.release((await session.claim(two))!, 'live')
    await session.end()
    machine.crash()
    expect(await settled()).toEqual([one.info.session])
    // The claimer, which held nothing, may be back: its going was not synced, and the next start removes it.
    expect((await live()).filter((id) => id !== session.id)).toEqual([two.info.session])
  })

  it('that was not released keeps its claimer in live, with all that it recorded', async () => {
    const found = await dead('01')
    const program = machine.run()
    const session = sessionOf(program)
    await session.claim(found)
    await session.append(intent('02'))
    session.note(landed('02'))
    await session.end()
    machine.kill(program)
    expect((await live()).sort()).toEqual([found.info.session, session.id].sort())
    expect(await settled()).toEqual([])
  })

  it('is refused of a folder that others may write', async () => {
    const found = await dead('01')
    machine.platter.find(found.path).mode = 0o777
    await expect(sessionOf(machine.run()).claim(found)).rejects.toThrow(
      `the journal folder ${found.path} may be written by others: chmod go-w ${found.path}`,
    )
  })
})

describe('the journal’s folder', () => {
  const refused = (message: string, folders = ['/w']) =>
    expect(sessionOf(machine.run(), { ...start, folders }).append(intent('01'))).rejects.toThrow(message)

  it('is refused inside a workspace folder, and nothing is made there', async () => {
    await refused('the journal /home/.state/lsp-wal is inside the workspace folder /home: choose another', [
      '/home',
    ])
    await refused('is inside the workspace folder /home/.state/lsp-wal', ['/home/.state/lsp-wal'])
    expect(machine.platter.tree('/home')).toEqual({ '': '/' })
  })

  it('is refused inside a workspace folder that a link leads to, on either side', async () => {
    machine.platter.putLink('/project', '/home')
    await refused('is inside the workspace folder /project', ['/project'])
    machine.platter.putFolder('/w/hidden')
    machine.platter.putLink('/home/.state', '/w/hidden')
    await refused('is inside the workspace folder /w', ['/w'])
    expect(machine.platter.tree('/w')).toEqual({ hidden: '/' })
  })

  it('is refused where others may write it, at any level', async () => {
    for (const path of [root.path, root.live, root.history]) {
      for (const mode of [0o770, 0o702]) {
        machine = new Machine(hasher)
        machine.platter.putFolder(path, mode)
        await refused(`the journal folder ${path} may be written by others: chmod go-w ${path}`)
      }
    }
  })

  it('is refused where it belongs to another user', async () => {
    machine.platter.putFolder(root.path, 0o700).uid = 1001
    await refused(`the journal folder ${root.path} belongs to another user (1001)`)
  })

  it('is refused where it is a link', async () => {
    machine.platter.putFolder('/elsewhere', 0o700)
    machine.platter.putLink(root.path, '/elsewhere')
    await refused(`${root.path} is not a folder`)
  })

  it('may lie beside a workspace folder of a like name', async () => {
    await sessionOf(machine.run(), { ...start, folders: ['/home/.state/lsp'] }).append(intent('01'))
    expect(await live()).toHaveLength(1)
  })
})

describe('on a real disk, a session', () => {
  const env: Env = { disk: nodeDisk, host: nodeHost(process), hasher }

  async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'lsp-wal-test-')))
    try {
      await act(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

  it.skipIf(process.platform === 'win32')('is nobody else’s to read: folders 0700, files 0600', async () => {
    await inFolder(async (folder) => {
      const real = rootAt(join(folder, 'state', 'lsp-wal'))
      const session = new Session(env, real, start, () => {})
      await session.append(intent('01'))
      session.note(landed('01'))
      const [found] = await liveSessions(env, real)
      expect(await lifeOf(env, found!)).toBe('live')
      expect(await env.host.call(found!.info.socket)).toEqual({
        answered: true,
        line: `{"session":"${session.id}","pid":${process.pid},"open":[]}`,
      })
      for (const path of [join(folder, 'state'), real.path, real.live, real.history, session.folder])
        expect([path, await modeOf(path)]).toEqual([path, '700'])
      await session.end()
      const settledIn = join(real.history, session.id)
      expect((await readdir(settledIn)).sort()).toEqual(['outcomes.log', 'session.json', 'wal.log'])
      for (const name of await readdir(settledIn))
        expect([name, await modeOf(join(settledIn, name))]).toEqual([name, '600'])
      expect(await readdir(real.live)).toEqual([])
    })
  })

  it.skipIf(process.platform === 'win32')(
    'answers elsewhere where the path is too long for a socket',
    async () => {
      await inFolder(async (folder) => {
        const real = rootAt(join(folder, 'long-'.repeat(30), 'lsp-wal'))
        const session = new Session(env, real, start, () => {})
        await session.append(intent('01'))
        const [found] = await liveSessions(env, real)
        const { socket } = found!.info
        expect(socket.startsWith(join(tmpdir(), 'lsp-wal-'))).toBe(true)
        expect(await lifeOf(env, found!)).toBe('live')
        expect(await modeOf(join(socket, '..'))).toBe('700')
        session.note(landed('01'))
        await session.end()
        expect(await nodeDisk.stat(join(socket, '..'))).toBeUndefined()
        expect((await env.host.call(socket)).answered).toBe(false)
      })
    },
  )
})
