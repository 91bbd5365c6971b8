import { bytesOf, type FileBytes } from '../edits/file-bytes.ts'
import type { Hasher, Hashes } from '../edits/hash.ts'
import { type After, type Image, isBare, unkeptOf } from '../edits/images.ts'
import type { ByteEdit } from '../edits/splice.ts'
import { bareKey, bareNote } from './bare-json.ts'
import type { Batch, Draft } from './draft.ts'
import type { Intent, PathFacts, Withheld } from './intent.ts'
import { type Atom, Line, SLICE } from './line.ts'
import type { Cut } from './line-json.ts'
import { LogBytes, type Readable, Spliced } from './log-bytes.ts'
import { aboutJson, asJson, pathNote, withheldNote } from './meta-json.ts'
import { Originals } from './originals.ts'
import { Section } from './section.ts'
import { slicesOf } from './text-slices.ts'

/** The version of `meta` written here; a record of another one is refused. */
export const VERSION = 1
/** That of a record with withheld paths: a reader of the first version would take them for files that were not there. */
export const WITHHOLDING_VERSION = 2
/** That of one of several lines of which only the last says how many they are: earlier readers call that no record. */
export const STREAMED_VERSION = 3

/** That of a record with bare moves: an earlier reader would not see that anything is moved. */
export const BARE_VERSION = 4

/** Where a record stands in its log: its number, and the `sum` of the line before it ('' for the first). */
export interface Link {
  readonly seq: number
  readonly prev: string
}

export const FIRST: Link = { seq: 0, prev: '' }

/** Where the lines are to stand. */
interface End {
  readonly link: Link
  /** Byte offset in the log. */
  readonly at: number
  readonly log: Readable
}

/**
 * The lines of one intent, each with its LF, as its files come. They count only when all are there.
 * A line stays as it is until the one after the next is asked for: it can be written while that is put together.
 */
export class IntentLines {
  readonly #draft: Omit<Draft, 'batches'>
  readonly #hasher: Hasher
  readonly #log: Readable
  #link: Link
  #at: number
  readonly #line = new Line()
  #out = new Section()
  #spare = new Section()
  #count = 0
  /** Originals of which edits have been told already. */
  readonly #spoken = new Set<string>()
  readonly #images: Image[] = []
  readonly #withheld: Withheld[] = []
  readonly #facts = new Map<string, PathFacts>()

  constructor(draft: Omit<Draft, 'batches'>, hasher: Hasher, { link, at, log }: End) {
    this.#draft = draft
    this.#hasher = hasher
    this.#link = link
    this.#at = at
    this.#log = log
  }

  /** The link for the record that follows the lines so far. */
  get link(): Link {
    return this.#link
  }

  /** The lines that this batch fills. */
  *add({ images, withheld, facts }: Batch): Generator<Buffer> {
    const originals = new Originals(images, this.#hasher)
    const sources = new Set(images.filter(isMoved).map(({ source }) => source))
    for (const image of images) {
      this.#remember(image.path, facts)
      if (isBare(image)) yield* this.#addBare(image, facts)
      else yield* this.#addImage(image, originals, sources)
    }
    for (const each of withheld) {
      this.#remember(each.path, facts)
      this.#withheld.push(each)
      const [path, note] = [asJson(each.path), withheldNote(each, facts.get(each.path))]
      yield* this.#put({ kind: 'path', path, hashes: each.before, note, is: undefined })
    }
  }

  /** The last one. */
  *end(): Generator<Buffer> {
    const { made, removed } = this.#draft.folders
    for (const path of made) yield* this.#put({ kind: 'folder', to: 'made', path: asJson(path) })
    for (const path of removed) yield* this.#put({ kind: 'folder', to: 'removed', path: asJson(path) })
    yield this.#endLine('last')
  }

  /** What was written, as a reader has it; once all is. */
  get intent(): Intent {
    const { id, folders, withholds } = this.#draft
    const { edit: _, ...about } = this.#draft.about
    const [images, withheld] = [this.#images, this.#withheld]
    return { id, images, ...(withholds && { withheld }), facts: this.#facts, folders, foreign: false, about }
  }

  #remember(path: string, facts: ReadonlyMap<string, PathFacts>): void {
    const known = facts.get(path)
    if (known !== undefined) this.#facts.set(path, known)
  }

  /** What is said of a bare move is said once, of both ends. */
  *#addBare(image: Image, facts: ReadonlyMap<string, PathFacts>): Generator<Buffer> {
    this.#images.push(image)
    const { source, path } = image
    const bytes = unkeptOf(image)
    if (source === undefined || bytes === undefined) return
    // Either end may come first.
    this.#remember(source, facts)
    const [from, to, name] = bareKey(source, path).map(asJson) as [string, string, string]
    yield* this.#put({ kind: 'bare', from, to, name, note: bareNote(bytes, this.#facts.get(source)) })
  }

  *#addImage(
    image: Image,
    originals: Originals,
    sources: ReadonlySet<string | undefined>,
  ): Generator<Buffer> {
    const { after, edits } = image
    // Edits are keyed by the path whose original they index. Where two images grow out of one original, or
    // out of none though there is one, or where no edit says the bytes because they are no text, that
    // cannot be said: the after-image is kept whole instead.
    const key = image.source ?? image.path
    const direct = after.kind === 'file' && !this.#spoken.has(key) && isSaid(image)
    if (direct) this.#spoken.add(key)
    const path = asJson(image.path)
    const before = originals.at(image.path)
    const hashes = after.kind === 'file' ? originals.hashesAfter(image) : undefined
    const note = pathNote(image, this.#facts.get(image.path), direct, hashes)
    yield* this.#put({ kind: 'path', path, hashes: before?.hashes, note, is: whatIs(image, sources) })
    if (before !== undefined)
      originals.stored.set(image.path, yield* this.#putBytes('original', image, before, before.hashes.raw))
    if (direct) {
      const keyJson = key === image.path ? path : asJson(key)
      for (const edit of edits) yield* this.#putEdit(keyJson, edit)
      this.#images.push({
        ...image,
        before: originals.stored.get(image.path),
        after: spliced(image, originals.stored, hashes!),
      })
    } else {
      const kept =
        after.kind === 'file'
          ? yield* this.#putBytes('kept', image, { bytes: bytesOf(after.bytes) }, hashes!.raw)
          : undefined
      const became: After = kept === undefined ? after : { kind: 'file', bytes: kept }
      const stored = originals.stored.get(image.path)
      this.#images.push({ path: image.path, before: stored, after: became, source: undefined, edits: [] })
    }
  }

