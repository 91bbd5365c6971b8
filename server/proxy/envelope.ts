import { FixedText, viewOf } from './fixed-text.ts'
import { endOfString, endOfValue, skipSpace, startOf, unescaped } from './json-bytes.ts'

/** The first of three bytes; no JSON begins with it. */
const BOM = 0xef
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** What kind of JSON-RPC message it is, as far as its bytes have come; `none`: no kind that anybody knows. */
export type MessageKind = 'call' | 'answer' | 'none' | 'unknown yet'

/** How nearly everybody's messages begin, and the keys that come next there. */
const USUAL_BEGINNING = new FixedText('{"jsonrpc":"2.0"')
const METHOD_KEY = new FixedText('"method"')
const RESULT_KEY = new FixedText('"result"')
const ID_KEY = new FixedText('"id"')

/**
 * Reads what a message is off its top-level keys: `method` makes it a call (a request or a notification), `result`
 * or `error` an answer.
 *
 * It is right for every order of keys, every escape and any white space, is never fooled by what stands in nested
 * objects or strings, and stops at the first key that tells: what comes behind that is not looked at. So of two
 * such keys the first one counts. (Editors differ: of a key that comes twice JSON.parse takes the last, Emacs the
 * first, and Helix refuses the message.)
 *
 * One object reads message after message: this is done for every one that passes, and allocates nothing.
 */
export class EnvelopeReader {
  /** Where the method's text begins, behind its quote; of a `call` only. It may not have come whole. */
  method = 0
  /** The id's bytes, quotes included; an empty range: none was seen so far. */
  idFrom = 0
  idTo = 0
  /** Whether a result or an error was seen: if so it is no call, whoever it answers. */
  isAnswer = false
  #bytes: Uint8Array | undefined
  #view = viewOf(new Uint8Array())
  /** Where the key that was read last ends, behind its quote. */
  #keyEnd = 0

  /**
   * `whole`: no more bytes come. `whose`: whether it matters whose answer an answer is: if so, it is none before its
   * id has come, or is known not to come.
   */
  read(bytes: Uint8Array, from: number, to: number, whole: boolean, whose: boolean): MessageKind {
    const cutShort = whole ? 'none' : 'unknown yet'
    this.idFrom = this.idTo = 0
    this.isAnswer = false
    let at = from
    if (this.#bytes !== bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    if (at + USUAL_BEGINNING.length < to && USUAL_BEGINNING.isAt(this.#view, at)) {
      at = skipSpace(bytes, at + USUAL_BEGINNING.length, to)
      if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, to)
    } else {
      // Readers such as vscode-jsonrpc drop a byte order mark, so what stands behind one counts.
      if (bytes[at] === BOM) {
        if (to - at < 3) return cutShort
        at += 3
      }
      at = skipSpace(bytes, at, to)
      if (at >= to) return cutShort
      if (bytes[at] !== OPEN) return 'none'
      at = skipSpace(bytes, at + 1, to)
    }
    while (at < to && bytes[at] !== CLOSE) {
      if (bytes[at] !== QUOTE) return 'none'
      const key = this.#key(bytes, at, to)
      if (this.#keyEnd > to) return cutShort
      at = skipSpace(bytes, this.#keyEnd, to)
      if (at >= to) return cutShort
      if (bytes[at] !== COLON) return 'none'
      at = skipSpace(bytes, at + 1, to)
      if (at >= to) return cutShort
      if (key === METHOD && bytes[at] === QUOTE) {
        this.method = at + 1
        return 'call'
      }
      if (key === ANSWER) {
        if (!whose || this.idTo > 0) return 'answer'
        this.isAnswer = true
      }
      const end = endOfValue(bytes, at, to)
      if (end > to) return cutShort
      if (end === at) return 'none'
      if (key === ID) {
        this.idFrom = at
        this.idTo = end
        if (this.isAnswer) return 'answer'
      }
      at = skipSpace(bytes, end, to)
      if (at >= to) return cutShort
      if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, to)
      else if (bytes[at] !== CLOSE) return 'none'
    }
    if (at >= to) return cutShort
    return this.isAnswer ? 'answer' : 'none'
  }

