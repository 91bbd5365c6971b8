import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { place } from './place.ts'

let w: string

beforeEach(() => {
  w = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
})

afterEach(() => rmSync(w, { recursive: true }))

const text = (path: string | Buffer) => readFileSync(path, 'utf8')

describe('a file', () => {
  it.each([
    ['a name of 255 bytes', 'x'.repeat(255)],
    ['a name of 255 bytes, in UTF-8', `${'é'.repeat(127)}x`],
    ['a name of many words', ' -n "a\nb" $(c) \\012 '],
    ['the name of an option', '--help'],
  ])('of %s is made, replaced, and removed', async (_what, name) => {
    const path = join(w, name)
    await place(w, { path, before: undefined, after: 'old' })
    await place(w, { path, before: 'old', after: 'new' })
    expect(text(path)).toBe('new')
    await place(w, { path, before: 'new', after: undefined })
    expect(readdirSync(w)).toEqual([])
  })

  it('is replaced in a folder so deep down that a longer path would be none', async () => {
    let folder = w
    while (folder.length < 3900) folder = join(folder, 'd'.repeat(Math.min(150, 4090 - folder.length)))
    folder = join(folder, 'd'.repeat(4090 - folder.length))
    mkdirSync(folder, { recursive: true })
    const path = join(folder, 'abc')
    expect(Buffer.byteLength(path)).toBe(4095)
    writeFileSync(path, 'old')
    await place(w, { path, before: 'old', after: 'new' })
    expect([text(path), readdirSync(folder)]).toEqual(['new', ['abc']])
  })
})

describe.runIf(process.platform === 'linux')('a name that differs from another in its case alone', () => {
  it.each([
    ['of a file', 'button.ts', 'Button.ts'],
    ['of a folder', 'lib/a.ts', 'Lib/a.ts'],
    ['of both', 'lib/a.ts', 'Lib/A.ts'],
  ])('is another one, %s', async (_what, one, other) => {
    const [path, respelt] = [join(w, one), join(w, other)]
    await place(w, { path, before: undefined, after: 'text' })
    await place(w, { path: respelt, before: undefined, after: 'text' })
    await place(w, { path, before: 'text', after: undefined, respelt })
    expect((await nodeDisk.lstat(path)) ?? 'gone').toBe('gone')
    expect(text(respelt)).toBe('text')
    // The other one is not there: nothing is to stay.
    await place(w, { path: respelt, before: 'text', after: undefined, respelt: path })
    expect((await nodeDisk.lstat(respelt)) ?? 'gone').toBe('gone')
  })
})

describe.runIf(process.platform === 'linux')('a name that is not UTF-8', () => {
  // What Node makes of these bytes is what it makes of any others that are no UTF-8, and may be a name of its own.
  const bytes = (...parts: readonly (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))))

  it('is never taken for another one', async () => {
    const [odd, twin] = [bytes(w, '/', 0xff, '.ts'), join(w, '\ufffd.ts')]
    writeFileSync(odd, 'odd')
    for (const before of ['odd', undefined])
      await expect(place(w, { path: twin, before, after: 'new' })).rejects.toThrow(
        `${twin} has a name that is not UTF-8`,
      )
    writeFileSync(twin, 'odd')
    await expect(place(w, { path: twin, before: 'odd', after: undefined })).rejects.toThrow('not UTF-8')
    expect([text(odd), text(twin), readdirSync(w).length]).toEqual(['odd', 'odd', 2])
  })

  it('behind a link is never taken for another folder’s', async () => {
    const [odd, twin] = [bytes(w, '/', 0xff), join(w, '\ufffd')]
    mkdirSync(odd)
    mkdirSync(twin)
    writeFileSync(bytes(w, '/', 0xff, '/a'), 'old')
    writeFileSync(join(twin, 'a'), 'old')
    symlinkSync(odd, join(w, 'link'))
    const path = join(w, 'link', 'a')
    await expect(place(w, { path, before: 'old', after: 'new' })).rejects.toThrow('not UTF-8')
    expect([text(path), text(join(twin, 'a'))]).toEqual(['old', 'old'])
  })

  it('does no harm beside the files of an edit, and keeps its folder from being removed', async () => {
    mkdirSync(join(w, 'sub'))
    writeFileSync(bytes(w, '/sub/', 0xfe, 0xff), 'odd')
    const path = join(w, 'sub', 'a')
    await place(w, { path, before: undefined, after: 'old' })
    await place(w, { path, before: 'old', after: undefined })
    await new DiskWorkspace(nodeDisk, [w]).settleFolders([], [join(w, 'sub')])
    expect(text(bytes(w, '/sub/', 0xfe, 0xff))).toBe('odd')
  })
})
