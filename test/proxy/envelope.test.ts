import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EnvelopeReader, idOf } from '../../server/proxy/envelope.ts'
import { firstValue, textAt } from '../../server/proxy/json-bytes.ts'

const reader = new EnvelopeReader()

/** What a whole body is: `call m`, `answer`, `none`. */
function read(text: string | Buffer): string {
  const body = Buffer.from(text)
  return said(body, reader.read(body, 0, body.length, true, true))
}

function said(body: Buffer, kind: string, to = body.length): string {
  if (kind !== 'call') return kind
  const method = textAt(body, reader.method, to)
  return method === undefined ? 'unknown yet' : `call ${method}`
}

const id = (text: string) => idOf(Buffer.from(text))

describe('a message in any spelling', () => {
  it.each<[string, string, string]>([
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"m"}', 'call m'],
    ['a notification', '{"jsonrpc":"2.0","method":"m","params":{}}', 'call m'],
    ['a response', '{"jsonrpc":"2.0","id":1,"result":null}', 'answer'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1}}', 'answer'],
    ['a response that ends with its id', '{"result":{"a":[1]},"jsonrpc":"2.0","id":1}', 'answer'],
    ['a response without an id', '{"error":{"code":1}}', 'answer'],
    ['an id alone', '{"id":1}', 'none'],
    ['an empty object', '{}', 'none'],
    ['an empty object with white space', ' {\t\r\n } ', 'none'],
    ['the method last', '{"params":{"a":[1,2]},"id":1,"method":"m"}', 'call m'],
    ['white space everywhere', '\n{ "method"\t:\r\n "m" , "id" : 1\n}\n', 'call m'],
    ['an escaped slash', '{"method":"workspace\\/applyEdit"}', 'call workspace/applyEdit'],
    ['escaped characters', '{"method":"\\u0077orkspace/apply\\u0045dit"}', 'call workspace/applyEdit'],
    [
      'every character of key and method escaped',
      '{"\\u006d\\u0065\\u0074\\u0068\\u006f\\u0064":"\\u006D","\\u0069\\u0064":7}',
      'call m',
    ],
    ['a method twice: the first one', '{"method":"a","method":"b"}', 'call a'],
    ['a method twice, once escaped', '{"meth\\u006fd":"b","method":"a"}', 'call b'],
    ['a method before a result', '{"id":1,"method":"m","result":1}', 'call m'],
    ['a method that is none', '{"method":5,"id":1}', 'none'],
    ['a method that is none, then one', '{"method":null,"method":"m"}', 'call m'],
    [
      'a method in nested objects only',
      '{"params":{"method":"workspace/applyEdit","id":2},"id":3,"error":[{"method":"x"}]}',
      'answer',
    ],
    [
      'a method in strings only',
      '{"params":"\\",\\"method\\":\\"workspace/applyEdit\\",\\"","id":1}',
      'none',
    ],
    ['a string that ends with backslashes', '{"a":"\\\\","b\\\\":"\\\\\\"","method":"m"}', 'call m'],
    ['brackets in strings', '{"params":["}",{"a":"]{"}],"method":"m"}', 'call m'],
    ['a key that only begins alike', '{"methods":"a","method ":"b","Method":"c"}', 'none'],
    ['a key longer than any that is looked for', `{"${'k'.repeat(500)}":1,"method":"m"}`, 'call m'],
    ['characters of several bytes', '{"é😀":"\u2028","method":"é😀"}', 'call é😀'],
    ['an empty method', '{"method":""}', 'call '],
    ['a byte order mark, which some readers drop', '\ufeff{"id":1,"method":"m"}', 'call m'],
    ['what is broken behind the key that tells', '{"method":"m" "id":1}', 'call m'],
  ])('%s', (_title, text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  it('is an answer at once where it does not matter whose', () => {
    const gopls = Buffer.from('{"jsonrpc":"2.0","result":{"much":')
    expect(reader.read(gopls, 0, gopls.length, false, true)).toBe('unknown yet')
    expect(reader.read(gopls, 0, gopls.length, false, false)).toBe('answer')
  })

  it('is read where it stands among others, and no further', () => {
    const bytes = Buffer.from('"method":"x"}{"id":1,"method":"m"}{"method":"y"}')
    expect(said(bytes, reader.read(bytes, 13, 34, true, true), 34)).toBe('call m')
    expect(bytes.toString('latin1', reader.idFrom, reader.idTo)).toBe('1')
    expect(reader.read(bytes, 13, 27, true, true)).toBe('none')
    expect(reader.read(bytes, 13, 27, false, true)).toBe('unknown yet')
  })
})

