import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { flood, report } from './messages.ts'
import { BARE_PIPE, FAULT_SERVER, gone, runs, stands, test } from './processes.ts'
import { initialize, initialized } from './session.ts'

const onUnix = test.skipIf(process.platform === 'win32')
/** What a server is given to leave by itself, and some more. */
const SOON = { timeout: 15_000 }

const fault = (...args: readonly string[]) => [...FAULT_SERVER, ...args]

describe.concurrent('an editor that', () => {
  test('closes its end: the server sees that, and leaves as it likes', async ({
    stage,
    processes,
    expect,
  }) => {
    const proxy = processes.start(stage.wrapped([], fault('serve', '5')))
    const server = await proxy.announced()
    proxy.stdin.end()
    expect(await proxy.stdout.takeAll()).toEqual(report('EOF'))
    expect(await proxy.ended).toBe(5)
    expect(runs(server.pid)).toBe(false)
  })

  onUnix('closes its end: a server that stays is ended', SOON, async ({ stage, processes, expect }) => {
    const proxy = processes.start(stage.wrapped([], fault('stay')))
    const server = await proxy.announced()
    proxy.stdin.end()
    expect(await proxy.stdout.takeAll()).toEqual(Buffer.concat([report('EOF'), report('SIGTERM')]))
    expect(await proxy.ended).toBe('SIGKILL')
    expect(runs(server.pid)).toBe(false)
  })

  onUnix.for(['serve', 'stay'])(
    'is killed: a server that would %s is gone, and lsp-wal too',
    SOON,
    async (mode, { stage, processes }) => {
      const editor = processes.start([...BARE_PIPE, '--', ...stage.wrapped([], fault(mode, '0'))])
      const { pid, ppid } = await editor.announced()
      editor.kill('SIGKILL')
      await gone(pid, ppid)
    },
  )

  // The proxy does not come to the end of what the editor has sent: it is the process that tells.
  onUnix.for(['has said who it is', 'has not said who it is'])(
    'is killed while the server reads nothing, and %s: the server is gone, and lsp-wal too',
    { timeout: 30_000 },
    async (saying, { stage, processes, expect }) => {
      const editor = processes.start([...BARE_PIPE, '--', ...stage.wrapped([], fault('read-nothing'))])
      const { pid, ppid } = await editor.announced()
      if (saying === 'has said who it is') editor.stdin.write(initialize(stage, editor.pid))
      for (const each of flood([[64, 2 ** 20]])) editor.stdin.write(each)
      expect(await stands(() => editor.stdin.writableLength)).toBeGreaterThan(32 * 2 ** 20)
      editor.kill('SIGKILL')
      await gone(pid, ppid)
    },
  )
})

describe.skipIf(process.platform === 'win32').concurrent('lsp-wal that is sent', () => {
  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: the server gets it, and its own status is handed on',
    async (signal, { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('leave-on-signals', '7')))
      await proxy.announced()
      proxy.kill(signal)
      expect(await proxy.stdout.takeAll()).toEqual(report(signal))
      expect(await proxy.ended).toBe(7)
    },
  )

  test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: with a server that dies of it, it does too',
    async (signal, { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('serve', '0')))
      await proxy.announced()
      proxy.kill(signal)
      expect(await proxy.ended).toBe(signal)
    },
  )

  test.for(['SIGTERM', 'SIGHUP'] as const)(
    '%s: a server that stays is ended',
    SOON,
    async (signal, { stage, processes, expect }) => {
      const proxy = processes.start(stage.wrapped([], fault('stay')))
      const server = await proxy.announced()
      proxy.kill(signal)
      expect(await proxy.reported()).toBe(signal)
      expect(await proxy.ended).toBe('SIGKILL')
      expect(runs(server.pid)).toBe(false)
    },
  )

  // As Emacs does that quits: the end of the input first, and the signal a moment later.
  test('SIGHUP while it puts its session away: it comes to the end of that', async ({
    stage,
    processes,
    expect,
  }) => {
    const proxy = processes.start(stage.wrapped([], fault('serve', '5')))
    await proxy.announced()
    proxy.stdin.write(initialize(stage, process.pid))
    proxy.stdin.write(initialized)
    const live = join(stage.journal, 'live')
    await expect.poll(() => existsSync(live) && readdirSync(live).length).toBe(1)
    proxy.stdin.end()
    await proxy.stdout.takeAll()
    proxy.child.kill('SIGHUP') // it may have come to its end already
    expect(await proxy.ended).toBe(5)
    expect(readdirSync(live)).toEqual([])
  })

  test('SIGKILL, with all its group: nothing is left', async ({ stage, processes }) => {
    const proxy = processes.start(stage.wrapped([], fault('stay')))
    const server = await proxy.announced()
    process.kill(-proxy.pid, 'SIGKILL')
    await gone(server.pid, proxy.pid)
  })

  test('SIGKILL alone: the server sees the end of its input', async ({ stage, processes }) => {
    const proxy = processes.start(stage.wrapped([], fault('serve', '0')))
    const server = await proxy.announced()
    proxy.kill('SIGKILL')
    await gone(server.pid)
  })
})