  #key(bytes: Uint8Array, at: number, to: number): Key {
    if (METHOD_KEY.isAt(this.#view, at)) {
      this.#keyEnd = at + METHOD_KEY.length
      return METHOD
    }
    if (ID_KEY.isAt(this.#view, at)) {
      this.#keyEnd = at + ID_KEY.length
      return ID
    }
    if (RESULT_KEY.isAt(this.#view, at)) {
      this.#keyEnd = at + RESULT_KEY.length
      return ANSWER
    }
    this.#keyEnd = endOfString(bytes, at, to)
    return this.#keyEnd > to ? OTHER : keyOf(bytes, at + 1, this.#keyEnd - 1)
  }
}

/** The id of a whole message, as JSON in the spelling of its sender; undefined: there is none that could be one. */
export function idAsWritten(body: Buffer): string | undefined {
  const to = body.length
  let at = startOf(body)
  if (body[at] !== OPEN) return undefined
  let id: string | undefined
  for (at = skipSpace(body, at + 1, to); at < to && body[at] === QUOTE; at = skipSpace(body, at + 1, to)) {
    const keyEnd = endOfString(body, at, to)
    const key = keyOf(body, at + 1, keyEnd - 1)
    const from = skipSpace(body, skipSpace(body, keyEnd, to) + 1, to)
    const end = endOfValue(body, from, to)
    if (end > to) break
    if (key === ID) id = body.toString('utf8', from, end)
    at = skipSpace(body, end, to)
    if (body[at] !== COMMA) break
  }
  return id === undefined || plainId(id) === undefined ? undefined : id
}

/** The id of a whole message, in the one spelling that `plainId` has for it. */
export function idOf(body: Buffer): string | undefined {
  const id = idAsWritten(body)
  return id === undefined ? undefined : plainId(id)
}

const PLAIN_ID = /^(?:-?(?:0|[1-9]\d*)|"[A-Za-z0-9 _.:/-]*"|null)$/

/**
 * An id as it came (read and written again, a number of more than 53 bits would be another one), but the same
 * however a peer escapes its characters or writes its number; undefined: it is none.
 */
export function plainId(text: string): string | undefined {
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

const NUMBER_IN_TEXT = /^"(-?(?:0|[1-9]\d*))"$/

/** The number that is an id's text, if it is one: some editors (Neovim, lsp-mode) take the answer to it for theirs. */
export function numberIn(id: string): string | undefined {
  return NUMBER_IN_TEXT.exec(id)?.[1]
}

const OTHER = 0
const METHOD = 1
const ID = 2
const ANSWER = 3
type Key = typeof OTHER | typeof METHOD | typeof ID | typeof ANSWER

const [METHOD_NAME, ID_NAME, RESULT_NAME, ERROR_NAME] = ['method', 'id', 'result', 'error'].map((name) =>
  Buffer.from(name, 'latin1'),
) as [Buffer, Buffer, Buffer, Buffer]
const BY_NAME: ReadonlyMap<string, Key> = new Map([
  ['id', ID],
  ['method', METHOD],
  ['result', ANSWER],
  ['error', ANSWER],
])
/** Escaped, a character takes at most six bytes. */
const LONGEST_KEY = 6 * 'method'.length

/** Which of the keys that tell something stands between two quotes. */
function keyOf(bytes: Uint8Array, from: number, to: number): Key {
  switch (to - from) {
    case 2:
      return startsWith(bytes, from, ID_NAME) ? ID : OTHER
    case 5:
      return startsWith(bytes, from, ERROR_NAME) ? ANSWER : OTHER
    case 6:
      if (startsWith(bytes, from, METHOD_NAME)) return METHOD
      return startsWith(bytes, from, RESULT_NAME) ? ANSWER : OTHER
  }
  if (to - from > LONGEST_KEY || !hasEscape(bytes, from, to)) return OTHER
  return BY_NAME.get(unescaped(Buffer.from(bytes.subarray(from, to)).toString('utf8')) ?? '') ?? OTHER
}

function hasEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true
  return false
}

function startsWith(bytes: Uint8Array, from: number, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[from + i] !== start[i]) return false
  return true
}
