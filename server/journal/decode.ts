import type { Hasher } from '../edits/hash.ts'
import type { After, Image } from '../edits/images.ts'
import { BARE_VERSION, STREAMED_VERSION, VERSION, WITHHOLDING_VERSION } from './encode.ts'
import type { Intent } from './intent.ts'
import { type Json, numberAt, objectAt, stringAt, Unreadable } from './json-values.ts'
import { type Cut, parseLine } from './line-json.ts'
import type { Readable } from './log-bytes.ts'
import { partAt } from './part-number.ts'
import { Wire } from './wire.ts'

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
  /** Undefined: not the last one, and only that knows. */
  readonly count: number | undefined
  /** Without the files' bytes: each is its number in `cuts`. */
  readonly json: Json
  /** Where those stand in `log`. */
  readonly cuts: readonly Cut[]
  readonly log: Readable
}

/** Where a line stands, so that what it says of files' bytes can be read again. */
interface Place {
  readonly log: Readable
  readonly at: number
}

const SUM = /^,"sum":"([0-9a-f]{16})"\}$/
const SUM_LENGTH = ',"sum":"0123456789abcdef"}'.length
const VERSIONS: readonly unknown[] = [VERSION, WITHHOLDING_VERSION, STREAMED_VERSION, BARE_VERSION]
const GO_KEYS = ['id', 'edits', 'originals', 'expected_raw_hash', 'expected_norm_hash']

/**
 * Reads one line, without its LF.
 * Valid is a line whose `sum` is the hash of every byte before it, or, without `sum`, one with exactly
 * the Go package's keys. `place`: where it stands; by default nowhere else.
 */
export function decodeLine(
  line: Buffer,
  hasher: Hasher,
  place: Place = { log: inMemory(line), at: 0 },
): Line {
  const tail = SUM.exec(line.subarray(-SUM_LENGTH).toString('latin1'))
  if (tail === null) return decodeForeign(line, hasher, place)
  const body = line.subarray(0, line.length - SUM_LENGTH)
  if (hasher.hash(body) !== tail[1]) return { kind: 'bad', reason: 'its checksum does not match' }
  return orBad(() => {
    const { json, cuts } = parseLine(line)
    const meta = objectAt(json, 'meta')
    if (!VERSIONS.includes(meta.v))
      return { kind: 'refused', reason: `it is of version ${String(meta.v)}, not 1 to ${BARE_VERSION}` }
    const part = {
      id: stringAt(json, 'id'),
      seq: numberAt(meta, 'seq'),
      prev: stringAt(meta, 'prev'),
      sum: stringAt(json, 'sum'),
      ...partAt(meta),
      json,
      cuts: cuts.map(({ at, length }) => ({ at: place.at + at, length })),
      log: place.log,
    }
    return { kind: 'part', part }
  })
}

/** The whole of a line as JSON, the files' bytes as they are written. @throws Unreadable */
export function recordOf(line: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)) as Json
  } catch {
    throw new Unreadable('it is not JSON in UTF-8')
  }
}

/** The Go package's line: an intent whose after-images are what its edits make of its originals. */
function decodeForeign(line: Buffer, hasher: Hasher, { log, at }: Place): Line {
  return orBad(() => {
    const { json, cuts: found } = parseLine(line)
    const keys = Object.keys(json)
    if (keys.length !== GO_KEYS.length || !GO_KEYS.every((key) => key in json))
      throw new Unreadable('it has no checksum')
    const cuts = found.map((cut) => ({ at: at + cut.at, length: cut.length }))
    const wire = new Wire([{ json, cuts, log }], hasher)
    const images = [...wire.paths].map((path): Image => {
      const before = wire.original(path)
      if (before === undefined) {
        const reason = 'its original was not recorded'
        return { path, before, after: { kind: 'unknown', reason }, source: undefined, edits: [] }
      }
      const { stored, edits } = wire.afterImage(path)
      const after: After = { kind: 'file', bytes: stored }
      return { path, before: before.stored, after, source: path, edits }
    })
    const about = { at: '', session: '', road: '', label: '', server: '' }
    const folders = { made: [], removed: [] }
    const id = stringAt(json, 'id')
    return { kind: 'foreign', intent: { id, images, facts: new Map(), folders, foreign: true, about } }
  })
}

function inMemory(line: Buffer): Readable {
  return { read: (at, length) => line.subarray(at, at + length) }
}

function orBad(read: () => Line): Line {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'bad', reason: error.message }
    throw error
  }
}
