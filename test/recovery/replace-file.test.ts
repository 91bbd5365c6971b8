import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Disk } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Refused } from '../../server/recovery/workspace.ts'
import { error, MemoryDisk, onNth } from '../disk/memory-disk.ts'
import { Platter } from '../disk/platter.ts'
import { place as placeIn, TEMPORARY } from './place.ts'

let folder: string
let w: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'lsp-wal-test-')))
  w = join(folder, 'w')
  await mkdir(w)
})

afterEach(() => rm(folder, { recursive: true }))

const place = (
  path: string,
  before: string | undefined,
  after: string | undefined,
  mode?: number,
  disk: Disk = nodeDisk,
) => placeIn(w, { path, before, after, ...(mode !== undefined && { mode }) }, disk)

const text = (path: string) => readFile(path, 'utf8')
const at = (...names: string[]) => join(w, ...names)

/** Everything under the workspace folder, links not followed. */
const names = async () => (await readdir(w, { recursive: true })).sort()

describe('on a real disk, a file', () => {
  it('is replaced, made in folders that are missing, and removed', async () => {
    await writeFile(at('a'), 'old')
    await place(at('a'), 'old', 'new')
    await place(at('x', 'y', 'b'), undefined, 'made', 0o600)
    await writeFile(at('c'), 'gone')
    await place(at('c'), 'gone', undefined)
    expect(await names()).toEqual(['a', 'x', 'x/y', 'x/y/b'])
    expect([await text(at('a')), await text(at('x', 'y', 'b'))]).toEqual(['new', 'made'])
    expect((await stat(at('x', 'y', 'b'))).mode & 0o777).toBe(0o600)
  })

  it('keeps its mode', async () => {
    for (const mode of [0o600, 0o755, 0o4755]) {
      await writeFile(at('a'), 'old')
      await chmod(at('a'), mode)
      await place(at('a'), 'old', 'new', 0o644)
      expect((await stat(at('a'))).mode & 0o7777).toBe(mode)
      await rm(at('a'))
    }
  })

  it('of many blocks is replaced, and left alone where any of its bytes is another one, or one more', async () => {
    const old = 'and so on, '.repeat(300_000)
    const other = [`X${old.slice(1)}`, `${old.slice(0, -1)}X`, `${old} `, old.slice(0, -1)]
    other.push(`${old.slice(0, 1_500_000)}X${old.slice(1_500_001)}`)
    for (const theirs of other) {
      await writeFile(at('a'), theirs)
      await expect(place(at('a'), old, `new ${old}`)).rejects.toThrow(`${at('a')} was changed meanwhile`)
      expect((await text(at('a'))) === theirs).toBe(true)
    }
    await writeFile(at('a'), old)
    await place(at('a'), old, `new ${old}`)
    expect((await text(at('a'))) === `new ${old}`).toBe(true)
    expect(await names()).toEqual(['a'])
  })

  it('keeps its other names', async () => {
    await writeFile(at('a'), 'the old text')
    await link(at('a'), at('b'))
    await place(at('a'), 'the old text', 'new')
    expect([await text(at('a')), await text(at('b'))]).toEqual(['new', 'new'])
    expect((await stat(at('a'))).ino).toBe((await stat(at('b'))).ino)
    expect(await names()).toEqual(['a', 'b'])
  })

  it('is written where a link leads, and the link stays', async () => {
    await mkdir(at('real'))
    await writeFile(at('real', 'a'), 'old')
    await symlink('real/a', at('link'))
    await place(at('link'), 'old', 'new')
    expect(await text(at('real', 'a'))).toBe('new')
    expect((await nodeDisk.lstat(at('link')))?.kind).toBe('link')
    expect(await names()).toEqual(['link', 'real', 'real/a'])
  })

  it('is not forced where it is read-only', async () => {
    await writeFile(at('a'), 'old')
    await chmod(at('a'), 0o444)
    await expect(place(at('a'), 'old', 'new')).rejects.toThrow(new Refused(`${at('a')} is read-only`))
    expect(await text(at('a'))).toBe('old')
    expect(await names()).toEqual(['a'])
  })

  it.each<[string, string | undefined, string | undefined]>([
    ['holds something else', 'other', 'new'],
    ['holds something else and is to be removed', 'other', undefined],
    ['is gone', 'gone', 'new'],
    ['is there and should not be', undefined, 'new'],
  ])('is left alone where it %s by now', async (_what, before, after) => {
    if (before !== 'gone') await writeFile(at('a'), 'theirs')
    await expect(place(at('a'), before, after)).rejects.toThrow(
      new Refused(`${at('a')} was changed meanwhile`),
    )
    expect(await names()).toEqual(before === 'gone' ? [] : ['a'])
    if (before !== 'gone') expect(await text(at('a'))).toBe('theirs')
  })

  it('is left alone where it is a folder by now', async () => {
    await mkdir(at('a'))
    await expect(place(at('a'), 'old', 'new')).rejects.toThrow(new Refused(`${at('a')} is no file any more`))
  })

  it('never takes a temporary file for its own that another run has made', async () => {
    await writeFile(at('a'), 'old')
    await writeFile(at(TEMPORARY), 'theirs')
    await expect(place(at('a'), 'old', 'new')).rejects.toThrow('EEXIST')
    expect([await text(at(TEMPORARY)), await text(at('a'))]).toEqual(['theirs', 'old'])
  })

  it('is never written through a link that stands in the temporary file’s place', async () => {
    await writeFile(join(folder, 'victim'), 'safe')
    await writeFile(at('a'), 'old')
    await symlink(join(folder, 'victim'), at(TEMPORARY))
    await expect(place(at('a'), 'old', 'new')).rejects.toThrow('EEXIST')
    expect([await text(join(folder, 'victim')), await text(at('a'))]).toEqual(['safe', 'old'])
  })
})

