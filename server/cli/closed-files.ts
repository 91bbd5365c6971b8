import type { Env } from '../journal/env.ts'
import type { Root } from '../journal/root.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import type { Change, Placed, Sight, Workspace } from '../recovery/workspace.ts'
import { openDocuments } from './open-documents.ts'

/** The disk, but for the files that an editor has open behind a proxy: they are neither judged nor written. */
export class ClosedFiles implements Workspace {
  readonly #env: Env
  readonly #disk: DiskWorkspace
  readonly #open: ReadonlySet<string>

  private constructor(env: Env, disk: DiskWorkspace, open: ReadonlySet<string>) {
    this.#env = env
    this.#disk = disk
    this.#open = open
  }

  /** The files under these folders, as long as nobody opens another one. */
  static async under(env: Env, root: Root, folders: readonly string[]): Promise<ClosedFiles> {
    return new ClosedFiles(env, new DiskWorkspace(env.disk, folders), await openDocuments(env, root))
  }

  async look(path: string): Promise<Sight> {
    if (await this.#isOpen(path))
      return { kind: 'other', reason: 'an editor has it open: close it there first' }
    return this.#disk.look(path)
  }

  place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<readonly Placed[]> {
    return this.#disk.place(changes, temporaryNameOf)
  }

  settleFolders(made: readonly string[], removed: readonly string[]): Promise<void> {
    return this.#disk.settleFolders(made, removed)
  }

  async #isOpen(path: string): Promise<boolean> {
    if (this.#open.size === 0) return false
    const real = await this.#env.disk.realpath(path).catch(() => path) // one that is not there has one name only
    return this.#open.has(path) || this.#open.has(real)
  }
}
