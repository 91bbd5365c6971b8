import type { FileBytes } from '../edits/file-bytes.ts'
import { type Hasher, type Hashes, hashesOf, hashesOfEdited } from '../edits/hash.ts'
import { isNormalized } from '../edits/normalize.ts'
import { type ByteEdit, editsFault, splicedLength } from '../edits/splice.ts'
import { decodedLength, decodeStrictly } from './base64.ts'
import type { RecordPart } from './decode.ts'
import { asArray, asObject, numberAt, objectAt, stringAt, Unreadable } from './json-values.ts'
import type { Cut } from './line-json.ts'
import { LogBytes, Spliced } from './log-bytes.ts'

/** Bytes that were looked at, and how they are had again. */
interface Checked {
  readonly bytes: Uint8Array
  readonly stored: FileBytes
}

/** What becomes of a path, and the hashes that it has. */
interface Made {
  readonly stored: FileBytes
  readonly hashes: Hashes
  readonly edits: readonly ByteEdit[]
}

/**
 * What the lines of one intent say of its files' bytes. They are loaded one file at a time, to be checked; the last one
 * is kept, since it is asked for twice: for itself, and for what becomes of it.
 */
export class Wire {
  readonly #hasher: Hasher
  readonly #log: RecordPart['log']
  readonly #edits = new Map<string, ByteEdit[]>()
  readonly #originals = new Map<string, Cut[]>()
  /** After-images that are kept whole. */
  readonly #kept = new Map<string, Cut[]>()
  /** Hashes of originals, as they are written. */
  readonly raw = new Map<string, unknown>()
  readonly norm = new Map<string, unknown>()
  readonly #stored = new Map<string, FileBytes>()
  #last: { readonly path: string; readonly bytes: Uint8Array; readonly raw: string } | undefined

  constructor(parts: readonly Pick<RecordPart, 'json' | 'cuts' | 'log'>[], hasher: Hasher) {
    this.#hasher = hasher
    this.#log = parts[0]!.log
    for (const part of parts) this.#add(part)
  }

  #add({ json, cuts }: Pick<RecordPart, 'json' | 'cuts'>): void {
    for (const value of asArray(json.edits ?? [], 'edits')) {
      const edit = asObject(value, 'edits')
      const [start, end] = [numberAt(edit, 'StartByte'), numberAt(edit, 'EndByte')]
      entryOf(this.#edits, stringAt(edit, 'Path')).push({ start, end, text: stringAt(edit, 'NewText') })
    }
    for (const [path, cut] of cutsIn(json.originals, cuts)) entryOf(this.#originals, path).push(cut)
    for (const [key, hashes] of [
      ['expected_raw_hash', this.raw],
      ['expected_norm_hash', this.norm],
    ] as const)
      for (const [path, hash] of Object.entries(asObject(json[key] ?? {}, key))) hashes.set(path, hash)
    const meta = json.meta === undefined ? {} : objectAt(json, 'meta')
    for (const [path, cut] of cutsIn(meta.kept, cuts)) entryOf(this.#kept, path).push(cut)
  }

  /** Every path with bytes or edits. */
  get paths(): ReadonlySet<string> {
    return new Set([...this.#originals.keys(), ...this.#edits.keys()])
  }

  /** Undefined: there is none. */
  original(path: string): Checked | undefined {
    const slices = this.#originals.get(path)
    if (slices === undefined) return undefined
    const known = this.#stored.get(path)
    if (known !== undefined && this.#last?.path === path) return { bytes: this.#last.bytes, stored: known }
    const bytes = decoded(this.#log, slices, path)
    const raw = this.#hasher.hash(bytes)
    const expected = this.raw.get(path)
    if (expected !== undefined && expected !== raw)
      throw new Unreadable(`the original of ${path} does not have the recorded hash`)
    const stored = known ?? this.#storedAs(slices, bytes, raw, `the original of ${path}`)
    this.#stored.set(path, stored)
    this.#last = { path, bytes, raw }
    return { bytes, stored }
  }

  /** An after-image that is kept whole; undefined: there is none. */
  kept(path: string): Made | undefined {
    const slices = this.#kept.get(path)
    if (slices === undefined) return undefined
    const bytes = decoded(this.#log, slices, path)
    const hashes = hashesOf(this.#hasher, bytes)
    const stored = this.#storedAs(slices, bytes, hashes.raw, `the after-image of ${path}`)
    return { stored, hashes, edits: [] }
  }

  /** What the edits make of the original of `from`, or of nothing. */
  afterImage(from: string): Made {
    const original = this.original(from)
    const edits = this.#edits.get(from) ?? []
    const fault = editsFault(original?.bytes.length ?? 0, edits)
    if (fault !== undefined) throw new Unreadable(`the edits of ${from} do not fit: ${fault}`)
    const bytes = original?.bytes ?? new Uint8Array()
    const hashes = this.#hashesOfEdited(bytes, edits)
    if (edits.length === 0 && original !== undefined) return { stored: original.stored, hashes, edits }
    // Not the bytes with it: they would stay as long as what is put together of them.
    const stored = original?.stored
    const made = { length: splicedLength(bytes.length, edits), raw: hashes.raw }
    return { stored: new Spliced(() => stored, edits, made), hashes, edits }
  }

  /** Of an original as it stands there; what its own normalized bytes are said to be does not count. */
  #hashesOfEdited(original: Uint8Array, edits: readonly ByteEdit[]): Hashes {
    const raw = this.#last?.bytes === original ? this.#last.raw : this.#hasher.hash(original)
    const norm = isNormalized(original) ? raw : ''
    if (edits.length === 0 && norm === raw) return { raw, norm }
    return hashesOfEdited(this.#hasher, original, { raw, norm }, edits)
  }

  /** Also what no path is made of has to be what it is said to be. */
  checkOriginals(): void {
    for (const path of this.#originals.keys()) if (!this.#stored.has(path)) this.original(path)
  }

  #storedAs(slices: readonly Cut[], { length }: Uint8Array, raw: string, what: string): LogBytes {
    return new LogBytes(this.#log, slices, { length, raw, what }, this.#hasher)
  }
}

function* cutsIn(object: unknown, cuts: readonly Cut[]): Generator<[string, Cut]> {
  for (const [path, number] of Object.entries(asObject(object ?? {}, 'the bytes of files'))) {
    if (number === null) continue // a nil slice of Go: nothing was known of this path
    // A key that is not written plainly was not found among those that hold bytes: what stands there is anything.
    const cut = typeof number === 'number' ? cuts[number] : undefined
    if (cut === undefined) throw new Unreadable(`the bytes of ${path} are not a string`)
    yield [path, cut]
  }
}

function decoded(log: RecordPart['log'], slices: readonly Cut[], path: string): Buffer {
  const room = Buffer.allocUnsafe(slices.reduce((sum, { length }) => sum + decodedLength(length), 0))
  let length = 0
  for (const slice of slices) {
    const written = decodeStrictly(log.read(slice.at, slice.length), room.subarray(length))
    if (written === undefined) throw new Unreadable(`the bytes of ${path} are not base64`)
    length += written
  }
  return room.subarray(0, length)
}

function entryOf<T>(map: Map<string, T[]>, key: string): T[] {
  const entry = map.get(key) ?? []
  map.set(key, entry)
  return entry
}
