import type { Hashes } from '../edits/hash.ts'
import { base64Length } from './base64.ts'
import type { Cut } from './line-json.ts'
import { Section } from './section.ts'

// The Go package's reader refuses a whole log for one line of 16 MiB. Atoms are packed by what they can take at most
// once encoded, and none takes more than a few MiB. What a line is made of is held until it is written: short lines
// are in the processor's cache yet when they are hashed and written.
const LINE_BUDGET = 1024 * 1024
/** Of a file's bytes, what stands in one line: of three bytes each, or its base64 would be padded. */
export const SLICE = 3 * 240 * 1024

/** What is never divided between lines. Paths are JSON. */
export type Atom =
  | {
      readonly kind: 'path'
      readonly path: string
      /** Of the original. */
      readonly hashes: Hashes | undefined
      /** What `meta` says of it. */
      readonly note: string
      /** What the Go package is told of it. */
      readonly is: 'created' | 'deleted' | { readonly movedFrom: string } | undefined
    }
  | {
      readonly kind: 'original' | 'kept'
      readonly path: string
      readonly bytes: Uint8Array
      /** Takes where they stand in the log, once that is known. */
      readonly stands: Cut[]
    }
  /** A file that is only moved: from and to these folders, by this name in them. All are JSON. */
  | {
      readonly kind: 'bare'
      readonly from: string
      readonly to: string
      readonly name: string
      readonly note: string
    }
  | { readonly kind: 'folder'; readonly to: 'made' | 'removed'; readonly path: string }
  | { readonly kind: 'edit'; readonly json: string }

/** What one line says of an intent, as far as it has come together. */
export class Line {
  #size = 0
  readonly #edits: string[] = []
  readonly #originals = new BytesByPath()
  readonly #raws: string[] = []
  readonly #norms: string[] = []
  readonly #creates: string[] = []
  readonly #deletes: string[] = []
  readonly #moves: string[] = []
  readonly #folders: { made: string[]; removed: string[] } = { made: [], removed: [] }
  readonly #notes: string[] = []
  readonly #kept = new BytesByPath()
  /** By where they come from and where they go to. */
  readonly #bare = new Map<string, string[]>()

  /** The slices of a file's bytes are a JSON key each, so two of one path cannot share a line. */
  takes(atom: Atom): boolean {
    if (atom.kind === 'original' && this.#originals.lastPath === atom.path) return false
    if (atom.kind === 'kept' && this.#kept.lastPath === atom.path) return false
    return this.#size === 0 || this.#size + sizeOf(atom) <= LINE_BUDGET
  }

  add(atom: Atom): void {
    this.#size += sizeOf(atom)
    switch (atom.kind) {
      case 'original':
        return this.#originals.add(atom.path, atom.bytes, atom.stands)
      case 'kept':
        return this.#kept.add(atom.path, atom.bytes, atom.stands)
      case 'folder':
        this.#folders[atom.to].push(atom.path)
        return
      case 'edit':
        this.#edits.push(atom.json)
        return
      case 'path':
        return this.#addPath(atom)
      case 'bare':
        return this.#addBare(atom)
    }
  }

  #addBare({ from, to, name, note }: Atom & { kind: 'bare' }): void {
    const folders = `"from":${from},"to":${to}`
    const files = this.#bare.get(folders) ?? []
    this.#bare.set(folders, files)
    if (files.length === 0) this.#moves.push(`{${folders}}`)
    files.push(`${name}:${note}`)
  }

  #addPath({ path, hashes, note, is }: Atom & { kind: 'path' }): void {
    if (hashes !== undefined) {
      this.#raws.push(`${path}:"${hashes.raw}"`)
      this.#norms.push(`${path}:"${hashes.norm}"`)
    }
    this.#notes.push(`${path}:${note}`)
    if (is === 'created') this.#creates.push(path)
    else if (is === 'deleted') this.#deletes.push(path)
    else if (is !== undefined) this.#moves.push(`{"from":${is.movedFrom},"to":${path}}`)
  }

