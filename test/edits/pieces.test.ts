import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyEdits, materialise, ofOriginal, toEdits } from '../../server/edits/pieces.ts'
import { type ByteEdit, editsFault, splice } from '../../server/edits/splice.ts'
import { byteEdits, text } from './arbitraries.ts'

const edit = (start: number, end: number, inserted = ''): ByteEdit => ({ start, end, text: inserted })

/** Every offset of a text that cuts no character. */
function boundariesOf(content: Buffer): number[] {
  return [...content.keys(), content.length].filter((offset) => ((content[offset] ?? 0) & 0xc0) !== 0x80)
}

describe('materialise', () => {
  it('hands back the original itself where all of it is there, and nothing else', () => {
    const original = Buffer.from('abc')
    expect(materialise(ofOriginal(3), original)).toBe(original)
    const made = materialise(applyEdits(ofOriginal(3), [edit(1, 2)]), original)
    expect(made.toString()).toBe('ac')
    expect(made.buffer === original.buffer && made.byteOffset === original.byteOffset).toBe(false)
  })
})

describe('pieces', () => {
  it.each<[string, string, ByteEdit[][], ByteEdit[]]>([
    ['the original needs no edit', 'abc', [], []],
    [
      'edits of the original stay as they are',
      'abcdef',
      [[edit(1, 2, 'X'), edit(4, 4, 'Y')]],
      [edit(1, 2, 'X'), edit(4, 4, 'Y')],
    ],
    ['edits that touch become one', 'abcdef', [[edit(1, 2, 'X'), edit(2, 3, 'Y')]], [edit(1, 3, 'XY')]],
    [
      'an insert within an insert is one insert',
      'ab',
      [[edit(1, 1, '13')], [edit(2, 2, '2')]],
      [edit(1, 1, '123')],
    ],
    ['an insert taken out again leaves nothing', 'ab', [[edit(1, 1, 'xyz')], [edit(1, 4)]], []],
    [
      'a part of an insert taken out leaves the rest',
      'ab',
      [[edit(1, 1, 'xyz')], [edit(2, 3)]],
      [edit(1, 1, 'xz')],
    ],
    [
      'a later edit behind an earlier one is moved back',
      'abcdef',
      [[edit(0, 0, '123')], [edit(6, 7, 'D')]],
      [edit(0, 0, '123'), edit(3, 4, 'D')],
    ],
    ['a removal across an insert takes both', 'abcdef', [[edit(3, 3, 'xyz')], [edit(2, 7)]], [edit(2, 4)]],
    ['no bytes take an insert', '', [[edit(0, 0, 'a')], [edit(1, 1, 'b')]], [edit(0, 0, 'ab')]],
    ['everything goes', 'abc', [[edit(0, 3, 'x')], [edit(0, 1)]], [edit(0, 3)]],
    ['an edit that does nothing leaves no trace', 'abc', [[edit(1, 1)]], []],
  ])('%s', (_title, original, rounds, expected) => {
    const pieces = rounds.reduce(applyEdits, ofOriginal(original.length))
    expect(toEdits(pieces, original.length)).toEqual(expected)
  })

  it('come to the same as splicing each round by itself', () => {
    const story = text.chain((content) => {
      const original = Buffer.from(content)
      const first = byteEdits(boundariesOf(original))
      const second = first.chain((edits) =>
        byteEdits(boundariesOf(splice(original, edits))).map((later) => [edits, later] as const),
      )
      return second.chain(([a, b]) =>
        byteEdits(boundariesOf(splice(splice(original, a), b))).map((c) => ({ original, rounds: [a, b, c] })),
      )
    })
    fc.assert(
      fc.property(story, ({ original, rounds }) => {
        const pieces = rounds.reduce(applyEdits, ofOriginal(original.length))
        const expected = rounds.reduce<Buffer>(splice, original)
        const edits = toEdits(pieces, original.length)
        expect(materialise(pieces, original)).toEqual(expected)
        expect(editsFault(original.length, edits)).toBeUndefined()
        expect(splice(original, edits)).toEqual(expected)
        for (const [index, later] of edits.slice(1).entries())
          expect(later.start).toBeGreaterThan(edits[index]!.end)
      }),
      { numRuns: 500 },
    )
  })

  it('may cut original bytes anywhere', () => {
    const original = Buffer.from('é')
    const pieces = applyEdits(ofOriginal(2), [edit(1, 1, '|')])
    expect(materialise(pieces, original)).toEqual(Buffer.from([0xc3, 0x7c, 0xa9]))
  })

  it.each([
    ['an insert', [edit(1, 1, 'x')]],
    ['a removal of its end', [edit(1, 2)]],
    ['a removal of its start', [edit(0, 1)]],
  ])('refuse to have an inserted character cut: %s', (_title, edits) => {
    const pieces = applyEdits(ofOriginal(0), [edit(0, 0, 'é')])
    expect(() => toEdits(applyEdits(pieces, edits), 0)).toThrow(
      'broken invariant: an edit cuts an inserted character in two',
    )
  })

  it('refuse edits beyond their end', () => {
    const pieces = applyEdits(ofOriginal(3), [edit(0, 2)])
    expect(() => applyEdits(pieces, [edit(0, 2)])).toThrow(
      'broken invariant: edit 0 (0..2) ends beyond the last of 1 bytes',
    )
  })
})
