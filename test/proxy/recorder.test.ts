import { beforeEach, describe, expect, it } from 'vitest'
import { bytesOf } from '../../server/edits/file-bytes.ts'
import { createHasher } from '../../server/edits/hash.ts'
import type { Intent } from '../../server/journal/intent.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import type { Conversation } from '../../server/proxy/conversation.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import { Recorder } from '../../server/proxy/recorder.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Machine, type Program } from '../disk/machine.ts'
import { error } from '../disk/memory-disk.ts'

const hasher = await createHasher()

let machine: Machine
let program: Program
/** What the proxy says, and when an edit was recorded. */
let said: string[]
let session: Session
let recorder: Recorder

beforeEach(() => {
  machine = new Machine(hasher)
  for (const path of ['/w/a', '/w/b', '/elsewhere/c']) machine.platter.put(path, 'foo\n')
  program = machine.run()
  said = []
  const start = { folders: ['/w'], server: ['server'], editor: null }
  session = new Session(program, rootAt('/j'), start, (problem) => said.push(String(problem)))
  const conversation = { log: (_type: string, text: string) => said.push(text) } as unknown as Conversation
  const disk = new DiskWorkspace(program.disk, ['/w'])
  const about = { server: 'server', maxIntent: 1000 }
  recorder = new Recorder(program, new Mirror(), conversation, session, disk, about)
})

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }

async function record(...paths: string[]): Promise<void> {
  const changes = Object.fromEntries(paths.map((path) => [`file://${path}`, [{ range, newText: 'bar' }]]))
  const recording = await recorder.record({ road: 'road', label: 'label', edit: { changes } })
  said.push(recording.kind === 'failed' ? `failed: ${recording.reason}` : recording.kind)
}

async function settled(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise((turn) => setImmediate(turn))
}

const OUTSIDE =
  '/elsewhere/c is outside the workspace folders: its edit is recorded, but never recovered or undone'

describe('what is not needed to record an edit', () => {
  it('is asked for once the edit is on its way, and said then', async () => {
    await record('/elsewhere/c', '/w/a')
    const operations = program.disk.log.length
    expect(said).toEqual(['recorded'])
    await settled()
    expect(said).toEqual(['recorded', OUTSIDE])
    expect(program.disk.log.length).toBeGreaterThan(operations)
  })

  it('waits while another edit is recorded', async () => {
    await record('/w/a', '/w/b', '/elsewhere/c')
    let goOn: () => void = () => {}
    const held = new Promise<void>((done) => {
      goOn = done
    })
    const append = session.append.bind(session)
    session.append = async (draft) => {
      await held
      return append(draft)
    }
    const second = record('/w/a')
    await settled()
    expect(said).toEqual(['recorded'])
    goOn()
    await second
    await settled()
    expect(said).toEqual(['recorded', 'recorded', OUTSIDE])
  })

  it('is also said of a folder that is deleted with nothing in it that is recorded', async () => {
    machine.platter.putFolder('/w/links')
    machine.platter.putLink('/w/links/one', '/w/a')
    const edit = {
      documentChanges: [{ kind: 'delete', uri: 'file:///w/links', options: { recursive: true } }],
    }
    expect(await recorder.record({ road: 'road', label: 'label', edit })).toEqual({ kind: 'nothing' })
    expect(said).toEqual(['/w/links/one is no ordinary file, or its name is not UTF-8: it is not recorded'])
  })

  it('is told where it fails, and harms nothing', async () => {
    await record('/w/a')
    program.disk.plan = ({ path }) => (path.startsWith('/w') ? error('EIO') : undefined)
    await settled()
    expect(said).toEqual([
      'recorded',
      'cannot stat /w/a: EIO: its edit is recorded, but never recovered or undone',
    ])
  })
})

describe('an edit that cannot be recorded', () => {
  it('fails, with the path, the operation and the code', async () => {
    program.disk.plan = ({ name, path }) => (name === 'read' && path === '/w/b' ? error('EIO') : undefined)
    await record('/w/a', '/w/b')
    expect(said).toEqual(['failed: cannot read /w/b: EIO'])
  })

  it('fails before anything is read where it is too large', async () => {
    machine.platter.put('/w/b', 'x'.repeat(1001))
    await record('/w/a', '/w/b')
    expect(said).toEqual(['failed: its originals are larger than 1000 bytes (at /w/b; see --max-intent)'])
    expect(program.disk.log.map(({ name }) => name)).not.toContain('read')
  })
})

describe('a file that becomes something else between the look at it and its reading', () => {
  /** Takes a file away before each of its first `times` readings, and puts it back before the next look at it. */
  function unsteady(path: string, times: number): void {
    let reads = 0
    program.disk.plan = (operation) => {
      if (operation.path !== path) return undefined
      if (operation.name === 'stat') machine.platter.put(path, 'foo\n')
      if (operation.name === 'read' && ++reads <= times) machine.platter.takeAway(path)
      return undefined
    }
  }

  it('is looked at once more', async () => {
    unsteady('/w/b', 2)
    await record('/w/a', '/w/b')
    expect(said).toEqual(['recorded'])
    const [intent] = await inLog()
    expect(intent!.images.map(({ path, after }) => [path, after.kind])).toEqual([
      ['/w/a', 'file'],
      ['/w/b', 'file'],
    ])
  })

  it('is not waited for for ever, and leaves nothing in the log', async () => {
    unsteady('/w/b', 100)
    await record('/w/a', '/w/b')
    expect(said).toEqual(['failed: /w/b changes while its edit is recorded'])
    expect(await inLog()).toEqual([])
  })
})

