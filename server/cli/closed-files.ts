import type { Unkept } from '../edits/file-bytes.ts'
import type { Env } from '../journal/env.ts'
import type { Intent } from '../journal/intent.ts'
import { openDocuments } from '../journal/open-documents.ts'
import { checkOutside } from '../journal/root.ts'
import type { FoundSession } from '../journal/session-folder.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import { reachOf } from '../recovery/reach.ts'
import type {
  Change,
  Known,
  Move,
  Pairs,
  Placed,
  Sight,
  Spellings,
  Workspace,
} from '../recovery/workspace.ts'
import type { Surroundings } from './command.ts'

/** The files that a session may have worked with, as long as nobody opens another one. */
export async function closedFilesOf(
  { env, root, cwd }: Surroundings,
  session: FoundSession,
): Promise<ClosedFiles> {
  await checkOutside(env, root, [cwd])
  const reach = await reachOf(env, session.info.folders, [cwd])
  return new ClosedFiles(env, new DiskWorkspace(env.disk, reach), await openDocuments(env, root))
}

/** The disk, but for the files that an editor has open behind a proxy: they are neither judged nor written. */
export class ClosedFiles implements Workspace {
  readonly #env: Env
  readonly #disk: DiskWorkspace
  readonly #open: ReadonlySet<string>

  constructor(env: Env, disk: DiskWorkspace, open: ReadonlySet<string>) {
    this.#env = env
    this.#disk = disk
    this.#open = open
  }

  async look(path: string, known?: Known | Unkept): Promise<Sight> {
    if (await this.#isOpen(path))
      return { kind: 'other', reason: 'an editor has it open: close it there first' }
    return this.#disk.look(path, known)
  }

  spellings(pairs: Pairs): Promise<Spellings> {
    return this.#disk.spellings(pairs)
  }

  respell(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]> {
    return this.#disk.respell(moves, folders)
  }

  move(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]> {
    return this.#disk.move(moves, folders)
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
