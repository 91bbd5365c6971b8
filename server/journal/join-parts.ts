import { isAbsolute } from 'node:path'
import type { Hasher, Hashes } from '../edits/hash.ts'
import { type After, bareImages, type Image } from '../edits/images.ts'
import { bareEnd } from './bare-json.ts'
import type { RecordPart } from './decode.ts'
import type { About, Intent, PathFacts, Purpose, Withheld } from './intent.ts'
import {
  asArray,
  asObject,
  bigIntAt,
  integerAt,
  type Json,
  numberAt,
  objectAt,
  stringAt,
  Unreadable,
} from './json-values.ts'
import { Wire } from './wire.ts'

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
  const wire = new Wire(parts, hasher)
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
    else images.push(imageOf(path, note, wire))
    facts.set(path, factsOf(note))
  }
  for (const { from, to, facts: known } of metas.flatMap(bareIn)) {
    const twice = from === to ? to : [from, to].find((path) => facts.has(path))
    if (twice !== undefined) throw new Unreadable(`${twice} is there twice`)
    images.push(...bareImages(from, to, known.size ?? 0))
    facts.set(from, known).set(to, { from: 'disk' })
  }
  wire.checkOriginals()
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

function imageOf(path: string, note: Json, wire: Wire): Image {
  const before = wire.original(path)?.stored
  if (note.unknown !== undefined) {
    const after: After = { kind: 'unknown', reason: stringAt(note, 'unknown') }
    return { path, before, after, source: undefined, edits: [] }
  }
  if (note.after === null) return { path, before, after: { kind: 'absent' }, source: undefined, edits: [] }
  const expected = objectAt(note, 'after')
  if (expected.kept !== undefined) {
    const kept = wire.kept(path)
    if (kept === undefined) throw new Unreadable(`the after-image of ${path} is missing`)
    check(path, kept.hashes, expected)
    return { path, before, after: { kind: 'file', bytes: kept.stored }, source: undefined, edits: [] }
  }
  const from = note.movedFrom === undefined ? path : stringAt(note, 'movedFrom')
  const { stored, hashes, edits } = wire.afterImage(from)
  check(path, hashes, expected)
  const source = wire.original(from) === undefined ? undefined : from
  return { path, before, after: { kind: 'file', bytes: stored }, source, edits }
}

function check(path: string, { raw, norm }: Hashes, expected: Json): void {
  if (raw !== expected.raw || norm !== expected.norm)
    throw new Unreadable(`the after-image of ${path} does not have the recorded hash`)
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

/** The bare moves that one line tells of. @throws Unreadable */
function bareIn({ bare }: Json): { from: string; to: string; facts: PathFacts }[] {
  return asArray(bare ?? [], 'bare').flatMap((value) => {
    const group = asObject(value, 'bare')
    const [from, to] = [stringAt(group, 'from'), stringAt(group, 'to')]
    return Object.entries(objectAt(group, 'files')).map(([name, note]) => ({
      from: bareEnd(from, name),
      to: bareEnd(to, name),
      facts: factsOf(asObject(note, name)),
    }))
  })
}

function factsOf(note: Json): PathFacts {
  return {
    from: note.from === 'buffer' ? 'buffer' : 'disk',
    ...(note.version !== undefined && { version: integerAt(note, 'version') }),
    ...(note.disk !== undefined && { disk: note.disk === null ? null : stringAt(note, 'disk') }),
    ...(note.stale === true && { stale: true }),
    ...(note.size !== undefined && { size: numberAt(note, 'size') }),
    ...(note.mtime !== undefined && { mtimeNs: bigIntAt(note, 'mtime') }),
    ...(note.mode !== undefined && { mode: numberAt(note, 'mode') }),
    ...(note.was !== undefined && { was: stringAt(note, 'was') }),
    ...(note.cameFrom !== undefined && { cameFrom: stringAt(note, 'cameFrom') }),
  }
}

/** Without the WorkspaceEdit: it is for people who read the log, and may be as large as the files. */
function aboutOf(meta: Json): About {
  return {
    at: stringAt(meta, 'at'),
    session: stringAt(meta, 'session'),
    road: stringAt(meta, 'road'),
    label: stringAt(meta, 'label'),
    server: stringAt(meta, 'server'),
    ...(meta.purpose !== undefined && { purpose: purposeOf(meta.purpose) }),
    ...(meta.of !== undefined && { of: stringAt(meta, 'of') }),
    ...(meta.named === true && { named: true }),
  }
}

function purposeOf(value: unknown): Purpose {
  if (value === 'finish' || value === 'roll-back' || value === 'undo') return value
  throw new Unreadable(`its purpose ${String(value)} is not known`)
}

function strings(value: unknown): string[] {
  return asArray(value ?? [], 'folders').filter(
    (item) => typeof item === 'string' && isAbsolute(item),
  ) as string[]
}
