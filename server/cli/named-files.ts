import { basename, dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Entry } from '../history/history.ts'
import { touchedPaths } from '../journal/intent.ts'
import { isWithin, realpathAsFar } from '../journal/root.ts'

/** How a history spells paths that its user may spell otherwise: an editor may have been started through a link. */
export class Spellings {
  readonly #disk: Disk
  readonly #recorded: ReadonlySet<string>
  readonly #folders = new Map<string, Promise<string>>()

  constructor(disk: Disk, entries: readonly Entry[]) {
    this.#disk = disk
    this.#recorded = new Set(entries.flatMap(({ recorded }) => touchedPaths(recorded.intent)))
  }

  /** What was recorded of a file; itself where that is nothing. */
  async ofFile(file: string): Promise<readonly string[]> {
    if (this.#recorded.has(file)) return [file]
    const real = await this.#realOf(file)
    return this.#those(file, (path) => path === real)
  }

  /** The same of a file, or of all that lies beneath a folder. */
  async beneath(file: string): Promise<readonly string[]> {
    const all = [...this.#recorded].filter((path) => isWithin(file, path))
    if (all.length > 0) return all
    const real = await realpathAsFar(this.#disk, file)
    return this.#those(file, (path) => isWithin(real, path))
  }

  /** Every name that a file, or what lies beneath a folder, has gone by, whichever of them is given; itself, too. */
  async everyOf(file: string): Promise<readonly string[]> {
    const [named, real] = [await this.#realOf(file), await this.#targetOf(file)]
    const isMeant = (path: string) => isWithin(file, path) || isWithin(named, path) || isWithin(real, path)
    const found = new Set([file, named, real])
    for (const path of this.#recorded)
      if (isMeant(path) || isMeant(await this.#realOf(path)) || isMeant(await this.#targetOf(path)))
        found.add(path)
    return [...found]
  }

  async #those(file: string, isMeant: (real: string) => boolean): Promise<readonly string[]> {
    const found: string[] = []
    for (const path of this.#recorded) if (isMeant(await this.#realOf(path))) found.push(path)
    return found.length > 0 ? found : [file]
  }

  /** Its folder resolved, and not the file: a link that was edited is that link. */
  async #realOf(path: string): Promise<string> {
    const folder = dirname(path)
    const known = this.#folders.get(folder)
    const real = known ?? realpathAsFar(this.#disk, folder).catch(() => folder) // nobody can look at it: as it is
    if (known === undefined) this.#folders.set(folder, real)
    return join(await real, basename(path))
  }

  /** Every link resolved, its own name, too. */
  #targetOf(path: string): Promise<string> {
    return realpathAsFar(this.#disk, path).catch(() => path)
  }
}