describe('an edit of files that take several lines', () => {
  const large = ['/w/l1', '/w/l2', '/w/l3']

  beforeEach(() => {
    for (const [i, path] of large.entries()) machine.platter.put(path, `foo ${i}${'x'.repeat(900_000)}\n`)
    const conversation = { log: (_type: string, text: string) => said.push(text) } as unknown as Conversation
    const disk = new DiskWorkspace(program.disk, ['/w'])
    const about = { server: 'server', maxIntent: 2_800_000 }
    recorder = new Recorder(program, new Mirror(), conversation, session, disk, about)
  })

  const sizeOfLog = () => machine.platter.bytesAt(`${session.folder}/wal.log`).length

  it('is in the log as a whole once it is recorded, and comes back with the bytes that stand there', async () => {
    const changes = Object.fromEntries(large.map((path) => [`file://${path}`, [{ range, newText: 'bar' }]]))
    const recording = await recorder.record({ road: 'road', label: 'label', edit: { changes } })
    const [intent] = await inLog()
    expect(intent!.images.map(({ path }) => path)).toEqual(large)
    for (const [i, { before, after }] of intent!.images.entries()) {
      expect(Buffer.from(bytesOf(before!)).subarray(0, 6).toString()).toBe(`foo ${i}x`)
      expect(after.kind === 'file' && Buffer.from(bytesOf(after.bytes)).subarray(0, 6).toString()).toBe(
        `bar ${i}x`,
      )
    }
    const mine = recording.kind === 'recorded' ? recording.intent.images : []
    expect(mine.every(({ before }) => before !== undefined && !(before instanceof Uint8Array))).toBe(true)
  })

  it.each([1, 2, 3])(
    'leaves nothing in the log where file %i cannot be read, and the next one is recorded',
    async (n) => {
      await record('/w/a')
      const size = sizeOfLog()
      program.disk.plan = ({ name, path }) =>
        name === 'read' && path === `/w/l${n}` ? error('EIO') : undefined
      await record(...large)
      expect(said).toEqual(['recorded', `failed: cannot read /w/l${n}: EIO`])
      expect(sizeOfLog()).toBe(size)
      await record('/w/b')
      expect((await inLog()).map(({ images }) => images[0]!.path)).toEqual(['/w/a', '/w/b'])
    },
  )

  it('leaves nothing in the log where a file grows beyond what is allowed while it is recorded', async () => {
    await record('/w/a')
    const size = sizeOfLog()
    program.disk.plan = ({ name, path }) => {
      if (name === 'read' && path === '/w/l3') machine.platter.put(path, 'x'.repeat(1_200_000))
      return undefined
    }
    await record(...large)
    expect(said.at(-1)).toBe(
      'failed: its originals are larger than 2800000 bytes (at /w/l3; see --max-intent)',
    )
    expect(sizeOfLog()).toBe(size)
  })
})

/** What the session has recorded. */
async function inLog(): Promise<Intent[]> {
  const intents: Intent[] = []
  for await (const each of replay(program, session.folder)) {
    if (each.kind !== 'intent') expect.fail(each.reason)
    intents.push(each.intent)
  }
  return intents
}

describe('a path that is excluded', () => {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = (...paths: string[]) => ({
    changes: Object.fromEntries(paths.map((path) => [`file://${path}`, [{ range, newText: 'bar' }]])),
  })
  let excluding: Recorder

  beforeEach(() => {
    machine.platter.put('/w/.env', 'foo=hunter2\n')
    const conversation = { log: (_type: string, text: string) => said.push(text) } as unknown as Conversation
    const disk = new DiskWorkspace(program.disk, ['/w'])
    const excluded = (path: string) => Promise.resolve(path.endsWith('.env'))
    const about = { server: 'server', maxIntent: 1000, excluded: async () => excluded }
    excluding = new Recorder(program, new Mirror(), conversation, session, disk, about)
  })

  it('is recorded by its hashes, followed by what it is to hold, and said', async () => {
    const edit = changes('/w/a', '/w/.env')
    const recording = await excluding.record({ road: 'road', label: 'label', edit })
    const recorded = machine.platter.bytesAt(`${session.folder}/wal.log`).toString()
    expect(recorded).toContain('"/w/.env":{"withheld":true,')
    expect(recorded).toContain(`"NewText":"bar"`)
    for (const secret of ['hunter2', Buffer.from('foo=hunter2\n').toString('base64'), '"edit":'])
      expect(recorded).not.toContain(secret)
    expect(recording.kind === 'recorded' && recording.intent.images.map(({ path }) => path)).toEqual([
      '/w/a',
      '/w/.env',
    ])
    await settled()
    expect(said).toEqual(['/w/.env is kept out of the log: its edit is never recovered or undone'])
  })

  it('may be all that an edit touches', async () => {
    const recording = await excluding.record({ road: 'road', label: 'label', edit: changes('/w/.env') })
    expect(recording.kind).toBe('recorded')
    const recorded = machine.platter.bytesAt(`${session.folder}/wal.log`).toString()
    expect(recorded).not.toContain('bar')
  })
})
