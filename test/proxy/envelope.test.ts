import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Envelope, readEnvelope } from '../../server/proxy/envelope.ts'

const read = (text: string) => readEnvelope(Buffer.from(text, 'utf8'))

describe('a message in any spelling', () => {
  it.each<[string, string, Envelope]>([
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"m"}', { method: 'm', id: '1' }],
    ['a notification', '{"jsonrpc":"2.0","method":"m","params":{}}', { method: 'm', id: undefined }],
    ['a response', '{"jsonrpc":"2.0","id":1,"result":null}', { method: undefined, id: '1' }],
    ['an empty object', '{}', { method: undefined, id: undefined }],
    ['an empty object with white space', ' {\t\r\n } ', { method: undefined, id: undefined }],
    ['the method last', '{"params":{"a":[1,2]},"id":1,"method":"m"}', { method: 'm', id: '1' }],
    ['white space everywhere', '\n{ "method"\t:\r\n "m" , "id" : 1\n}\n', { method: 'm', id: '1' }],
    [
      'an escaped slash',
      '{"method":"workspace\\/applyEdit"}',
      { method: 'workspace/applyEdit', id: undefined },
    ],
    [
      'escaped characters',
      '{"method":"\\u0077orkspace/apply\\u0045dit"}',
      { method: 'workspace/applyEdit', id: undefined },
    ],
    [
      'every character of key and method escaped',
      '{"\\u006d\\u0065\\u0074\\u0068\\u006f\\u0064":"\\u006D","\\u0069\\u0064":7}',
      { method: 'm', id: '7' },
    ],
    ['a method twice: the last one', '{"method":"a","method":"b"}', { method: 'b', id: undefined }],
    ['a method twice, once escaped', '{"method":"a","meth\\u006fd":"b"}', { method: 'b', id: undefined }],
    ['an id twice: the last one', '{"id":1,"method":"m","id":2}', { method: 'm', id: '2' }],
    ['a method that is none', '{"method":5,"id":1}', { method: undefined, id: '1' }],
    ['a method, then one that is none', '{"method":"m","method":null}', { method: undefined, id: undefined }],
    [
      'a method in nested objects only',
      '{"id":1,"result":{"method":"workspace/applyEdit","id":2},"error":[{"method":"x"}]}',
      { method: undefined, id: '1' },
    ],
    [
      'a method in strings only',
      '{"id":1,"result":"\\",\\"method\\":\\"workspace/applyEdit\\",\\""}',
      { method: undefined, id: '1' },
    ],
    [
      'a string that ends with backslashes',
      '{"a":"\\\\","b\\\\":"\\\\\\"","method":"m"}',
      { method: 'm', id: undefined },
    ],
    ['brackets in strings', '{"params":["}",{"a":"]{"}],"method":"m"}', { method: 'm', id: undefined }],
    [
      'a key that only begins alike',
      '{"methods":"a","method ":"b","Method":"c"}',
      { method: undefined, id: undefined },
    ],
    [
      'a key longer than any that is looked for',
      `{"${'k'.repeat(500)}":1,"id":3}`,
      { method: undefined, id: '3' },
    ],
    ['characters of several bytes', '{"é😀":"\u2028","method":"é😀"}', { method: 'é😀', id: undefined }],
    ['an empty method', '{"method":""}', { method: '', id: undefined }],
  ])('%s', (_title, text, expected) => {
    expect(read(text)).toEqual(expected)
  })
})

it('is read behind a byte order mark, which some readers drop', () => {
  expect(readEnvelope(Buffer.from('\ufeff{"id":1,"method":"workspace/applyEdit"}'))).toEqual({
    method: 'workspace/applyEdit',
    id: '1',
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
  ])('keeps the text of %s', (text, id) => {
    expect(read(`{"id":${text},"method":"m"}`)?.id).toBe(id)
    expect(read(`{"method":"m","id":${text}}`)?.id).toBe(id)
  })

  it.each<[string, string, string]>([
    ['a string with an escaped slash', '"a\\/b"', '"a/b"'],
    ['a string that is all escapes', '"\\u0031"', '"1"'],
    ['a string with a quote in it', '"a\\u0022b"', '"a\\"b"'],
    ['a number with a fraction', '1.0', '1'],
    ['a number with an exponent', '1e3', '1000'],
  ])('is the same for %s however a peer writes it', (_title, text, id) => {
    expect(read(`{"id":${text}}`)?.id).toBe(id)
  })

  it.each(['1x', '01', 'tru', '-', '1;', '1e999', '"a\\x"', '{"a":1}', '[1]', 'true'])(
    'takes %s for none, since it is no id',
    (text) => {
      expect(read(`{"method":"m","id":${text}}`)?.id).toBeUndefined()
    },
  )
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
  ])('says nothing about %j', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it.each([
    '{',
    '{"',
    '{"method',
    '{"method"',
    '{"method":',
    '{"method":"m',
    '{"method":"m"',
    '{"method":"m",',
  ])('says nothing about %j, which is cut short', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it.each([
    '{method:"m"}',
    '{"method" "m"}',
    '{"method":"m" "id":1}',
    '{"id":1 "method":"m"}',
    '{"method":,}',
    "{'method':'m'}",
    '{,"method":"m"}',
  ])('says nothing about %j', (text) => {
    expect(read(text)).toBeUndefined()
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
  .map(([entries, pick, before, after]) => before + written(new Entries(entries), pick) + after)

describe('law', () => {
  it('method and id are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(message, (text) => {
        const parsed = JSON.parse(text) as { method?: unknown; id?: unknown }
        const envelope = read(text)
        expect(envelope?.method).toEqual(typeof parsed.method === 'string' ? parsed.method : undefined)
        const isId = typeof parsed.id === 'string' || typeof parsed.id === 'number' || parsed.id === null
        expect(envelope?.id === undefined ? undefined : JSON.parse(envelope.id)).toEqual(
          isId ? parsed.id : undefined,
        )
      }),
      { numRuns: 5000 },
    )
  })

  it('says nothing about a body that is cut short, wherever', () => {
    fc.assert(
      fc.property(message, (text) => {
        const whole = Buffer.from(text.trim(), 'utf8')
        for (let end = 0; end < whole.length; end++)
          expect(readEnvelope(whole.subarray(0, end))).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, whatever the bytes, and tells a method of objects only', () => {
    const damaged = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
      .map(([text, flips]) => {
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
        const envelope = readEnvelope(bytes)
        if (envelope?.id !== undefined) JSON.parse(envelope.id)
        if (!/^[ \t\r\n]*\{/.test(bytes.toString('latin1'))) expect(envelope).toBeUndefined()
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
    expect(readEnvelope(body)).toEqual({ method: 'm', id: undefined })
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
