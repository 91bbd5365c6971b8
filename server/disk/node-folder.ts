import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { type Disk, DiskError, type Folder } from './disk.ts'
import { openFile } from './node-file.ts'
import { isNothing, toStat } from './node-stat.ts'
import { pathFolder } from './path-folder.ts'

/**
 * `Disk.openFolder` on the real file system.
 *
 * Node has no openat(2). On Linux a path through /proc/self/fd/N does the same: it leads into the folder that the
 * descriptor holds, and not to whatever stands at its path by now (proc(5)). Elsewhere a folder is its path.
 */
export async function openFolder(disk: Disk, path: string): Promise<Folder> {
  if (constants.O_DIRECTORY === undefined) return pathFolder(disk, path)
  const { handle, isSyncable } = await on('open folder', path, () => hold(path))
  const held = `/proc/self/fd/${handle.fd}`
  try {
    await fs.realpath(held)
  } catch {
    await handle.close()
    return pathFolder(disk, path)
  }
  const [at, called] = [held, path].map((folder) => (name: string) => join(folder, name)) as [Spell, Spell]
  return {
    isSyncable,
    path: () => on('find', path, () => fs.realpath(held)),
    stat: (name) =>
      on('stat', called(name), () =>
        fs.lstat(at(name), { bigint: true }).then(toStat, (error: unknown) => {
          if (isNothing(error)) return undefined
          throw error
        }),
      ),
    open: (name, how, mode = 0o600) => openFile(at(name), how, mode, called(name)),
    link: (from, to) => on(`link to ${called(to)}`, called(from), () => fs.link(at(from), at(to))),
    rename: (from, to) => on(`rename to ${called(to)}`, called(from), () => fs.rename(at(from), at(to))),
    linkInto: (name, folder, to) =>
      on(`link to another folder, as ${to},`, called(name), () => fs.link(at(name), folder.entry(to))),
    renameInto: (name, folder, to) =>
      on(`move to another folder, as ${to},`, called(name), () => fs.rename(at(name), folder.entry(to))),
    entry: at,
    remove: (name) => on('remove', called(name), () => fs.unlink(at(name))),
    makeFolder: (name, mode) => on('make folder', called(name), () => fs.mkdir(at(name), { mode })),
    removeFolder: (name) => on('remove folder', called(name), () => fs.rmdir(at(name))),
    sync: () => on('sync folder', path, () => handle.sync()),
    close: () => on('close', path, () => handle.close()),
  }
}

// open(2). Not among Node's constants; on the few machines that give it another number there is no Node.
const O_PATH = 0o10000000

async function hold(path: string): Promise<{ handle: fs.FileHandle; isSyncable: boolean }> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  try {
    return { handle: await fs.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), isSyncable: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' || platform() !== 'linux') throw error
    // It may not be read, but its entries may be reached by their names.
    return { handle: await fs.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW), isSyncable: false }
  }
}

type Spell = (name: string) => string

async function on<T>(operation: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof DiskError ? error : new DiskError(operation, path, error)
  }
}
