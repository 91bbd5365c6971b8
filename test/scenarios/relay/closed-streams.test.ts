import { join } from 'node:path'
import { describe } from 'vitest'
import type { Stage } from '../stage.ts'
import { difference, type Flood, flood, floodArgs, report } from './messages.ts'
import { FAULT_SERVER, type Processes, runs, test } from './processes.ts'

interface Setting {
  readonly stage: Stage
  readonly processes: Processes
}

const onUnix = test.skipIf(process.platform === 'win32')
const much = Buffer.concat([...flood([[4, 2 ** 20]])])

describe.concurrent('a server that closes early', () => {
  onUnix.for([
    ['a socket', ({ processes }: Setting, command: readonly string[]) => processes.start(command)],
    [
      'a pipe',
      ({ stage, processes }: Setting, command: readonly string[]) =>
        processes.startIntoPipe(join(stage.folder, 'pipe'), command),
    ],
  ] as const)(
    'its stdout, where lsp-wal has %s for it: the editor sees its end, and the server is still told everything',
    async ([, start], { stage, processes, expect }) => {
      const proxy = await start(
        { stage, processes },
        stage.wrapped([], [...FAULT_SERVER, 'close-stdout', '5']),
      )
      const server = await proxy.announced()
      expect(await proxy.stdout.takeAll()).toEqual(Buffer.alloc(0))
      expect(runs(server.pid)).toBe(true)
      proxy.stdin.end(much)
      expect(difference(await proxy.stderr.takeAll(), much)).toBeUndefined()
      expect(await proxy.ended).toBe(5)
    },
  )

  onUnix('its stdin: it is heard as long as it lives', async ({ stage, processes, expect }) => {
    // Longer than a server is left alone that is to end.
    const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'close-stdin', '60']))
    await proxy.announced()
    proxy.stdin.write(much)
    const told = await proxy.stdout.takeThrough(report(60))
    expect(told).toEqual(Buffer.concat(Array.from({ length: 60 }, (_, n) => report(n + 1))))
    proxy.kill('SIGTERM')
    expect(await proxy.stdout.takeAll()).toEqual(report('SIGTERM'))
    expect(await proxy.ended).toBe(0)
  })

  onUnix.for([
    ['is told nothing', Buffer.alloc(0)],
    ['is told more than fits between', much],
  ] as const)(
    'its stdin, and %s: it is ended with the editor all the same',
    async ([, more], { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'close-stdin', '1']))
      const server = await proxy.announced()
      await proxy.stdout.takeThrough(report(1))
      proxy.stdin.end(more)
      expect(await proxy.stdout.takeAll()).toEqual(report('SIGTERM'))
      expect(await proxy.ended).toBe(0)
      expect(runs(server.pid)).toBe(false)
    },
  )

  test('its stderr: nothing else changes', async ({ stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'close-stderr', '6']))
    await proxy.announced()
    proxy.stdin.end()
    expect(await proxy.stdout.takeAll()).toEqual(report('EOF'))
    expect(await proxy.ended).toBe(6)
  })
})

onUnix(
  'an editor that no longer listens: the server is told as it writes on, and does not wait for ever',
  async ({ stage, processes, expect }) => {
    const much: Flood = [[64, 2 ** 20]]
    const proxy = processes.start(stage.wrapped([], [...FAULT_SERVER, 'flood', ...floodArgs(much)]))
    await proxy.announced()
    proxy.stdout.source.destroy()
    expect((await proxy.stderr.takeAll()).toString()).toContain('EPIPE')
    expect(await proxy.ended).toBe(1)
  },
)
