import { dirname } from 'node:path'
import type { Disk } from '../../server/disk/disk.ts'
import { bytesOf, isUnkept } from '../../server/edits/file-bytes.ts'
import type { Intent } from '../../server/journal/intent.ts'

/** What an editor's own temporary files end in. */
export const EDITORS_OWN = '~'

/**
 * Saves one path of an edit as a careful editor does: a new file, synced and renamed over the old one. No folder is
 * synced: editors leave that to chance.
 */
export async function saveAs(disk: Disk, { images, folders }: Intent, path: string): Promise<void> {
  const { after, source } = images.find((image) => image.path === path)!
  if (after.kind !== 'file') {
    await disk.remove(path)
    for (const folder of folders.removed)
      if ((await disk.list(folder))?.length === 0) await disk.removeFolder(folder)
    return
  }
  await makeFolders(disk, dirname(path))
  if (isUnkept(after.bytes)) return disk.rename(source!, path)
  const mode = (await disk.stat(path))?.mode ?? 0o644
  const file = await disk.open(path + EDITORS_OWN, 'create')
  await file.write(bytesOf(after.bytes))
  await file.setMode(mode)
  await file.sync()
  await file.close()
  await disk.rename(path + EDITORS_OWN, path)
}

async function makeFolders(disk: Disk, folder: string): Promise<void> {
  if ((await disk.stat(folder)) !== undefined) return
  await makeFolders(disk, dirname(folder))
  await disk.makeFolder(folder, 0o755)
}
