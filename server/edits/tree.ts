import { dirname, sep } from 'node:path'
import type { Standing, Step } from './steps.ts'
import type { TextEdit } from './text-edit.ts'

/** What a path holds: `unknown`, once a step was lost, is anything. */
export type Entry =
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder' }
  /** The original of `source`, or no bytes where that is undefined, with these edits made one after the other. */
  | { readonly kind: 'file'; readonly source: string | undefined; readonly texts: Texts }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Edits of a text, each of what the ones before it left. */
export type Texts = readonly (readonly TextEdit[])[]

/** Why editors do not agree on what becomes of a step. */
export type Fault = string

const ABSENT: Entry = { kind: 'absent' }
const FOLDER: Entry = { kind: 'folder' }
const EMPTY_FILE: Entry = { kind: 'file', source: undefined, texts: [] }

/**
 * Files and folders, on which steps are carried out as an editor would on disk. What stands where does not depend on
 * what the files hold: that is not looked at.
 */
export class Tree {
  readonly #entries = new Map<string, Entry>()
  readonly #touched = new Set<string>()

  constructor(originals: ReadonlyMap<string, Standing>) {
    for (const [path, original] of originals) {
      this.#entries.set(path, entryOf(path, original))
      if (original.kind !== 'folder') continue
      for (const folder of original.folders) this.#entries.set(folder, FOLDER)
      for (const file of original.files)
        if (originals.get(file)?.kind !== 'file')
          throw new Error(`broken invariant: ${file} has no original bytes`)
    }
  }

  /** Every path that a step did something to, as first touched. */
  get touched(): ReadonlySet<string> {
    return this.#touched
  }

  /** Every folder that is known to be there: not one beneath another that a lost step may have taken away. */
  get folders(): string[] {
    const folders = [...this.#entries.keys()].filter((path) => this.at(path).kind === 'folder')
    return folders.filter((path) => this.#fileAbove(path) === undefined)
  }

  at(path: string): Entry {
    const entry = this.#entries.get(path)
    if (entry === undefined) throw new Error(`broken invariant: the original of ${path} was not asked for`)
    return entry
  }

  /** Does what the step says, or nothing at all where that is a fault. */
  carryOut(step: Step): Fault | undefined {
    switch (step.kind) {
      case 'text':
        return this.#editText(step.path, step.edits)
      case 'create':
        return this.#create(step)
      case 'rename':
        return this.#rename(step)
      case 'delete':
        return this.#delete(step)
    }
  }

  /** Notes that nobody can tell whether a step is carried out: whatever it would have touched is unknown. */
  lose(step: Step, reason: string): void {
    const unknown: Entry = { kind: 'unknown', reason }
    const roots = step.kind === 'rename' ? [step.from, step.to] : [step.path]
    const files = roots
      .flatMap((root) => this.#beneath(root))
      .filter((path) => this.at(path).kind !== 'folder')
    const targets =
      step.kind === 'rename' ? files.flatMap((file) => movedPath(file, step.from, step.to) ?? []) : []
    for (const path of [...roots, ...files, ...targets]) this.#set(path, unknown)
  }

  #editText(path: string, edits: readonly TextEdit[]): Fault | undefined {
    const entry = this.at(path)
    switch (entry.kind) {
      case 'absent':
        return `cannot edit ${path}: it does not exist`
      case 'folder':
        return `cannot edit ${path}: it is a folder`
      case 'unknown':
        this.#set(path, entry)
        return undefined
      case 'file':
        this.#set(path, { ...entry, texts: [...entry.texts, edits] })
        return undefined
    }
  }

  #create({ path, overwrite, ignoreIfExists }: Step & { kind: 'create' }): Fault | undefined {
    const there = this.at(path)
    if (there.kind !== 'absent') {
      if (ignoreIfExists && !overwrite) return undefined
      if (!overwrite) return `cannot create ${path}: it exists`
      if (there.kind === 'folder') return `cannot create ${path}: it is a folder`
    }
    const blocker = this.#fileAbove(path)
    if (blocker !== undefined) return `cannot create ${path}: ${blocker} is a file`
    this.#makeFoldersAbove(path)
    this.#set(path, EMPTY_FILE)
    return undefined
  }

  #rename({ from, to, overwrite, ignoreIfExists }: Step & { kind: 'rename' }): Fault | undefined {
    const target = this.at(to)
    // First of all: VS Code and Neovim skip such a rename without a look at its source.
    if (target.kind !== 'absent' && ignoreIfExists && !overwrite) return undefined
    const fault = this.#renameFault(from, to, overwrite)
    if (fault !== undefined) return `cannot rename ${from} to ${to}: ${fault}`
    if (target.kind !== 'absent') this.#remove(to)
    this.#makeFoldersAbove(to)
    for (const path of [from, ...this.#beneath(from)]) {
      const entry = this.at(path)
      this.#set(path, ABSENT)
      this.#set(movedPath(path, from, to)!, entry)
    }
    return undefined
  }

  #renameFault(from: string, to: string, overwrite: boolean): Fault | undefined {
    const source = this.at(from)
    const target = this.at(to)
    if (source.kind === 'absent') return `${from} does not exist`
    if (movedPath(to, from, to) !== undefined) return 'it would end up in itself'
    if (target.kind !== 'absent') {
      if (!overwrite) return `${to} exists`
      // Some editors remove what is in the way, some leave it to rename(2), which refuses.
      if ((source.kind === 'folder') !== (target.kind === 'folder')) return `only one of them is a folder`
      if (isBeneath(from, to)) return `${to} holds ${from}`
    }
    const blocker = this.#fileAbove(to)
    return blocker === undefined ? undefined : `${blocker} is a file`
  }

