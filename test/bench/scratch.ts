import { mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of statfs(2). */
const TYPES: Readonly<Record<number, string>> = {
  16914836: 'tmpfs',
  2240043254: 'ramfs',
  61267: 'ext4',
  2435016766: 'btrfs',
  1481003842: 'xfs',
  801189825: 'zfs',
  4076150800: 'f2fs',
  2035054128: 'overlay',
  26985: 'nfs',
}
/** Where an fsync costs nothing. */
const IN_MEMORY = ['tmpfs', 'ramfs']

/** A folder for everything that the bench writes, on a disk if there is one. */
export class Scratch {
  readonly folder: string
  readonly fileSystem: string

  constructor() {
    const bundle = fileURLToPath(new URL('.', import.meta.url))
    const base = [tmpdir(), bundle].find((folder) => !IN_MEMORY.includes(typeOf(folder))) ?? tmpdir()
    mkdirSync(base, { recursive: true })
    this.folder = realpathSync(mkdtempSync(join(base, 'lsp-wal-bench-')))
    this.fileSystem = typeOf(this.folder)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function typeOf(folder: string): string {
  const { type } = statfsSync(folder)
  return TYPES[type] ?? `file system 0x${type.toString(16)}`
}
