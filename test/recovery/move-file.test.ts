import { describe, expect, it } from 'vitest'
import type { Folder } from '../../server/disk/disk.ts'
import { arrive, type Held, leave, type MoveSite } from '../../server/recovery/move-file.ts'
import { Machine } from '../disk/machine.ts'
import { hasher } from '../journal/logs.ts'

const machine = () => {
  const made = new Machine(hasher)
  for (const folder of ['/w/from', '/w/to']) made.platter.putFolder(folder)
  return made
}

/** A file `from` is to be called `to`; of each change that is made something is kept. */
async function siteOf(made: Machine, from: string, to: string): Promise<{ site: MoveSite; calls: string[] }> {
  const { disk } = made.run()
  const calls: string[] = []
  const held = async (path: string): Promise<Held> => {
    const [folderPath, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)]
    const folder = await disk.openFolder(folderPath)
    const noted: Folder = {
      ...folder,
      linkInto: (...args) => {
        calls.push(`link ${args[0]}`)
        return folder.linkInto(...args)
      },
      renameInto: (...args) => {
        calls.push(`rename ${args[0]}`)
        return folder.renameInto(...args)
      },
      remove: (...args) => {
        calls.push(`remove ${args[0]}`)
        return folder.remove(...args)
      },
    }
    const identity = (await disk.lstat(folderPath))?.identity
    return { folder: noted, folderPath, identity, name }
  }
  return { site: { move: { from, to }, source: await held(from), target: await held(to) }, calls }
}

describe('a file that is given another name', () => {
  it('has both for a while, and then the new one', async () => {
    const made = machine()
    made.platter.put('/w/from/a', 'a')
    const { site, calls } = await siteOf(made, '/w/from/a', '/w/to/b')
    const arrived = await arrive(site)
    expect(made.platter.tree('/w')).toEqual({ 'from/a': 'a', 'to/b': 'a' })
    await leave(site, arrived)
    expect(made.platter.tree('/w')).toEqual({ from: '/', 'to/b': 'a' })
    expect(calls).toEqual(['link a', 'remove a'])
  })

  it('is gone on with where it has both', async () => {
    const made = machine()
    made.platter.put('/w/from/a', 'a')
    made.platter.putHardLink('/w/to/a', '/w/from/a')
    const { site, calls } = await siteOf(made, '/w/from/a', '/w/to/a')
    await leave(site, await arrive(site))
    expect([made.platter.tree('/w'), calls]).toEqual([{ from: '/', 'to/a': 'a' }, ['remove a']])
  })

  it('keeps its name where case does not count: the other one is the same entry', async () => {
    const made = machine()
    made.platter.put('/w/from/a', 'a')
    // As a file system without case has it: the folder and the file are found by both spellings.
    made.platter.putHardLink('/w/from/A', '/w/from/a')
    const { site, calls } = await siteOf(made, '/w/from/a', '/w/from/A')
    await expect(arrive(site)).rejects.toThrow('/w/from/A is there, and so is /w/from/a')
    expect(calls).toEqual([])
  })

  it('is renamed where it is a link: a second name might be one of what it leads to', async () => {
    const made = machine()
    made.platter.putLink('/w/from/a', '/elsewhere')
    const { site, calls } = await siteOf(made, '/w/from/a', '/w/to/a')
    await leave(site, await arrive(site))
    expect([made.platter.tree('/w'), calls]).toEqual([{ from: '/', 'to/a': '-> /elsewhere' }, ['rename a']])
  })

  it.each<[string, string, (made: Machine) => void]>([
    ['is gone', '/w/from/a is gone', ({ platter }) => platter.takeAway('/w/from/a')],
    [
      'has become a folder',
      '/w/from/a is a folder now',
      ({ platter }) => {
        platter.takeAway('/w/from/a')
        platter.putFolder('/w/from/a')
      },
    ],
    [
      'would take the place of another',
      '/w/to/a is there, and so is /w/from/a',
      ({ platter }) => platter.put('/w/to/a', 'theirs'),
    ],
    [
      'would take the place of a folder',
      '/w/to/a is there, and so is /w/from/a',
      ({ platter }) => platter.putFolder('/w/to/a'),
    ],
  ])('is left where it %s', async (_title, reason, happens) => {
    const made = machine()
    made.platter.put('/w/from/a', 'a')
    happens(made)
    const before = made.platter.tree('/w')
    const { site, calls } = await siteOf(made, '/w/from/a', '/w/to/a')
    await expect(arrive(site)).rejects.toThrow(reason)
    expect([made.platter.tree('/w'), calls]).toEqual([before, []])
  })

  it.each<[string, string | undefined, (made: Machine) => void, Record<string, string>]>([
    [
      'its old name, by a file that is saved anew',
      '/w/from/a was replaced meanwhile',
      ({ platter }) => {
        platter.takeAway('/w/from/a')
        platter.put('/w/from/a', 'newer')
      },
      { 'from/a': 'newer', to: '/' },
    ],
    [
      'its new name',
      '/w/to/a was replaced meanwhile',
      ({ platter }) => {
        platter.takeAway('/w/to/a')
        platter.put('/w/to/a', 'theirs')
      },
      { 'from/a': 'a', 'to/a': 'theirs' },
    ],
    [
      'nothing, but its old name is gone',
      undefined,
      ({ platter }) => platter.takeAway('/w/from/a'),
      { from: '/', 'to/a': 'a' },
    ],
  ])('loses nothing where meanwhile somebody takes %s', async (_title, reason, happens, after) => {
    const made = machine()
    made.platter.put('/w/from/a', 'a')
    const { site } = await siteOf(made, '/w/from/a', '/w/to/a')
    const arrived = await arrive(site)
    happens(made)
    const leaving = leave(site, arrived)
    if (reason === undefined) await leaving
    else await expect(leaving).rejects.toThrow(reason)
    expect(made.platter.tree('/w')).toEqual(after)
  })
})
