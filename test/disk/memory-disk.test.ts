import { beforeEach, describe, expect, it } from 'vitest'
import { Died, die, error, from, MemoryDisk, once, onNth, short } from './memory-disk.ts'
import { Platter } from './platter.ts'

let platter: Platter
let disk: MemoryDisk

beforeEach(() => {
  platter = new Platter()
  platter.putFolder('/w')
  disk = new MemoryDisk(platter)
})

async function create(path: string, text: string, sync: 'synced' | 'not synced'): Promise<void> {
  const file = await disk.open(path, 'create')
  await file.write(Buffer.from(text))
  if (sync === 'synced') await file.sync()
  await file.close()
}

async function append(path: string, text: string): Promise<void> {
  const file = await disk.open(path, 'append')
  await file.write(Buffer.from(text))
  await file.close()
}

describe('a loss of power', () => {
  it('keeps a file whose bytes and whose folder were synced', async () => {
    await create('/w/a', 'one', 'synced')
    await disk.syncFolder('/w')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: 'one' })
  })

  it('loses a file whose folder was not synced, though its bytes were', async () => {
    await create('/w/a', 'one', 'synced')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ '': '/' })
  })

  it('leaves an empty file where the folder was synced and the bytes were not', async () => {
    await create('/w/a', 'one', 'not synced')
    await disk.syncFolder('/w')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: '' })
  })

  it('loses a folder whose parent was not synced, with all that is in it', async () => {
    await disk.makeFolder('/w/sub', 0o700)
    await create('/w/sub/a', 'one', 'synced')
    await disk.syncFolder('/w/sub')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ '': '/' })
  })

  it('loses what was appended since the last sync', async () => {
    platter.put('/w/a', 'one')
    await append('/w/a', ' two')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: 'one' })
  })

  it('brings back what was removed or truncated and not synced', async () => {
    platter.put('/w/a', 'one')
    platter.put('/w/b', 'two')
    await disk.remove('/w/a')
    await (await disk.open('/w/b', 'modify')).truncate(0)
    expect(platter.tree('/w')).toEqual({ b: '' })
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: 'one', b: 'two' })
  })

  it('keeps a rename whole or not at all', async () => {
    for (const keeps of [true, false]) {
      platter.put('/w/a', 'old')
      await create('/w/new', 'new', 'synced')
      await disk.rename('/w/new', '/w/a')
      platter.crash(({ kind }) => kind === 'entry' && keeps)
      expect(platter.tree('/w')).toEqual({ a: keeps ? 'new' : 'old' })
      disk = new MemoryDisk(platter)
    }
  })

  it('takes a rename between folders for durable once both are synced', async () => {
    for (const synced of [['/w/from'], ['/w/to'], ['/w/from', '/w/to']]) {
      platter.put('/w/from/a', 'one')
      platter.putFolder('/w/to')
      await disk.rename('/w/from/a', '/w/to/a')
      for (const folder of synced) await disk.syncFolder(folder)
      platter.crash()
      expect(platter.tree('/w')).toEqual(
        synced.length === 2 ? { from: '/', 'to/a': 'one' } : { 'from/a': 'one', to: '/' },
      )
      disk = new MemoryDisk(platter)
    }
  })

  it('never loses what was moved out of a folder that is durably gone', async () => {
    platter.put('/w/from/a', 'one')
    platter.putFolder('/w/to')
    await disk.rename('/w/from/a', '/w/to/a')
    await disk.removeFolder('/w/from')
    await disk.syncFolder('/w')
    platter.crash()
    expect(platter.tree('/w')).toEqual({ 'to/a': 'one' })
  })

  it('keeps any chosen part of what was not synced', async () => {
    platter.put('/w/a', 'a'.repeat(512))
    await append('/w/a', 'b'.repeat(512) + 'c'.repeat(512))
    platter.crash((what) => what.kind === 'size' || (what.kind === 'block' && what.index === 2))
    expect(platter.tree('/w')).toEqual({ a: 'a'.repeat(512) + '\0'.repeat(512) + 'c'.repeat(512) })
  })

  it('ends every program that had the disk', async () => {
    const file = await disk.open('/w/a', 'create')
    platter.crash(() => true)
    await expect(file.write(Buffer.from('late'))).rejects.toThrow('write')
    await expect(disk.list('/w')).rejects.toThrow('list')
    expect(platter.tree('/w')).toEqual({ a: '' })
  })
})