  /** All of it but its end, into `out`, which is to stand at `at` in the log; `start` of `meta`, without a brace. */
  write(out: Section, at: number, id: string, start: string): void {
    out.text(`{"id":${id},"edits":[`)
    writeList(out, this.#edits)
    out.text('],"originals":{')
    this.#originals.write(out, at)
    out.text(
      `},"expected_raw_hash":{${this.#raws.join(',')}},"expected_norm_hash":{${this.#norms.join(',')}}`,
    )
    if (this.#creates.length > 0) out.text(`,"creates":[${this.#creates.join(',')}]`)
    if (this.#deletes.length > 0) out.text(`,"deletes":[${this.#deletes.join(',')}]`)
    if (this.#moves.length > 0) out.text(`,"moves":[${this.#moves.join(',')}]`)
    out.text(`,"meta":{${start}`)
    const { made, removed } = this.#folders
    if (made.length + removed.length > 0)
      out.text(`,"folders":{"made":[${made.join(',')}],"removed":[${removed.join(',')}]}`)
    out.text(',"paths":{')
    writeList(out, this.#notes)
    out.text('}')
    if (this.#bare.size > 0) {
      out.text(',"bare":[')
      for (const [i, [folders, files]] of [...this.#bare].entries()) {
        out.text(`${i > 0 ? ',' : ''}{${folders},"files":{`)
        writeList(out, files)
        out.text('}}')
      }
      out.text(']')
    }
    if (!this.#kept.isEmpty) {
      out.text(',"kept":{')
      this.#kept.write(out, at)
      out.text('}')
    }
    out.text('}')
  }

  clear(): void {
    this.#size = 0
    const { made, removed } = this.#folders
    for (const list of [this.#edits, this.#raws, this.#norms, this.#creates, this.#deletes, this.#moves])
      list.length = 0
    for (const list of [made, removed, this.#notes]) list.length = 0
    this.#bare.clear()
    this.#originals.clear()
    this.#kept.clear()
  }
}

/** The bytes of files, in base64 as soon as they come: then they are not needed any more. */
class BytesByPath {
  lastPath: string | undefined
  readonly #section = new Section()
  #slices: { readonly stands: Cut[]; readonly at: number; readonly length: number }[] = []

  get isEmpty(): boolean {
    return this.#slices.length === 0
  }

  add(path: string, bytes: Uint8Array, stands: Cut[]): void {
    this.#section.text(this.isEmpty ? `${path}:"` : `,${path}:"`)
    this.#slices.push({ stands, at: this.#section.length, length: base64Length(bytes.length) })
    this.#section.base64(bytes)
    this.#section.text('"')
    this.lastPath = path
  }

  /** `at`: where `out` is to stand in the log. */
  write(out: Section, at: number): void {
    const here = at + out.length
    for (const slice of this.#slices) slice.stands.push({ at: here + slice.at, length: slice.length })
    out.section(this.#section)
  }

  clear(): void {
    this.#section.clear()
    this.#slices = []
    this.lastPath = undefined
  }
}

/** With commas between them. */
function writeList(out: Section, all: readonly string[]): void {
  for (const [i, each] of all.entries()) out.text(i > 0 ? `,${each}` : each)
}

/** What an atom takes in its line at most, in bytes. */
function sizeOf(atom: Atom): number {
  switch (atom.kind) {
    case 'original':
    case 'kept':
      return base64Length(atom.bytes.length) + 3 * atom.path.length + 10
    case 'folder':
      return 3 * atom.path.length + 10
    case 'edit':
      return 3 * atom.json.length
    case 'bare':
      // With folders of its own at most, which stand in two places then.
      return 3 * (2 * (atom.from.length + atom.to.length) + atom.name.length + atom.note.length) + 100
    case 'path': {
      const from = typeof atom.is === 'object' ? atom.is.movedFrom.length : 0
      // The path stands in five places at most.
      return 3 * (5 * atom.path.length + from + atom.note.length) + 100
    }
  }
}
