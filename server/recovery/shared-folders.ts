import type { Disk } from '../disk/disk.ts'
import { isWithin } from '../journal/root.ts'

/**
 * Whether one of the folders is, holds or lies in one of the others, as they are spelt or as they are: an editor
 * may have been started through a link.
 */
export async function shareFolder(
  disk: Disk,
  some: readonly string[],
  others: readonly string[],
): Promise<boolean> {
  const [these, those] = await Promise.all([spellings(disk, some), spellings(disk, others)])
  return these.some((a) => those.some((b) => isWithin(a, b) || isWithin(b, a)))
}

async function spellings(disk: Disk, folders: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(folders.map((folder) => disk.realpath(folder).catch(() => folder))) // gone by now
  return [...folders, ...real]
}
