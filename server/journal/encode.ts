import { type Hasher, hashesOf } from '../edits/hash.ts'
import type { Intent } from './intent.ts'
import { LineBytes } from './line-bytes.ts'
import { aboutJson, asJson, pathMetaJson } from './meta-json.ts'
import { type Part, partsOf } from './parts.ts'

/** The version of `meta` written here; a record of another one is refused. */
export const VERSION = 1

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
  const about = aboutJson(intent.about)
  const bytes = new LineBytes(
    hasher,
    parts.reduce((sum, { size }) => sum + size, about.length + 1000),
  )
  let next = link
  for (const [i, part] of parts.entries()) {
    yield* encodeGoKeys(bytes, intent.id, part, hasher)
    const { seq, prev } = next
    bytes.text(`,"meta":{"v":${VERSION},"seq":${seq},"prev":"${prev}"`)
    if (parts.length > 1) bytes.text(`,"part":[${i + 1},${parts.length}]`)
    if (i === 0) bytes.text(`,${about}`)
    yield* encodePaths(bytes, part, hasher)
    bytes.text('}')
    const sum = bytes.sum()
    bytes.endLine(`,"sum":"${sum}"}\n`)
    next = { seq: seq + 1, prev: sum }
  }
  yield bytes.take()
  return next
}

/** The keys that the Go package reads, in its order. */
function* encodeGoKeys(bytes: LineBytes, id: string, part: Part, hasher: Hasher): Generator<Buffer> {
  bytes.text(`{"id":${asJson(id)},"edits":[`)
  yield* encodeEach(bytes, part.edits, (edit) => bytes.text(edit))
  bytes.text('],"originals":{')
  yield* encodeEach(bytes, part.originals, ({ path, bytes: original }) => encodeBase64(bytes, path, original))
  const raws: string[] = []
  const norms: string[] = []
  for (const { path, before } of part.paths) {
    if (before === undefined) continue
    const { raw, norm } = hashesOf(hasher, before)
    raws.push(`${path}:"${raw}"`)
    norms.push(`${path}:"${norm}"`)
  }
  bytes.text(`},"expected_raw_hash":{${raws.join(',')}},"expected_norm_hash":{${norms.join(',')}}`)
  if (part.creates.length > 0) bytes.text(`,"creates":[${part.creates.join(',')}]`)
  if (part.deletes.length > 0) bytes.text(`,"deletes":[${part.deletes.join(',')}]`)
  if (part.moves.length > 0) bytes.text(`,"moves":[${part.moves.join(',')}]`)
}

/** What the Go package does not read. */
function* encodePaths(bytes: LineBytes, part: Part, hasher: Hasher): Generator<Buffer> {
  const { made, removed } = part.folders
  if (made.length + removed.length > 0)
    bytes.text(`,"folders":{"made":[${made.join(',')}],"removed":[${removed.join(',')}]}`)
  bytes.text(',"paths":{')
  yield* encodeEach(bytes, part.paths, ({ path, meta }) =>
    bytes.text(`${path}:${pathMetaJson(meta, hasher)}`),
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
