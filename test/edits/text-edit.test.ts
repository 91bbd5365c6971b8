import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { PositionEncoding } from '../../server/edits/line-index.ts'
import { splice } from '../../server/edits/splice.ts'
import { type Lowered, lowerTextEdits, type TextEdit } from '../../server/edits/text-edit.ts'
import { bytes, text } from './arbitraries.ts'

/** `edit('0:1-2:3', 'x')`, zero-based. */
function edit(range: string, newText: string): TextEdit {
  const [startLine, start, endLine, end] = range.split(/[:-]/).map(Number) as [number, number, number, number]
  return {
    range: { start: { line: startLine, character: start }, end: { line: endLine, character: end } },
    newText,
  }
}

const exact = (...edits: [number, number, string][]): Lowered => ({
  kind: 'exact',
  edits: edits.map(([start, end, newText]) => ({ start, end, text: newText })),
})
const inexact = (reason: string): Lowered => ({ kind: 'inexact', reason })
const lower = (content: string, edits: TextEdit[], encoding: PositionEncoding = 'utf-16') =>
  lowerTextEdits(Buffer.from(content), edits, encoding)

describe('lowerTextEdits', () => {
  it.each<[string, string, TextEdit[], Lowered]>([
    ['lowers none to none', 'abc', [], exact()],
    [
      'sorts by start',
      'ab\ncd',
      [edit('1:0-1:1', 'C'), edit('0:0-0:1', 'A')],
      exact([0, 1, 'A'], [3, 4, 'C']),
    ],
    [
      'keeps inserts at one position in array order',
      'ab',
      [edit('0:1-0:1', '1'), edit('0:0-0:0', '0'), edit('0:1-0:1', '2')],
      exact([0, 0, '0'], [1, 1, '1'], [1, 1, '2']),
    ],
    [
      'keeps inserts in array order where clamping makes them meet',
      'ab\ncd',
      [edit('0:9-0:9', '1'), edit('0:5-0:5', '2'), edit('0:2-0:2', '3')],
      exact([2, 2, '1'], [2, 2, '2'], [2, 2, '3']),
    ],
    [
      'takes inserts followed by a replacement at their position',
      'abc',
      [edit('0:1-0:1', '1'), edit('0:1-0:2', 'B')],
      exact([1, 1, '1'], [1, 2, 'B']),
    ],
    [
      'takes edits that touch',
      'abc',
      [edit('0:1-0:2', 'B'), edit('0:2-0:3', 'C'), edit('0:0-0:1', 'A')],
      exact([0, 1, 'A'], [1, 2, 'B'], [2, 3, 'C']),
    ],
    [
      'keeps edits that change nothing',
      'abc',
      [edit('0:1-0:2', 'b'), edit('0:3-0:3', '')],
      exact([1, 2, 'b'], [3, 3, '']),
    ],
    ['never touches a byte order mark', '\ufeffab', [edit('0:0-9:0', 'x')], exact([3, 5, 'x'])],
    [
      'replaces a whole document given a line beyond its last',
      'a\nb\n',
      [edit('0:0-99:0', 'x')],
      exact([0, 4, 'x']),
    ],
    [
      'refuses overlap, naming both ranges',
      'abc\ndef',
      [edit('0:2-1:1', 'x'), edit('0:0-0:3', 'y')],
      inexact('0:0-0:3 and 0:2-1:1 overlap'),
    ],
    [
      'refuses an insert inside a replacement',
      'abcd',
      [edit('0:0-0:4', 'x'), edit('0:2-0:2', 'y')],
      inexact('0:0-0:4 and 0:2-0:2 overlap'),
    ],
    [
      'refuses an insert after the replacement at its position',
      'abc',
      [edit('0:1-0:2', 'B'), edit('0:1-0:1', '1')],
      inexact('0:1-0:2 and 0:1-0:1 overlap'),
    ],
    [
      'refuses the same replacement twice',
      'abc',
      [edit('0:0-0:1', 'x'), edit('0:0-0:1', 'x')],
      inexact('0:0-0:1 and 0:0-0:1 overlap'),
    ],
    [
      'refuses a range that ends before it starts',
      'abc',
      [edit('0:2-0:1', 'x')],
      inexact('0:2-0:1 ends before it starts'),
    ],
    [
      'refuses such a range even where clamping would hide it',
      'abc',
      [edit('0:9-0:5', 'x')],
      inexact('0:9-0:5 ends before it starts'),
    ],
    [
      'refuses a range that ends at NaN',
      'abc',
      [edit('0:2-0:x', 'x')],
      inexact('0:2-0:NaN ends before it starts'),
    ],
  ])('%s', (_title, content, edits, expected) => {
    expect(lower(content, edits)).toEqual(expected)
  })

  it.each<[PositionEncoding, string]>([
    ['utf-8', '0:6-0:7'],
    ['utf-16', '0:3-0:4'],
    ['utf-32', '0:2-0:3'],
  ])('counts in %s', (encoding, range) => {
    expect(lower('é😀a', [edit(range, 'b')], encoding)).toEqual(exact([6, 7, 'b']))
  })

  it('agrees with TextDocument.applyEdits on valid text', () => {
    const draft = fc.tuple(fc.nat(60), fc.nat(60), text)
    fc.assert(
      fc.property(text, fc.array(draft, { maxLength: 5 }), (content, drafts) => {
        fc.pre(!content.startsWith('\ufeff'))
        const document = TextDocument.create('file:///a', 'x', 0, content)
        const boundary = (offset: number) =>
          Buffer.from(content.slice(0, offset)).toString() === content.slice(0, offset)
        const edits = drafts
          .map(([a, b, newText]) => ({
            range: { start: document.positionAt(Math.min(a, b)), end: document.positionAt(Math.max(a, b)) },
            newText,
          }))
          .filter(
            ({ range }) => boundary(document.offsetAt(range.start)) && boundary(document.offsetAt(range.end)),
          )
        const expected = attempt(() => TextDocument.applyEdits(document, edits))
        const lowered = lower(content, edits)
        const found =
          lowered.kind === 'exact' ? splice(Buffer.from(content), lowered.edits).toString() : undefined
        expect(found).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('gives edits that can be spliced, whatever the server sends', () => {
    const number = fc.oneof(
      fc.nat(10),
      fc.double(),
      fc.constantFrom(-1, Infinity, -Infinity, Number.NaN, 2 ** 53),
    )
    const position = fc.record({ line: number, character: number })
    const anyEdit = fc.record({ range: fc.record({ start: position, end: position }), newText: text })
    const encoding = fc.constantFrom<PositionEncoding>('utf-8', 'utf-16', 'utf-32')
    fc.assert(
      fc.property(bytes, fc.array(anyEdit, { maxLength: 3 }), encoding, (content, edits, chosen) => {
        const lowered = lowerTextEdits(content, edits, chosen)
        if (lowered.kind === 'exact') splice(content, lowered.edits)
        else expect(lowered.reason).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})

describe('bytes that are not UTF-8', () => {
  // "abc", "x<ff>yz" and "def" on three lines.
  const content = Buffer.from('abc\nx\xffyz\ndef\n', 'latin1')

  it.each<[string, Uint8Array, TextEdit[], Lowered]>([
    ['are edited where all is ASCII', content, [edit('2:0-2:3', 'ghi')], exact([9, 12, 'ghi'])],
    ['are edited before the first other byte of a line', content, [edit('1:0-1:1', 'y')], exact([4, 5, 'y'])],
    ['are not edited behind it', content, [edit('1:2-1:3', 'y')], inexact('not UTF-8')],
    ['are not edited across it', content, [edit('0:0-2:0', '')], inexact('not UTF-8')],
    ['are not edited where the range ends behind it', content, [edit('0:3-1:4', '')], inexact('not UTF-8')],
    ['take no text that is not ASCII', content, [edit('0:0-0:1', 'é')], inexact('not UTF-8')],
    [
      'are not edited at all for one edit that cannot be placed',
      content,
      [edit('0:0-0:1', 'x'), edit('1:3-1:3', 'x')],
      inexact('not UTF-8'),
    ],
    [
      'are not edited with a NUL among them',
      Buffer.from('abc\n\xff\0', 'latin1'),
      [edit('0:0-0:1', 'x')],
      inexact('not UTF-8'),
    ],
    [
      'are not edited behind a UTF-16 LE mark',
      Buffer.from('\xff\xfea\n', 'latin1'),
      [edit('1:0-1:0', 'x')],
      inexact('not UTF-8'),
    ],
    [
      'are not edited behind a UTF-16 BE mark',
      Buffer.from('\xfe\xffa\n', 'latin1'),
      [edit('1:0-1:0', 'x')],
      inexact('not UTF-8'),
    ],
    ['are edited by nothing', content, [], exact()],
  ])('%s', (_title, original, edits, expected) => {
    for (const encoding of ['utf-8', 'utf-16', 'utf-32'] as const) {
      expect(lowerTextEdits(original, edits, encoding)).toEqual(expected)
    }
  })
})

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
