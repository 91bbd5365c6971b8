import { isAbsolute } from 'node:path'
import { type Hasher, hashesOf } from '../edits/hash.ts'
import type { After, Image } from '../edits/images.ts'
import { type ByteEdit, editsFault, splice } from '../edits/splice.ts'
import { VERSION, WITHHOLDING_VERSION } from './encode.ts'
import type { About, Intent, PathFacts, Purpose, Withheld } from './intent.ts'

/** What one line of a log is. `refused`: sound, but of a version that this program does not know. */
export type Line =
  | { readonly kind: 'part'; readonly part: RecordPart }
  | { readonly kind: 'foreign'; readonly intent: Intent }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** One checked line of ours: the whole of an intent, or part `index` of `count`. */
export interface RecordPart {
  readonly id: string
  readonly seq: number
  readonly prev: string
  readonly sum: string
  readonly index: number
  readonly count: number
  readonly json: Json
}

type Json = Readonly<Record<string, unknown>>

const SUM = /^,"sum":"([0-9a-f]{16})"\}$/
const SUM_LENGTH = ',"sum":"0123456789abcdef"}'.length
const GO_KEYS = ['id', 'edits', 'originals', 'expected_raw_hash', 'expected_norm_hash']

/**
 * Reads one line, without its LF.
 * Valid is a line whose `sum` is the hash of every byte before it, or, without `sum`, one with exactly
 * the Go package's keys.
 */
export function decodeLine(line: Uint8Array, hasher: Hasher): Line {
  const tail = SUM.exec(Buffer.from(line.subarray(-SUM_LENGTH)).toString('latin1'))
  if (tail === null) return decodeForeign(line, hasher)
  const body = line.subarray(0, line.length - SUM_LENGTH)
  if (hasher.hash(body) !== tail[1]) return { kind: 'bad', reason: 'its checksum does not match' }
  return orBad(() => {
    const json = parse(line)
    const meta = objectAt(json, 'meta')
    if (meta.v !== VERSION && meta.v !== WITHHOLDING_VERSION)
      return {
        kind: 'refused',
        reason: `it is of version ${String(meta.v)}, not ${VERSION} or ${WITHHOLDING_VERSION}`,
      }
    const [index, count] = meta.part === undefined ? [1, 1] : pairOfNumbers(meta.part)
    const part = {
      id: stringAt(json, 'id'),
      seq: numberAt(meta, 'seq'),
      prev: stringAt(meta, 'prev'),
      sum: stringAt(json, 'sum'),
      index,
      count,
      json,
    }
    return { kind: 'part', part }
  })
}

/** Puts an intent together from all its parts, recomputes the after-images and checks every hash. */
export function joinParts(parts: readonly RecordPart[], hasher: Hasher): Intent | { readonly fault: string } {
  try {
    return intentOf(parts, hasher)
  } catch (error) {
    if (error instanceof Unreadable) return { fault: error.message }
    throw error
  }
}

function intentOf(parts: readonly RecordPart[], hasher: Hasher): Intent {
  const meta = objectAt(parts[0]!.json, 'meta')
  const wire = joinWire(
    parts.map((part) => part.json),
    hasher,
  )
  const images: Image[] = []
  const withheld: Withheld[] = []
  const facts = new Map<string, PathFacts>()
  const metas = parts.map((part) => objectAt(part.json, 'meta'))
  const paths = metas.flatMap((each) => Object.entries(objectAt(each, 'paths')))
  const folders = metas.map((each) => asObject(each.folders ?? {}, 'folders'))
  for (const [path, value] of paths) {
    if (!isAbsolute(path)) throw new Unreadable(`its path ${path} is not absolute`)
    const note = asObject(value, path)
    if (note.withheld === true) withheld.push(withheldOf(path, note, wire))
    else images.push(imageOf(path, note, wire, hasher))
    facts.set(path, factsOf(note))
  }
  return {
    id: parts[0]!.id,
    images,
    ...(withheld.length > 0 && { withheld }),
    facts,
    folders: {
      made: folders.flatMap(({ made }) => strings(made)),
      removed: folders.flatMap(({ removed }) => strings(removed)),
    },
    foreign: false,
    about: aboutOf(meta),
  }
}

interface Wire {
  readonly edits: ReadonlyMap<string, readonly ByteEdit[]>
  readonly originals: ReadonlyMap<string, Uint8Array>
  /** After-images that are kept whole. */
  readonly kept: ReadonlyMap<string, Uint8Array>
  /** Hashes of originals, as they are written. */
  readonly raw: ReadonlyMap<string, unknown>
  readonly norm: ReadonlyMap<string, unknown>
}

