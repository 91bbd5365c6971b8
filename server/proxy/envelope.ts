/** What kind of JSON-RPC message a body is, read off its top-level keys without parsing the rest. */
export interface Envelope {
  readonly method: string | undefined
  /** The id as JSON, the same however a peer escapes its characters or writes its number; undefined: no id. */
  readonly id: string | undefined
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/**
 * Scans the top level of a JSON object: right for every order of keys, every escape and any white space, and never
 * fooled by what stands in nested objects or strings. Of a key that comes twice the last counts, as for JSON.parse.
 * `undefined`: the body is no JSON object as far as it was read.
 */
export function readEnvelope(body: Buffer): Envelope | undefined {
  // Readers such as vscode-jsonrpc drop a byte order mark, so what stands behind one counts.
  let at = skipSpace(body, body.indexOf(BOM) === 0 ? BOM.length : 0)
  if (body[at] !== OPEN) return undefined
  let method: string | undefined
  let id: string | undefined
  at = skipSpace(body, at + 1)
  while (body[at] !== CLOSE) {
    if (body[at] !== QUOTE) return undefined
    const keyEnd = endOfString(body, at)
    const key = keyOf(body, at, keyEnd)
    at = skipSpace(body, keyEnd)
    if (body[at] !== COLON) return undefined
    at = skipSpace(body, at + 1)
    const end = endOfValue(body, at)
    if (end === at) return undefined
    if (key === 'method') method = textOf(body, at, end)
    else if (key === 'id') id = idOf(body.toString('utf8', at, end))
    at = skipSpace(body, end)
    if (body[at] === COMMA) at = skipSpace(body, at + 1)
    else if (body[at] !== CLOSE) return undefined
  }
  return { method, id }
}

/** The text of a short string; undefined where it is none. */
function textOf(body: Buffer, start: number, end: number): string | undefined {
  if (body[start] !== QUOTE) return undefined
  const text = body.toString('utf8', start + 1, end - 1)
  return text.includes('\\') ? unescaped(body, start, end) : text
}

const PLAIN_ID = /^(?:-?(?:0|[1-9]\d*)|"[A-Za-z0-9 _.:/-]*"|null)$/

function idOf(text: string): string | undefined {
  // As it came: read and written again, a number of more than 53 bits would be another one.
  if (PLAIN_ID.test(text)) return text
  try {
    const id: unknown = JSON.parse(text)
    return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id))
      ? JSON.stringify(id)
      : undefined
  } catch {
    return undefined // no JSON, so nobody can answer to it
  }
}

function keyOf(body: Buffer, start: number, end: number): string | undefined {
  // Only `method` and `id` are looked for; escaped, a character takes at most six bytes.
  if (end - start > 2 + 6 * 'method'.length) return undefined
  return textOf(body, start, end)
}

function unescaped(body: Buffer, start: number, end: number): string | undefined {
  try {
    return JSON.parse(body.toString('utf8', start, end)) as string
  } catch {
    return undefined // no valid string, so not one that is looked for
  }
}

function skipSpace(body: Buffer, at: number): number {
  let byte = body[at]
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = body[++at]
  return at
}

/** The offset after the string that opens at `start`; the body's length where it does not end. */
function endOfString(body: Buffer, start: number): number {
  for (let quote = body.indexOf(QUOTE, start + 1); quote >= 0; quote = body.indexOf(QUOTE, quote + 1)) {
    let slashes = 0
    while (body[quote - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
  }
  return body.length
}

function endOfValue(body: Buffer, start: number): number {
  const first = body[start]
  if (first === QUOTE) return endOfString(body, start)
  let at = start
  if (first === OPEN || first === OPEN_LIST) {
    let depth = 0
    while (at < body.length) {
      const byte = body[at]!
      if (byte === QUOTE) {
        at = endOfString(body, at)
        continue
      }
      if (byte === OPEN || byte === OPEN_LIST) depth++
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return at + 1
      at++
    }
    return at
  }
  while (at < body.length && !isEndOfScalar(body[at]!)) at++
  return at
}

function isEndOfScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || byte <= 0x20
}
