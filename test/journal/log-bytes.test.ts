import { beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, type FileBytes, slicesOf } from '../../server/edits/file-bytes.ts'
import { forget } from '../../server/journal/forget.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { LogChanged } from '../../server/journal/log-bytes.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { type FoundSession, liveSessions, settledSessions } from '../../server/journal/session-folder.ts'
import { Machine } from '../disk/machine.ts'
import { created, edit, edited, intentOf, moved, replaced } from './intents.ts'
import { hasher } from './logs.ts'

const root = rootAt('/j')
const start = { folders: ['/w'], server: ['server'], editor: null }
const large = 'a line of many\n'.repeat(200_000)

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  machine.platter.putFolder('/w')
})

const newSession = () => {
  const program = machine.run()
  const fail = (problem: unknown) => {
    throw problem
  }
  return { program, session: new Session(program, root, start, fail) }
}

/** What the images of an intent hold, before and after. */
const texts = ({ images }: Intent) =>
  images.map(({ path, before, after }) => [
    path,
    before && Buffer.from(bytesOf(before)).toString(),
    after.kind === 'file' ? Buffer.from(bytesOf(after.bytes)).toString() : after.kind,
  ])

const images = [
  edited('/w/a', 'let total\n', edit(4, 9, 'sum')),
  created('/w/new', 'fresh'),
  ...moved('/w/from', '/w/to', 'on the move', edit(0, 2, 'still on')),
  edited('/w/large', large, edit(0, 1, 'A')),
  replaced('/w/same', 'unchanged', 'unchanged'),
  {
    ...replaced('/w/kept', 'x', ''),
    after: { kind: 'file', bytes: Buffer.of(255, 0) },
    source: undefined,
  } as const,
]
const intent = intentOf('01', images)

/** An intent that a session has recorded, as it is read out of the history. */
async function recorded(): Promise<{ found: FoundSession; read: Intent }> {
  const { program, session } = newSession()
  await session.append(intent)
  session.note({ id: '01', at: '', event: 'landed' })
  await session.flush()
  await session.end()
  const [found] = await settledSessions(program, root)
  for await (const each of replay(program, found!.path))
    if (each.kind === 'intent') return { found: found!, read: each.intent }
  throw new Error('it was not recorded')
}

