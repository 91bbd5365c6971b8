import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { type Disk, DiskError, type Stat } from './disk.ts'
import { nodeDisk } from './node-disk.ts'
import { openForReading } from './node-file.ts'
import { isNothing, toStat } from './node-stat.ts'

/**
 * The real file system for a program that nobody waits for but its user: what is only looked at and read is so by calls
 * that wait, which take a tenth of the time. What is written is written as ever.
 */
export const blockingDisk: Disk = {
  ...nodeDisk,
  read: (path) => on('read', path, () => readWhole(path)),
  stat: (path) => on('stat', path, () => statNow(path)),
  lstat: (path) => on('stat', path, () => nodeDisk.lstatNow(path)),
  realpath: (path) => on('resolve', path, () => realpathSync.native(path)),
  list: (path) => on('list', path, () => nodeDisk.listNow(path)),
  open: (path, how, mode) =>
    how === 'read' ? on('open', path, () => openForReading(path)) : nodeDisk.open(path, how, mode),
}

function readWhole(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = fstatSync(descriptor)
    // As of every disk: of a device, which may have no end, nothing is read.
    if (!stat.isFile() && !stat.isDirectory()) throw Object.assign(new Error('no file'), { code: 'ENXIO' })
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function statNow(path: string): Stat | undefined {
  try {
    return toStat(statSync(path, { bigint: true }))
  } catch (error) {
    if (isNothing(error)) return undefined
    throw error
  }
}

async function on<T>(operation: string, path: string, call: () => T): Promise<T> {
  try {
    return call()
  } catch (error) {
    throw error instanceof DiskError ? error : new DiskError(operation, path, error)
  }
}
