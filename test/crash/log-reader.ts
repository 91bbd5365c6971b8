import xxhash from 'xxhash-wasm'
import type { Platter } from '../disk/platter.ts'
import { type GoIntent, readAsGo } from '../journal/go-reader.ts'

const xxh = await xxhash()
const hashOf = (bytes: Uint8Array): string => xxh.h64Raw(bytes, 0n).toString(16).padStart(16, '0')

/** What a log holds to a reader that was written from FORMAT.md, and shares no code with the one under test. */
export interface ReadLog {
  /** Ids of the intents of which every part is there, in append order. */
  readonly ids: readonly string[]
  /** What is wrong with it, but for a torn tail. */
  readonly faults: readonly string[]
  readonly isTorn: boolean
}

/** Every `wal.log` and `wal.N.log` under the journal of a simulated disk, by path from there. */
export function readJournal(platter: Platter, root: string): Map<string, ReadLog> {
  const logs = new Map<string, ReadLog>()
  if (platter.tryFind(root, 'no follow') === undefined) return logs
  for (const [path, text] of Object.entries(platter.tree(root)))
    if (/(^|\/)wal(\.\d+)?\.log$/.test(path) && text !== '/')
      logs.set(path, readLog(Buffer.from(text, 'latin1')))
  return logs
}

export function readLog(log: Buffer): ReadLog {
  const ids: string[] = []
  const faults: string[] = []
  let isTorn = false
  let seq = 0
  let prev = ''
  let parts: Part[] = []
  for (let at = 0; at < log.length; ) {
    const lf = log.indexOf(10, at)
    const part = lf < 0 ? undefined : partOf(log.subarray(at, lf))
    if (part === undefined) isTorn = true
    else {
      if (isTorn) faults.push(`a valid line at ${at} stands behind bytes that are none`)
      if (part.seq !== seq || part.prev !== prev) faults.push(`the line at ${at} breaks the chain`)
      seq = part.seq + 1
      prev = part.sum
      if (parts.length > 0 && parts[0]!.intent.id !== part.intent.id)
        faults.push(`parts before ${at} lack others`)
      parts.push(part)
      if (parts.length === part.of) {
        faults.push(...wrongOriginals(parts))
        ids.push(part.intent.id)
        parts = []
      }
    }
    at = lf < 0 ? log.length : lf + 1
  }
  return { ids, faults, isTorn: isTorn || parts.length > 0 }
}

interface Part {
  readonly intent: GoIntent
  readonly sum: string
  readonly seq: number
  readonly prev: string
  readonly of: number | undefined
}

function partOf(line: Buffer): Part | undefined {
  const tail = /,"sum":"([0-9a-f]{16})"\}$/.exec(line.toString('latin1', Math.max(0, line.length - 26)))
  if (tail === null || hashOf(line.subarray(0, line.length - tail[0].length)) !== tail[1]) return undefined
  const { meta } = JSON.parse(line.toString('utf8')) as {
    meta: { seq: number; prev: string; part?: [number, number?] }
  }
  const [intent] = readAsGo(Buffer.concat([line, Buffer.from('\n')]))
  return {
    intent: intent!,
    sum: tail[1]!,
    seq: meta.seq,
    prev: meta.prev,
    of: meta.part === undefined ? 1 : meta.part[1],
  }
}

/** Of each path whose original does not have the hash that is recorded for it. */
function wrongOriginals(parts: readonly Part[]): string[] {
  const faults: string[] = []
  const slices = new Map<string, Buffer[]>()
  for (const { intent } of parts)
    for (const [path, base64] of Object.entries(intent.originals ?? {}))
      slices.set(path, [...(slices.get(path) ?? []), Buffer.from(base64 ?? '', 'base64')])
  const hashes = Object.assign({}, ...parts.map(({ intent }) => intent.expected_raw_hash ?? {}))
  for (const [path, bytes] of slices)
    if (hashOf(Buffer.concat(bytes)) !== hashes[path]) faults.push(`the original of ${path} is another one`)
  return faults
}
