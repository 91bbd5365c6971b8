import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeHost } from '../../server/disk/node-host.ts'

const host = nodeHost(process)

it('knows which processes are above it', () => {
  expect(host.isAbove(process.ppid)).toBe(true)
  expect(host.isAbove(process.pid)).toBe(false)
  expect(host.isAbove(1)).toBe(false) // everybody's, and nobody's editor
})

it('knows a process that runs from one that has ended', () => {
  expect(host.runs(process.pid)).toBe(true)
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  expect(host.runs(pid)).toBe(false)
})

it.skipIf(!existsSync('/proc/self/stat'))('takes one that nobody has waited for as ended', async () => {
  // A shell that has become another program waits for none of its children.
  const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const pid = await new Promise<number>((done) => {
      parent.stdout.once('data', (text: Buffer) => done(Number(text.toString())))
    })
    await expect.poll(() => host.runs(pid), { timeout: 10_000 }).toBe(false)
    expect(() => process.kill(pid, 0)).not.toThrow()
  } finally {
    parent.kill('SIGKILL')
  }
})

describe.skipIf(process.platform === 'win32')('a socket', () => {
  const at = async (use: (address: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-host-'))
    try {
      await use(join(folder, 'socket'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const said = (address: string, text: string, end: boolean) =>
    new Promise<string>((done, fail) => {
      const socket = connect({ path: address, allowHalfOpen: true }, () =>
        end ? socket.end(text) : socket.write(text),
      )
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
      })
      socket.once('end', () => {
        socket.destroy()
        done(answer)
      })
      socket.once('error', fail)
    })

  it.skipIf(!existsSync('/proc/net/unix'))('is seen without a call as long as it is open', async () => {
    await at(async (address) => {
      expect(host.hasSocket(address)).toBe(false)
      // The file of a process that was killed stays, and is no socket any more.
      const listen = `require('node:net').createServer().listen(process.argv[1], () => console.log('now'))`
      const other = spawn(process.execPath, ['-e', listen, address], { stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise((done) => other.stdout.once('data', done))
      expect(host.hasSocket(address)).toBe(true)
      expect(host.hasSocket(address.slice(1))).toBe(false)
      expect(host.hasSocket(address.slice(0, -1))).toBe(false)
      const ended = new Promise((done) => other.once('exit', done))
      other.kill('SIGKILL')
      await ended
      expect(existsSync(address)).toBe(true)
      expect(host.hasSocket(address)).toBe(false)
    })
  })

  it('answers what it is asked, in any bytes and of any length', async () => {
    await at(async (address) => {
      const asked: (string | undefined)[] = []
      const long = 'ä€😀'.repeat(100_000)
      const listener = await host.listen(address, async (request) => {
        asked.push(request)
        return Promise.resolve(request === undefined ? 'who' : long)
      })
      expect(await host.call(address)).toEqual({ answered: true, line: 'who' })
      expect(await host.call(address, { request: 'é', within: 10_000 })).toEqual({
        answered: true,
        line: long,
      })
      expect(asked).toEqual([undefined, 'é'])
      await listener.close()
      expect(await host.call(address)).toEqual({ answered: false })
    })
  })

  it('answers a caller who says nothing, or half of something, or too much, or one line in pieces', async () => {
    await at(async (address) => {
      const listener = await host.listen(address, (request) => `got ${request}`)
      expect(await said(address, '', true)).toBe('got undefined\n')
      expect(await said(address, '', false)).toBe('got undefined\n')
      expect(await said(address, 'half', true)).toBe('got undefined\n')
      expect(await said(address, 'a\nb\n', true)).toBe('got a\n')
      expect(await said(address, 'x'.repeat(2 * 1024 * 1024), true)).toBe('got undefined\n')
      await listener.close()
    })
  })

  it('hangs up on whoever cannot be answered', async () => {
    await at(async (address) => {
      const listener = await host.listen(address, () => Promise.reject(new Error('no')))
      expect(await host.call(address)).toEqual({ answered: true, line: undefined })
      await listener.close()
    })
  })
})
