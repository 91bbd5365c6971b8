import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Disk, Folder } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { pathFolder } from '../../server/disk/path-folder.ts'
import { place, TEMPORARY } from './place.ts'

/** What others do to a file, and to the folders that it lies in, while it is being replaced. */

let folder: string
let w: string
let a: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
  w = join(folder, 'w')
  a = join(w, 'sub', 'a')
  mkdirSync(join(w, 'sub'), { recursive: true })
  mkdirSync(join(folder, 'outside'))
  writeFileSync(a, 'old')
  writeFileSync(join(folder, 'outside', 'a'), 'old')
})

afterEach(() => rmSync(folder, { recursive: true }))

type Call = Exclude<keyof Folder, 'isSyncable'>

/** The real disk, on which something happens right before the nth call of that name on a held folder. */
function disturbed(
  call: Call,
  nth: number,
  happen: () => void,
  openFolder = (path: string) => nodeDisk.openFolder(path),
): Disk {
  let seen = 0
  return {
    ...nodeDisk,
    openFolder: async (path) => {
      const held = await openFolder(path)
      return new Proxy(held, {
        get: (target, key: Call) => {
          if (key === call && ++seen === nth) happen()
          return target[key]
        },
      })
    },
  }
}

const replace = (disk: Disk) => place(w, { path: a, before: 'old', after: 'new' }, disk)
const remove = (disk: Disk) => place(w, { path: a, before: 'old', after: undefined }, disk)
const text = (path = a) => readFileSync(path, 'utf8')
const names = () => readdirSync(join(w, 'sub'))

describe('a file that somebody writes', () => {
  const changed = () => `${a} was changed meanwhile`

  it.each([
    ['before it is looked at', 'stat', 1],
    ['after its temporary file is written', 'stat', 2],
    ['right before the rename', 'rename', 1],
  ] as const)('%s keeps what they wrote', async (_when, call, nth) => {
    await expect(replace(disturbed(call, nth, () => writeFileSync(a, 'theirs')))).rejects.toThrow(changed())
    expect([text(), names()]).toEqual(['theirs', ['a']])
  })

  it.each([
    ['as many bytes', 'own'],
    ['more bytes', 'old and theirs'],
    ['fewer bytes', ''],
  ])('that has a second name, right before it is opened for writing in place: %s stay', async (_, theirs) => {
    linkSync(a, join(w, 'second'))
    const disk = disturbed('open', 1, () => writeFileSync(a, theirs))
    await expect(replace(disk)).rejects.toThrow(changed())
    expect([text(), text(join(w, 'second')), names()]).toEqual([theirs, theirs, ['a']])
  })

  it('right before its removal comes back', async () => {
    const disk = disturbed('remove', 1, () => appendFileSync(a, ' and theirs'))
    await expect(remove(disk)).rejects.toThrow(changed())
    expect([text(), names()]).toEqual(['old and theirs', ['a']])
  })

  it('right before it is made stays', async () => {
    const b = join(w, 'sub', 'b')
    const disk = disturbed('link', 1, () => writeFileSync(b, 'theirs'))
    await expect(place(w, { path: b, before: undefined, after: 'made' }, disk)).rejects.toThrow(
      `${b} was changed meanwhile`,
    )
    expect([text(b), names().sort()]).toEqual(['theirs', ['a', 'b']])
  })

  it.each<[string, () => void]>([
    ['another file with the same bytes', () => writeFileSync(a, 'old')],
    ['a link', () => symlinkSync(join(folder, 'outside', 'a'), a)],
    ['a folder', () => mkdirSync(a)],
    ['a fifo', () => void execFileSync('mkfifo', [a])],
  ])('is left alone where it becomes %s', async (_what, become) => {
    const happen = () => {
      renameSync(a, join(w, 'away'))
      become()
    }
    // 'open': the temporary file is the first, the file itself the second.
    for (const call of ['stat', 'open'] as const) {
      const disk = disturbed(call, 2, happen)
      await expect(replace(disk)).rejects.toThrow(`${a} was replaced meanwhile`)
      expect(names()).toEqual(['a'])
      expect([text(join(w, 'away')), text(join(folder, 'outside', 'a'))]).toEqual(['old', 'old'])
      rmSync(a, { recursive: true })
      renameSync(join(w, 'away'), a)
    }
  })
})

describe('a file that moves as it is', () => {
  const b = () => join(w, 'sub', 'b')
  const move = (disk?: Disk, isOpen?: true) =>
    place(
      w,
      { path: b(), before: undefined, after: 'old', cameFrom: { path: a, ...(isOpen && { isOpen }) } },
      disk,
    )

  it('is the same file by its new name, but where an editor may go on writing to it', async () => {
    await move()
    expect(statSync(b()).ino).toBe(statSync(a).ino)
    rmSync(b())
    await move(undefined, true)
    expect(statSync(b()).ino).not.toBe(statSync(a).ino)
  })

  it('stays where it is when somebody writes it before it has its new name', async () => {
    // The first is opened to be read, the second right before it gets its name.
    const disk = disturbed('open', 2, () => appendFileSync(a, ' and theirs'))
    await expect(move(disk)).rejects.toThrow(`${b()} was changed meanwhile`)
    expect([text(), names()]).toEqual(['old and theirs', ['a']])
  })
})

describe('a folder that becomes a link out of the workspace', () => {
  const swap = () => {
    renameSync(join(w, 'sub'), join(w, 'was'))
    symlinkSync(join(folder, 'outside'), join(w, 'sub'))
  }
  const outside = () => [readdirSync(join(folder, 'outside')), text(join(folder, 'outside', 'a'))]

  it.each([
    ['is written', replace, 'path', 2],
    ['is removed', remove, 'path', 2],
  ] as const)('is seen before a file in it %s', async (_what, act, call, nth) => {
    await expect(act(disturbed(call, nth, swap))).rejects.toThrow(
      `the folder ${join(w, 'sub')} is now ${join(w, 'was')}`,
    )
    expect(outside()).toEqual([['a'], 'old'])
    expect([text(join(w, 'was', 'a')), readdirSync(join(w, 'was'))]).toEqual(['old', ['a']])
  })

  it.runIf(process.platform === 'linux').each([
    ['rename', replace, 'new'],
    ['remove', remove, undefined],
  ] as const)(
    'right before the %s leads nowhere: it is the folder that was checked',
    async (call, act, left) => {
      await act(disturbed(call, 1, swap))
      expect(outside()).toEqual([['a'], 'old'])
      expect(readdirSync(join(w, 'was'))).toEqual(left === undefined ? [] : ['a'])
    },
  )

  it('is seen on systems that know a folder by its path only', async () => {
    const byPath = (path: string) => pathFolder(nodeDisk, path)
    await expect(replace(disturbed('path', 2, swap, byPath))).rejects.toThrow(/ENOTDIR/)
    expect(outside()).toEqual([['a'], 'old'])
    expect(readdirSync(join(w, 'was')).sort()).toEqual([TEMPORARY, 'a'])
  })
})