  #delete({ path, recursive, ignoreIfNotExists }: Step & { kind: 'delete' }): Fault | undefined {
    if (this.at(path).kind === 'absent') {
      return ignoreIfNotExists ? undefined : `cannot delete ${path}: it does not exist`
    }
    if (!recursive && this.#beneath(path).length > 0) return `cannot delete ${path}: it is not empty`
    this.#remove(path)
    return undefined
  }

  #remove(path: string): void {
    for (const gone of [path, ...this.#beneath(path)]) this.#set(gone, ABSENT)
  }

  #set(path: string, entry: Entry): void {
    this.#entries.set(path, entry)
    this.#touched.add(path)
  }

  /** What a folder holds, at any depth. */
  #beneath(folder: string): string[] {
    return [...this.#entries.keys()].filter(
      (path) => isBeneath(path, folder) && this.at(path).kind !== 'absent',
    )
  }

  /** What stands where a folder would have to. */
  #fileAbove(path: string): string | undefined {
    return foldersAbove(path).find((above) => {
      const kind = this.#entries.get(above)?.kind
      return kind === 'file' || kind === 'unknown'
    })
  }

  /**
   * Editors make the folders that a new file needs. Those beneath a path with an original are known to be missing
   * where nothing is known of them; of any others nobody can tell here.
   */
  #makeFoldersAbove(path: string): void {
    const above = foldersAbove(path)
    const known = above.slice(0, above.findLastIndex((folder) => this.#entries.has(folder)) + 1)
    for (const folder of known) {
      if ((this.#entries.get(folder) ?? ABSENT).kind === 'absent') this.#set(folder, FOLDER)
    }
  }
}

function entryOf(path: string, original: Standing): Entry {
  switch (original.kind) {
    case 'absent':
      return ABSENT
    case 'folder':
      return FOLDER
    case 'file':
      return { kind: 'file', source: path, texts: [] }
  }
}

function isBeneath(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep) && path !== folder
}

/** Where a path goes when `from` becomes `to`; undefined: it is neither `from` nor beneath it. */
function movedPath(path: string, from: string, to: string): string | undefined {
  return path === from || isBeneath(path, from) ? to + path.slice(from.length) : undefined
}

/** From the nearest up to the root. */
function foldersAbove(path: string): string[] {
  const above: string[] = []
  for (let child = path, folder = dirname(path); folder !== child; child = folder, folder = dirname(folder)) {
    above.push(folder)
  }
  return above
}