describe('the bytes of an intent’s files', () => {
  it('are given back by who records them as they stand in the log, behind what stands there already', async () => {
    const { session } = newSession()
    await session.append(intentOf('00', [replaced('/w/b', 'b', 'c')]))
    const mine = await session.append(intent)
    for (const { before } of mine.images) expect(before).not.toBeInstanceOf(Uint8Array)
    expect(texts(mine)).toEqual(texts(intent))
  })

  it('are loaded wherever the session has gone', async () => {
    const { program, session } = newSession()
    const mine = await session.append(intent)
    session.note({ id: '01', at: '', event: 'landed' })
    await session.flush()
    await session.end()
    expect((await settledSessions(program, root)).length).toBe(1)
    expect(texts(mine)).toEqual(texts(intent))
  })

  it('are loaded where the session was taken over, and put back', async () => {
    const { program: dead, session } = newSession()
    await session.append(intent)
    machine.kill(dead)
    const { program, session: own } = newSession()
    const claimed = (await own.claim((await liveSessions(program, root))[0]!))!
    let read: Intent | undefined
    for await (const each of replay(program, claimed.path)) if (each.kind === 'intent') read = each.intent
    expect(texts(read!)).toEqual(texts(intent))
    await own.release(claimed, 'live')
    expect(texts(read!)).toEqual(texts(intent))
  })

  it('come slice by slice as the same bytes, and each file at the same time as others', async () => {
    const { read } = await recorded()
    const all = read.images.flatMap(({ before, after }) => [
      before,
      after.kind === 'file' ? after.bytes : undefined,
    ])
    const files = all.filter((each): each is FileBytes => each !== undefined)
    const going = files.map((each) => ({
      each,
      slices: slicesOf(each)[Symbol.iterator](),
      came: [] as Buffer[],
    }))
    for (let left = going; left.length > 0; ) {
      // Each slice is there until the next of the same file is asked for, whatever others ask for.
      const next = left
        .map((file) => ({ file, result: file.slices.next() }))
        .filter(({ result }) => !result.done)
      for (const { file, result } of next) file.came.push(Buffer.from(result.value!))
      left = next.map(({ file }) => file)
    }
    expect(Math.max(...going.map(({ came }) => came.length))).toBeGreaterThan(3)
    for (const { each, came } of going) expect(Buffer.concat(came).equals(bytesOf(each))).toBe(true)
  })

  it('that come slice by slice are an error at the end where the log was changed', async () => {
    const { found, read } = await recorded()
    const log = `${found.path}/wal.log`
    const { before } = read.images.find(({ path }) => path === '/w/large')!
    const changed = Buffer.from(machine.platter.bytesAt(log))
    changed[changed.indexOf('YSBsaW5l', changed.length >> 1)]! ^= 1
    machine.platter.put(log, changed)
    expect(() => Array.from(slicesOf(before!))).toThrow(LogChanged)
  })

  it('are loaded while the session is another one’s, and that is another one’s in turn', async () => {
    const { program: dead, session } = newSession()
    await session.append(intent)
    const reader = machine.run()
    let read: Intent | undefined
    const { path } = (await liveSessions(reader, root))[0]!
    for await (const each of replay(reader, path)) if (each.kind === 'intent') read = each.intent
    machine.kill(dead)
    const { program: second, session: claimer } = newSession()
    await claimer.claim((await liveSessions(second, root))[0]!)
    expect(texts(read!)).toEqual(texts(intent))
    machine.kill(second)
    const { program: third, session: last } = newSession()
    const found = (await liveSessions(third, root)).find(({ info }) => info.session === claimer.id)!
    await last.claim(found)
    expect(texts(read!)).toEqual(texts(intent))
  })

  it('are loaded also where the session goes while it is looked for', async () => {
    const { program: dead, session } = newSession()
    await session.append(intent)
    const reader = machine.run()
    let read: Intent | undefined
    const { path } = (await liveSessions(reader, root))[0]!
    for await (const each of replay(reader, path)) if (each.kind === 'intent') read = each.intent
    machine.kill(dead)
    const { program, session: claimer } = newSession()
    const claimed = (await claimer.claim((await liveSessions(program, root))[0]!))!
    let isBack = false
    reader.disk.plan = ({ name }) => {
      // It stood in none of the places so far; from now on it stands in one that was looked at.
      if (name === 'list' && !isBack) machine.platter.rename(claimed.path, path)
      isBack ||= name === 'list'
      return undefined
    }
    expect(texts(read!)).toEqual(texts(intent))
    expect(isBack).toBe(true)
  })

  it('are an error once some are forgotten, never other bytes', async () => {
    const { found, read } = await recorded()
    const { program, session } = newSession()
    const wanted = { files: ['/w/a'], id: undefined }
    expect(await forget(program, root, session, found, wanted)).toEqual({ kind: 'done' })
    const [a] = read.images
    expect(() => bytesOf(a!.before!)).toThrow(LogChanged)
    expect(() => bytesOf(a!.before!)).toThrow(
      /wal\.log was changed since it was read: it does not hold the original of \/w\/a any more$/,
    )
    for (const { before } of read.images.slice(1))
      if (before !== undefined) expect(() => bytesOf(before)).toThrow(LogChanged)
  })

  it('are an error where the log was cut, or is gone', async () => {
    const { found, read } = await recorded()
    const log = `${found.path}/wal.log`
    machine.platter.put(log, machine.platter.bytesAt(log).subarray(0, 300))
    expect(() => bytesOf(read.images.at(-2)!.before!)).toThrow(LogChanged)
    machine.platter.takeAway(log)
    expect(() => bytesOf(read.images[0]!.before!)).toThrow(`cannot read ${log}: ENOENT`)
  })

  it.each(['from', 'large'])(
    'are the very ones whatever byte of the log is another one: %s',
    async (name) => {
      const { found, read } = await recorded()
      const log = `${found.path}/wal.log`
      const image = read.images.find(({ path }) => path === `/w/${name}`)!
      const sound = machine.platter.bytesAt(log)
      const expected = Buffer.from(bytesOf(image.before!))
      const step = Math.ceil(sound.length / 500)
      for (let at = 0; at < sound.length; at += step) {
        const flipped = Buffer.from(sound)
        flipped[at]! ^= 1
        machine.platter.put(log, flipped)
        try {
          expect(Buffer.from(bytesOf(image.before!)).equals(expected), `byte ${at}`).toBe(true)
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(LogChanged)
        }
      }
    },
  )
})
