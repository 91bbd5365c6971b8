import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNormalized, looselyEqual, normalize, sameText } from '../../server/edits/normalize.ts'
import { normalizeSlices } from '../../server/edits/normalize-slices.ts'
import { bytes, text } from './arbitraries.ts'

describe('normalizeSlices', () => {
  it('comes to the same, wherever the bytes are cut, and in however little room', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60)), fc.integer({ min: 1, max: 9 }), (original, cuts, room) => {
        const ends = [...cuts.map((cut) => Math.min(cut, original.length)), original.length]
        const inOrder = ends.sort((a, b) => a - b)
        const slices = inOrder.map((end, i) => original.subarray(inOrder[i - 1] ?? 0, end))
        const came: Buffer[] = []
        for (const slice of normalizeSlices(slices, room)) came.push(Buffer.from(slice))
        const whole = Buffer.from(normalize(original))
        expect(Buffer.concat(came).equals(whole)).toBe(true)
        expect(isNormalized(original)).toBe(whole.equals(original))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('normalize', () => {
  it.each<[string, string, string]>([
    ['CR anywhere', 'a\r\nb\rc\r', 'a\nbc'],
    ['blanks before a newline', 'a \t\nb\t \n', 'a\nb\n'],
    ['a tab before a newline', 'a\t\nb', 'a\nb'],
    ['blanks at the end', 'a\n \t', 'a\n'],
    ['blanks before a CRLF', 'a \r\nb', 'a\nb'],
    ['blanks with CRs among them', 'a \r \r\n\r \r', 'a\n'],
    ['every leading byte order mark', '\ufeff\ufeffa', 'a'],
    ['a byte order mark between CRs', '\r\ufeff\r\ufeffa', 'a'],
    ['all of it', '\ufeff \r\n', '\n'],
  ])('drops %s', (_title, original, expected) => {
    expect(Buffer.from(normalize(Buffer.from(original))).toString()).toBe(expected)
  })

  it.each(['', 'a', 'a\nb\n', '  indented\n', 'a\tb c\n', 'a\ufeff', 'a\v\n', 'a\u00a0\n', '\n\n'])(
    'hands back the same object where there is nothing to drop: %j',
    (content) => {
      const original = new TextEncoder().encode(content)
      expect(normalize(original)).toBe(original)
    },
  )

  it('leaves its argument alone', () => {
    const original = Buffer.from('\ufeffa \r\nb\t')
    normalize(original)
    expect(original.toString()).toBe('\ufeffa \r\nb\t')
  })

  it('agrees with its definition, step by step', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        const expected = original
          .toString('latin1')
          .replaceAll('\r', '')
          .replace(/[ \t]+(?=\n|$)/g, '')
          .replace(/^(?:\xef\xbb\xbf)+/, '')
        expect(Buffer.from(normalize(original)).toString('latin1')).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('does nothing the second time', () => {
    fc.assert(
      fc.property(text, (content) => {
        const once = normalize(Buffer.from(content))
        expect(normalize(once)).toBe(once)
      }),
    )
  })
})

// Columns: two texts, equal but for what an editor may change on save, the same text.
describe('looselyEqual and sameText', () => {
  it.each<[string, string, string, boolean, boolean]>([
    ['nothing', 'a\n', 'a\n', true, true],
    ['nothing at all', '', '', true, true],
    ['a word', 'a\n', 'b\n', false, false],
    ['CRLF for LF', 'a\nb\n', 'a\r\nb\r\n', true, true],
    ['CR for LF', 'a\nb', 'a\rb', false, true],
    ['a byte order mark', 'a\n', '\ufeffa\n', true, true],
    ['two byte order marks', 'a\n', '\ufeff\ufeffa\n', true, false],
    ['one final newline', 'a', 'a\n', true, true],
    ['one final CRLF', 'a', 'a\r\n', true, true],
    ['a second final newline', 'a\n', 'a\n\n', true, true],
    ['two final newlines', 'a', 'a\n\n', true, false],
    ['a newline alone', '', '\n', true, true],
    ['blanks at a line end', 'a\nb', 'a \nb', true, false],
    ['blanks at the end', 'a', 'a\t', true, false],
    ['indentation', 'a', ' a', false, false],
    ['an empty line inside', 'a\nb', 'a\n\nb', false, false],
    ['another last byte', 'a', 'ab', false, false],
    ['everything that is allowed', '\ufeffa\r\nb', 'a\nb\n', true, true],
  ])('a difference of %s', (_title, a, b, loosely, same) => {
    for (const [x, y] of [[a, b] as const, [b, a] as const]) {
      expect(looselyEqual(Buffer.from(x), new TextEncoder().encode(y))).toBe(loosely)
      expect(sameText(Buffer.from(x), new TextEncoder().encode(y))).toBe(same)
    }
  })

  it('takes a text that another editor saved for the same', () => {
    const plain = fc
      .array(fc.constantFrom('a', ' ', '\n', 'é'), { maxLength: 20 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        plain,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.boolean(),
        (content, eol, bom, final) => {
          const saved = (bom ? '\ufeff' : '') + (content + (final ? '\n' : '')).replaceAll('\n', eol)
          expect(sameText(Buffer.from(content), Buffer.from(saved))).toBe(true)
        },
      ),
    )
  })
})
