import { type Disk, DiskError, type DiskFile } from '../../server/disk/disk.ts'

/** What is done instead of a call to the disk beneath. */
interface Breaks {
  readonly syncFolder?: (disk: Disk, path: string) => Promise<void>
  readonly sync?: (file: DiskFile, path: string) => Promise<void>
  readonly write?: (file: DiskFile, bytes: Uint8Array, path: string) => Promise<void>
  readonly truncate?: (file: DiskFile, size: number, path: string) => Promise<void>
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
        return (disk[name] as (...args: unknown[]) => unknown).bind(disk)
      },
    })
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
  'without any fsync': breaking({ sync: nothing, syncFolder: nothing }),
  'without an fsync of files': breaking({ sync: nothing }),
  'without an fsync of folders': breaking({ syncFolder: nothing }),
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
