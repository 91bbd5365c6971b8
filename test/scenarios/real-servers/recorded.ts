import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import xxhash from 'xxhash-wasm'

/** One line of a `wal.log`, read here without the code under test. */
export interface Line {
  readonly id: string
  readonly edits: readonly ByteEdit[]
  readonly originals: Readonly<Record<string, string>>
  readonly meta: {
    readonly road: string
    readonly label: string
    readonly server: string
    readonly edit: unknown
    readonly paths: Readonly<Record<string, PathMeta>>
  }
}

interface ByteEdit {
  readonly Path: string
  readonly StartByte: number
  readonly EndByte: number
  readonly NewText: string
}

interface PathMeta {
  readonly after: { readonly raw: string; readonly bytes?: string } | null
  readonly movedFrom?: string
}

/** What stands in the logs of the sessions below `live/` or `history/` now; none where there is no session. */
export function readLines(journal: string, state: 'live' | 'history', log = 'wal.log'): unknown[] {
  return sessionsIn(journal, state).flatMap((session) => {
    const path = join(journal, state, session, log)
    if (!existsSync(path)) return []
    // A line counts when its LF is there: what stands behind the last one is still being written.
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    return lines.map((line): unknown => JSON.parse(line))
  })
}

export function sessionsIn(journal: string, state: 'live' | 'history'): string[] {
  const folder = join(journal, state)
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

/** The originals that a line holds, by path. */
export function originalsOf(line: Line): Record<string, Buffer> {
  return mapValues(line.originals, (base64) => Buffer.from(base64, 'base64'))
}

/** What the paths of a line hold once its edits are carried out; a path that is gone then is left out. */
export function afterImagesOf(line: Line): Record<string, Buffer> {
  const originals = originalsOf(line)
  const images: Record<string, Buffer> = {}
  for (const [path, { after, movedFrom = path }] of Object.entries(line.meta.paths)) {
    if (after === null) continue
    images[path] =
      after.bytes === undefined
        ? spliced(
            originals[movedFrom] ?? Buffer.alloc(0),
            line.edits.filter(({ Path }) => Path === movedFrom),
          )
        : Buffer.from(after.bytes, 'base64')
  }
  return images
}

/** The hashes of the after-images, as the line itself has them. */
export function afterHashesOf(line: Line): Record<string, string | undefined> {
  return mapValues(line.meta.paths, ({ after }) => after?.raw)
}

const hashes = await xxhash()

export function hashOf(bytes: Uint8Array): string {
  return hashes.h64Raw(bytes).toString(16).padStart(16, '0')
}

/** The edits of a line index its original, sorted and disjoint. */
function spliced(original: Buffer, edits: readonly ByteEdit[]): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { StartByte, EndByte, NewText } of edits) {
    pieces.push(original.subarray(at, StartByte), Buffer.from(NewText, 'utf8'))
    at = EndByte
  }
  return Buffer.concat([...pieces, original.subarray(at)])
}

export function mapValues<A, B>(record: Readonly<Record<string, A>>, of: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, of(value)]))
}
