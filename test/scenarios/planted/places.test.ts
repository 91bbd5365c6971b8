import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type ExpectStatic, expect, test } from 'vitest'
import { missingRoot } from '../../disk/mounts.ts'
import { describeUnless } from '../../requirements.ts'
import { Planted } from './planting.ts'

/** What may stand in the place of the journal's folders and files, and that it is refused, soon, and does no harm. */

const victim = (at: Planted) => readFileSync(join(at.outside, 'victim'), 'utf8')
const UNTOUCHED = { 'a.ts': 'old\n', 'b.ts': 'old\n' }
const FINISHED = { 'a.ts': 'new\n', 'b.ts': 'old\n' }

/** What somebody puts in the place of a file or a folder. */
const IMPOSTORS: Readonly<Record<string, (path: string, at: Planted) => void>> = {
  'a fifo': (path) => void execFileSync('mkfifo', [path]),
  'a file': (path) => writeFileSync(path, 'x'),
  'a folder': (path) => mkdirSync(path),
  'a link to another file': (path, at) => symlinkSync(join(at.outside, 'victim'), path),
  'a link to another folder': (path, at) => symlinkSync(at.outside, path),
  'a link to what never ends': (path) => symlinkSync('/dev/zero', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to what was there': (path, at) => {
    const copy = join(at.folder, 'copy')
    cpSync(join(at.folder, 'was'), copy, { recursive: true })
    symlinkSync(copy, path)
  },
}

