import { join } from 'node:path'
import { describe } from 'vitest'
import { difference, type Flood, flood, floodArgs } from './messages.ts'
import { FAULT_SERVER, gone, runs, test } from './processes.ts'

const tail: Flood = [[8, 2 ** 20]]
const written = Buffer.concat([...flood(tail)])
const onUnix = test.skipIf(process.platform === 'win32')

const fault = (...args: readonly (string | number)[]) => [...FAULT_SERVER, ...args.map(String)]

describe.concurrent('a server that ends right after it has written much', () => {
  test.for([0, 1, 3, 255])(
    'with status %i: all of it arrives, and lsp-wal ends as it did',
    async (status, { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('exit', status, ...floodArgs(tail))))
      const server = await proxy.announced()
      expect(difference(await proxy.stdout.takeAll(), written)).toBeUndefined()
      expect(await proxy.ended).toBe(status)
      expect(runs(server.pid)).toBe(false)
    },
  )

  onUnix.for(['SIGKILL', 'SIGSEGV', 'SIGTERM', 'SIGABRT'] as const)(
    'by %s: all of it arrives, and lsp-wal ends as it did',
    async (signal, { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('die', signal, ...floodArgs(tail))))
      const server = await proxy.announced()
      expect(difference(await proxy.stdout.takeAll(), written)).toBeUndefined()
      expect(await proxy.ended).toBe(signal)
      expect(runs(server.pid)).toBe(false)
    },
  )

  onUnix('into a pipe: all of it arrives as well', async ({ stage, processes, expect }) => {
    const command = stage.wrapped([], fault('exit', 3, ...floodArgs(tail)))
    const proxy = await processes.startIntoPipe(join(stage.folder, 'pipe'), command)
    await proxy.announced()
    expect(difference(await proxy.stdout.takeAll(), written)).toBeUndefined()
    expect(await proxy.ended).toBe(3)
  })

  test('while the editor reads nothing: all of it arrives once it reads again', async ({
    stage,
    processes,
    expect,
  }) => {
    const little: Flood = [[150, 1024]]
    const proxy = processes.start(stage.wrapped([], fault('exit', 3, ...floodArgs(little))))
    const server = await proxy.announced()
    proxy.stdout.source.pause()
    await gone(server.pid)
    proxy.stdout.source.resume()
    expect(difference(await proxy.stdout.takeAll(), Buffer.concat([...flood(little)]))).toBeUndefined()
    expect(await proxy.ended).toBe(3)
  })
})

// Before the relay is there: a wrong flag, a missing part.
describe.skipIf(process.platform === 'win32').concurrent('a server that ends at once', () => {
  test.for([
    ['and says nothing', 'exit 3', '', 3],
    ['with success', 'true', '', 0],
    ['and says why', 'echo no such flag; exit 3', 'no such flag\n', 3],
    ['and says much', 'head -c 150000 /dev/zero; exit 3', '\0'.repeat(150_000), 3],
    ['by a signal', 'kill -TERM $$', '', 'SIGTERM'],
    ['soon', 'sleep 0.02; echo no; exit 3', 'no\n', 3],
    ['by a signal that Node ignores', 'kill -PIPE $$', '', 128 + 13],
    ["by a signal that is Node's own", 'kill -USR1 $$', '', 128 + 10],
  ] as const)(
    '%s: that arrives, and lsp-wal ends as it did',
    async ([, script, said, status], { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], ['sh', '-c', script]))
      expect((await proxy.stdout.takeAll()).toString() === said).toBe(true)
      expect(await proxy.ended).toBe(status)
      expect((await proxy.stderr.takeAll()).toString()).toBe('')
    },
  )
})

describe.concurrent('a server that ends', () => {
  test.for([
    ['a header', 'Content-Len'],
    ['the lines of a header', 'Content-Length: 4000\r\nContent-Type: x\r\n'],
    ['a frame that has no body yet', 'Content-Length: 4000\r\n\r\n'],
    ['a frame that could be anything', 'Content-Length: 4000\r\n\r\n{"jsonrpc":"2.0","meth'],
    ['a notification', 'Content-Length: 4000\r\n\r\n{"jsonrpc":"2.0","method":"$/half","par'],
    ['an edit', 'Content-Length: 4000\r\n\r\n{"jsonrpc":"2.0","method":"workspace/applyEdit","par'],
  ] as const)('inside %s: what came of it is delivered', async ([, start], { stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], fault('stop-inside', 9, start)))
    await proxy.announced()
    expect((await proxy.stdout.takeAll()).toString()).toBe(start)
    expect(await proxy.ended).toBe(9)
  })

  test('while a child of it holds its stdout and stderr open: lsp-wal ends all the same', {
    timeout: 10_000,
  }, async ({ stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], fault('leave-a-child', 4, ...floodArgs(tail))))
    await proxy.announced()
    processes.alsoEnd(Number(await proxy.reported()))
    expect(difference(await proxy.stdout.takeAll(), written)).toBeUndefined()
    expect(await proxy.ended).toBe(4)
  })

  test.for([
    ['after `shutdown`', '{"jsonrpc":"2.0","id":1,"method":"shutdown"}', 0],
    ['without `shutdown`', '', 1],
  ] as const)(
    'at `exit` %s: with its own status',
    async ([, shutdown, status], { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('leave-at-exit')))
      await proxy.announced()
      for (const body of [shutdown, '{"jsonrpc":"2.0","method":"exit"}'])
        if (body !== '') proxy.stdin.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
      expect(await proxy.ended).toBe(status)
    },
  )
})
