import { bytesOf, type FileBytes } from '../edits/file-bytes.ts'
import { type Hasher, type Hashes, hashesOf, hashesOfEdited } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'
import type { Intent } from './intent.ts'
import { LineBytes } from './line-bytes.ts'
import { aboutJson, asJson, pathMetaJson } from './meta-json.ts'
import { type Part, partsOf } from './parts.ts'

/** The version of `meta` written here; a record of another one is refused. */
export const VERSION = 1
/** That of a record with withheld paths: a reader of the first version would take them for files that were not there. */
export const WITHHOLDING_VERSION = 2

/** Where a record stands in its log: its number, and the `sum` of the line before it ('' for the first). */
export interface Link {
  readonly seq: number
  readonly prev: string
}

export const FIRST: Link = { seq: 0, prev: '' }

/**
 * The lines of one intent, each with its LF, in chunks; returns the link for the record that follows.
 * Several lines where one would grow past 12 MiB; they count only when all are there.
 * A chunk stays as it is until the next one has come: it can be written while that is put together.
 */
export function* encodeIntent(intent: Intent, hasher: Hasher, link: Link): Generator<Buffer, Link> {
  const parts = partsOf(intent)
  const images = new Hashing(intent.images, hasher)
  const about = aboutJson(intent.about)
  const bytes = new LineBytes(
    hasher,
    parts.reduce((sum, { size }) => sum + size, about.length + 1000),
  )
  const version = intent.withheld === undefined ? VERSION : WITHHOLDING_VERSION
  let next = link
  for (const [i, part] of parts.entries()) {
    yield* encodeGoKeys(bytes, intent.id, part, images)
    const { seq, prev } = next
    bytes.text(`,"meta":{"v":${version},"seq":${seq},"prev":"${prev}"`)
    if (parts.length > 1) bytes.text(`,"part":[${i + 1},${parts.length}]`)
    if (i === 0) bytes.text(`,${about}`)
    yield* encodePaths(bytes, part, images)
    bytes.text('}')
    const sum = bytes.sum()
    bytes.endLine(`,"sum":"${sum}"}\n`)
    next = { seq: seq + 1, prev: sum }
  }
  yield bytes.take()
  return next
}

/** The hashes of an intent's images. Those of an original are asked for twice, for itself and for what becomes of it. */
class Hashing {
  readonly #hasher: Hasher
  readonly #originals: ReadonlyMap<string, FileBytes | undefined>
  readonly #hashes = new Map<FileBytes, Hashes>()

  constructor(images: readonly Image[], hasher: Hasher) {
    this.#hasher = hasher
    this.#originals = new Map(images.map(({ path, before }) => [path, before]))
  }

  hashesBefore(before: FileBytes): Hashes {
    let hashes = this.#hashes.get(before)
    if (hashes === undefined) {
      hashes = hashesOf(this.#hasher, bytesOf(before))
      this.#hashes.set(before, hashes)
    }
    return hashes
  }

  hashesAfter(image: Image | undefined): Hashes {
    if (image?.after.kind !== 'file')
      throw new Error('broken invariant: there is no after-image to be hashed')
    const { after, edits, source } = image
    const original = source === undefined ? undefined : this.#originals.get(source)
    if (original === undefined) return hashesOf(this.#hasher, bytesOf(after.bytes))
    return hashesOfEdited(this.#hasher, bytesOf(original), this.hashesBefore(original), edits)
  }
}

/** The keys that the Go package reads, in its order. */
function* encodeGoKeys(bytes: LineBytes, id: string, part: Part, images: Hashing): Generator<Buffer> {
  bytes.text(`{"id":${asJson(id)},"edits":[`)
  yield* encodeEach(bytes, part.edits, (edit) => bytes.text(edit))
  bytes.text('],"originals":{')
  yield* encodeEach(bytes, part.originals, ({ path, bytes: original }) => encodeBase64(bytes, path, original))
  const raws: string[] = []
  const norms: string[] = []
  for (const { path, before } of part.paths) {
    if (before === undefined) continue
    const { raw, norm } = 'raw' in before ? before : images.hashesBefore(before)
    raws.push(`${path}:"${raw}"`)
    norms.push(`${path}:"${norm}"`)
  }
  bytes.text(`},"expected_raw_hash":{${raws.join(',')}},"expected_norm_hash":{${norms.join(',')}}`)
  if (part.creates.length > 0) bytes.text(`,"creates":[${part.creates.join(',')}]`)
  if (part.deletes.length > 0) bytes.text(`,"deletes":[${part.deletes.join(',')}]`)
  if (part.moves.length > 0) bytes.text(`,"moves":[${part.moves.join(',')}]`)
}

/** What the Go package does not read. */
function* encodePaths(bytes: LineBytes, part: Part, images: Hashing): Generator<Buffer> {
  const { made, removed } = part.folders
  if (made.length + removed.length > 0)
    bytes.text(`,"folders":{"made":[${made.join(',')}],"removed":[${removed.join(',')}]}`)
  bytes.text(',"paths":{')
  yield* encodeEach(bytes, part.paths, ({ path, image, meta }) =>
    bytes.text(`${path}:${pathMetaJson(meta, () => images.hashesAfter(image))}`),
  )
  bytes.text('}')
  if (part.kept.length === 0) return
  bytes.text(',"kept":{')
  yield* encodeEach(bytes, part.kept, ({ path, bytes: kept }) => encodeBase64(bytes, path, kept))
  bytes.text('}')
}

/** With commas between them. */
function* encodeEach<T>(bytes: LineBytes, all: readonly T[], encode: (each: T) => void): Generator<Buffer> {
  for (const [i, each] of all.entries()) {
    if (i > 0) bytes.text(',')
    encode(each)
    if (bytes.isFull) yield bytes.take()
  }
}

function encodeBase64(bytes: LineBytes, path: string, content: Uint8Array): void {
  bytes.text(`${path}:"`)
  bytes.base64(content)
  bytes.text('"')
}