async function impostor(name: string, pathIn: (at: Planted) => string): Promise<Planted> {
  const at = new Planted()
  await at.plantReplacing(at.path('a.ts'))
  const path = pathIn(at)
  try {
    renameSync(path, join(at.folder, 'was'))
  } catch {
    // nothing is there as yet, such as a socket
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  IMPOSTORS[name]!(path, at)
  return at
}

/** Nothing is written, wherever it leads; what the command says to it. */
async function isRefused(at: Planted, expect: ExpectStatic, says: RegExp): Promise<void> {
  const { status, stdout, stderr } = await at.startAndFinish()
  expect(stdout + stderr).toMatch(says)
  expect([0, 1]).toContain(status)
  expect([0, 1, 4]).toContain((await at.lspWal('status')).status)
  expect(at.files()).toEqual(UNTOUCHED)
  expect(victim(at)).toBe('old\n')
  expect(readdirSync(at.outside)).toEqual(['victim'])
}

const allBut = (...names: readonly string[]) => Object.keys(IMPOSTORS).filter((name) => !names.includes(name))

describe.skipIf(process.platform === 'win32').concurrent('in the place of', () => {
  for (const folder of ['', 'live', 'history']) {
    test.for(allBut('a folder'))(
      `the journal’s folder ${folder || 'itself'}: %s`,
      async (name, { expect }) => {
        using at = await impostor(name, ({ journal }) => join(journal, folder))
        await isRefused(at, expect, /is not a folder|it is no folder|ELOOP|^Nothing is waiting/)
      },
    )
  }

  test.for(allBut('a folder'))('a session’s folder: %s', async (name, { expect }) => {
    using at = await impostor(name, (planted) => planted.at())
    await isRefused(at, expect, /^Nothing is waiting/)
  })

  test.for(allBut('a file'))('session.json: %s', async (name, { expect }) => {
    using at = await impostor(name, (planted) => planted.at('session.json'))
    await isRefused(at, expect, /^Nothing is waiting/)
  })

  test.for(allBut('a file'))('wal.log: %s', async (name, { expect }) => {
    using at = await impostor(name, (planted) => planted.at('wal.log'))
    await isRefused(at, expect, /Nothing is waiting/)
  })

  test.for(allBut('a link to what was there'))(
    'outcomes.log, and nothing is written to it: %s',
    async (name, { expect }) => {
      using at = await impostor(name, (planted) => planted.at('outcomes.log'))
      expect([0, 3]).toContain((await at.startAndFinish()).status)
      expect(at.files()).toEqual(FINISHED)
      expect(victim(at)).toBe('old\n')
      expect(readdirSync(at.outside)).toEqual(['victim'])
    },
  )

  test.for(allBut('a link to what was there'))(
    'the socket, and nobody answers there: %s',
    async (name, { expect }) => {
      using at = await impostor(name, (planted) => planted.at('socket'))
      expect([0, 3]).toContain((await at.startAndFinish()).status)
      expect(at.files()).toEqual(FINISHED)
      expect(victim(at)).toBe('old\n')
    },
  )

  test.for(allBut('a folder', 'a link to what was there'))(
    'the folder of claimed sessions: %s',
    async (name, { expect }) => {
      using at = await impostor(name, (planted) => planted.at('claimed'))
      expect([0, 3]).toContain((await at.startAndFinish()).status)
      expect(victim(at)).toBe('old\n')
      expect(readdirSync(at.outside)).toEqual(['victim'])
    },
  )

  test('the folder of claimed sessions: a link to other sessions, which are not taken from there', async ({
    expect,
  }) => {
    using at = new Planted()
    await at.plantReplacing(at.path('a.ts'))
    const others = join(at.outside, at.session.replace(/0{8}$/, '11111111'))
    cpSync(at.at(), others, { recursive: true })
    const info = join(others, 'session.json')
    writeFileSync(info, readFileSync(info, 'utf8').replaceAll(/0{8}"/g, '11111111"'))
    symlinkSync(at.outside, at.at('claimed'))
    await at.startAndFinish()
    expect(readdirSync(others).sort()).toEqual(['session.json', 'wal.log'])
  })
})

describe.skipIf(process.platform === 'win32').concurrent('a folder that others may write', () => {
  test.for([
    ['the journal itself', (at: Planted) => at.journal, 0o720],
    ['the journal itself, sticky', (at: Planted) => at.journal, 0o1777],
    ['live', (at: Planted) => join(at.journal, 'live'), 0o702],
    ['history', (at: Planted) => join(at.journal, 'history'), 0o770],
    ['a session', (at: Planted) => at.at(), 0o722],
  ] as const)('is refused: %s', async ([, folderIn, mode], { expect }) => {
    using at = new Planted()
    await at.plantReplacing(at.path('a.ts'))
    chmodSync(folderIn(at), mode)
    await isRefused(at, expect, /may be written by others: chmod go-w/)
  })
})

test('a settled session that others may write is listed, and not undone', async () => {
  using at = new Planted()
  await at.plantReplacing(at.path('a.ts'))
  await at.lspWal('recover')
  expect(at.files()).toEqual(FINISHED)
  for (const name of readdirSync(join(at.journal, 'history')))
    chmodSync(join(at.journal, 'history', name), 0o777)
  const undone = await at.lspWal('undo')
  expect([undone.status, undone.stderr]).toEqual([1, expect.stringContaining('may be written by others')])
  expect(at.files()).toEqual(FINISHED)
  expect((await at.lspWal('log')).status).toBe(0)
})

describeUnless(missingRoot(), 'a folder that somebody else owns', () => {
  test.concurrent.for([
    ['the journal itself', (at: Planted) => at.journal],
    ['live', (at: Planted) => join(at.journal, 'live')],
    ['history', (at: Planted) => join(at.journal, 'history')],
    ['a session', (at: Planted) => at.at()],
  ] as const)('is refused: %s', async ([, folderIn], { expect }) => {
    using at = new Planted()
    await at.plantReplacing(at.path('a.ts'))
    chownSync(folderIn(at), 65534, 65534)
    await isRefused(at, expect, /belongs to another user \(65534\)/)
  })

  test.for(['session.json', 'wal.log', 'outcomes.log', 'socket'])(
    'and a device in the place of %s is never read',
    async (name, { expect }) => {
      using at = new Planted()
      await at.plantReplacing(at.path('a.ts'))
      rmSync(at.at(name), { force: true })
      execFileSync('mknod', [at.at(name), 'c', '1', '5']) // /dev/zero
      expect([0, 3]).toContain((await at.startAndFinish()).status)
      expect(victim(at)).toBe('old\n')
    },
  )
})
