/** What Go's `encoding/json` makes of one line, decoded into the struct of the package `wal` v0.1.0. */
export interface GoIntent {
  readonly id: string
  readonly edits: readonly GoEdit[] | null
  readonly originals: Readonly<Record<string, string | null>> | null
  readonly expected_raw_hash: Readonly<Record<string, string>> | null
  readonly expected_norm_hash: Readonly<Record<string, string>> | null
}

interface GoEdit {
  readonly Path: string
  readonly StartByte: number
  readonly EndByte: number
  readonly NewText: string
}

const LONGEST_TOKEN = 16 * 1024 * 1024

/**
 * Reads a log as that package does: a `bufio.Scanner` over lines of up to 16 MiB, `json.Unmarshal` on each, keys that
 * the struct lacks passed over. Shares nothing with the reader under test.
 */
export function readAsGo(log: Buffer): GoIntent[] {
  const intents: GoIntent[] = []
  for (let at = 0; at < log.length; ) {
    const lf = log.indexOf('\n', at)
    const end = lf < 0 ? log.length : lf
    // The scanner's buffer has to hold the line and its end.
    if (end - at + 1 > LONGEST_TOKEN) throw new Error('bufio.Scanner: token too long')
    const line = log.subarray(at, log[end - 1] === 0x0d ? end - 1 : end)
    intents.push(unmarshal(JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(line))))
    at = end + 1
  }
  return intents
}

function unmarshal(value: unknown): GoIntent {
  const json = mapOf(value) ?? fail(value, 'the struct')
  return {
    id: stringOf(json.get('id') ?? ''),
    edits: arrayOf(json.get('edits') ?? null)?.map(editOf) ?? null,
    originals: objectOf(json.get('originals'), (bytes) => (bytes === null ? null : base64Of(bytes))),
    expected_raw_hash: objectOf(json.get('expected_raw_hash'), stringOf),
    expected_norm_hash: objectOf(json.get('expected_norm_hash'), stringOf),
  }
}

function editOf(value: unknown): GoEdit {
  const json = mapOf(value) ?? fail(value, 'an edit')
  return {
    Path: stringOf(json.get('Path')),
    StartByte: intOf(json.get('StartByte')),
    EndByte: intOf(json.get('EndByte')),
    NewText: stringOf(json.get('NewText')),
  }
}

function objectOf<T>(value: unknown, of: (each: unknown) => T): Record<string, T> | null {
  const map = mapOf(value ?? null)
  return map && Object.fromEntries([...map].map(([key, each]) => [key, of(each)]))
}

function mapOf(value: unknown): Map<string, unknown> | null {
  if (value === null) return null
  return typeof value === 'object' && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : fail(value, 'a map')
}

const arrayOf = (value: unknown): unknown[] | null =>
  value === null || Array.isArray(value) ? value : fail(value, 'a slice')

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : fail(value, 'a string'))

const intOf = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : fail(value, 'an int')

function base64Of(value: unknown): string {
  const text = stringOf(value)
  // encoding/base64, StdEncoding: that alphabet, padded to a multiple of four.
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? text : fail(value, '[]byte')
}

function fail(value: unknown, into: string): never {
  throw new Error(`json: cannot unmarshal ${JSON.stringify(value)?.slice(0, 80)} into ${into}`)
}
