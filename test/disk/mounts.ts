import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LEAVE } from '../requirements.ts'

/** A Debian package and a program of it that tells whether it is there. */
const PROGRAMS = {
  python3: 'python3',
  setfattr: 'attr',
  setfacl: 'acl',
  chattr: 'e2fsprogs',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.btrfs': 'btrfs-progs',
  mkntfs: 'ntfs-3g',
  'mkfs.exfat': 'exfatprogs',
  'mount.exfat-fuse': 'exfat-fuse',
} as const

type Program = keyof typeof PROGRAMS

/** What is missing of these programs; undefined: nothing. */
export function missingProgram(...programs: readonly Program[]): string | undefined {
  const gone = programs.find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  return gone && `${gone} (Debian's package ${PROGRAMS[gone]})`
}

export function missingRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'root (sudo)'
}

/** Whether file systems may be mounted here: many containers forbid it even to root. */
export function missingMounts(...programs: readonly Program[]): string | undefined {
  const missing = missingRoot() ?? missingProgram(...programs)
  if (missing !== undefined) return missing
  try {
    using mounts = new Mounts()
    mounts.tmpfs('64k')
    if (programs.includes('mkfs.ext4')) mounts.ext4()
    if (programs.includes('mkfs.btrfs')) mounts.quota()
    if (programs.includes('mkntfs')) mounts.caseless()
    if (programs.includes('mkfs.exfat')) mounts.exfat()
    return undefined
  } catch {
    return `${LEAVE} mount file systems (a virtual machine, or a container with CAP_SYS_ADMIN and /dev/fuse)`
  }
}

/** File systems mounted in a folder that goes with them. */
export class Mounts {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
  readonly #mounted: string[] = []
  readonly #devices: string[] = []

  tmpfs(size: string): string {
    return this.#mount('tmpfs', (at) => run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at))
  }

  ext4(): string {
    const image = this.#image('ext4', 16)
    run('mkfs.ext4', '-q', image)
    return this.#mount('disk', (at) => run('mount', '-o', 'loop', image, at))
  }

  /** Of 1 MiB, in a file system that has room for more. */
  quota(): string {
    const image = this.#image('btrfs', 128)
    run('mkfs.btrfs', '-q', image)
    const disk = this.#mount('btrfs', (at) => run('mount', '-o', 'loop', image, at))
    const folder = join(disk, 'w')
    run('btrfs', 'quota', 'enable', disk)
    run('btrfs', 'subvolume', 'create', folder)
    this.raiseQuota(folder, '1M')
    return folder
  }

  raiseQuota(folder: string, to: string): void {
    run('btrfs', 'qgroup', 'limit', to, folder)
  }

  /** Names of any case are one name. */
  caseless(): string {
    const image = this.#image('ntfs', 16)
    run('mkntfs', '-q', '-F', '-f', image)
    return this.#mount('caseless', (at) => run('lowntfs-3g', '-o', 'ignore_case', image, at))
  }

  /** No hard links, no owners, and one mode for all. */
  exfat(): string {
    const image = this.#image('exfat', 16)
    run('mkfs.exfat', image)
    // The driver takes a device only.
    const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim()
    this.#devices.push(device)
    return this.#mount('exfat', (at) => run('mount.exfat-fuse', device, at))
  }

  /** Shows `what` at `at`, too: a file over a file, or a folder over a folder. */
  bind(what: string, at: string): void {
    run('mount', '--bind', what, at)
    this.#mounted.push(at)
  }

  readOnly(at: string): void {
    run('mount', '-o', 'remount,ro', at)
  }

  [Symbol.dispose](): void {
    for (const at of this.#mounted.reverse()) run('umount', at)
    for (const device of this.#devices) run('losetup', '--detach', device)
    rmSync(this.folder, { recursive: true, force: true })
  }

  #image(name: string, mebibytes: number): string {
    const image = join(this.folder, `${name}.img`)
    writeFileSync(image, '')
    truncateSync(image, mebibytes << 20)
    return image
  }

  #mount(name: string, mount: (at: string) => void): string {
    const at = join(this.folder, name)
    mkdirSync(at)
    mount(at)
    this.#mounted.push(at)
    return at
  }
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'pipe' })
}
