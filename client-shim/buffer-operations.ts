import { stat } from 'node:fs/promises'
import type { FileOperations } from './apply-edit.ts'
import { type Documents, pathOf } from './documents.ts'

/**
 * In the buffers alone: nothing is written. What a server reads from the disk behind its own edit is what was there
 * before, and whether there is anything to move or remove is for whoever writes it to find.
 */
export const IN_BUFFERS: FileOperations = {
  async create({ uri, options }, documents) {
    if (!options?.overwrite) return
    await openText(pathOf(uri), documents)
    await documents.blank(pathOf(uri))
  },
  async rename(from, to, _options, documents) {
    // Of a folder, what is open in it goes along.
    if (!(await isFolder(from))) await openText(from, documents)
    await documents.close(to)
    await documents.move(from, to)
    return true
  },
  async delete({ uri }, documents) {
    await documents.close(pathOf(uri))
  },
}

async function openText(path: string, documents: Documents): Promise<void> {
  await documents.openOrStart(path).catch(() => {}) // what is no text has no buffer to follow
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false // an earlier edit may have made it
  }
}
