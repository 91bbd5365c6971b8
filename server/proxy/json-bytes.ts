import type { ByteEdit } from '../edits/splice.ts'

// JSON as the bytes that came: what is not changed is handed on as it was spelled, numbers beyond 2^53, the order of
// keys and all. The bytes may be no JSON at all.

/** The first of three bytes; no JSON begins with it. */
const BOM = 0xef
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** Where the JSON in a body begins: readers such as vscode-jsonrpc drop a byte order mark before it. */
export function startOf(body: Buffer): number {
  return skipSpace(body, body[0] === BOM ? 3 : 0, body.length)
}

/** The length of the JSON value that a body begins with; more than the body's where it does not end. */
export function firstValue(body: Buffer): number {
  return endOfValue(body, skipSpace(body, 0, body.length), body.length)
}

/** A key and its value in an object, by their offsets. */
export interface Member {
  readonly key: string
  /** Where its key opens. */
  readonly from: number
  readonly value: number
  readonly to: number
}

/** The members of the object that opens at `from`, in order; undefined: there is no whole object. */
export function membersOf(bytes: Buffer, from: number): Member[] | undefined {
  const members: Member[] = []
  const to = bytes.length
  if (bytes[from] !== OPEN) return undefined
  let at = skipSpace(bytes, from + 1, to)
  if (bytes[at] === CLOSE) return members
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined
    const keyEnd = endOfString(bytes, at, to)
    const key = keyEnd > to ? undefined : unescaped(bytes.toString('utf8', at + 1, keyEnd - 1))
    const colon = skipSpace(bytes, keyEnd, to)
    if (key === undefined || bytes[colon] !== COLON) return undefined
    const value = skipSpace(bytes, colon + 1, to)
    const end = endOfValue(bytes, value, to)
    if (end > to || end === value) return undefined
    members.push({ key, from: at, value, to: end })
    at = skipSpace(bytes, end, to)
    if (bytes[at] === CLOSE) return members
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1, to)
  }
}

/** The member of a name, the last one of them as JSON.parse has it. */
export function memberOf(bytes: Buffer, from: number, key: string): Member | undefined {
  return membersOf(bytes, from)?.findLast((member) => member.key === key)
}

/** The edit that adds a member to the object that opens at `from`, in front of the others. */
export function added(body: Buffer, from: number, key: string, json: string): ByteEdit {
  const comma = membersOf(body, from)?.length === 0 ? '' : ','
  return { start: from + 1, end: from + 1, text: `${JSON.stringify(key)}:${json}${comma}` }
}

/** The items of the list that opens at `from`, by their offsets; undefined: there is no whole list. */
export function itemsOf(bytes: Buffer, from: number): { from: number; to: number }[] | undefined {
  const items: { from: number; to: number }[] = []
  const to = bytes.length
  if (bytes[from] !== OPEN_LIST) return undefined
  let at = skipSpace(bytes, from + 1, to)
  if (bytes[at] === CLOSE_LIST) return items
  for (;;) {
    const end = endOfValue(bytes, at, to)
    if (end > to || end === at) return undefined
    items.push({ from: at, to: end })
    at = skipSpace(bytes, end, to)
    if (bytes[at] === CLOSE_LIST) return items
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1, to)
  }
}

/** The text of the JSON string whose first character is at `from`; undefined: it is no valid one, or has no end. */
export function textAt(bytes: Buffer, from: number, to: number): string | undefined {
  const end = endOfString(bytes, from - 1, to)
  return end > to ? undefined : unescaped(bytes.toString('utf8', from, end - 1))
}

/** What stands between the quotes of a JSON string; undefined: that is no valid one. */
export function unescaped(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}

/** The offset of the first byte at or after `from` that is no white space. */
export function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

/** Most strings are shorter than what calling for a native search costs. */
const SHORT = 64

/** The offset after the string that opens at `from`; more than `to` where it does not end before that. */
export function endOfString(bytes: Uint8Array, from: number, to: number): number {
  const near = Math.min(to, from + SHORT)
  let at = from + 1
  while (at < near) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  // A quote that an odd number of backslashes stands before is part of the text.
  for (
    let quote = bytes.indexOf(QUOTE, at);
    quote >= 0 && quote < to;
    quote = bytes.indexOf(QUOTE, quote + 1)
  ) {
    let slashes = 0
    while (quote - 1 - slashes >= at && bytes[quote - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote + 1
  }
  return to + 1
}

/** The offset after the value at `from`; more than `to` where it does not end for certain before that. */
export function endOfValue(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from]
  if (first === QUOTE) return endOfString(bytes, from, to)
  let at = from
  if (first === OPEN || first === OPEN_LIST) {
    let depth = 0
    while (at < to) {
      const byte = bytes[at]!
      if (byte === QUOTE) {
        at = endOfString(bytes, at, to)
        continue
      }
      if (byte === OPEN || byte === OPEN_LIST) depth++
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return at + 1
      at++
    }
    return to + 1
  }
  while (at < to && !isEndOfScalar(bytes[at]!)) at++
  return at < to ? at : to + 1
}

function isEndOfScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || byte <= 0x20
}
