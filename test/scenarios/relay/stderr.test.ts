import { join } from 'node:path'
import { describe, type ExpectStatic } from 'vitest'
import { difference, flood, frame, message, report, shouted } from './messages.ts'
import { FAULT_SERVER, stands, test } from './processes.ts'
import { edit, initialize, Session } from './session.ts'

const onUnix = test.skipIf(process.platform === 'win32')
const ROUNDS = 4
const FRAME_BYTES = 2 ** 20

const said = [...flood([[ROUNDS, FRAME_BYTES]])].flatMap((frame) => [frame, report(2 ** 20)])
const shoutedInAll = Buffer.concat(Array.from({ length: ROUNDS }, (_, round) => shouted(round)))

const shouting = [...FAULT_SERVER, 'shout', String(ROUNDS), String(FRAME_BYTES)]

describe.concurrent('a megabyte that a server writes to stderr at once', () => {
  test('arrives whole where stderr is read late and slowly', async ({ stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], shouting))
    await proxy.announced()
    const { source } = proxy.stderr
    source.pause()
    await proxy.stdout.reach(FRAME_BYTES)
    expect(await stands(() => proxy.stdout.length)).toBe(FRAME_BYTES)
    source.on('data', () => {
      source.pause()
      setImmediate(() => source.resume())
    })
    source.resume()
    expect(difference(await proxy.stderr.takeAll(), shoutedInAll)).toBeUndefined()
    expect(difference(await proxy.stdout.takeAll(), Buffer.concat(said))).toBeUndefined()
    expect(await proxy.ended).toBe(0)
  })

  // Node.js looks at stderr whenever it closes a socket, and a stderr that it has looked at is another one.
  test('arrives whole after lsp-wal has called a session that is dead', async ({
    stage,
    processes,
    expect,
  }) => {
    stage.write('a.ts', 'foo\n')
    const dead = await Session.start(stage, processes)
    await dead.initialize(stage)
    await dead.exchange({ fromServer: [frame(edit(stage, 'a.ts', 'bar'))] })
    dead.proxy.kill('SIGKILL')
    await dead.proxy.ended

    const server = [...FAULT_SERVER, 'shout-when-told', String(ROUNDS), String(FRAME_BYTES)]
    const proxy = processes.start(stage.wrapped(['--recover=report'], server))
    await proxy.announced()
    proxy.stdin.write(Buffer.concat([initialize(stage), message({ method: '$/shout' })]))
    expect(difference(await proxy.stdout.takeAll(), Buffer.concat(said))).toBeUndefined()
    expect(difference(await proxy.stderr.takeAll(), shoutedInAll)).toBeUndefined()
  })

  onUnix(
    'arrives whole, and between frames, where stdout and stderr are one socket',
    async ({ stage, processes, expect }) => {
      const proxy = processes.start(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...stage.wrapped([], shouting)])
      await proxy.announced()
      expectApart(expect, await proxy.stdout.takeAll())
      expect(await proxy.ended).toBe(0)
    },
  )

  onUnix(
    'arrives whole, and between frames, where stdout and stderr are one pipe',
    async ({ stage, processes, expect }) => {
      const pipe = join(stage.folder, 'pipe')
      const proxy = await processes.startIntoPipe(pipe, stage.wrapped([], shouting), '>"$0" 2>&1')
      await proxy.announced()
      expectApart(expect, await proxy.stdout.takeAll())
      expect(await proxy.ended).toBe(0)
    },
  )
})

/** That of two streams in one every byte has come, and those of stderr between frames. */
function expectApart(expect: ExpectStatic, both: Buffer): void {
  const isShouted = (byte: number) => byte >= 0x80
  expect(difference(both.filter(isShouted) as Buffer, shoutedInAll)).toBeUndefined()
  expect(difference(both.filter((byte) => !isShouted(byte)) as Buffer, Buffer.concat(said))).toBeUndefined()
  const ends = new Set([0])
  for (const { length } of said) ends.add(Math.max(...ends) + length)
  let offset = 0
  for (let at = 0; at < both.length; at++) {
    if (!isShouted(both[at]!)) offset++
    else if (!isShouted(both[at - 1] ?? 0)) expect(ends).toContain(offset)
  }
}
