import type { BigIntStats, Dirent, Stats } from 'node:fs'
import type { FileKind, Stat } from './disk.ts'

export function toStat(s: BigIntStats): Stat {
  return {
    kind: kindOf(s),
    size: Number(s.size),
    mtimeNs: s.mtimeNs,
    mode: Number(s.mode) & 0o7777,
    uid: Number(s.uid),
    gid: Number(s.gid),
    links: Number(s.nlink),
    identity: `${s.dev}:${s.ino}`,
  }
}

export function kindOf(s: BigIntStats | Stats | Dirent): FileKind {
  if (s.isFile()) return 'file'
  if (s.isDirectory()) return 'folder'
  return s.isSymbolicLink() ? 'link' : 'other'
}

/** Whether a call failed since there is nothing at its path. */
export function isNothing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  // ENOTDIR: a parent is a file, so there is nothing at this path either.
  return code === 'ENOENT' || code === 'ENOTDIR'
}
