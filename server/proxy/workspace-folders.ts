/** The workspace folders of an editor, as it opens and closes them. */
export class WorkspaceFolders {
  /** Every one that it has had open: what was recorded in one that it has closed is still to be recovered. */
  readonly all: string[] = []
  readonly #open = new Set<string>()
  /** Opened since somebody asked last. */
  #opened: string[] = []

  /** The first ones: they are looked at when the session starts. */
  start(folders: readonly string[]): void {
    this.all.push(...folders)
    for (const folder of folders) this.#open.add(folder)
  }

  /** Resolves to whether there is any that was never open before. */
  change({ added, removed }: FoldersChanged): boolean {
    for (const folder of removed) this.#open.delete(folder)
    this.#opened = this.#opened.filter((folder) => this.#open.has(folder))
    for (const folder of added) {
      if (this.#open.has(folder)) continue
      this.#open.add(folder)
      this.#opened.push(folder)
    }
    const fresh = this.#opened.filter((folder) => !this.all.includes(folder))
    this.all.push(...fresh)
    return fresh.length > 0
  }

  get hasOpened(): boolean {
    return this.#opened.length > 0
  }

  /** Those opened since this was asked last, and not closed again. */
  takeOpened(): readonly string[] {
    const opened = this.#opened
    this.#opened = []
    return opened
  }
}

export interface FoldersChanged {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}
