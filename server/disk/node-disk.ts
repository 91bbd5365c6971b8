import { constants, type Dirent, lstatSync, readdirSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { type DirectoryEntry, type Disk, DiskError, type Stat } from './disk.ts'
import { attributesOf } from './node-attributes.ts'
import { openFile, readNow } from './node-file.ts'
import { openFolder } from './node-folder.ts'
import { lookMany, readMany } from './node-read-many.ts'
import { isNothing, kindOf, toStat } from './node-stat.ts'

/** The real file system. */
export const nodeDisk: Disk = {
  read: (path) => on('read', path, () => readFile(path)),
  readNow,
  lookMany,
  readMany,
  stat: (path) => on('stat', path, () => orNothing(fs.stat(path, { bigint: true }).then(toStat))),
  lstatNow,
  lstat: (path) => on('stat', path, () => orNothing(fs.lstat(path, { bigint: true }).then(toStat))),
  realpath: (path) => on('resolve', path, () => fs.realpath(path)),
  list: (path) =>
    on('list', path, () =>
      orNothing(fs.readdir(path, { withFileTypes: true }).then((all) => all.map(toEntry))),
    ),
  listNow,
  open: (path, how, mode = 0o600) => openFile(path, how, mode),
  openFolder: (path) => openFolder(nodeDisk, path),
  attributesOf,
  makeFolder: (path, mode) => on('make folder', path, () => fs.mkdir(path, { mode })),
  removeFolder: (path) => on('remove folder', path, () => fs.rmdir(path)),
  link: (from, to) => on(`link to ${to}`, from, () => fs.link(from, to)),
  rename: (from, to) => on(`rename to ${to}`, from, () => fs.rename(from, to)),
  remove: (path) => on('remove', path, () => fs.unlink(path)),
  syncFolder: (path) =>
    on('sync folder', path, async () => {
      // Windows cannot open a folder for syncing; NTFS journals its directory entries itself.
      if (constants.O_DIRECTORY === undefined) return
      const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }),
}

/** O_NONBLOCK (undefined on Windows): what has become a fifo must not make this process wait for its writer. */
async function readFile(path: string): Promise<Buffer> {
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = await handle.stat()
    // read(2) says so of a folder; of a device, which may have no end, nobody does.
    if (!stat.isFile() && !stat.isDirectory()) throw Object.assign(new Error('no file'), { code: 'ENXIO' })
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function lstatNow(path: string): Stat | undefined {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return stats && toStat(stats)
  } catch (error) {
    if (isNothing(error)) return undefined
    throw new DiskError('stat', path, error)
  }
}

function listNow(path: string): DirectoryEntry[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true }).map(toEntry)
  } catch (error) {
    if (isNothing(error)) return undefined
    throw new DiskError('list', path, error)
  }
}

async function on<T>(operation: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof DiskError ? error : new DiskError(operation, path, error)
  }
}

async function orNothing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isNothing(error)) return undefined
    throw error
  }
}

function toEntry(entry: Dirent): DirectoryEntry {
  return { name: entry.name, kind: kindOf(entry) }
}
