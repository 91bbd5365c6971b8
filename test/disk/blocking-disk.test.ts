import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { blockingDisk } from '../../server/disk/blocking-disk.ts'
import type { Disk } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'

let folder: string
const at = (name: string) => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsp-wal-disk-'))
  writeFileSync(at('file'), 'one two')
  mkdirSync(at('folder'))
  symlinkSync(at('file'), at('link'))
  symlinkSync(at('nowhere'), at('broken'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const QUESTIONS: Readonly<Record<string, (disk: Disk, path: string) => Promise<unknown>>> = {
  read: (disk, path) => disk.read(path).then(String),
  stat: (disk, path) => disk.stat(path),
  lstat: (disk, path) => disk.lstat(path),
  realpath: (disk, path) => disk.realpath(path),
  list: async (disk, path) => (await disk.list(path))?.map(({ name, kind }) => `${name}: ${kind}`).sort(),
  open: async (disk, path) => {
    const file = await disk.open(path, 'read')
    const { size } = await file.stat()
    const into = Buffer.alloc(3)
    const reads = [
      await file.readAt(into, 4),
      String(into),
      await file.readAt(into, 7),
      file.readNow(into, 0),
    ]
    await file.close()
    return [size, ...reads, String(into), await errorOf(file.stat()), await errorOf(file.close())]
  },
}
const NAMES = ['', 'file', 'folder', 'link', 'broken', 'gone', 'file/below']

it.each(Object.entries(QUESTIONS))('answers as the other one does: %s', async (_, ask) => {
  for (const name of process.platform === 'linux' ? [...NAMES, '../../dev/null'] : NAMES) {
    const path = name.startsWith('..') ? '/dev/null' : at(name)
    const [answer, expected] = await Promise.all(
      [blockingDisk, nodeDisk].map((disk) => told(ask(disk, path))),
    )
    expect(answer, name).toEqual(expected)
  }
})

it('waits for nobody: what it looks at and reads is there at once', async () => {
  let turns = 0
  const count = () => {
    turns++
    setImmediate(count)
  }
  setImmediate(count)
  for (const [name, ask] of Object.entries(QUESTIONS))
    await ask(blockingDisk, at(name === 'list' ? 'folder' : 'file'))
  expect(turns).toBe(0)
})

it('writes as the other one does', async () => {
  const file = await blockingDisk.open(at('new'), 'create')
  await file.write(Buffer.from('x'))
  await file.close()
  expect(String(await blockingDisk.read(at('new')))).toBe('x')
})

const told = (answer: Promise<unknown>) => answer.catch((error: unknown) => String(error))
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => String(error),
  )
