import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { intentOf, replaced } from '../../journal/intents.ts'
import { Planted } from './planting.ts'

/** What a session's `session.json` may say, and that it does no harm. */

const intentIn = (at: Planted) =>
  intentOf('cafe', [
    replaced(at.path('a.ts'), 'old\n', 'new\n'),
    replaced(join(at.outside, 'victim'), 'old\n', 'new\n'),
  ])
const victim = (at: Planted) => readFileSync(join(at.outside, 'victim'), 'utf8')

describe.concurrent('a session that is none, by its session.json', () => {
  test.for<[string, object | string]>([
    ['no JSON', '{"version":1,'],
    ['no object', '[]'],
    ['null', 'null'],
    ['of another version', { version: 2 }],
    ['of another name', { session: '20260101T000000Z-11111111' }],
    ['with a name that leads elsewhere', { session: '../../outside' }],
    ['with folders that are no texts', { folders: [7, null] }],
    ['with folders that are none', { folders: 'everywhere' }],
    ['with a relative folder', { folders: ['.'] }],
    ['with a folder without a name, which would hold everything', { folders: [''] }],
    ['with a folder with a NUL', { folders: ['/\0'] }],
    ['with a process that is none', { pid: -1 }],
    ['with a process that is no number', { pid: '1' }],
    ['with an editor that is none', { editor: { name: 'vi', version: '1', pid: 0.5, start: null } }],
    ['with a socket that is a port', { socket: '22' }],
    ['with another program’s socket', { socket: '/run/docker.sock' }],
    ['gigantic', { server: ['x'.repeat(2 << 20)] }],
    ['deeper than any program follows', `{"folders":${'['.repeat(900_000)}`],
  ])('%s is left alone', async ([, says], { expect }) => {
    using at = new Planted()
    await at.plant(intentIn(at), typeof says === 'string' ? {} : says)
    if (typeof says === 'string') writeFileSync(at.at('session.json'), says)
    const before = at.files()
    const finished = await at.startAndFinish()
    expect([finished.status, finished.stdout]).toEqual([0, 'Nothing is waiting to be recovered here.\n'])
    expect((await at.lspWal('status')).status).toBe(0)
    expect(at.files()).toEqual(before)
    expect(victim(at)).toBe('old\n')
    expect(readdirSync(at.at()).sort()).toEqual(['session.json', 'wal.log'])
  })
})

describe.concurrent('a session that says of itself', () => {
  test.for<[string, (at: Planted) => object]>([
    ['that it worked in all of the disk', () => ({ folders: ['/'] })],
    ['that it worked in all of the disk, by another name', () => ({ folders: ['/tmp/..'] })],
    ['that it worked in many folders', (at) => ({ folders: Array(5000).fill(at.workspace) })],
    ['that it wraps a server of no words', () => ({ server: [] })],
    ['what nobody asked for', () => ({ folder: '/', __proto__: { socket: '/' }, more: { deep: [{}] } })],
  ])('%s is recovered where the user works now, and nowhere else', async ([, says], { expect }) => {
    using at = new Planted()
    await at.plant(intentIn(at), says(at))
    const { status, stdout } = await at.startAndFinish()
    expect(stdout).toContain('victim is outside the workspace folders')
    expect(status).toBe(3)
    expect(at.files()).toEqual({ 'a.ts': 'new\n', 'b.ts': 'old\n' })
    expect(victim(at)).toBe('old\n')
  })

  test('that it is process 1 is believed only if that answers, or began then', async ({ expect }) => {
    using at = new Planted()
    await at.plant(intentIn(at), { pid: 1 })
    expect((await at.startAndFinish()).status).toBe(3)
    expect(at.files()).toEqual({ 'a.ts': 'new\n', 'b.ts': 'old\n' })
  })

  test.skipIf(process.platform === 'win32')(
    'that it answers where somebody never stops to is alive, and holds nobody up',
    async ({ expect }) => {
      using at = new Planted()
      await at.plant(intentIn(at))
      const server = createServer((socket) => {
        const more = setInterval(() => socket.write('x'), 100)
        socket.on('error', () => {})
        socket.on('close', () => clearInterval(more))
      })
      await new Promise<void>((done) => server.listen(at.at('socket'), done))
      try {
        const { status, stdout } = await at.startAndFinish()
        expect([status, stdout]).toEqual([0, 'Nothing is waiting to be recovered here.\n'])
        expect(at.files()).toEqual({ 'a.ts': 'old\n', 'b.ts': 'old\n' })
      } finally {
        await new Promise((done) => server.close(done))
      }
    },
  )
})
