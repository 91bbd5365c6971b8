import { isAbsolute, parse, relative, sep } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'

/** Whether what a path holds is to be kept out of the log. */
export type Excluded = (path: string) => Promise<boolean>

/**
 * Matches paths against globs as in a `.gitignore` at the top of each workspace folder; of a path outside of all of
 * them, as if it stood at the file system's root. Upper and lower case are the same.
 * A path counts as it is spelt and as it is: a link by a harmless name leads to a secret all the same.
 */
export async function excludedBy(
  disk: Disk,
  globs: readonly string[],
  folders: readonly string[],
): Promise<Excluded | undefined> {
  if (globs.length === 0) return undefined
  // Loaded only for those who ask for it: an editor waits for the start.
  const { default: ignore } = await import('ignore')
  const matcher = ignore().add([...globs])
  const real = await Promise.all(folders.map((folder) => realpathAsFar(disk, folder).catch(() => folder)))
  const bases = [...new Set([...folders, ...real])].filter(isAbsolute)
  const matches = (path: string) => {
    const holding = bases.filter((base) => path !== base && isWithin(base, path))
    return (holding.length > 0 ? holding : [parse(path).root]).some((base) => {
      const name = relative(base, path).split(sep).join('/')
      return ignore.isPathValid(name) && matcher.ignores(name)
    })
  }
  return async (path) => matches(path) || matches(await realpathAsFar(disk, path))
}
