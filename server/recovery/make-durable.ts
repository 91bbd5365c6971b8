import { dirname } from 'node:path'
import { type Disk, DiskError } from '../disk/disk.ts'
import { type Image, isBare } from '../edits/images.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'

/**
 * Makes durable what stands at these paths: bytes, and entries up to the workspace folders.
 * Whoever wrote it may not have: an editor that does not sync, or a recovery that was killed before it did.
 * Settled without this, an intent that a loss of power then cuts in half would never be looked at again.
 */
export async function makeDurable(
  disk: Disk,
  paths: readonly string[],
  workspace: readonly string[],
  /** Of which only the entries were written. */
  bare: readonly string[] = [],
): Promise<void> {
  const folders = new Set<string>()
  const addFoldersOf = (path: string) => {
    for (
      let at = dirname(path);
      !folders.has(at) && workspace.some((each) => isWithin(each, at));
      at = dirname(at)
    )
      folders.add(at)
  }
  for (const path of bare) if (!path.includes('\0')) addFoldersOf(path)
  for (const path of paths) {
    // A log may name anything; this names no file on any system.
    if (path.includes('\0')) continue
    addFoldersOf(path)
    const kind = (await disk.lstat(path))?.kind
    if (kind === 'link') {
      // What was written through a link was renamed into place where the link leads.
      const target = await linkTarget(disk, path)
      if (target === undefined) continue
      folders.add(dirname(target))
      await syncFile(disk, target)
    } else if (kind === 'file') await syncFile(disk, path)
  }
  for (const folder of folders) {
    if ((await disk.stat(folder))?.kind === 'folder') await asFarAsPossible(disk.syncFolder(folder))
  }
}

/** Where a link leads; undefined: nowhere, round in a circle, or too far. */
export async function linkTarget(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return await realpathAsFar(disk, path)
  } catch (error) {
    if (error instanceof DiskError && NOWHERE.has(error.code)) return undefined
    throw error
  }
}

const NOWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

/** The paths whose bytes an edit changes, and those of which it changes only where they are. */
export function pathsByBytes(images: readonly Image[]): {
  readonly kept: readonly string[]
  readonly bare: readonly string[]
} {
  const paths = (all: readonly Image[]) => all.map(({ path }) => path)
  return { kept: paths(images.filter((each) => !isBare(each))), bare: paths(images.filter(isBare)) }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  if ((await disk.stat(path))?.kind !== 'file') return
  await asFarAsPossible(
    (async () => {
      const file = await disk.open(path, 'read')
      try {
        await file.sync()
      } finally {
        await file.close()
      }
    })(),
  )
}

// Windows flushes only what is open for writing, what a link leads to may be unreadable, and there are file systems
// that cannot sync a folder: fsync(2) names EINVAL for them.
const NO_WAY: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'])

async function asFarAsPossible(syncing: Promise<void>): Promise<void> {
  try {
    await syncing
  } catch (error) {
    if (!(error instanceof DiskError && NO_WAY.has(error.code))) throw error
  }
}