describe('ids', () => {
  it.each<[string, string]>([
    ['0', '0'],
    ['-12', '-12'],
    ['12345678901234567890', '12345678901234567890'],
    ['9007199254740993', '9007199254740993'],
    ['"a-1"', '"a-1"'],
    ['"1"', '"1"'],
    ['""', '""'],
    ['null', 'null'],
    ['"é"', '"é"'],
    [' \n7 ', '7'],
  ])('keeps the text of %s', (text, expected) => {
    expect(id(`{"id":${text},"method":"m"}`)).toBe(expected)
    expect(id(`{"method":"m","params":{"id":8},"id":${text}}`)).toBe(expected)
  })

  it.each<[string, string, string]>([
    ['a string with an escaped slash', '"a\\/b"', '"a/b"'],
    ['a string that is all escapes', '"\\u0031"', '"1"'],
    ['a string with a quote in it', '"a\\u0022b"', '"a\\"b"'],
    ['a number with a fraction', '1.0', '1'],
    ['a number with an exponent', '1e3', '1000'],
  ])('is the same for %s however a peer writes it', (_title, text, expected) => {
    expect(id(`{"id":${text}}`)).toBe(expected)
  })

  it.each(['1x', '01', 'tru', '-', '1;', '1e999', '"a\\x"', '{"a":1}', '[1]', 'true'])(
    'takes %s for none, since it is no id',
    (text) => {
      expect(id(`{"method":"m","id":${text}}`)).toBeUndefined()
    },
  )

  it.each([
    ['{"id":1,"method":"m","id":2}', '2'],
    ['{"\\u0069d":7}', '7'],
    ['\ufeff{"id":3}', '3'],
    ['{"params":{"id":4}}', undefined],
    ['{}', undefined],
    ['[{"id":1}]', undefined],
    ['', undefined],
  ])('of %j is %s', (text, expected) => {
    expect(id(text)).toBe(expected)
  })
})

describe('the first value of a body', () => {
  it.each<[string, number]>([
    ['{"a":"}"}', 9],
    [' {"a":[{}]} more', 11],
    ['{}Content-Length: 2\r\n\r\n{}', 2],
    ['"a"}', 3],
    ['{"a":', 6],
    ['', 1],
  ])('of %j ends after %i', (text, end) => {
    expect(firstValue(Buffer.from(text))).toBe(end)
  })
})

describe('what is no object', () => {
  it.each([
    '',
    ' ',
    'null',
    '1',
    '"method"',
    '"{\\"method\\":\\"m\\"}"',
    '[]',
    '[{"method":"m"}]',
    '}',
    ':',
    'method',
    '\0{"method":"m"}',
  ])('is none: %j', (text) => {
    expect(read(text)).toBe('none')
  })

  it.each([
    '{',
    '{"',
    '{"method',
    '{"method"',
    '{"method":',
    '{"id":1,"params":',
    '{"id":1,"result"',
    '\ufeff',
  ])('is none: %j, which is cut short', (text) => {
    expect(read(text)).toBe('none')
    const body = Buffer.from(text)
    for (let end = 0; end <= body.length; end++)
      expect(reader.read(body, 0, end, false, true)).toBe('unknown yet')
  })

  it.each([
    '{method:"m"}',
    '{"method" "m"}',
    '{"id":1 "method":"m"}',
    '{"method":,}',
    "{'method':'m'}",
    '{,"method":"m"}',
  ])('is none: %j', (text) => {
    expect(read(text)).toBe('none')
  })
})

// Keys and texts as they matter here, among any others.
const key = fc.oneof(
  fc.constantFrom(
    'method',
    'id',
    'params',
    'result',
    'error',
    'jsonrpc',
    '__proto__x',
    'Method',
    'i',
    'me"thod',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const words = fc.oneof(
  fc.constantFrom(
    'workspace/applyEdit',
    '","method":"workspace/applyEdit","',
    '\\',
    '\\"',
    '{',
    ']',
    '}{',
    '"id":1',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    words,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => new Entries(entries)),
  ),
}))
const space = fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')

/** An object as it is written: keys in any order, and more than once. */
class Entries {
  readonly entries: readonly (readonly [string, unknown])[]
  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries
  }
}

/** Writes JSON with the spelling that `pick` chooses: white space and escapes. */
function written(json: unknown, pick: () => number): string {
  const blank = () => ['', '', '', ' ', '\n', '\t\r\n'][pick() % 6]!
  const text = (plain: string) => `"${[...plain.split('')].map((unit) => character(unit, pick())).join('')}"`
  if (typeof json === 'string') return text(json)
  if (Array.isArray(json))
    return `[${blank()}${json.map((each) => written(each, pick) + blank()).join(`,${blank()}`)}]`
  if (json instanceof Entries)
    return `{${blank()}${json.entries
      .map(([k, v]) => `${text(k)}${blank()}:${blank()}${written(v, pick)}${blank()}`)
      .join(`,${blank()}`)}}`
  return JSON.stringify(json)
}

