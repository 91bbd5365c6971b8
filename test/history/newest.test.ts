import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { log } from '../../server/cli/log.ts'
import type { Disk } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { createHasher } from '../../server/edits/hash.ts'
import { readHistory } from '../../server/history/history.ts'
import { type NewestHistory, readNewest } from '../../server/history/newest.ts'
import { id, replacing, Workplace } from '../cli/workplace.ts'

let place: Workplace
beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const HOUR_MS = 60 * 60 * 1000
const at = (hours: number, minutes = 0) =>
  new Date(Date.UTC(2026, 2, 1) + hours * HOUR_MS + minutes * 60_000).toISOString()

/**
 * Sessions of three edits each, that began every second hour and went on for five: they overlap. Undone are two edits,
 * one soon and one much later, and one session is of another workspace.
 */
async function sessions(): Promise<void> {
  const name = (n: number, i: number) => id(`${n.toString(16).padStart(2, '0')}${i}abcde`)
  for (let n = 0; n < 12; n++) {
    const folders = n === 7 ? [join(place.folder, 'other')] : [place.project]
    const session = await place.session(
      async (scribe) => {
        for (const i of [0, 1, 2]) {
          const files = { [`f${n}-${i % 2}.txt`]: replacing(`old ${n} ${i}\n`, 'old', 'new') }
          await scribe.landed(name(n, i), files, { at: at(2 * n + 2 * i, n), label: `edit ${n} ${i}` })
        }
        for (const [by, taken, inFile] of [
          [3, 2, 0],
          [11, 1, 1],
        ] as const) {
          if (by !== n) continue
          const files = { [`f${taken}-${inFile}.txt`]: replacing('new\n', 'new', 'old') }
          const more = {
            at: at(2 * n + 4, 30),
            label: 'undo',
            purpose: 'undo',
            of: name(taken, inFile),
          } as const
          await scribe.landed(id(`ff${n.toString(16)}`), files, more)
        }
      },
      { at: at(2 * n), folders },
    )
    const last = new Date(at(2 * n + 4, 59))
    const folder = join(place.root.history, session)
    for (const file of readdirSync(folder)) utimesSync(join(folder, file), last, last)
  }
}

const NOW = { now: '2026-03-04T10:44:30.000Z' }

test.each([1, 2, 5, 9, 20, 34, 35, 36, 50])(
  'the newest %s are those that the whole history ends in',
  async (n) => {
    await sessions()
    const list = async (...args: string[]) => JSON.parse((await place.run(log, ['--json', ...args], NOW)).out)
    const all = await list()
    expect(all).toHaveLength(35)
    expect(await list('-n', String(n))).toEqual(all.slice(0, n))
    expect(await list('-n', String(n), '--all')).toEqual((await list('--all')).slice(0, n))
    const ofFile = ['--file', place.path('f2-0.txt')]
    expect(await list('-n', String(n), ...ofFile)).toEqual((await list(...ofFile)).slice(0, n))
  },
)

test('what is not read is not checked, and what is read is', async () => {
  await sessions()
  const [oldest, ...others] = readdirSync(place.root.history).sort()
  const damage = (session: string) => {
    const path = join(place.root.history, session, 'wal.log')
    appendFileSync(path, 'no record\n')
  }
  damage(oldest!)
  expect(await place.run(log, ['-n', '2'], NOW)).toMatchObject({ err: '' })
  expect(await place.run(log, ['-n', '0'], NOW)).toMatchObject({
    err: 'lsp-wal: 1 log damaged: see lsp-wal status\n',
  })
  damage(others.at(-1)!)
  expect(await place.run(log, ['-n', '2'], NOW)).toMatchObject({
    err: 'lsp-wal: 1 log damaged: see lsp-wal status\n',
  })
})

test('says that there are older ones, and how many where it knows', async () => {
  await sessions()
  expect((await place.run(log, ['-n', '2'], NOW)).out).toMatch(
    /\nThere are older ones: lsp-wal log -n 0 lists all\n$/,
  )
  expect((await place.run(log, ['-n', '34'], NOW)).out).toMatch(/\n1 older: lsp-wal log -n 0 lists all\n$/)
  expect((await place.run(log, ['-n', '35'], NOW)).out).not.toContain('older')
})

