import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
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
