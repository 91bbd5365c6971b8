import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteEdit, editsFault, splice, splicedLength, spliceSlices } from '../../server/edits/splice.ts'
import { byteEdits, bytes } from './arbitraries.ts'

const edit = (start: number, end: number, text = ''): ByteEdit => ({ start, end, text })

describe('splice', () => {
  it.each<[string, string, ByteEdit[], string]>([
    ['changes nothing without edits', 'abc', [], 'abc'],
    ['writes into no bytes', '', [edit(0, 0, 'new')], 'new'],
    [
      'replaces, removes and inserts',
      'one two three',
      [edit(0, 3, 'uno'), edit(3, 7), edit(13, 13, '!')],
      'uno three!',
    ],
    ['writes several inserts at one offset in array order', 'ab', [edit(1, 1, '1'), edit(1, 1, '2')], 'a12b'],
    [
      'writes an insert before the replacement that starts there',
      'abc',
      [edit(1, 1, '1'), edit(1, 2, 'B')],
      'a1Bc',
    ],
    ['takes edits that touch', 'abcd', [edit(0, 2, 'x'), edit(2, 4, 'y'), edit(4, 4, 'z')], 'xyz'],
    ['removes everything', 'abc', [edit(0, 3)], ''],
    ['writes text as UTF-8', 'a', [edit(1, 1, 'é😀')], 'aé😀'],
    ['writes a lone surrogate as U+FFFD', 'a', [edit(1, 1, '\ud83d')], 'a\ufffd'],
  ])('%s', (_title, original, edits, expected) => {
    expect(splice(Buffer.from(original), edits).toString()).toBe(expected)
  })

  it('keeps bytes that are not UTF-8', () => {
    const original = Uint8Array.of(0xff, 0x61, 0x80, 0xc3)
    expect([...splice(original, [edit(1, 2, 'b')])]).toEqual([0xff, 0x62, 0x80, 0xc3])
  })

  it('reads a view of a larger buffer as that view', () => {
    const view = new Uint8Array(Uint8Array.from([1, 2, 3, 4]).buffer, 1, 2)
    expect([...splice(view, [edit(1, 1, 'x')])]).toEqual([2, 0x78, 3])
  })

  it('throws on edits that cannot be spliced', () => {
    expect(() => splice(Buffer.from('abc'), [edit(2, 3), edit(0, 1)])).toThrow(
      'broken invariant: edit 1 (0..1) is not sorted after edit 0 (2..3)',
    )
  })

  it('agrees with carrying the edits out one by one from the last', () => {
    const boundaries = [0, 1, 2, 3, 5, 8, 13, 20]
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        byteEdits(boundaries),
        (original, edits) => {
          let expected = Buffer.from(original)
          for (const { start, end, text } of edits.toReversed()) {
            expected = Buffer.concat([expected.subarray(0, start), Buffer.from(text), expected.subarray(end)])
          }
          expect(splice(original, edits)).toEqual(expected)
        },
      ),
    )
  })

  it('leaves the original alone', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        const copy = Buffer.from(original)
        splice(original, [edit(0, original.length, 'x')]).fill(0)
        expect(original).toEqual(copy)
      }),
    )
  })
})

describe('editsFault', () => {
  it.each<[string, ByteEdit[], string | undefined]>([
    ['accepts none', [], undefined],
    ['accepts sorted and touching edits', [edit(0, 0), edit(0, 2), edit(2, 2), edit(2, 5)], undefined],
    ['refuses a fraction', [edit(0.5, 2)], 'edit 0 (0.5..2) is not in whole bytes'],
    ['refuses NaN', [edit(0, Number.NaN)], 'edit 0 (0..NaN) is not in whole bytes'],
    ['refuses infinity', [edit(0, Infinity)], 'edit 0 (0..Infinity) is not in whole bytes'],
    ['refuses a negative start', [edit(-1, 2)], 'edit 0 (-1..2) starts before the first byte'],
    ['refuses an end before the start', [edit(2, 1)], 'edit 0 (2..1) ends before it starts'],
    ['refuses an end beyond the bytes', [edit(0, 6)], 'edit 0 (0..6) ends beyond the last of 5 bytes'],
    ['refuses disorder', [edit(3, 4), edit(1, 2)], 'edit 1 (1..2) is not sorted after edit 0 (3..4)'],
    ['refuses overlap', [edit(0, 3), edit(2, 4)], 'edit 1 (2..4) overlaps edit 0 (0..3)'],
    [
      'refuses an insert after a replacement that starts there',
      [edit(1, 3), edit(1, 1)],
      'edit 1 (1..1) overlaps edit 0 (1..3)',
    ],
  ])('%s', (_title, edits, expected) => {
    expect(editsFault(5, edits)).toBe(expected)
  })

  it('refuses what is no number', () => {
    expect(editsFault(5, [{ start: '0', end: 1, text: '' } as unknown as ByteEdit])).toBe(
      'edit 0 (0..1) is not in whole bytes',
    )
  })
})

describe('spliceSlices', () => {
  it('makes the same of slices, wherever the original is cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        byteEdits([0, 1, 2, 3, 5, 8, 13, 20]),
        fc.array(fc.nat(20)),
        (original, edits, cuts) => {
          const ends = [...cuts, original.length].sort((a, b) => a - b)
          const slices = ends.map((end, i) => original.subarray(ends[i - 1] ?? 0, end))
          const spliced = splice(original, edits)
          expect(Buffer.concat([...spliceSlices(slices, edits)])).toEqual(spliced)
          expect(splicedLength(original.length, edits)).toBe(spliced.length)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('makes of nothing what is inserted', () => {
    expect(Buffer.concat([...spliceSlices([], [edit(0, 0, 'new'), edit(0, 0, '!')])]).toString()).toBe('new!')
  })
})
