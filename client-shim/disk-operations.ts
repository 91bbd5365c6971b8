import type { Stats } from 'node:fs'
import { lstat, mkdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CreateFile, DeleteFile, RenameFile } from 'vscode-languageserver-protocol/node'
import type { FileOperations } from './apply-edit.ts'
import { type Documents, pathOf } from './documents.ts'
import { isMissing } from './text-file.ts'

/** On the disk, at once, as editors do it. */
export const ON_DISK: FileOperations = { create: createFile, rename: renameFile, delete: deleteFile }

async function createFile(change: CreateFile, documents: Documents): Promise<void> {
  const path = pathOf(change.uri)
  if ((await statOf(path)) !== undefined && !change.options?.overwrite) {
    if (change.options?.ignoreIfExists) return
    throw new Error(`cannot create ${path}: it exists`)
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  await documents.blank(path)
}

async function renameFile(
  from: string,
  to: string,
  options: RenameFile['options'],
  documents: Documents,
): Promise<boolean> {
  const source = await statOf(from)
  if (source === undefined) throw new Error(`cannot rename ${from}: it does not exist`)
  const target = await statOf(to)
  // Where case does not count, a rename that changes nothing else finds the source at its target.
  const itself = target?.ino === source.ino && from.toLowerCase() === to.toLowerCase()
  if (target !== undefined && !itself) {
    if (!options?.overwrite) {
      if (options?.ignoreIfExists) return false
      throw new Error(`cannot rename ${from} to ${to}: the target exists`)
    }
    // rename(2) replaces a file by a file in one step; where a folder is in it, the way must be cleared.
    if (source.isDirectory() || target.isDirectory()) await rm(to, { recursive: true })
    await documents.close(to)
  }
  await mkdir(dirname(to), { recursive: true })
  await rename(from, to)
  await documents.move(from, to)
  return true
}

async function deleteFile(change: DeleteFile, documents: Documents): Promise<void> {
  const path = pathOf(change.uri)
  const stats = await statOf(path)
  if (stats === undefined) {
    if (!change.options?.ignoreIfNotExists) throw new Error(`cannot delete ${path}: it does not exist`)
  } else if (!stats.isDirectory()) {
    await unlink(path)
  } else if (change.options?.recursive) {
    await rm(path, { recursive: true })
  } else {
    await rmdir(path)
  }
  await documents.close(path)
}

/** Of the path itself, not of what a link points to; undefined where nothing is. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