test('gives the very end of the history, and nothing of what is earlier than that', async () => {
  await sessions()
  const env = { disk: nodeDisk, host: nodeHost(process), hasher: await createHasher() }
  const idsOf = ({ entries }: Pick<NewestHistory, 'entries'>) =>
    entries.map(({ recorded }) => recorded.intent.id)
  const all = idsOf(await readHistory(env, place.root, place.project))
  const newest = await readNewest(env, place.root, place.project, 4)
  expect(newest.isWhole).toBe(false)
  expect(idsOf(newest).length).toBeGreaterThanOrEqual(4)
  expect(idsOf(newest)).toEqual(all.slice(-idsOf(newest).length))
  const whole = await readNewest(env, place.root, place.project, 100)
  expect([whole.isWhole, idsOf(whole)]).toEqual([true, all])
})

/** One session of forty edits, settled or running. */
async function longSession(how: 'session' | 'running', everySeconds: number): Promise<string> {
  return place[how](
    async (scribe) => {
      for (let i = 0; i < 40; i++) {
        const files = { [`f${i % 7}.txt`]: replacing(`old ${i}\n`, 'old', 'new') }
        // One of them is undone much later, and the clock is set back once, by less than a minute.
        const about = i === 37 ? ({ purpose: 'undo', of: id('a20') } as const) : {}
        const seconds = everySeconds * i - (i > 32 ? 55 : 0)
        await scribe.landed(id(`a${String(i).padStart(2, '0')}`), files, {
          at: new Date(Date.UTC(2026, 2, 1, 8, 0, seconds)).toISOString(),
          label: `edit ${i}`,
          ...about,
        })
      }
    },
    { at: at(8) },
  )
}

describe.each(['session', 'running'] as const)('of one long %s', (how) => {
  test.each([1, 2, 8, 9, 10, 19, 20, 39, 40, 41])('the newest %s are those of the whole', async (n) => {
    await longSession(how, 5)
    const list = async (...args: string[]) => JSON.parse((await place.run(log, ['--json', ...args], NOW)).out)
    const all = await list()
    expect(all).toHaveLength(40)
    expect(await list('-n', String(n))).toEqual(all.slice(0, n))
  })

  test('only the end is read, unless there is something wrong with that', async () => {
    const session = await longSession(how, 60)
    const path = join(how === 'session' ? place.root.history : place.root.live, session, 'wal.log')
    const sound = readFileSync(path)
    const damagedAt = async (at: number, ...args: string[]) => {
      const bytes = Buffer.from(sound)
      bytes[at]! ^= 1
      writeFileSync(path, bytes)
      return (await place.run(log, args, NOW)).err
    }
    const damaged = 'lsp-wal: 1 log damaged: see lsp-wal status\n'
    expect(await damagedAt(10, '-n', '5')).toBe('')
    expect(await damagedAt(10, '-n', '38')).toBe(damaged)
    expect(await damagedAt(sound.length - 10_000, '-n', '0')).toBe(damaged)
    expect(await damagedAt(sound.lastIndexOf(10, sound.length - 2) - 20, '-n', '5')).toBe(damaged)
  })
})

test.each(['settles', 'is taken over'])(
  'a session that %s after any look is read where it is then',
  async (how) => {
    // Ended, so that nothing of it still writes where it moves to and fro.
    const session = await longSession('session', 5)
    const { live, history } = place.root
    const [here, claimer] = [join(live, session), '20260301T090000Z-00000000']
    mkdirSync(live, { recursive: true })
    renameSync(join(history, session), here)
    const list = JSON.parse((await place.run(log, ['--json', '-n', '12'], NOW)).out) as { id: string }[]
    const newest = list.map((each) => each.id)
    const there = how === 'settles' ? join(history, session) : join(live, claimer, 'claimed', session)
    const info = readFileSync(join(here, 'session.json'), 'utf8')
    mkdirSync(dirname(there), { recursive: true })
    if (how !== 'settles')
      writeFileSync(join(live, claimer, 'session.json'), info.replaceAll(session, claimer))
    for (let n = 0; ; n++) {
      let looks = 0
      const move = () => {
        if (looks === n) renameSync(here, there)
        looks++
      }
      const env = { disk: lookedAt(move), host: nodeHost(process), hasher: await createHasher() }
      const { entries } = await readNewest(env, place.root, place.project, 12)
      const ids = entries.slice(-12).map(({ recorded }) => recorded.intent.id)
      expect(ids.reverse(), `after look ${n}`).toEqual(newest)
      if (looks <= n) break
      renameSync(there, here)
    }
  },
)

/** The real disk; `look` is called before every look at it. */
function lookedAt(look: () => void): Disk {
  return new Proxy(nodeDisk, {
    get: (disk, name: keyof Disk) => {
      const call = disk[name] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        look()
        return call(...args)
      }
    },
  })
}