describe('on a real disk, nothing is written', () => {
  const outside = (path: string) => new Refused(`${path} is outside the workspace folders`)

  it('outside the workspace folders, however the path is spelt', async () => {
    await mkdir(join(folder, 'w2'))
    for (const path of [
      join(folder, 'a'),
      join(folder, 'w2', 'a'),
      `${w}/../a`,
      `${w}/none/../../a`,
      `${w}/../w2/none/a`,
      '/',
    ])
      await expect(place(path, undefined, 'new')).rejects.toThrow(outside(path))
    expect((await readdir(folder)).sort()).toEqual(['w', 'w2'])
    expect(await names()).toEqual([])
  })

  it('where a link leads outside, at any level', async () => {
    await mkdir(join(folder, 'out'))
    await writeFile(join(folder, 'out', 'a'), 'safe')
    await symlink(join(folder, 'out'), at('sub'))
    await symlink(join(folder, 'out', 'a'), at('link'))
    await expect(place(at('sub', 'a'), 'safe', 'new')).rejects.toThrow(outside(at('sub', 'a')))
    await expect(place(at('sub', 'x', 'b'), undefined, 'new')).rejects.toThrow(outside(at('sub', 'x', 'b')))
    await expect(place(at('link'), 'safe', undefined)).rejects.toThrow(outside(at('link')))
    expect(await readdir(join(folder, 'out'))).toEqual(['a'])
    expect(await text(join(folder, 'out', 'a'))).toBe('safe')
  })

  it('under .git, however it is spelt or linked', async () => {
    await mkdir(at('.git', 'hooks'), { recursive: true })
    await symlink('.git/hooks', at('hooks'))
    for (const path of [at('.git', 'config'), at('sub', '.GIT', 'x'), at('hooks', 'pre-commit')])
      await expect(place(path, undefined, 'new')).rejects.toThrow(new Refused(`${path} is under .git`))
    await place(at('.gitignore'), undefined, 'new')
    expect(await names()).toEqual(['.git', '.git/hooks', '.gitignore', 'hooks'])
  })

  it('at a path that is not absolute', async () => {
    await expect(place('a', undefined, 'new')).rejects.toThrow(new Refused('a is not absolute'))
  })
})

