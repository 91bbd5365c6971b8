import { bytesOf, type FileBytes } from '../edits/file-bytes.ts'
import type { Hashes } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'
import type { ByteEdit } from '../edits/splice.ts'
import type { Intent, Withheld } from './intent.ts'
import { base64Length } from './line-bytes.ts'
import { asJson, type PathMeta, pathMeta, pathMetaSize, withheldMeta } from './meta-json.ts'

// The Go package's reader refuses a whole log for one line of 16 MiB. Atoms are packed by what they can
// take at most once encoded, so a line ends up well under 12 MiB.
const LINE_BUDGET = 8 * 1024 * 1024
const ORIGINAL_SLICE = 3 * 1024 * 1024
const TEXT_SLICE = 512 * 1024 // UTF-16 units; JSON takes at most 6 bytes for one

/** What one line says of an intent. Paths are JSON already, and so is each item of a list. */
export interface Part {
  /** What it takes in its line at most, in bytes. */
  readonly size: number
  readonly edits: readonly string[]
  readonly originals: readonly Slice[]
  readonly paths: readonly PathEntry[]
  readonly creates: readonly string[]
  readonly deletes: readonly string[]
  readonly moves: readonly string[]
  readonly folders: { readonly made: readonly string[]; readonly removed: readonly string[] }
  readonly kept: readonly Slice[]
}

/** Bytes of a path's original, or of an after-image that is kept whole. */
interface Slice {
  readonly path: string
  readonly bytes: Uint8Array
}

interface PathEntry {
  readonly path: string
  /** The original; of a withheld one its hashes. */
  readonly before: FileBytes | Hashes | undefined
  /** Undefined for a withheld one. */
  readonly image: Image | undefined
  readonly meta: PathMeta
}

/** Divides an intent into as many parts as it takes lines. */
export function partsOf(intent: Intent): Part[] {
  const sources = new Set(intent.images.filter(isMoved).map(({ source }) => source))
  const parts = [new Packing(sources)]
  for (const atom of atomsOf(intent)) {
    if (!parts.at(-1)!.takes(atom)) parts.push(new Packing(sources))
    parts.at(-1)!.add(atom)
  }
  return parts
}

/** What is never divided between lines. `path` is JSON. */
type Atom =
  | { readonly kind: 'path'; readonly path: string; readonly image: Image; readonly meta: PathMeta }
  | { readonly kind: 'withheld'; readonly path: string; readonly withheld: Withheld; readonly meta: PathMeta }
  | { readonly kind: 'original' | 'kept'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'folder'; readonly to: 'made' | 'removed'; readonly path: string }
  | { readonly kind: 'edit'; readonly path: string; readonly edit: ByteEdit }

function* atomsOf({ facts, folders, images, withheld = [] }: Intent): Generator<Atom> {
  const spoken = new Set<string>()
  for (const image of images) {
    const { after, before, edits } = image
    // Edits are keyed by the path whose original they index. Where two images grow out of one original, or
    // out of none though there is one, or where no edit says the bytes because they are no text, that
    // cannot be said: the after-image is kept whole instead.
    const key = image.source ?? image.path
    const direct = after.kind === 'file' && !spoken.has(key) && isSaid(image)
    if (direct) spoken.add(key)
    const path = asJson(image.path)
    yield { kind: 'path', path, image, meta: pathMeta(image, facts.get(image.path), direct) }
    if (before !== undefined) yield* slicesOf('original', path, bytesOf(before))
    if (direct) for (const edit of edits) yield* textSlicesOf(key === image.path ? path : asJson(key), edit)
    else if (after.kind === 'file') yield* slicesOf('kept', path, bytesOf(after.bytes))
  }
  for (const each of withheld) {
    const path = asJson(each.path)
    yield { kind: 'withheld', path, withheld: each, meta: withheldMeta(each, facts.get(each.path)) }
  }
  for (const path of folders.made) yield { kind: 'folder', to: 'made', path: asJson(path) }
  for (const path of folders.removed) yield { kind: 'folder', to: 'removed', path: asJson(path) }
}

/** Whether the edits say what the bytes are: not where there is an original that they do not grow out of. */
function isSaid({ source, before, edits, after }: Image): boolean {
  if (source !== undefined) return true
  return before === undefined && (edits.length > 0 || (after.kind === 'file' && after.bytes.length === 0))
}

function* slicesOf(kind: 'original' | 'kept', path: string, bytes: Uint8Array): Generator<Atom> {
  for (let at = 0; at === 0 || at < bytes.length; at += ORIGINAL_SLICE)
    yield { kind, path, bytes: bytes.subarray(at, at + ORIGINAL_SLICE) }
}

function* textSlicesOf(path: string, edit: ByteEdit): Generator<Atom> {
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

class Packing implements Part {
  size = 0
  readonly edits: string[] = []
  readonly originals: Slice[] = []
  readonly paths: PathEntry[] = []
  readonly creates: string[] = []
  readonly deletes: string[] = []
  readonly moves: string[] = []
  readonly folders: { made: string[]; removed: string[] } = { made: [], removed: [] }
  readonly kept: Slice[] = []
  /** Every path that is moved from: it is not deleted. */
  readonly #sources: ReadonlySet<string | undefined>

  constructor(sources: ReadonlySet<string | undefined>) {
    this.#sources = sources
  }

  /** The slices of a file's bytes are a JSON key each, so two of one path cannot share a line. */
  takes(atom: Atom): boolean {
    // Those of one path come one after the other.
    if (atom.kind === 'original' && this.originals.at(-1)?.path === atom.path) return false
    if (atom.kind === 'kept' && this.kept.at(-1)?.path === atom.path) return false
    return this.size === 0 || this.size + sizeOf(atom) <= LINE_BUDGET
  }

  add(atom: Atom): void {
    this.size += sizeOf(atom)
    switch (atom.kind) {
      case 'original':
      case 'kept':
        this[atom.kind === 'kept' ? 'kept' : 'originals'].push(atom)
        return
      case 'folder':
        this.folders[atom.to].push(atom.path)
        return
      case 'edit':
        this.edits.push(editJson(atom.path, atom.edit))
        return
      case 'withheld':
        this.paths.push({ path: atom.path, before: atom.withheld.before, image: undefined, meta: atom.meta })
        return
      case 'path':
        this.#addPath(atom.path, atom.image, atom.meta)
        return
    }
  }

  #addPath(path: string, image: Image, meta: PathMeta): void {
    const { before, after, source } = image
    this.paths.push({ path, before, image, meta })
    if (isMoved(image)) this.moves.push(`{"from":${asJson(source)},"to":${path}}`)
    else if (after.kind === 'file' && before === undefined) this.creates.push(path)
    else if (after.kind === 'absent' && before !== undefined && !this.#sources.has(image.path))
      this.deletes.push(path)
  }
}

function isMoved({ after, source, path }: Image): boolean {
  return after.kind === 'file' && source !== undefined && source !== path
}

function editJson(path: string, { start, end, text }: ByteEdit): string {
  return `{"Path":${path},"StartByte":${start},"EndByte":${end},"NewText":${JSON.stringify(text)}}`
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
      return 6 * atom.edit.text.length + 3 * atom.path.length + 80
    case 'withheld':
      return 3 * 3 * atom.path.length + pathMetaSize(atom.meta) + 200
    case 'path':
      // The path stands in five places at most, and the one that it was moved from in `meta` and one more.
      return 3 * 5 * atom.path.length + 6 * (atom.image.source?.length ?? 0) + pathMetaSize(atom.meta) + 200
  }
}