function joinWire(records: readonly Json[], hasher: Hasher): Wire {
  const edits = new Map<string, ByteEdit[]>()
  const slices = new Map<string, Uint8Array[]>()
  const keptSlices = new Map<string, Uint8Array[]>()
  const raw = new Map<string, unknown>()
  const norm = new Map<string, unknown>()
  for (const json of records) {
    for (const value of asArray(json.edits ?? [], 'edits')) {
      const edit = asObject(value, 'edits')
      const [start, end] = [numberAt(edit, 'StartByte'), numberAt(edit, 'EndByte')]
      entryOf(edits, stringAt(edit, 'Path')).push({ start, end, text: stringAt(edit, 'NewText') })
    }
    for (const [path, value] of Object.entries(asObject(json.originals ?? {}, 'originals'))) {
      // null is a nil slice of Go: nothing was known of this path.
      if (value !== null) entryOf(slices, path).push(decodeBase64(value, path))
    }
    for (const [path, hash] of Object.entries(asObject(json.expected_raw_hash ?? {}, 'expected_raw_hash')))
      raw.set(path, hash)
    for (const [path, hash] of Object.entries(asObject(json.expected_norm_hash ?? {}, 'expected_norm_hash')))
      norm.set(path, hash)
    const meta = json.meta === undefined ? {} : objectAt(json, 'meta')
    for (const [path, value] of Object.entries(asObject(meta.kept ?? {}, 'kept')))
      entryOf(keptSlices, path).push(decodeBase64(value, path))
  }
  const originals = new Map<string, Uint8Array>()
  for (const [path, all] of slices) {
    const bytes = all.length === 1 ? all[0]! : Buffer.concat(all)
    const expected = raw.get(path)
    if (expected !== undefined && expected !== hasher.hash(bytes))
      throw new Unreadable(`the original of ${path} does not have the recorded hash`)
    originals.set(path, bytes)
  }
  const kept = new Map([...keptSlices].map(([path, all]) => [path, Buffer.concat(all)]))
  return { edits, originals, kept, raw, norm }
}

function imageOf(path: string, note: Json, wire: Wire, hasher: Hasher): Image {
  const before = wire.originals.get(path)
  if (note.unknown !== undefined) {
    const after: After = { kind: 'unknown', reason: stringAt(note, 'unknown') }
    return { path, before, after, source: undefined, edits: [] }
  }
  if (note.after === null) return { path, before, after: { kind: 'absent' }, source: undefined, edits: [] }
  const expected = objectAt(note, 'after')
  if (expected.kept !== undefined) {
    const bytes = wire.kept.get(path)
    if (bytes === undefined) throw new Unreadable(`the after-image of ${path} is missing`)
    const image: Image = { path, before, after: { kind: 'file', bytes }, source: undefined, edits: [] }
    return checked(image, bytes, expected, hasher)
  }
  const from = note.movedFrom === undefined ? path : stringAt(note, 'movedFrom')
  const original = wire.originals.get(from)
  const edits = wire.edits.get(from) ?? []
  const bytes = afterImage(from, original, edits)
  const source = original === undefined ? undefined : from
  return checked({ path, before, after: { kind: 'file', bytes }, source, edits }, bytes, expected, hasher)
}

/** Of a path whose bytes are not in the log. */
function withheldOf(path: string, note: Json, { raw, norm }: Wire): Withheld {
  const hashesIn = (json: Json) => ({ raw: stringAt(json, 'raw'), norm: stringAt(json, 'norm') })
  const before = raw.has(path) ? hashesIn({ raw: raw.get(path), norm: norm.get(path) }) : undefined
  if (note.unknown !== undefined)
    return { path, before, after: { kind: 'unknown', reason: stringAt(note, 'unknown') } }
  if (note.after === null) return { path, before, after: { kind: 'absent' } }
  return { path, before, after: { kind: 'file', hashes: hashesIn(objectAt(note, 'after')) } }
}

function checked(image: Image, bytes: Uint8Array, expected: Json, hasher: Hasher): Image {
  const { raw, norm } = hashesOf(hasher, bytes)
  if (raw !== expected.raw || norm !== expected.norm)
    throw new Unreadable(`the after-image of ${image.path} does not have the recorded hash`)
  return image
}

function afterImage(path: string, original: Uint8Array | undefined, edits: readonly ByteEdit[]): Buffer {
  const fault = editsFault(original?.length ?? 0, edits)
  if (fault !== undefined) throw new Unreadable(`the edits of ${path} do not fit: ${fault}`)
  return splice(original ?? new Uint8Array(), edits)
}