describe('on a disk that fails, a file', () => {
  let platter: Platter
  let disk: MemoryDisk
  beforeEach(() => {
    platter = new Platter()
    platter.put('/w/a', 'old text', 0o640)
    disk = new MemoryDisk(platter)
  })
  const replace = () => placeIn('/w', { path: '/w/a', before: 'old text', after: 'new' }, disk)

  it('is never half written, and no temporary file is left, whatever operation fails', async () => {
    for (const code of ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE']) {
      for (let n = 1; ; n++) {
        platter.put('/w/a', 'old text')
        disk = new MemoryDisk(platter)
        disk.plan = (operation) => (operation.n === n ? { kind: 'short', code } : undefined)
        const done = await replace().then(
          () => true,
          () => false,
        )
        expect(Object.keys(platter.tree('/w'))).toEqual(['a'])
        expect(['old text', 'new']).toContain(platter.tree('/w').a)
        if (disk.log.length < n) break
        // Closing the written file and syncing its folder are all that may fail unseen or after the rename.
        if (done) expect(platter.tree('/w').a).toBe('new')
      }
    }
  })

  it.each([
    ['its folder takes no new file', onNth('open', TEMPORARY, 1, error('EACCES'))],
    ['its mode cannot be given', onNth('setMode', TEMPORARY, 1, error('EPERM'))],
  ])('is written in place where %s', async (_what, plan) => {
    const { id } = platter.find('/w/a')
    disk.plan = plan
    await replace()
    expect(platter.tree('/w')).toEqual({ a: 'new' })
    expect([platter.find('/w/a').id, platter.find('/w/a').mode]).toEqual([id, 0o640])
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: 'new' })
  })

  it('is written in place where its owner cannot be given', async () => {
    platter.find('/w/a').uid = 1001
    disk.plan = onNth('setOwner', TEMPORARY, 1, error('EPERM'))
    await replace()
    expect(platter.tree('/w')).toEqual({ a: 'new' })
    expect(platter.find('/w/a').uid).toBe(1001)
  })

  it('keeps its owner', async () => {
    platter.find('/w/a').uid = 1001
    await replace()
    expect([platter.find('/w/a').uid, platter.find('/w/a').mode]).toEqual([1001, 0o640])
  })

  it('is left alone where another program replaces it by the same bytes meanwhile', async () => {
    disk.plan = ({ name }) => {
      if (name !== 'setMode') return undefined
      platter.takeAway('/w/a')
      platter.put('/w/a', 'old text')
      return undefined
    }
    await expect(replace()).rejects.toThrow(new Refused('/w/a was replaced meanwhile'))
    expect(platter.tree('/w')).toEqual({ a: 'old text' })
  })
})

describe('folders', () => {
  it('are made and removed again, those only that are empty and within the workspace', async () => {
    const workspace = new DiskWorkspace(nodeDisk, [w])
    await mkdir(at('old', 'deep'), { recursive: true })
    await mkdir(at('full'))
    await writeFile(at('full', 'a'), 'theirs')
    await workspace.settleFolders(
      [at('new'), at('new', 'deep')],
      [at('old', 'deep'), at('old'), at('full'), at('none'), at('none', 'deep')],
    )
    expect(await names()).toEqual(['full', 'full/a', 'new', 'new/deep'])
    await expect(workspace.settleFolders([join(folder, 'out')], [])).rejects.toThrow(Refused)
    await expect(workspace.settleFolders([], [folder])).rejects.toThrow(Refused)
  })

  it('are never removed where that is a workspace folder itself, however empty', async () => {
    const workspace = new DiskWorkspace(nodeDisk, [w])
    await expect(workspace.settleFolders([], [w])).rejects.toThrow(
      new Refused(`${folder} is outside the workspace folders`),
    )
    expect(await names()).toEqual([])
  })
})