function character(unit: string, choice: number): string {
  const escaped = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  if (choice % 7 === 0) return escaped
  if (choice % 7 === 1) return escaped.toUpperCase().replace('U', 'u')
  if (unit === '/' && choice % 2 === 0) return '\\/'
  // As JSON.stringify has it, without its quotes; a lone surrogate must be escaped to be UTF-8.
  return JSON.stringify(unit).length === 3 && !/[\ud800-\udfff]/.test(unit)
    ? unit
    : /[\ud800-\udfff]/.test(unit)
      ? escaped
      : JSON.stringify(unit).slice(1, -1)
}

const message = fc
  .tuple(
    fc.array(fc.tuple(key, value), { maxLength: 6 }),
    fc.infiniteStream(fc.nat(41)).map((choices) => () => choices.next().value as number),
    space,
    space,
  )
  .map(([entries, pick, before, after]) => ({
    text: before + written(new Entries(entries), pick) + after,
    entries,
  }))

/** The first key that tells; a result tells together with an id, or alone in the end. */
function kindOf(entries: readonly (readonly [string, unknown])[]): string {
  const seen = new Set<string>()
  for (const [key, value] of entries) {
    if (key === 'method' && typeof value === 'string') return `call ${value}`
    seen.add(key === 'error' ? 'result' : key)
    if (seen.has('id') && seen.has('result')) return 'answer'
  }
  return seen.has('result') ? 'answer' : 'none'
}

describe('law', () => {
  it('a message is what the first of its keys says that says it; its id is the one that JSON.parse finds', () => {
    fc.assert(
      fc.property(message, ({ text, entries }) => {
        expect(read(text)).toEqual(kindOf(entries))
        const parsed = JSON.parse(text) as { id?: unknown }
        const isId = typeof parsed.id === 'string' || typeof parsed.id === 'number' || parsed.id === null
        const found = id(text)
        expect(found === undefined ? undefined : JSON.parse(found)).toEqual(isId ? parsed.id : undefined)
      }),
      { numRuns: 5000 },
    )
  })

  it('however much of it has come, nothing is said that the whole does not say', () => {
    fc.assert(
      fc.property(message, ({ text }) => {
        const whole = Buffer.from(text, 'utf8')
        const expected = read(whole)
        for (let end = 0; end < whole.length; end++) {
          const kind = said(whole, reader.read(whole, 0, end, false, true), end)
          if (kind !== 'unknown yet') expect(kind).toBe(expected)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, whatever the bytes, and tells a method of objects only', () => {
    const damaged = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
      .map(([{ text }, flips]) => {
        const bytes = Buffer.from(text, 'utf8')
        for (const [at, byte] of flips) if (bytes.length > 0) bytes[at % bytes.length] = byte
        return bytes
      })
    const soup = fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '"method"', '"id"', '1', ' ', 'é'), {
        maxLength: 20,
      })
      .map((parts) => Buffer.from(parts.join('')))
    const anything = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(damaged, soup, anything), (bytes) => {
        const found = idOf(bytes)
        if (found !== undefined) JSON.parse(found)
        firstValue(bytes)
        const kind = reader.read(bytes, 0, bytes.length, true, true)
        if (!/^(?:\xef\xbb\xbf|\xef..)?[ \t\r\n]*\{/s.test(bytes.toString('latin1')))
          expect(kind).toBe('none')
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('large bodies', () => {
  it.each<[string, string]>([
    ['deep nesting', `{"params":${'['.repeat(200_000)}${']'.repeat(200_000)},"method":"m"}`],
    ['many keys', `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i},`).join('')}"method":"m"}`],
    ['a string of backslashes', `{"params":"${'\\\\'.repeat(500_000)}","method":"m"}`],
    ['a string of escaped quotes', `{"params":"${'\\"'.repeat(500_000)}","method":"m"}`],
    ['a string of backslashes and quotes', `{"params":"${'\\\\\\"'.repeat(300_000)}","method":"m"}`],
    ['a long text', `{"params":"${'x'.repeat(8_000_000)}","method":"m"}`],
  ])('are read in time that grows with their length alone: %s', (_title, text) => {
    const body = Buffer.from(text)
    const began = performance.now()
    expect(read(body)).toBe('call m')
    expect(idOf(body)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
