import { join } from 'node:path'
import { type Disk, DiskError, type Folder } from './disk.ts'

/** A folder by its path, where the system has nothing better: an entry is looked for from the root each time. */
export async function pathFolder(disk: Disk, path: string): Promise<Folder> {
  const identity = await identityOf(disk, path)
  return {
    isSyncable: true,
    async path() {
      if ((await identityOf(disk, path)) !== identity) throw failure('find', path, 'ESTALE')
      return disk.realpath(path)
    },
    stat: (name) => disk.lstat(join(path, name)),
    open: (name, how, mode) => disk.open(join(path, name), how, mode),
    link: (from, to) => disk.link(join(path, from), join(path, to)),
    rename: (from, to) => disk.rename(join(path, from), join(path, to)),
    linkInto: (name, folder, to) => disk.link(join(path, name), folder.entry(to)),
    renameInto: (name, folder, to) => disk.rename(join(path, name), folder.entry(to)),
    entry: (name) => join(path, name),
    remove: (name) => disk.remove(join(path, name)),
    makeFolder: (name, mode) => disk.makeFolder(join(path, name), mode),
    removeFolder: (name) => disk.removeFolder(join(path, name)),
    sync: () => disk.syncFolder(path),
    close: () => Promise.resolve(),
  }
}

async function identityOf(disk: Disk, path: string): Promise<string> {
  const stat = await disk.lstat(path)
  if (stat?.kind !== 'folder') throw failure('open folder', path, stat === undefined ? 'ENOENT' : 'ENOTDIR')
  return stat.identity
}

function failure(operation: string, path: string, code: string): DiskError {
  return new DiskError(operation, path, Object.assign(new Error(code), { code }))
}
