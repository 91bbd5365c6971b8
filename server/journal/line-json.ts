import { type Json, Unreadable } from './json-values.ts'

/** Where the content of a string stands in a line, in bytes. */
export interface Cut {
  readonly at: number
  readonly length: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Reads a line as JSON, but for the files' bytes in it, which are nearly all of it: each is left where it stands, and
 * what is there in its place is its number in `cuts`.
 * @throws Unreadable
 */
export function parseLine(line: Buffer): { readonly json: Json; readonly cuts: readonly Cut[] } {
  const cutter = new Cutter(line)
  const text = cutter.withoutBytes()
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch {
    throw new Unreadable('it is not JSON in UTF-8')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Unreadable('line is not an object')
  return { json: json as Json, cuts: cutter.cuts }
}

/** Goes through what may be JSON. What is none it may take for anything: the rest is parsed all the same. */
class Cutter {
  readonly cuts: Cut[] = []
  readonly #line: Buffer
  readonly #kept: Buffer[] = []
  #keptTo = 0
  #at = 0

  constructor(line: Buffer) {
    this.#line = line
  }

  withoutBytes(): Buffer {
    this.#eachIn((key) => {
      if (key === 'originals') this.#cutStrings()
      else if (key === 'meta')
        this.#eachIn((inner) => {
          if (inner === 'kept') this.#cutStrings()
          else this.#skip()
        })
      else this.#skip()
    })
    this.#kept.push(this.#line.subarray(this.#keptTo))
    return Buffer.concat(this.#kept)
  }

  /** Visits the value of each key of the object that stands here; anything else is passed over. */
  #eachIn(visit: (key: string) => void): void {
    this.#skipBlanks()
    if (!this.#isAt('{')) return this.#skip()
    this.#at++
    for (;;) {
      this.#skipBlanks()
      if (!this.#isAt('"')) break
      const start = this.#at + 1
      const end = this.#endOfString()
      this.#at = end + 1
      this.#skipBlanks()
      if (!this.#isAt(':')) break
      this.#at++
      this.#skipBlanks()
      visit(this.#line.toString('latin1', start, end))
      this.#skipBlanks()
      if (!this.#isAt(',')) break
      this.#at++
    }
    if (this.#isAt('}')) this.#at++
  }

  #cutStrings(): void {
    this.#eachIn(() => {
      if (!this.#isAt('"')) {
        // null is a nil slice of Go. A number would be taken for that of a cut.
        if (!this.#isAt('n')) throw new Unreadable('the bytes of a file are not a string')
        return this.#skip()
      }
      const at = this.#at + 1
      const length = this.#endOfString() - at
      this.#kept.push(this.#line.subarray(this.#keptTo, this.#at), Buffer.from(String(this.cuts.length)))
      this.cuts.push({ at, length })
      this.#at = at + length + 1
      this.#keptTo = this.#at
    })
  }

  /** Passes over one value, however deep it is. */
  #skip(): void {
    this.#skipBlanks()
    let depth = 0
    do {
      const byte = this.#line[this.#at]
      if (byte === undefined) throw new Unreadable('it is not JSON in UTF-8')
      if (byte === QUOTE) this.#at = this.#endOfString() + 1
      else {
        if (isOpening(byte)) depth++
        else if (isClosing(byte)) {
          if (depth === 0) return
          depth--
        } else if (depth === 0 && byte === COMMA) return
        this.#at++
      }
    } while (depth > 0 || !this.#isAtEnd)
  }

  /** Whether a value at the same depth has ended. */
  get #isAtEnd(): boolean {
    const byte = this.#line[this.#at]
    return byte === undefined || byte === COMMA || isClosing(byte)
  }

  #isAt(character: string): boolean {
    return this.#line[this.#at] === character.charCodeAt(0)
  }

  #skipBlanks(): void {
    while (isBlank(this.#line[this.#at])) this.#at++
  }

  /** Where the quote stands that ends the string that begins here. */
  #endOfString(): number {
    for (let from = this.#at + 1; ; ) {
      const quote = this.#line.indexOf(QUOTE, from)
      if (quote < 0) throw new Unreadable('it is not JSON in UTF-8')
      let first = quote
      while (this.#line[first - 1] === BACKSLASH) first--
      if ((quote - first) % 2 === 0) return quote
      from = quote + 1
    }
  }
}

const COMMA = 0x2c

const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d
const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
