import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { nodeHost } from '../../server/disk/node-host.ts'
import { createHasher } from '../../server/edits/hash.ts'
import { replay } from '../../server/journal/replay.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions } from '../../server/journal/session-folder.ts'
import { HalfWritten } from '../../server/recovery/workspace.ts'
import { Mounts, missingMounts } from '../disk/mounts.ts'
import { edit, edited, intentOf, replaced } from '../journal/intents.ts'
import { describeUnless } from '../requirements.ts'
import { place, placeAll } from './place.ts'

let mounts: Mounts

beforeEach(() => {
  mounts = new Mounts()
})

afterEach(() => mounts[Symbol.dispose]())

const text = (path: string) => readFileSync(path, 'utf8')

/** Writes until there is no room left. */
function fill(folder: string): void {
  for (const size of [4096, 1]) {
    try {
      for (let n = 0; ; n++) writeFileSync(join(folder, `fill-${size}-${n}`), Buffer.alloc(size))
    } catch {
      // full: now with the smaller ones
    }
  }
}

describeUnless(missingMounts(), 'on a disk that is full', () => {
  it('a file keeps its bytes, and no temporary one is left', async () => {
    const w = mounts.tmpfs('256k')
    writeFileSync(join(w, 'a'), 'old')
    fill(w)
    const before = readdirSync(w)
    await expect(place(w, { path: join(w, 'a'), before: 'old', after: 'x'.repeat(9000) })).rejects.toThrow(
      /^cannot (open|write) .*: ENOSPC$/,
    )
    expect(text(join(w, 'a'))).toBe('old')
    expect(readdirSync(w)).toEqual(before)
  })

  it('a file that is written in place gets its bytes back', async () => {
    const w = mounts.tmpfs('256k')
    const old = 'old text '.repeat(500)
    writeFileSync(join(w, 'a'), old)
    linkSync(join(w, 'a'), join(w, 'b'))
    fill(w)
    const change = { path: join(w, 'a'), before: old, after: 'x'.repeat(9000) }
    await expect(place(w, change)).rejects.toThrow(`cannot write ${join(w, 'a')}: ENOSPC`)
    expect([text(join(w, 'a')), text(join(w, 'b'))]).toEqual([old, old])
  })

  it('files are replaced one after the other where there is no room for all at once', async () => {
    const w = mounts.tmpfs('512k')
    const names = Array.from({ length: 12 }, (_, i) => `f${i}`)
    const [old, fresh] = ['o'.repeat(20_000), 'n'.repeat(20_000)]
    for (const name of names) writeFileSync(join(w, name), old)
    fill(w)
    for (const name of readdirSync(w)
      .filter((each) => each.startsWith('fill-4096'))
      .slice(0, 6))
      rmSync(join(w, name))
    const placed = await placeAll(
      w,
      names.map((name) => ({ path: join(w, name), before: old, after: fresh })),
    )
    expect(placed.map(({ where }) => where)).toEqual(names.map(() => 'disk'))
    expect(names.map((name) => text(join(w, name)))).toEqual(names.map(() => fresh))
  })

  it('the files for which there is room are written, each of the others is left whole', async () => {
    const w = mounts.tmpfs('256k')
    const names = Array.from({ length: 40 }, (_, i) => `f${i}`)
    const [old, fresh] = ['o'.repeat(100), 'n'.repeat(20_000)]
    for (const name of names) writeFileSync(join(w, name), old)
    const placed = await placeAll(
      w,
      names.map((name) => ({ path: join(w, name), before: old, after: fresh })),
    )
    const held = names.map((name) => text(join(w, name)))
    expect(placed.map(({ where }) => where)).toEqual(held.map((each) => (each === fresh ? 'disk' : 'left')))
    expect(new Set(held)).toEqual(new Set([old, fresh]))
    expect(readdirSync(w).sort()).toEqual([...names].sort())
  })
})

describeUnless(missingMounts('mkfs.btrfs'), 'where a quota is used up', () => {
  const full = /^cannot (open|write|sync|set the mode of) .*: EDQUOT$/

  it('a file keeps its bytes, and no temporary one is left', async () => {
    const w = mounts.quota()
    writeFileSync(join(w, 'a'), 'old')
    fill(w)
    const before = readdirSync(w)
    const change = { path: join(w, 'a'), before: 'old', after: 'x'.repeat(9000) }
    await expect(place(w, change)).rejects.toThrow(full)
    expect(text(join(w, 'a'))).toBe('old')
    expect(readdirSync(w)).toEqual(before)
    mounts.raiseQuota(w, 'none')
    await place(w, change)
    expect(text(join(w, 'a'))).toBe(change.after)
  })

  it('a file that is written in place is said to be half written, as what was there takes room again', async () => {
    const w = mounts.quota()
    const old = 'old text '.repeat(500)
    writeFileSync(join(w, 'a'), old)
    linkSync(join(w, 'a'), join(w, 'b'))
    fill(w)
    const change = { path: join(w, 'a'), before: old, after: 'x'.repeat(900_000) }
    await expect(place(w, change)).rejects.toThrow(HalfWritten)
    mounts.raiseQuota(w, 'none')
    await place(w, { ...change, before: text(join(w, 'a')) })
    expect([text(join(w, 'a')), text(join(w, 'b'))]).toEqual([change.after, change.after])
  })

  it('an edit is not recorded, and says why; with room again it is', async () => {
    const w = mounts.quota()
    const env = { disk: nodeDisk, host: nodeHost(process), hasher: await createHasher() }
    const root = rootAt(join(w, 'journal'))
    const start = { folders: ['/w'], server: ['server'], editor: null }
    const session = new Session(env, root, start, (problem) => {
      throw problem
    })
    const large = intentOf('02', [edited('/w/large', 'and so on\n'.repeat(300_000), edit(0, 1, 'A'))])
    try {
      await session.append(intentOf('01', [replaced('/w/a', 'one', 'two')]))
      await expect(session.append(large)).rejects.toThrow('EDQUOT')
      mounts.raiseQuota(w, 'none')
      await session.append({ ...large, id: '03' })
    } finally {
      await session.end()
    }
    const found: string[] = []
    for await (const each of replay(env, (await liveSessions(env, root))[0]!.path))
      found.push(each.kind === 'intent' ? each.intent.id : each.kind)
    // Here even to cut off what came of it takes room: it may stay, as what a crash leaves, and what follows is behind it.
    expect(found.filter((each) => each !== 'torn')).toEqual(['01', '03'])
  })
})