describe('a fault', () => {
  it('fails one operation, and not the next', async () => {
    disk.plan = once(2, error('EIO'))
    await disk.stat('/w')
    await expect(disk.stat('/w')).rejects.toThrow('cannot stat /w: EIO')
    expect((await disk.stat('/w'))?.kind).toBe('folder')
  })

  it('fails every operation from one on', async () => {
    disk.plan = from(2, error('EROFS'))
    await disk.stat('/w')
    await expect(disk.stat('/w')).rejects.toThrow('EROFS')
    await expect(disk.makeFolder('/w/a', 0o700)).rejects.toThrow('cannot makeFolder /w/a: EROFS')
    expect(platter.tree('/w')).toEqual({ '': '/' })
  })

  it('writes half of the bytes before the error', async () => {
    disk.plan = onNth('write', '/a', 1, short('ENOSPC'))
    await expect(create('/w/a', 'one two ', 'synced')).rejects.toThrow('cannot write /w/a: ENOSPC')
    expect(platter.tree('/w')).toEqual({ a: 'one ' })
  })

  it('makes a failed sync lie from then on', async () => {
    disk.plan = onNth('sync', '/a', 1, error('EIO'))
    const file = await disk.open('/w/a', 'create')
    await file.write(Buffer.from('one'))
    await expect(file.sync()).rejects.toThrow('cannot sync /w/a: EIO')
    await file.sync()
    await disk.syncFolder('/w')
    expect(platter.tree('/w')).toEqual({ a: 'one' })
    platter.crash()
    expect(platter.tree('/w')).toEqual({ a: '' })
  })

  it.each([
    ['before', ''],
    ['half', 'one '],
    ['after', 'one two '],
  ] as const)('ends the program %s an operation', async (when, expected) => {
    disk.plan = onNth('write', '/a', 1, die(when))
    await expect(create('/w/a', 'one two ', 'synced')).rejects.toThrow(Died)
    await expect(disk.stat('/w')).rejects.toThrow('stat')
    expect(platter.tree('/w')).toEqual({ a: expected })
  })
})

