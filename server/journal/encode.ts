import { type Hasher, normHash } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'
import type { ByteEdit } from '../edits/splice.ts'
import type { Intent } from './intent.ts'

/** The version of `meta` written here; a record of another one is refused. */
export const VERSION = 1

/** Where a record stands in its log: its number, and the `sum` of the line before it ('' for the first). */
export interface Link {
  readonly seq: number
  readonly prev: string
}

export const FIRST: Link = { seq: 0, prev: '' }

// The Go package's reader refuses a whole log for one line of 16 MiB. Atoms are packed by what they can
// take at most once encoded, so a line ends up well under 12 MiB.
const LINE_BUDGET = 8 * 1024 * 1024
const ORIGINAL_SLICE = 3 * 1024 * 1024
const TEXT_SLICE = 512 * 1024 // UTF-16 units; JSON takes at most 6 bytes for one
const KEPT_EDIT = 1024 * 1024 // bytes of JSON up to which the WorkspaceEdit is kept beside its images
const LONGEST_LABEL = 1000 // UTF-16 units; it is shown in one line, and written into one

/**
 * The lines of one intent, each with its LF, and the link for the record that follows.
 * Several where one would grow past 12 MiB; they count only when all are there.
 */
export function encodeIntent(intent: Intent, hasher: Hasher, link: Link): { lines: Buffer[]; next: Link } {
  const sources = new Set(intent.images.filter(isMoved).map((image) => image.source))
  const parts = pack(atomsOf(intent, hasher))
  const lines: Buffer[] = []
  let next = link
  for (const [i, part] of parts.entries()) {
    const head = part.body(intent.id, sources)
    const meta = JSON.stringify({
      v: VERSION,
      seq: next.seq,
      prev: next.prev,
      ...(parts.length > 1 && { part: [i + 1, parts.length] }),
      ...(i === 0 && intentMeta(intent)),
      ...part.meta(),
    })
    const bytes = Buffer.from(`{${head},"meta":${wellFormed(meta)}`, 'utf8')
    const sum = hasher.hash(bytes)
    lines.push(Buffer.concat([bytes, Buffer.from(`,"sum":"${sum}"}\n`, 'latin1')]))
    next = { seq: next.seq + 1, prev: sum }
  }
  return { lines, next }
}

type Atom =
  | {
      readonly kind: 'path'
      readonly image: Image
      readonly meta: object
      readonly raw?: string
      readonly norm?: string
    }
  | { readonly kind: 'original' | 'kept'; readonly path: string; readonly base64: string }
  | { readonly kind: 'folder'; readonly to: 'made' | 'removed'; readonly path: string }
  | { readonly kind: 'edit'; readonly path: string; readonly edit: ByteEdit }

function* atomsOf(intent: Intent, hasher: Hasher): Generator<Atom> {
  const spoken = new Set<string>()
  for (const image of intent.images) {
    // Edits are keyed by the path whose original they index. Where two images grow out of one original, or
    // out of none though there is one, or where no edit says the bytes because they are no text, that
    // cannot be said: the after-image is kept whole instead.
    const key = image.source ?? image.path
    const direct = image.after.kind === 'file' && !spoken.has(key) && isSaid(image, image.after.bytes)
    if (direct) spoken.add(key)
    const meta = pathMeta(intent, image, hasher, direct)
    const before = image.before
    yield before === undefined
      ? { kind: 'path', image, meta }
      : { kind: 'path', image, meta, raw: hasher.hash(before), norm: normHash(hasher, before) }
    if (before !== undefined) yield* bytesOf('original', image.path, before)
    if (direct) for (const edit of image.edits) yield* slicesOf(key, edit)
    else if (image.after.kind === 'file') yield* bytesOf('kept', image.path, image.after.bytes)
  }
  for (const path of intent.folders.made) yield { kind: 'folder', to: 'made', path }
  for (const path of intent.folders.removed) yield { kind: 'folder', to: 'removed', path }
}

/** Whether the edits say what the bytes are: not where there is an original that they do not grow out of. */
function isSaid({ source, before, edits }: Image, after: Uint8Array): boolean {
  if (source !== undefined) return true
  return before === undefined && (edits.length > 0 || after.length === 0)
}

function* bytesOf(kind: 'original' | 'kept', path: string, bytes: Uint8Array): Generator<Atom> {
  for (let at = 0; at === 0 || at < bytes.length; at += ORIGINAL_SLICE)
    yield { kind, path, base64: base64(bytes.subarray(at, at + ORIGINAL_SLICE)) }
}