function factsOf(note: Json): PathFacts {
  return {
    from: note.from === 'buffer' ? 'buffer' : 'disk',
    ...(note.version !== undefined && { version: integerAt(note, 'version') }),
    ...(note.disk !== undefined && { disk: note.disk === null ? null : stringAt(note, 'disk') }),
    ...(note.size !== undefined && { size: numberAt(note, 'size') }),
    ...(note.mtime !== undefined && { mtimeNs: bigIntAt(note, 'mtime') }),
    ...(note.mode !== undefined && { mode: numberAt(note, 'mode') }),
  }
}

function aboutOf(meta: Json): About {
  return {
    at: stringAt(meta, 'at'),
    session: stringAt(meta, 'session'),
    road: stringAt(meta, 'road'),
    label: stringAt(meta, 'label'),
    server: stringAt(meta, 'server'),
    ...(meta.purpose !== undefined && { purpose: purposeOf(meta.purpose) }),
    ...(meta.of !== undefined && { of: stringAt(meta, 'of') }),
    ...(meta.edit !== undefined && { edit: meta.edit }),
  }
}

function purposeOf(value: unknown): Purpose {
  if (value === 'finish' || value === 'roll-back' || value === 'undo') return value
  throw new Unreadable(`its purpose ${String(value)} is not known`)
}

/** The Go package's line: an intent whose after-images are what its edits make of its originals. */
function decodeForeign(line: Uint8Array, hasher: Hasher): Line {
  return orBad(() => {
    const json = parse(line)
    const keys = Object.keys(json)
    if (keys.length !== GO_KEYS.length || !GO_KEYS.every((key) => key in json))
      throw new Unreadable('it has no checksum')
    const wire = joinWire([json], hasher)
    const images = [...new Set([...wire.originals.keys(), ...wire.edits.keys()])].map((path): Image => {
      const before = wire.originals.get(path)
      const edits = wire.edits.get(path) ?? []
      if (before === undefined) {
        const reason = 'its original was not recorded'
        return { path, before, after: { kind: 'unknown', reason }, source: undefined, edits: [] }
      }
      const bytes = afterImage(path, before, edits)
      return { path, before, after: { kind: 'file', bytes }, source: path, edits }
    })
    const about = { at: '', session: '', road: '', label: '', server: '' }
    const folders = { made: [], removed: [] }
    const id = stringAt(json, 'id')
    return { kind: 'foreign', intent: { id, images, facts: new Map(), folders, foreign: true, about } }
  })
}

/** What a checked line says is still a stranger's word: everything is looked at before it is used. */
class Unreadable extends Error {}

function orBad(read: () => Line): Line {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'bad', reason: error.message }
    throw error
  }
}

function parse(line: Uint8Array): Json {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
  } catch {
    throw new Unreadable('it is not JSON in UTF-8')
  }
  return asObject(value, 'line')
}

function entryOf<T>(map: Map<string, T[]>, key: string): T[] {
  const entry = map.get(key) ?? []
  map.set(key, entry)
  return entry
}

function objectAt(json: Json, key: string): Json {
  return asObject(json[key], key)
}

function asObject(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new Unreadable(`${what} is not an object`)
}

function asArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Unreadable(`${what} is not an array`)
}

function strings(value: unknown): string[] {
  return asArray(value ?? [], 'folders').filter(
    (item) => typeof item === 'string' && isAbsolute(item),
  ) as string[]
}

function stringAt(json: Json, key: string): string {
  const value = json[key]
  if (typeof value === 'string') return value
  throw new Unreadable(`${key} is not a string`)
}

function numberAt(json: Json, key: string): number {
  const value = integerAt(json, key)
  if (value >= 0) return value
  throw new Unreadable(`${key} is negative`)
}

function integerAt(json: Json, key: string): number {
  const value = json[key]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new Unreadable(`${key} is not a whole number`)
}

function bigIntAt(json: Json, key: string): bigint {
  const value = stringAt(json, key)
  if (/^-?\d{1,30}$/.test(value)) return BigInt(value)
  throw new Unreadable(`${key} is not a whole number`)
}

function pairOfNumbers(value: unknown): readonly [number, number] {
  const [index, count] = asArray(value, 'part')
  if (Number.isSafeInteger(index) && Number.isSafeInteger(count)) return [index as number, count as number]
  throw new Unreadable('part is not a pair of numbers')
}

function decodeBase64(value: unknown, path: string): Buffer {
  if (typeof value !== 'string') throw new Unreadable(`the bytes of ${path} are not a string`)
  const bytes = Buffer.from(value, 'base64')
  // Buffer.from skips what is not base64, so it is what the bytes encode to that tells.
  if (bytes.toString('base64') !== value) throw new Unreadable(`the bytes of ${path} are not base64`)
  return bytes
}
