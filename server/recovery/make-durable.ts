import { dirname } from 'node:path'
import { type Disk, DiskError } from '../disk/disk.ts'
import { isWithin } from '../journal/root.ts'

/**
 * Makes durable what stands at these paths: bytes, and entries up to the workspace folders.
 * Whoever wrote it may not have: an editor that does not sync, or a recovery that was killed before it did.
 * Settled without this, an intent that a loss of power then cuts in half would never be looked at again.
 */
export async function makeDurable(
  disk: Disk,
  paths: readonly string[],
  workspace: readonly string[],
): Promise<void> {
  const folders = new Set<string>()
  for (const path of paths) {
    for (
      let at = dirname(path);
      !folders.has(at) && workspace.some((each) => isWithin(each, at));
      at = dirname(at)
    )
      folders.add(at)
    await syncFile(disk, path)
  }
  for (const folder of folders) {
    if ((await disk.stat(folder))?.kind === 'folder') await disk.syncFolder(folder)
  }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  if ((await disk.stat(path))?.kind !== 'file') return
  try {
    const file = await disk.open(path, 'read')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    // Windows flushes only what is open for writing, and a file may be unreadable: then it is as safe as it gets.
    if (!(error instanceof DiskError && (error.code === 'EPERM' || error.code === 'EACCES'))) throw error
  }
}