  *#putBytes(
    kind: 'original' | 'kept',
    image: Image,
    { bytes }: { readonly bytes: Uint8Array },
    raw: string,
  ): Generator<Buffer, LogBytes> {
    const stands: Cut[] = []
    const path = asJson(image.path)
    for (let at = 0; at === 0 || at < bytes.length; at += SLICE)
      yield* this.#put({ kind, path, bytes: bytes.subarray(at, at + SLICE), stands })
    const what = `the ${kind === 'kept' ? 'after-image' : 'original'} of ${image.path}`
    return new LogBytes(this.#log, stands, { length: bytes.length, raw, what }, this.#hasher)
  }

  *#putEdit(path: string, edit: ByteEdit): Generator<Buffer> {
    for (const { start, end, text } of slicesOf(edit)) {
      const json = `{"Path":${path},"StartByte":${start},"EndByte":${end},"NewText":${JSON.stringify(text)}}`
      yield* this.#put({ kind: 'edit', json })
    }
  }

  *#put(atom: Atom): Generator<Buffer> {
    if (!this.#line.takes(atom)) yield this.#endLine('more')
    this.#line.add(atom)
  }

  #endLine(what: 'more' | 'last'): Buffer {
    const { id, about, withholds, hasBare } = this.#draft
    this.#count++
    const isOne = what === 'last' && this.#count === 1
    const version = hasBare
      ? BARE_VERSION
      : !isOne
        ? STREAMED_VERSION
        : withholds
          ? WITHHOLDING_VERSION
          : VERSION
    let start = `"v":${version},"seq":${this.#link.seq},"prev":"${this.#link.prev}"`
    // Whoever writes files as they come does not know how many lines they take, before the last one.
    if (!isOne) start += `,"part":[${what === 'last' ? `${this.#count},${this.#count}` : this.#count}]`
    if (this.#count === 1) start += `,${aboutJson(about)}`
    const out = this.#out
    this.#out = this.#spare
    this.#spare = out
    out.clear()
    this.#line.write(out, this.#at, asJson(id), start)
    this.#line.clear()
    const sum = this.#hasher.hash(out.bytes)
    out.text(`,"sum":"${sum}"}\n`)
    this.#link = { seq: this.#link.seq + 1, prev: sum }
    this.#at += out.length
    return out.bytes
  }
}

/** The after-image of what edits say: made of what stands in the log, if only behind this. */
function spliced(image: Image, stored: ReadonlyMap<string, FileBytes>, { raw }: Hashes): After {
  const { source, edits, after } = image
  const length = after.kind === 'file' ? after.bytes.length : 0
  const original = source === undefined ? () => undefined : () => stored.get(source)
  return { kind: 'file', bytes: new Spliced(original, edits, { length, raw }) }
}

function whatIs(
  { path, source, before, after }: Image,
  sources: ReadonlySet<string | undefined>,
): (Atom & { kind: 'path' })['is'] {
  if (after.kind === 'file' && source !== undefined && source !== path) return { movedFrom: asJson(source) }
  if (after.kind === 'file' && before === undefined) return 'created'
  // What is moved from there is not deleted.
  return after.kind === 'absent' && before !== undefined && !sources.has(path) ? 'deleted' : undefined
}

function isMoved({ after, source, path }: Image): boolean {
  return after.kind === 'file' && source !== undefined && source !== path
}

/** Whether the edits say what the bytes are: not where there is an original that they do not grow out of. */
function isSaid({ source, before, edits, after }: Image): boolean {
  if (source !== undefined) return true
  return before === undefined && (edits.length > 0 || (after.kind === 'file' && after.bytes.length === 0))
}