function* slicesOf(path: string, edit: ByteEdit): Generator<Atom> {
  const text = edit.text.toWellFormed()
  let at = 0
  let start = edit.start
  do {
    let end = Math.min(at + TEXT_SLICE, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--
    yield { kind: 'edit', path, edit: { start, end: edit.end, text: text.slice(at, end) } }
    at = end
    start = edit.end // what follows is inserted where the first slice ended
  } while (at < text.length)
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00

function pathMeta(intent: Intent, image: Image, hasher: Hasher, direct: boolean): object {
  const facts = intent.facts.get(image.path)
  return {
    ...afterMeta(image, hasher, direct),
    ...(facts && { ...facts, mtimeNs: undefined, mtime: facts.mtimeNs?.toString() }),
  }
}

function afterMeta(image: Image, hasher: Hasher, direct: boolean): object {
  const { after, source } = image
  switch (after.kind) {
    case 'absent':
      return { after: null }
    case 'unknown':
      return { unknown: after.reason }
    case 'file': {
      const hashes = { raw: hasher.hash(after.bytes), norm: normHash(hasher, after.bytes) }
      if (!direct) return { after: { ...hashes, kept: true } }
      return { after: hashes, ...(isMoved(image) && { movedFrom: source }) }
    }
  }
}

class Part {
  size = 0
  readonly #paths: Record<string, object> = blank()
  readonly #kept: Record<string, string> = blank()
  readonly #folders: { made: string[]; removed: string[] } = { made: [], removed: [] }
  readonly #edits: string[] = []
  readonly #originals: string[] = []
  readonly #raw: Record<string, string> = blank()
  readonly #norm: Record<string, string> = blank()
  readonly #creates: string[] = []
  readonly #deletes: string[] = []
  readonly #moves: { from: string; to: string }[] = []
  readonly #sliced = new Set<string>()

  add(atom: Atom): void {
    this.size += sizeOf(atom)
    switch (atom.kind) {
      case 'original':
        this.#sliced.add(atom.path)
        this.#originals.push(`${JSON.stringify(atom.path)}:"${atom.base64}"`)
        return
      case 'kept':
        this.#kept[atom.path] = atom.base64
        return
      case 'folder':
        this.#folders[atom.to].push(atom.path)
        return
      case 'edit': {
        const { start, end, text } = atom.edit
        this.#edits.push(JSON.stringify({ Path: atom.path, StartByte: start, EndByte: end, NewText: text }))
        return
      }
      case 'path':
        this.#addPath(atom.image, atom.meta, atom.raw, atom.norm)
        return
    }
  }

  /** The slices of a file's bytes are a JSON key each, so two of one path cannot share a line. */
  takes(atom: Atom): boolean {
    if (atom.kind === 'original' && this.#sliced.has(atom.path)) return false
    if (atom.kind === 'kept' && atom.path in this.#kept) return false
    return this.size === 0 || this.size + sizeOf(atom) <= LINE_BUDGET
  }

  #addPath(image: Image, meta: object, raw?: string, norm?: string): void {
    const { path, before, after, source } = image
    this.#paths[path] = meta
    if (raw !== undefined) this.#raw[path] = raw
    if (norm !== undefined) this.#norm[path] = norm
    if (isMoved(image)) this.#moves.push({ from: source!, to: path })
    else if (after.kind === 'file' && before === undefined) this.#creates.push(path)
    else if (after.kind === 'absent' && before !== undefined) this.#deletes.push(path)
  }

  /** What the Go package does not read. */
  meta(): object {
    const { made, removed } = this.#folders
    return {
      ...(made.length + removed.length > 0 && { folders: this.#folders }),
      paths: this.#paths,
      ...(Object.keys(this.#kept).length > 0 && { kept: this.#kept }),
    }
  }

  /** The keys that the Go package reads, in its order, then ours; without the braces. */
  body(id: string, moved: ReadonlySet<string | undefined>): string {
    const deletes = this.#deletes.filter((path) => !moved.has(path))
    const text = [
      `"id":${JSON.stringify(id)}`,
      `"edits":[${this.#edits.join(',')}]`,
      `"originals":{${this.#originals.join(',')}}`,
      `"expected_raw_hash":${JSON.stringify(this.#raw)}`,
      `"expected_norm_hash":${JSON.stringify(this.#norm)}`,
      ...(this.#creates.length ? [`"creates":${JSON.stringify(this.#creates)}`] : []),
      ...(deletes.length ? [`"deletes":${JSON.stringify(deletes)}`] : []),
      ...(this.#moves.length ? [`"moves":${JSON.stringify(this.#moves)}`] : []),
    ]
    return wellFormed(text.join(','))
  }
}

function pack(atoms: Iterable<Atom>): Part[] {
  const parts = [new Part()]
  for (const atom of atoms) {
    if (!parts.at(-1)!.takes(atom)) parts.push(new Part())
    parts.at(-1)!.add(atom)
  }
  return parts
}

/** What an atom takes in its line at most, in bytes. */
function sizeOf(atom: Atom): number {
  switch (atom.kind) {
    case 'original':
    case 'kept':
      return atom.base64.length + 6 * atom.path.length + 10
    case 'folder':
      return 6 * atom.path.length + 10
    case 'edit':
      return 6 * (atom.edit.text.length + atom.path.length) + 80
    case 'path':
      // The path stands in five places at most, and so may the one that it was moved from in two.
      return 6 * 7 * longest(atom.image) + Buffer.byteLength(JSON.stringify(atom.meta)) + 200
  }
}

const longest = ({ path, source }: Image): number => Math.max(path.length, source?.length ?? 0)

function intentMeta({ about: { edit, ...about } }: Intent): object {
  const json = edit === undefined ? undefined : JSON.stringify(edit)
  const isKept = json !== undefined && Buffer.byteLength(json) <= KEPT_EDIT
  return { ...about, label: cut(about.label), server: cut(about.server), ...(isKept && { edit }) }
}

function cut(text: string): string {
  return text.length <= LONGEST_LABEL ? text : `${text.slice(0, LONGEST_LABEL - 1)}…`
}

/** JSON.stringify writes a lone surrogate as an escape; no reader of this log shall meet one. */
function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (code) => (code.length === 6 ? '\ufffd' : code))
}

function isMoved({ after, source, path }: Image): boolean {
  return after.kind === 'file' && source !== undefined && source !== path
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Objects keyed by path have no prototype: a file may be called `__proto__`. */
function blank<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>
}
