import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnsOf, cutStartTo, cutTo, padTo } from '../../server/cli/columns.ts'
import { jsonText, plainLine, plainText, sentence, shownPath } from '../../server/cli/text.ts'

/** Everything a terminal may obey, and what only looks like other text. */
const OBEYED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

describe('plainText', () => {
  test.each([
    ['Rename `Note` → `Memo`', 'Rename `Note` → `Memo`'],
    ['é漢😀', 'é漢😀'],
    ['\x1b[2J\x1b]0;owned\x07', '\\x1b[2J\\x1b]0;owned\\x07'],
    ['\x9b31m', '\\x9b31m'],
    ['a\nb\r\tc\x7f', 'a\\nb\\r\\tc\\x7f'],
    ['gpj.\u202eexe', 'gpj.\\u202eexe'],
    ['\u2028\ufeff\ud800', '\\u2028\\ufeff\\ud800'],
  ])('shows %j as %s', (hostile, shown) => {
    expect(plainText(hostile)).toBe(shown)
  })

  test('leaves nothing that a terminal obeys', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !OBEYED.test(plainText(text))))
  })

  test('keeps the tabs of a line', () => {
    expect(plainLine('\tif (x) {\r')).toBe('\tif (x) {\\r')
  })
})

describe('jsonText', () => {
  test('is the same value, and nothing in it is obeyed by a terminal', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (value) => {
        const text = jsonText(value)
        expect(JSON.parse(text)).toEqual(value)
        expect(text.replaceAll('\n', '')).not.toMatch(OBEYED)
      }),
    )
  })
})

test('a message is a sentence', () => {
  expect(sentence('nothing is pending here')).toBe('Nothing is pending here.\n')
})

describe('shownPath', () => {
  test.each([
    ['/w/project/src/a.ts', 'src/a.ts'],
    ['/w/project', '.'],
    ['/w/project2/a.ts', '/w/project2/a.ts'],
    ['/w/project/a\x1b[31m.ts', 'a\\x1b[31m.ts'],
  ])('shows %j as %s', (path, shown) => {
    expect(shownPath({ cwd: '/w/project' }, path)).toBe(shown)
  })
})

describe('columns', () => {
  test.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['漢字', 4],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['→·…×│○', 6],
  ])('%s takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })

  test.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['漢字漢字', 6, '漢字…'],
    ['漢字漢字', 5, '漢字…'],
    ['abcdef', 1, '…'],
    ['abcdef', 0, ''],
    ['abcdef', undefined, 'abcdef'],
  ])('cuts %s to %s', (text, columns, cut) => {
    expect(cutTo(text, columns)).toBe(cut)
  })

  test('never takes more than there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columns) => {
        const shown = plainText(text)
        expect(columnsOf(cutTo(shown, columns))).toBeLessThanOrEqual(columns)
        expect(columnsOf(cutStartTo(shown, columns))).toBeLessThanOrEqual(columns)
      }),
    )
  })

  test('cuts a path at its start and pads by columns', () => {
    expect(cutStartTo('src/deep/file.ts', 8)).toBe('…file.ts')
    expect(padTo('漢', 4)).toBe('漢  ')
    expect(padTo('long', 2)).toBe('long')
  })
})
