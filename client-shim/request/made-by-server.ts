import { lstat, unlink } from 'node:fs/promises'

/**
 * Removes those of the files that are empty and came to be since `began`: some servers make the file themselves that
 * their edit is to fill (typescript-language-server, "Move to a new file"), and here nothing is to be written yet.
 * Gives which they were.
 */
export async function removeEmptyFilesMade(paths: readonly string[], began: Date): Promise<string[]> {
  const removed: string[] = []
  for (const path of paths) {
    try {
      const stats = await lstat(path)
      // A date has whole milliseconds, a file has parts of them; no server starts in one. Where the file system does not tell, or tells it of the file's last change, it stays.
      const isNew = stats.birthtimeMs >= began.getTime() + 1 && stats.birthtimeMs === stats.mtimeMs
      if (!stats.isFile() || stats.size > 0 || !isNew) continue
      await unlink(path)
      removed.push(path)
    } catch {
      // It is not there, or not to be removed: whoever writes the edit meets it as it is.
    }
  }
  return removed
}
