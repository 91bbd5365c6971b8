import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { missingProgram, missingRoot } from '../disk/mounts.ts'
import { describeUnless } from '../requirements.ts'
import { place, placeAll } from './place.ts'

let w: string
let a: string

beforeEach(() => {
  w = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
  a = join(w, 'a')
  writeFileSync(a, 'old')
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(w, { recursive: true })
})

const run = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })
const attributes = (path: string) => run('getfattr', '-d', '-m', '-', '--absolute-names', path)
const list = (path: string) => run('getfacl', '-p', '-n', path)
const replace = (path: string) => place(w, { path, before: 'old', after: 'new text' })

describeUnless(missingProgram('setfattr', 'setfacl'), 'what a file carries beside its bytes', () => {
  it.each([
    ['an extended attribute', () => run('setfattr', '-n', 'user.origin', '-v', 'x', a)],
    ['an access list', () => run('setfacl', '-m', 'u:1234:rw,g:77:r', a)],
    [
      'what its folder gave it, and then a mode of its own',
      () => {
        run('setfacl', '-d', '-m', 'u:1234:rwx', w)
        writeFileSync(join(w, 'b'), 'old')
        run('mv', join(w, 'b'), a)
        chmodSync(a, 0o640)
      },
    ],
  ])('stays: %s', async (_what, give) => {
    give()
    const before = [attributes(a), list(a), statSync(a).mode]
    await replace(a)
    expect(readFileSync(a, 'utf8')).toBe('new text')
    expect([attributes(a), list(a), statSync(a).mode]).toEqual(before)
  })

  it('is told file by file: a file that carries nothing is replaced by a rename', async () => {
    const b = join(w, 'b')
    writeFileSync(b, 'old')
    run('setfattr', '-n', 'user.origin', '-v', 'x', a)
    const inodes = [a, b].map((path) => statSync(path).ino)
    const placed = await placeAll(
      w,
      [a, b].map((path) => ({ path, before: 'old', after: 'new' })),
    )
    expect(placed).toEqual([{ where: 'disk' }, { where: 'disk' }])
    expect(statSync(a).ino).toBe(inodes[0])
    expect(statSync(b).ino).not.toBe(inodes[1])
  })

  it('stays where no program can tell: every file is written in place then', async () => {
    run('setfattr', '-n', 'user.origin', '-v', 'x', a)
    const { ino } = statSync(a)
    const before = attributes(a)
    vi.stubEnv('PATH', '/nowhere')
    await replace(a)
    vi.unstubAllEnvs()
    expect(readFileSync(a, 'utf8')).toBe('new text')
    expect(attributes(a)).toBe(before)
    expect(statSync(a).ino).toBe(ino)
  })

  it('is what its folder gives a new one', async () => {
    run('setfacl', '-d', '-m', 'u:1234:rw', w)
    const [fresh, same] = [join(w, 'fresh'), join(w, 'same')]
    await place(w, { path: fresh, before: undefined, after: 'new' })
    writeFileSync(same, 'new')
    expect(list(fresh).replace(fresh, same)).toBe(list(same))
    expect(statSync(fresh).mode).toBe(statSync(same).mode)
  })
})

describeUnless(missingRoot() ?? missingProgram('chattr'), 'an immutable file', () => {
  const marked: string[] = []
  const mark = (flag: string, path: string) => {
    run('chattr', `+${flag}`, path)
    marked.push(path)
  }
  afterEach(() => {
    for (const path of marked.splice(0)) run('chattr', '-ia', path)
  })

  it.each([
    ['immutable', 'i'],
    ['only to be appended to', 'a'],
  ])('is never forced, be it replaced or removed: %s', async (_what, flag) => {
    mark(flag, a)
    const refused = `${a} is immutable, or may only be appended to (chattr(1))`
    await expect(replace(a)).rejects.toThrow(refused)
    await expect(place(w, { path: a, before: 'old', after: undefined })).rejects.toThrow(refused)
    expect(readFileSync(a, 'utf8')).toBe('old')
    expect((await nodeDisk.list(w))?.map(({ name }) => name)).toEqual(['a'])
  })

  it('is another thing than an immutable folder, in which files are written in place, and none removed', async () => {
    mkdirSync(join(w, 'sub'))
    const b = join(w, 'sub', 'b')
    writeFileSync(b, 'old')
    mark('i', join(w, 'sub'))
    await replace(b)
    expect(readFileSync(b, 'utf8')).toBe('new text')
    await expect(place(w, { path: b, before: 'new text', after: undefined })).rejects.toThrow(
      `cannot remove ${b}: EPERM`,
    )
    await expect(place(w, { path: join(w, 'sub', 'c'), before: undefined, after: 'new' })).rejects.toThrow(
      'EPERM',
    )
  })
})
