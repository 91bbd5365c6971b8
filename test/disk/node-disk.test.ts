import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Content, DiskError } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'

let folder: string
const at = (name: string) => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsp-wal-disk-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it.runIf(process.platform === 'linux')('names what the system names and Node does not', () => {
  const cause = Object.assign(new Error(), { code: 'Unknown system error -122', errno: -122 })
  expect(new DiskError('write', '/w/a', cause).message).toBe('cannot write /w/a: EDQUOT')
  const unknown = Object.assign(new Error(), { code: 'Unknown system error -9999', errno: -9999 })
  expect(new DiskError('write', '/w/a', unknown).code).toBe('Unknown system error -9999')
})

const words = (contents: readonly Content[]) =>
  contents.map((content) => (content.kind === 'file' ? content.bytes.toString('latin1') : content.kind))
const admitAll = () => {}

/** What stands at each path: looked at, admitted, and read. */
async function readAll(
  paths: readonly string[],
  admit: (path: string, size: number) => void,
): Promise<Content[]> {
  const looks = await nodeDisk.lookMany(paths)
  const files = looks.flatMap((look, i) => (look.kind === 'file' ? { path: paths[i]!, size: look.size } : []))
  for (const { path, size } of files) admit(path, size)
  const read = await nodeDisk.readMany(files, admit, Buffer.alloc(1 << 20))
  return looks.map((look) => (look.kind === 'file' ? read.shift()! : look))
}
const isWindows = process.platform === 'win32'

describe('many files', () => {
  it('reads files, follows links, and says of everything else what it is, in order', async () => {
    writeFileSync(at('a'), 'one')
    writeFileSync(at('empty'), '')
    mkdirSync(at('folder'))
    symlinkSync(at('a'), at('link'))
    symlinkSync(at('nowhere'), at('broken'))
    const names = ['empty', 'gone', 'a', 'folder', 'a/below', 'link', 'broken']
    expect(words(await readAll(names.map(at), admitAll))).toEqual([
      '',
      'absent',
      'one',
      'folder',
      'absent',
      'one',
      'absent',
    ])
  })

  it('reads many files of all sizes, whatever memory they share', async () => {
    const sizes = [0, 1, 8000, 1 << 20, (1 << 20) - 1, 5 << 20, 3, 70_000]
    const texts = sizes.map((size, i) => String.fromCharCode(97 + i).repeat(size))
    for (const [i, text] of texts.entries()) writeFileSync(at(String(i)), text)
    const paths = sizes.map((_, i) => at(String(i)))
    const read = words(await readAll(paths, admitAll))
    expect(read.map((text, i) => text === texts[i])).toEqual(sizes.map(() => true))
  })

  it('gives each file the facts that a look at it gives', async () => {
    writeFileSync(at('a'), 'one', { mode: 0o640 })
    const [content] = await readAll([at('a')], admitAll)
    expect(content).toMatchObject({ kind: 'file', stat: await nodeDisk.stat(at('a')) })
  })

  it('are all looked at before one is read', async () => {
    for (const name of ['a', 'b']) writeFileSync(at(name), 'one')
    const asked: string[] = []
    const refusal = new Error('too large')
    const refuse = (path: string, size: number) => {
      asked.push(`${path.slice(folder.length + 1)} ${size}`)
      if (path === at('b')) throw refusal
      // Reading it fails from now on.
      rmSync(at('a'))
      symlinkSync(at('a'), at('a'))
    }
    await expect(readAll([at('a'), at('b')], refuse)).rejects.toBe(refusal)
    expect(asked).toEqual(['a 3', 'b 3'])
  })

  // Between the look at it and the reading a file may become anything.
  it.each<[string, () => void, string]>([
    ['grows', () => appendFileSync(at('a'), 'x'.repeat(3 << 20)), `one${'x'.repeat(3 << 20)}`],
    ['grows by a byte', () => appendFileSync(at('a'), 'x'), 'onex'],
    ['shrinks', () => truncateSync(at('a'), 1), 'o'],
    ['is emptied', () => truncateSync(at('a')), ''],
    ['is removed', () => rmSync(at('a')), 'absent'],
  ])('reads a file that %s meanwhile to its end', async (_what, happens, expected) => {
    writeFileSync(at('a'), 'one')
    writeFileSync(at('b'), 'two')
    let happened = false
    const sizes: number[] = []
    const once = (path: string, size: number) => {
      if (path === at('a')) sizes.push(size)
      if (!happened) happens()
      happened = true
    }
    const read = words(await readAll([at('a'), at('b')], once))
    expect(read[0] === expected).toBe(true)
    expect(read[1]).toBe('two')
    // What has come beyond the size that was admitted is asked for again.
    expect(sizes.length > 1).toBe(expected.length > 3 && expected !== 'absent')
  })

  it.skipIf(isWindows)('neither opens a fifo nor waits for one that takes the place of a file', async () => {
    execFileSync('mkfifo', [at('fifo')])
    writeFileSync(at('a'), 'one')
    const swap = () => {
      rmSync(at('a'))
      execFileSync('mkfifo', [at('a')])
    }
    expect(words(await readAll([at('fifo'), at('a')], swap))).toEqual(['other', 'other'])
  })

  it('fails with path, operation and code', async () => {
    symlinkSync(at('loop'), at('loop'))
    await expect(readAll([at('loop')], admitAll)).rejects.toThrow(`cannot stat ${at('loop')}: ELOOP`)
    writeFileSync(at('a'), '')
    const swap = () => {
      rmSync(at('a'))
      symlinkSync(at('a'), at('a'))
    }
    await expect(readAll([at('a')], swap)).rejects.toThrow(`cannot read ${at('a')}: ELOOP`)
  })

  it('lets others have their turn while it reads much', async () => {
    writeFileSync(at('a'), '')
    truncateSync(at('a'), 128 << 20)
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await readAll([at('a')], admitAll)
    isOver = true
    expect(turns).toBeGreaterThan(1)
  })
})

describe('a file', () => {
  it('that is closed is never used again: its descriptor may be another file’s by now', async () => {
    const file = await nodeDisk.open(at('a'), 'create')
    await file.close()
    const other = await nodeDisk.open(at('b'), 'create')
    await expect(file.write(Buffer.from('x'))).rejects.toThrow(`cannot write ${at('a')}: EBADF`)
    await expect(file.close()).rejects.toThrow('EBADF')
    await other.write(Buffer.from('two'))
    await other.close()
    expect((await nodeDisk.read(at('b'))).toString()).toBe('two')
  })

  it.skipIf(isWindows)('says path, operation and code of what fails', async () => {
    await expect(nodeDisk.open(at('gone'), 'modify')).rejects.toThrow(`cannot open ${at('gone')}: ENOENT`)
    writeFileSync(at('a'), 'one')
    const file = await nodeDisk.open(at('a'), 'read')
    await expect(file.write(Buffer.from('x'))).rejects.toThrow(`cannot write ${at('a')}: EBADF`)
    await expect(file.truncate(0)).rejects.toThrow(`cannot truncate ${at('a')}: EINVAL`)
    await file.close()
  })
})
