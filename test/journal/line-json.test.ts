import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Unreadable } from '../../server/journal/json-values.ts'
import { parseLine } from '../../server/journal/line-json.ts'

const base64 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const paths = fc.string({ unit: 'binary' })
const files = fc.dictionary(paths, fc.option(base64))
const anything = fc.jsonValue({ maxDepth: 3 })

/** The JSON with what was cut out put back in its place. */
function restored(line: Buffer): unknown {
  const { json, cuts } = parseLine(line)
  const bytes = (object: unknown) =>
    Object.fromEntries(
      Object.entries(object as object).map(([path, number]) => {
        if (number === null) return [path, null]
        const { at, length } = cuts[number as number]!
        return [path, line.toString('latin1', at, at + length)]
      }),
    )
  const { originals, meta } = json as { originals?: object; meta?: { kept?: object } }
  return {
    ...json,
    ...(originals && { originals: bytes(originals) }),
    ...(meta?.kept && { meta: { ...meta, kept: bytes(meta.kept) } }),
  }
}

describe('a line', () => {
  it('is read as JSON, and its files’ bytes are found where they stand', () => {
    const records = fc.record(
      {
        id: fc.string({ unit: 'binary' }),
        edits: anything,
        originals: files,
        other: anything,
        meta: fc.record({ v: anything, paths: anything, kept: files }, { requiredKeys: ['v'] }),
      },
      { requiredKeys: ['id'] },
    )
    fc.assert(
      fc.property(records, fc.constantFrom(undefined, 1, '\t'), (record, space) => {
        const text = JSON.stringify(record, undefined, space)
        expect(restored(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  it('is gone through however deep it is, and however many backslashes it holds', () => {
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`
    const text = `{"a":${deep},"b":"${'\\\\'.repeat(1e5)}\\"","originals":{"\\"/w":"YQ=="}}`
    expect(parseLine(Buffer.from(text)).cuts).toEqual([{ at: text.length - 7, length: 4 }])
  })

  it.each([
    ['nothing', ''],
    ['no object', '[{"originals":{"/w":"YQ=="}}]'],
    ['cut off in a string', '{"originals":{"/w":"YQ=='],
    ['cut off in a value', '{"originals":{"/w":"YQ=="},"a":['],
    ['a number for bytes', '{"originals":{"/w":0}}'],
    ['an object for bytes', '{"originals":{"/w":{"a":"YQ=="}}}'],
    ['two values', '{"originals":{"/w":"YQ==" "YQ=="}}'],
    ['something behind its end', '{"originals":{"/w":"YQ=="}}{}'],
    ['a comma too many', '{"originals":{"/w":"YQ==",}}'],
    ['no UTF-8', Buffer.from('{"a":"\xff"}', 'latin1')],
  ])('is refused where it is %s', (_what, text) => {
    expect(() => parseLine(Buffer.from(text))).toThrow(Unreadable)
  })
})