describe('a memory disk', () => {
  it('counts and logs what is asked of it', async () => {
    await create('/w/a', 'one', 'synced')
    await disk.rename('/w/a', '/w/b')
    expect(disk.log.map(({ n, name, path }) => `${n} ${name} ${path}`)).toEqual([
      '1 open /w/a',
      '2 write /w/a',
      '3 sync /w/a',
      '4 close /w/a',
      '5 rename /w/a',
    ])
  })

  it('looks at many paths and reads those that are files, each an operation that can fail', async () => {
    platter.put('/w/a', 'one')
    platter.put('/w/b', 'two')
    platter.putOther('/w/pipe')
    const looks = await disk.lookMany(['/w/a', '/w/gone', '/w', '/w/pipe', '/w/b'])
    expect(looks.map(({ kind }) => kind)).toEqual(['file', 'absent', 'folder', 'other', 'file'])
    const sizes: number[] = []
    const read = (...files: (readonly [string, number])[]) =>
      disk.readMany(
        files.map(([path, size]) => ({ path, size })),
        (_path, size) => sizes.push(size),
      )
    expect(await read(['/w/a', 2], ['/w/b', 3])).toEqual([
      { kind: 'file', stat: await disk.stat('/w/a'), bytes: Buffer.from('one') },
      { kind: 'file', stat: await disk.stat('/w/b'), bytes: Buffer.from('two') },
    ])
    expect(sizes).toEqual([3])
    const names = disk.log.map(({ name }) => name)
    expect(names).toEqual(['stat', 'stat', 'stat', 'stat', 'stat', 'read', 'read', 'stat', 'stat'])
    disk.plan = onNth('read', '/b', 1, error('EIO'))
    await expect(read(['/w/a', 3], ['/w/b', 3])).rejects.toThrow('cannot read /w/b: EIO')
    disk.plan = onNth('stat', '/a', 1, error('EACCES'))
    await expect(disk.lookMany(['/w/a'])).rejects.toThrow('cannot stat /w/a: EACCES')
  })

  it('follows links as a system does', async () => {
    platter.put('/w/real/a', 'one')
    platter.putLink('/w/link', 'real')
    platter.putLink('/w/real/up', '../real/a')
    platter.putLink('/w/loop', 'loop')
    platter.putLink('/w/nowhere', '/gone')
    expect(await disk.realpath('/w/link/up')).toBe('/w/real/a')
    expect(await disk.realpath('/w/real/../link/./a')).toBe('/w/real/a')
    expect((await disk.lstat('/w/link'))?.kind).toBe('link')
    expect((await disk.stat('/w/link'))?.kind).toBe('folder')
    expect(await disk.stat('/w/nowhere')).toBeUndefined()
    await expect(disk.realpath('/w/nowhere')).rejects.toThrow('ENOENT')
    await expect(disk.realpath('/w/loop')).rejects.toThrow('ELOOP')
    await expect(disk.open('/w/real/up', 'modify')).rejects.toThrow('ELOOP')
  })

  it.each([
    ['a file opened to be created', 'EEXIST', () => disk.open('/w/file', 'create')],
    ['a missing file opened to be modified', 'ENOENT', () => disk.open('/w/none', 'modify')],
    ['a folder opened to be written', 'EISDIR', () => disk.open('/w/folder', 'append')],
    ['a file below a file', 'ENOTDIR', () => disk.open('/w/file/a', 'append')],
    ['a folder made twice', 'EEXIST', () => disk.makeFolder('/w/folder', 0o700)],
    ['a folder with something in it removed', 'ENOTEMPTY', () => disk.removeFolder('/w/folder')],
    ['a file removed as a folder', 'ENOTDIR', () => disk.removeFolder('/w/file')],
    ['a folder removed as a file', 'EISDIR', () => disk.remove('/w/folder')],
    ['a folder moved onto a full one', 'ENOTEMPTY', () => disk.rename('/w/empty', '/w/folder')],
    ['a folder moved onto a file', 'ENOTDIR', () => disk.rename('/w/folder', '/w/file')],
    ['nothing moved', 'ENOENT', () => disk.rename('/w/none', '/w/file')],
  ])('refuses %s as a system does', async (_what, code, act: () => Promise<unknown>) => {
    platter.put('/w/file', 'one')
    platter.put('/w/folder/a', 'two')
    platter.putFolder('/w/empty')
    await expect(act()).rejects.toMatchObject({ code })
  })
})

describe('a copy of a platter', () => {
  it('holds what the first one holds, synced or not, and goes its own way', async () => {
    platter.put('/w/a', 'one')
    platter.put('/w/sub/b', 'two')
    platter.putHardLink('/w/second', '/w/a')
    platter.putLink('/w/link', 'sub')
    await append('/w/a', ' more')
    await create('/w/new', 'new', 'synced')
    await disk.rename('/w/sub/b', '/w/sub/c')
    const before = platter.tree('/w')
    const copy = platter.copy()
    expect(copy.tree('/w')).toEqual(before)
    expect(copy.find('/w/second')).toBe(copy.find('/w/a'))
    expect(copy.find('/w/link/c').stat()).toEqual(platter.find('/w/sub/c').stat())
    await append('/w/a', ' still')
    await disk.remove('/w/new')
    copy.syncFolder('/w')
    expect(copy.tree('/w')).toEqual(before)
    copy.crash()
    expect(copy.tree('/w')).toEqual({ a: 'one', 'sub/b': 'two', second: 'one', link: '-> sub', new: 'new' })
    expect(platter.tree('/w').a).toBe('one more still')
  })
})