describeUnless(missingMounts('mkfs.ext4'), 'on a mounted disk, a file', () => {
  it('is replaced in a folder of another disk than the workspace’s', async () => {
    const [w, disk] = [mounts.tmpfs('1m'), mounts.ext4()]
    mkdirSync(join(w, 'sub'))
    mounts.bind(disk, join(w, 'sub'))
    const a = join(w, 'sub', 'a')
    writeFileSync(a, 'old')
    await place(w, { path: a, before: 'old', after: 'new' })
    await place(w, { path: join(w, 'sub', 'b'), before: undefined, after: 'made' })
    expect([text(a), text(join(w, 'sub', 'b'))]).toEqual(['new', 'made'])
  })

  it('is written in place where it is mounted itself, as containers do', async () => {
    const w = mounts.tmpfs('1m')
    const [a, real] = [join(w, 'a'), join(w, 'real')]
    writeFileSync(a, '')
    writeFileSync(real, 'old')
    mounts.bind(real, a)
    await place(w, { path: a, before: 'old', after: 'new' })
    expect([text(a), text(real)]).toEqual(['new', 'new'])
    expect(readdirSync(w).sort()).toEqual(['a', 'real'])
    await expect(place(w, { path: a, before: 'new', after: undefined })).rejects.toThrow(
      `cannot remove ${a}: EBUSY`,
    )
  })

  it('is left alone where nothing may be written', async () => {
    const w = mounts.ext4()
    writeFileSync(join(w, 'a'), 'old')
    mounts.readOnly(w)
    for (const after of ['new', undefined])
      await expect(place(w, { path: join(w, 'a'), before: 'old', after })).rejects.toThrow('EROFS')
    expect(text(join(w, 'a'))).toBe('old')
  })
})

describeUnless(missingMounts('mkntfs'), 'where the case of names does not count', () => {
  const both = (w: string) => [join(w, 'button.ts'), join(w, 'Button.ts')] as const

  it('a file is never removed by one name that is to stay by the other', async () => {
    const w = mounts.caseless()
    const [lower, upper] = both(w)
    for (const [path, respelt] of [
      [lower, upper],
      [upper, lower],
    ] as const) {
      writeFileSync(path, 'text')
      await place(w, { path, before: 'text', after: undefined, respelt })
      expect([text(lower), text(upper)]).toEqual(['text', 'text'])
    }
  })

  it('a file is never removed by one folder’s name that is to stay by the other', async () => {
    const w = mounts.caseless()
    mkdirSync(join(w, 'lib'))
    const [lower, upper] = [join(w, 'lib', 'a.ts'), join(w, 'Lib', 'A.ts')]
    writeFileSync(lower, 'text')
    await expect(place(w, { path: lower, before: 'text', after: undefined, respelt: upper })).rejects.toThrow(
      `${lower} is the same file as ${upper} here`,
    )
    expect(text(upper)).toBe('text')
  })

  it('a file is replaced, made and removed by any of its names', async () => {
    const w = mounts.caseless()
    const [lower, upper] = both(w)
    await place(w, { path: lower, before: undefined, after: 'old' })
    await place(w, { path: upper, before: 'old', after: 'new' })
    await expect(place(w, { path: upper, before: undefined, after: 'x' })).rejects.toThrow(
      'was changed meanwhile',
    )
    expect(text(lower)).toBe('new')
    await place(w, { path: upper, before: 'new', after: undefined })
    expect(readdirSync(w)).toEqual([])
  })
})

describeUnless(
  missingMounts('mkfs.exfat', 'mount.exfat-fuse'),
  'on a disk without hard links and modes',
  () => {
    it('a file is replaced, made, and removed, but not by one of two names that are one', async () => {
      const w = mounts.exfat()
      const a = join(w, 'a.ts')
      await place(w, { path: a, before: undefined, after: 'old', mode: 0o600 })
      const { mode } = statSync(a)
      await place(w, { path: a, before: 'old', after: 'new' })
      expect([text(a), statSync(a).mode]).toEqual(['new', mode])
      await place(w, { path: a, before: 'new', after: undefined, respelt: join(w, 'A.ts') })
      expect(text(a)).toBe('new')
      expect(readdirSync(w)).toEqual(['A.ts'])
      await place(w, { path: a, before: 'new', after: undefined })
      expect(readdirSync(w)).toEqual([])
    })
  },
)
