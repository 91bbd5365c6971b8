import { readFileSync } from 'node:fs'
import { describe, type ExpectStatic } from 'vitest'
import { difference, type Flood, flood, floodArgs, message } from './messages.ts'
import { FAULT_SERVER, stands, test } from './processes.ts'
import { pass, recorded, Session } from './session.ts'

const MIB = 2 ** 20
/** Above what an idle Node.js takes, and well below what would hold two frames of 64 MiB. */
const MOST_MEMORY = 160 * MIB

test('200,000 small messages each way arrive as they were sent', async ({ stage, processes, expect }) => {
  const session = await Session.start(stage, processes)
  await session.initialize(stage)
  const many = (side: string) =>
    Buffer.concat(
      Array.from({ length: 200_000 }, (_, n) => message({ method: '$/small', params: [side, n] })),
    )
  const fromServer = many('server')
  const fromEditor = many('editor')
  const { toEditor, toServer } = await session.exchange({
    fromServer: [fromServer],
    fromEditor: [fromEditor],
  })
  expect(difference(toEditor.bytes, fromServer)).toBeUndefined()
  expect(difference(toServer.bytes, fromEditor)).toBeUndefined()
})

test.for([
  ['an editor', 'editor', 'server'],
  ['a server', 'server', 'editor'],
] as const)(
  '%s that stops reading is heard, loses nothing, and is waited for',
  async ([, stalled, other], { stage, processes, expect }) => {
    const large = Buffer.concat([...flood([[1, 64 * MIB]])])
    const much = Buffer.concat([...flood([[16, MIB]])])
    const session = await Session.start(stage, processes)
    await session.initialize(stage)
    const { source } = session[stalled].inbox
    source.pause()
    let written = false
    const behind = pass(session[other], [large], session[stalled]).finally(() => {
      written = true
    })
    const meanwhile = await pass(session[stalled], [much], session[other])
    expect(difference(meanwhile.bytes, much)).toBeUndefined()
    expect(written).toBe(false)
    source.resume()
    expect(difference((await behind).bytes, large)).toBeUndefined()
    expectBounded(expect, session.proxy.pid)
  },
)

test('while an edit is held, the editor is heard', async ({ stage, processes, expect }) => {
  // So much to be kept that it takes a second.
  const names = Array.from({ length: 80 }, (_, n) => `${n}.ts`)
  for (const name of names) stage.write(name, Buffer.alloc(256 * 1024, 'x\n'))
  const start = { line: 0, character: 0 }
  const range = { start, end: start }
  const changes = Object.fromEntries(names.map((name) => [stage.uri(name), [{ range, newText: name }]]))
  const edit = message({ id: 1, method: 'workspace/applyEdit', params: { edit: { changes } } })
  const before = message({ method: '$/before' })

  const session = await Session.start(stage, processes)
  await session.initialize(stage)
  await session.server.send(Buffer.concat([before, edit]))
  await session.editor.inbox.takeThrough(before)
  await pass(session.editor, [], session.server)
  expect(session.editor.inbox.length).toBe(0)
  const { bytes } = await pass(session.server, [], session.editor)
  expect(difference(bytes, edit)).toBeUndefined()
  expect(recorded(stage.journal)).toHaveLength(names.length)
})

describe.skipIf(process.platform !== 'linux')('a reader that stalls, with a gigabyte to come', () => {
  test('the server waits, memory is bounded, and nothing is lost', async ({ stage, processes, expect }) => {
    const sizes: Flood = [
      [400, MIB],
      [4, 64 * MIB],
      [32 * 1024, 4096],
      [256, MIB],
    ]
    const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'flood', ...floodArgs(sizes)]))
    const server = await proxy.announced()
    const { source } = proxy.stdout
    source.pause()
    expect(await stands(() => figure(server.pid, 'io', 'wchar'))).toBeLessThan(8 * MIB)

    const compared = new Promise<void>((done, fail) =>
      proxy.stdout.divert(comparing(flood(sizes), done, fail)),
    )
    source.resume()
    await compared
    expectBounded(expect, proxy.pid)
  })
})

/** Takes chunks, and tells when all of the frames have come, or that something else has. */
function comparing(frames: Generator<Buffer>, done: () => void, fail: (error: Error) => void) {
  let frame: Buffer = Buffer.alloc(0)
  let at = 0
  return (chunk: Buffer) => {
    for (let from = 0; from < chunk.length; ) {
      const length = Math.min(chunk.length - from, frame.length - at)
      if (chunk.compare(frame, at, at + length, from, from + length) !== 0)
        fail(new Error('other bytes came'))
      from += length
      at += length
      while (at === frame.length) {
        const next = frames.next()
        if (next.done) return from === chunk.length ? done() : fail(new Error('more came'))
        frame = next.value
        at = 0
      }
    }
  }
}

/** That the proxy never held what was not read. */
function expectBounded(expect: ExpectStatic, pid: number): void {
  if (process.platform === 'linux') expect(figure(pid, 'status', 'VmHWM') * 1024).toBeLessThan(MOST_MEMORY)
}

/** A figure of a process, as the kernel counts. */
function figure(pid: number, file: string, name: string): number {
  return Number(
    new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'latin1'))?.[1],
  )
}
