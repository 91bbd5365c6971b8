import { beforeEach, describe, expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import { forget } from '../../server/journal/forget.ts'
import { holdings, type Wanted } from '../../server/journal/holdings.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { type FoundSession, liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { verifySessions } from '../../server/journal/verify.ts'
import { withhold } from '../../server/journal/withhold.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { error, onNth } from '../disk/memory-disk.ts'
import { readAsGo } from './go-reader.ts'
import { about, atHand, created, deleted, edit, edited, intentOf, moved, unknown } from './intents.ts'
import { hasher, linesOf, logOf } from './logs.ts'

const root = rootAt('/j')
const start = { folders: ['/w'], server: ['server'], editor: null }
const SECRET = 'TOKEN=hunter2\n'

let machine: Machine
beforeEach(() => {
  machine = new Machine(hasher)
})

const env = edited('/w/.env', SECRET, edit(6, 13, 'swordfish'))
const plain = edited('/w/a.ts', 'let total\n', edit(4, 9, 'sum'))
const withEdit = { about: { ...about, edit: { newText: 'swordfish' } } }

async function record(intents: readonly Intent[], settles = true): Promise<FoundSession> {
  const program = machine.run()
  const session = new Session(program, root, start, fail)
  for (const intent of intents) await session.append(intent)
  for (const { id } of settles ? intents : []) session.note({ id, at: about.at, event: 'landed' })
  if (settles) await session.end()
  machine.kill(program)
  const all = [...(await liveSessions(machine.run(), root)), ...(await settledSessions(machine.run(), root))]
  return all.find(({ info }) => info.session === session.id)!
}

function fail(problem: unknown): never {
  throw problem
}

async function forgetting(found: FoundSession, wanted: Partial<Wanted>, program: Program = machine.run()) {
  const own = new Session(program, root, start, fail)
  try {
    return await forget(program, root, own, found, { files: ['/w/.env'], id: undefined, ...wanted })
  } finally {
    await own.end()
  }
}

async function intentsIn(path: string): Promise<Intent[]> {
  const intents: Intent[] = []
  for await (const each of replay(machine.run(), path)) {
    if (each.kind !== 'intent') expect.fail(`${each.log} is ${each.kind} at ${each.at}: ${each.reason}`)
    intents.push(atHand(each.intent))
  }
  return intents
}

/** Every byte of the journal, and every run of base64 in it decoded. */
function everything(): string {
  const all = Object.values(machine.platter.tree('/j')).join('\n')
  const decoded = [...all.matchAll(/[A-Za-z0-9+/]{8,}={0,2}/g)].map(([text]) =>
    Buffer.from(text, 'base64').toString('latin1'),
  )
  return [all, ...decoded].join('\n')
}

function expectNoSecret(): void {
  for (const secret of ['hunter2', 'swordfish']) expect(everything()).not.toContain(secret)
}

async function expectSound(): Promise<void> {
  for await (const { findings } of verifySessions(machine.run(), root, () => {})) expect(findings).toEqual([])
}

describe('what is forgotten', () => {
  const workloads: Readonly<Record<string, readonly Image[]>> = {
    'a file that was edited, beside another one': [plain, env],
    'one that was made': [created('/w/.env', 'TOKEN=swordfish'), plain],
    'one that was deleted': [deleted('/w/.env', SECRET)],
    'one whose end nobody knows': [unknown('/w/.env', SECRET), plain],
    'one that was moved, with its other end': [
      plain,
      ...moved('/w/.env', '/w/env.txt', SECRET, edit(0, 0, 'swordfish')),
    ],
    'one that was moved to': [...moved('/w/env.txt', '/w/.env', SECRET)],
    'one whose end is kept whole': [
      plain,
      {
        ...env,
        source: undefined,
        edits: [],
        after: { kind: 'file', bytes: Buffer.from([0xff, ...Buffer.from('swordfish')]) },
      },
    ],
    'one that takes several lines': [
      edited('/w/.env', Buffer.from(SECRET.repeat(700_000)), edit(0, 5, 'swordfish')),
      plain,
    ],
    'one with a name of its own': [edited('/w/.env/__proto__', SECRET, edit(0, 1, 'swordfish'))],
  }

  it.each(Object.keys(workloads))('is as if it had been withheld from the start: %s', async (name) => {
    const intents = [
      intentOf('01', [plain], withEdit),
      intentOf('02', workloads[name]!, withEdit),
      intentOf('03', [deleted('/w/b', 'b')]),
    ]
    const isToBe = (path: string) => path.startsWith('/w/.env')
    const found = await record(intents)
    const outcomes = machine.platter.bytesAt(`${found.path}/outcomes.log`)
    expect(everything()).toContain('swordfish')
    expect(await forgetting(found, {}), name).toEqual({ kind: 'done' })
    const expected = [intents[0]!, withhold(intents[1]!, isToBe, hasher), intents[2]!]
    expect(await intentsIn(found.path)).toEqual(expected.map(atHand))
    expect(machine.platter.bytesAt(`${found.path}/outcomes.log`)).toEqual(outcomes)
    await expectSound()
    const log = machine.platter.bytesAt(`${found.path}/wal.log`)
    expect(log.toString('latin1').split('swordfish').length - 1).toBe(1) // that of 01, which is another file's
    expect(readAsGo(log).map(({ id }) => id)).toEqual(expect.arrayContaining(['01', '02', '03']))
    expect(log.toString('latin1')).not.toContain(Buffer.from(SECRET).toString('base64'))
  })

  it('is taken out of one intent, and the lines before it stay byte for byte', async () => {
    const intents = ['01', '02', '03'].map((id) => intentOf(id, [env]))
    const found = await record(intents)
    expect(await forgetting(found, { id: '02' })).toEqual({ kind: 'done' })
    const kept = await intentsIn(found.path)
    expect(kept.map(({ images }) => images.length)).toEqual([1, 0, 1])
    const log = machine.platter.bytesAt(`${found.path}/wal.log`)
    const [first] = linesOf(intents)
    expect(log.subarray(0, first!.length)).toEqual(first)
    await expectSound()
  })

  it('keeps what a later program has written into a record', async () => {
    const found = await record([intentOf('01', [plain, env])])
    const path = `${found.path}/wal.log`
    const line = machine.platter.bytesAt(path).toString()
    const body = line
      .slice(0, line.lastIndexOf(',"sum"'))
      .replace('"meta":{', '"meta":{"later":{"a":[1,null]},')
    machine.platter.put(path, `${body},"sum":"${hasher.hash(Buffer.from(body))}"}\n`)
    await forgetting(found, {})
    expect(machine.platter.bytesAt(path).toString()).toContain('"meta":{"later":{"a":[1,null]},"v":2,')
  })

  it('may be a folder with all beneath it, and nothing beside it', async () => {
    const images = [created('/w/secrets/a', 'swordfish'), created('/w/secrets.txt', 'plain')]
    const found = await record([intentOf('01', images)])
    await forgetting(found, { files: ['/w/secrets'] })
    expect((await intentsIn(found.path))[0]!.images).toEqual([images[1]])
    expectNoSecret()
  })

  it('is gone from every log, from torn tails and from what was cut off', async () => {
    const found = await record([intentOf('01', [plain, env])], false)
    const log = machine.platter.bytesAt(`${found.path}/wal.log`)
    machine.platter.put(`${found.path}/wal.1.log`, Buffer.concat([log, log.subarray(0, log.length - 30)]))
    machine.platter.put(`${found.path}/wal.log.torn-500-abcd`, log.subarray(0, 300))
    machine.platter.put(`${found.path}/wal.log.torn-500-ef01`, logOf(intentOf('02', [plain])))
    machine.platter.put(`${found.path}/wal.log.new-abcd`, log)
    expect(await forgetting(found, {})).toEqual({ kind: 'done' })
    expectNoSecret()
    expect((await intentsIn(found.path)).map(({ id, withheld }) => [id, withheld?.length])).toEqual([
      ['01', 1],
    ])
    expect(Object.keys(machine.platter.tree(found.path)).sort()).toEqual([
      'session.json',
      'wal.1.log',
      'wal.log',
      'wal.log.torn-500-ef01',
    ])
  })

  it('is gone where a torn tail alone held it', async () => {
    const found = await record([intentOf('01', [plain])])
    const path = `${found.path}/wal.log`
    const sound = machine.platter.bytesAt(path)
    machine.platter.put(path, Buffer.concat([sound, linesOf([intentOf('02', [env])])[0]!.subarray(0, 200)]))
    expect(await forgetting(found, {})).toEqual({ kind: 'done' })
    expect(machine.platter.bytesAt(path)).toEqual(sound)
  })
})

describe('where the session goes afterwards', () => {
  it('is where it was: pending ones to live, settled ones to history', async () => {
    const settled = await record([intentOf('01', [plain, env])])
    await forgetting(settled, {})
    expect(machine.platter.tree('/j/live')).toEqual({ '': '/' })
    const pending = await record([intentOf('02', [plain, env])], false)
    await forgetting(pending, {})
    expect((await liveSessions(machine.run(), root)).map(({ path }) => path)).toEqual([pending.path])
    expect((await settledSessions(machine.run(), root)).map(({ path }) => path)).toEqual([settled.path])
  })

  it('is where it was, and unchanged, where it cannot be written anew', async () => {
    const found = await record([intentOf('01', [plain, env])])
    const before = machine.platter.tree('/j')
    for (const [name, at, code] of [
      ['write', '', 'ENOSPC'],
      ['sync', '', 'EIO'],
      ['rename', '', 'EROFS'],
    ] as const) {
      const program = machine.run()
      const plan = onNth(name, at, 1, error(code))
      program.disk.plan = (operation) =>
        operation.path.includes('wal.log.new-') ? plan(operation) : undefined
      await expect(forgetting(found, {}, program)).rejects.toThrow(code)
      machine.kill(program)
      const after = machine.platter.tree('/j')
      for (const [path, content] of Object.entries(before)) expect(after[path], path).toBe(content)
      expect(Object.keys(after).filter((path) => path.includes('.new-'))).toEqual([])
    }
  })
})

describe('what cannot be forgotten is left, and why', () => {
  it.each([
    [
      'damage that may hold it',
      (log: Buffer) => Buffer.concat([Buffer.from('"/w/.env" broken\n'), log]),
      'wal.log is corrupt at byte 0: it is not JSON in UTF-8',
    ],
    [
      'another program’s edit',
      (log: Buffer) =>
        Buffer.concat([
          log,
          Buffer.from(
            `{"id":"go","edits":[],"originals":{"/w/.env":"YQ=="},"expected_raw_hash":{},"expected_norm_hash":{}}\n`,
          ),
        ]),
      'another program wrote go in wal.log',
    ],
  ])('%s', async (_what, change, reason) => {
    const found = await record([intentOf('01', [plain, env])])
    const path = `${found.path}/wal.log`
    const changed = change(machine.platter.bytesAt(path))
    machine.platter.put(path, changed)
    expect(await forgetting(found, {})).toEqual({ kind: 'left', reason })
    expect(machine.platter.bytesAt(path)).toEqual(changed)
  })

  it('but not damage that has nothing to do with it', async () => {
    const found = await record([intentOf('01', [plain])])
    const path = `${found.path}/wal.log`
    machine.platter.put(path, Buffer.concat([Buffer.from('broken\n'), machine.platter.bytesAt(path)]))
    const holding = await holdings(machine.run(), found, { files: ['/w/.env'], id: undefined })
    expect([holding.obstacle, holding.holders]).toEqual([undefined, []])
  })

  it('and a session that is gone by then is none', async () => {
    const found = await record([intentOf('01', [plain, env])])
    machine.platter.rename(found.path, '/j/history/.20260101T000000Z-00000000-aaaa')
    expect(await forgetting(found, {})).toEqual({ kind: 'gone' })
  })
})

it('a name across the end of what is read at once is found', async () => {
  const found = await record([intentOf('01', [plain])])
  const needle = '"/w/.env'
  for (let before = 256 * 1024 - 10; before <= 256 * 1024 + 10; before++) {
    machine.platter.put(`${found.path}/wal.log.torn-1-ab`, ' '.repeat(before) + needle)
    const { debris } = await holdings(machine.run(), found, { files: ['/w/.env'], id: undefined })
    expect(debris).toEqual(['wal.log.torn-1-ab'])
  }
  machine.platter.put(`${found.path}/wal.log.torn-1-ab`, ' '.repeat(300 * 1024) + needle.slice(0, -1))
  const { debris } = await holdings(machine.run(), found, { files: ['/w/.env'], id: undefined })
  expect(debris).toEqual([])
})
