import { type Disk, DiskError, type DiskFile, type Folder } from '../../server/disk/disk.ts'

/** What is done instead of a call to the disk beneath. */
interface Breaks {
  readonly syncFolder?: (disk: Disk, path: string) => Promise<void>
  readonly sync?: (file: DiskFile, path: string) => Promise<void>
  readonly write?: (file: DiskFile, bytes: Uint8Array, path: string) => Promise<void>
  readonly truncate?: (file: DiskFile, size: number, path: string) => Promise<void>
  /** Of a folder that is held open, and of a file in it: what a recovery, an undo and a redo write goes through these. */
  readonly syncHeld?: () => Promise<void>
  readonly syncInHeld?: () => Promise<void>
}

function breaking(breaks: Breaks): (disk: Disk) => Disk {
  return (disk) =>
    // Whatever is not named here is passed on to the disk itself.
    new Proxy(disk, {
      get(_, name: keyof Disk) {
        if (name === 'syncFolder' && breaks.syncFolder !== undefined)
          return (path: string) => breaks.syncFolder!(disk, path)
        if (name === 'open')
          return async (...args: Parameters<Disk['open']>) =>
            broken(await disk.open(...args), args[0], breaks)
        if (name === 'openFolder')
          return async (path: string) => brokenFolder(await disk.openFolder(path), breaks)
        return (disk[name] as (...args: unknown[]) => unknown).bind(disk)
      },
    })
}

/** The folders beneath: one is linked and renamed into by another of its own kind. */
const beneath = new WeakMap<Folder, Folder>()

function brokenFolder(folder: Folder, { syncHeld, syncInHeld }: Breaks): Folder {
  const inHeld = syncInHeld === undefined ? {} : { sync: syncInHeld }
  const outer: Folder = new Proxy(folder, {
    get(_, name: keyof Folder) {
      if (name === 'sync' && syncHeld !== undefined) return syncHeld
      if (name === 'open')
        return async (...args: Parameters<Folder['open']>) =>
          broken(await folder.open(...args), args[0], inHeld)
      if (name === 'linkInto' || name === 'renameInto')
        return (from: string, into: Folder, to: string) => folder[name](from, beneath.get(into) ?? into, to)
      // A promise of it looks for `then`.
      const member: unknown = folder[name]
      return typeof member === 'function' ? (member.bind(folder) as unknown) : member
    },
  })
  beneath.set(outer, folder)
  return outer
}

function broken(file: DiskFile, path: string, { sync, write, truncate }: Breaks): DiskFile {
  return {
    write: (bytes) => (write === undefined ? file.write(bytes) : write(file, bytes, path)),
    readAt: (into, position) => file.readAt(into, position),
    readNow: (into, position) => file.readNow(into, position),
    stat: () => file.stat(),
    setMode: (mode) => file.setMode(mode),
    setOwner: (uid, gid) => file.setOwner(uid, gid),
    truncate: (size) => (truncate === undefined ? file.truncate(size) : truncate(file, size, path)),
    sync: () => (sync === undefined ? file.sync() : sync(file, path)),
    close: () => file.close(),
  }
}

const nothing = () => Promise.resolve()
const isLog = (path: string) => /\/wal(\.\d+)?\.log$/.test(path)

async function unlessOfTheWorld(call: Promise<void>, otherwise: () => Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    await otherwise()
  }
}

/** Programs that would lose edits: a battery that finds nothing wrong with them proves nothing. */
export const BROKEN = {
  'without any fsync': breaking({
    sync: nothing,
    syncFolder: nothing,
    syncHeld: nothing,
    syncInHeld: nothing,
  }),
  'without an fsync of files': breaking({ sync: nothing, syncInHeld: nothing }),
  'without an fsync of folders': breaking({ syncFolder: nothing, syncHeld: nothing }),
  'whose recovery syncs none of the files that it writes': breaking({ syncInHeld: nothing }),
  'whose recovery syncs none of the folders that it writes in': breaking({ syncHeld: nothing }),
  'without a log': breaking({ write: (file, bytes, path) => (isLog(path) ? nothing() : file.write(bytes)) }),
  'that asks again after a failed fsync': breaking({
    sync: (file) => unlessOfTheWorld(file.sync(), () => file.sync()),
  }),
  'that ignores a short write': breaking({
    write: (file, bytes) => unlessOfTheWorld(file.write(bytes), nothing),
  }),
  'that appends after a torn tail': breaking({
    truncate: (file, size, path) => (isLog(path) ? nothing() : file.truncate(size)),
  }),
} as const
