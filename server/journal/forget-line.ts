import type { Hasher } from '../edits/hash.ts'
import { type Link, WITHHOLDING_VERSION } from './encode.ts'
import { asJson } from './meta-json.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * One record of an intent with these paths withheld, as if they had never been in it (see `withhold`).
 * What is not known here stays as it is: a later program may have put it there.
 */
export function withoutPaths(record: Json, paths: ReadonlySet<string>): Json {
  const { edit: _, ...meta } = record.meta as Json
  const isKept = (path: unknown) => typeof path !== 'string' || !paths.has(path)
  return mapped(record, {
    edits: (all) => (all as Json[]).filter(({ Path }) => isKept(Path)),
    originals: (all) => without(all, paths),
    creates: (all) => orNothing((all as unknown[]).filter(isKept)),
    deletes: (all) => orNothing((all as unknown[]).filter(isKept)),
    moves: (all) => orNothing((all as Json[]).filter(({ from, to }) => isKept(from) && isKept(to))),
    meta: () =>
      mapped(meta, {
        v: (version) => Math.max(version as number, WITHHOLDING_VERSION),
        paths: (all) =>
          Object.fromEntries(
            Object.entries(all as Json).map(([path, note]) => [
              path,
              paths.has(path) ? withheldNote(note as Json) : note,
            ]),
          ),
        kept: (all) => {
          const kept = without(all, paths)
          return Object.keys(kept).length > 0 ? kept : undefined
        },
      }),
  })
}

/** The line of a record, with its LF, where it follows `link`; and the link for the record that follows it. */
export function relinked(record: Json, link: Link, hasher: Hasher): { line: Buffer; next: Link } {
  const { sum: _, ...unsigned } = record
  const body = asJson(
    mapped(unsigned, {
      meta: (meta) => mapped(meta as Json, { seq: () => link.seq, prev: () => link.prev }),
    }),
  ).slice(0, -1)
  const sum = hasher.hash(Buffer.from(body))
  return { line: Buffer.from(`${body},"sum":"${sum}"}\n`), next: { seq: link.seq + 1, prev: sum } }
}

function withheldNote(note: Json): Json {
  if (note.withheld === true) return note
  const { after, movedFrom: _, ...facts } = note
  if (after === undefined) return { withheld: true, ...facts } // it says why that is unknown
  const { raw, norm } = (after ?? {}) as Json
  return { withheld: true, after: after === null ? null : { raw, norm }, ...facts }
}

/** The object with some of its values changed, in its order; what becomes undefined is left out. */
function mapped(json: Json, changes: Readonly<Record<string, (value: unknown) => unknown>>): Json {
  const entries = Object.entries(json).map(([key, value]) => {
    const change = Object.hasOwn(changes, key) ? changes[key] : undefined
    // null reads as nothing, wherever the Go package writes it.
    return [key, change === undefined || value === null ? value : change(value)] as const
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function without(json: unknown, paths: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(json as Json).filter(([path]) => !paths.has(path)))
}

function orNothing<T>(all: readonly T[]): readonly T[] | undefined {
  return all.length > 0 ? all : undefined
}
