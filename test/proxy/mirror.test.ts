import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument'
import type { PositionEncoding } from '../../server/edits/line-index.ts'
import { isRange, Mirror } from '../../server/proxy/mirror.ts'

const uri = 'file:///p/a.ts'
const path = '/p/a.ts'

const opened = (text: string, encoding: PositionEncoding = 'utf-16', version: unknown = 1) => {
  const mirror = new Mirror()
  mirror.encoding = encoding
  mirror.open({ textDocument: { uri, languageId: 'typescript', version, text } })
  return mirror
}
const change = (mirror: Mirror, contentChanges: unknown, version: unknown = 2) =>
  mirror.change({ textDocument: { uri, version }, contentChanges })
const textOf = (mirror: Mirror) => mirror.document(path)?.text.toString()
const range = (line: number, start: number, endLine: number, end: number) => ({
  start: { line, character: start },
  end: { line: endLine, character: end },
})

describe('changes', () => {
  it.each<[string, string, object[], string]>([
    ['a full text', 'old', [{ text: 'new' }], 'new'],
    ['a full text with a range that is null', 'old', [{ range: null, text: 'new' }], 'new'],
    ['a replacement', 'const a = 1\n', [{ range: range(0, 6, 0, 7), text: 'total' }], 'const total = 1\n'],
    ['an insertion', 'ab', [{ range: range(0, 1, 0, 1), text: '-' }], 'a-b'],
    ['a deletion over lines', 'ab\ncd\nef', [{ range: range(0, 1, 2, 1), text: '' }], 'af'],
    ['the end of the text', 'a\n', [{ range: range(1, 0, 1, 0), text: 'b\n' }], 'a\nb\n'],
    ['a range that ends beyond the text', 'a\nb', [{ range: range(0, 1, 99, 0), text: '!' }], 'a!'],
    ['a range that ends beyond its line', 'ab\r\ncd', [{ range: range(0, 1, 0, 99), text: '' }], 'a\r\ncd'],
    [
      'a range that is larger than what changes',
      'abc\n',
      [{ range: range(0, 0, 1, 0), text: 'axc\n' }],
      'axc\n',
    ],
    ['a range that is backwards', 'abcd', [{ range: range(0, 3, 0, 1), text: '-' }], 'a-d'],
    ['a wrong rangeLength', 'abcd', [{ range: range(0, 1, 0, 2), rangeLength: 99, text: '' }], 'acd'],
    ['an empty document', '', [{ range: range(0, 0, 0, 0), text: 'a' }], 'a'],
    ['a line ending of CRLF between', 'a\r\nb', [{ range: range(0, 1, 1, 0), text: ' ' }], 'a b'],
    [
      'a byte order mark, which is no part of the line',
      '\ufeffab',
      [{ range: range(0, 0, 0, 1), text: 'x' }],
      '\ufeffxb',
    ],
  ])('%s', (_title, text, changes, expected) => {
    const mirror = opened(text)
    expect(change(mirror, changes)).toBe(path)
    expect(textOf(mirror)).toBe(expected)
  })

  it.each<[PositionEncoding, boolean, string]>([
    ['utf-16', false, 'axbc'],
    ['utf-16', true, 'a😀xc'],
    ['utf-32', true, 'a😀xc'],
  ])('in %s, of an editor that counts characters: %s', (encoding, countsCharacters, expected) => {
    const mirror = opened('a😀bc', encoding)
    mirror.countsCharacters = countsCharacters
    change(mirror, [{ range: range(0, 2, 0, 3), text: 'x' }])
    expect(textOf(mirror)).toBe(expected)
  })

  it.each<[string, string, object[], string]>([
    [
      'each finds what the one before it left',
      'abc',
      [
        { range: range(0, 0, 0, 0), text: '12' },
        { range: range(0, 2, 0, 3), text: 'A' },
        { range: range(0, 1, 0, 3), text: '-' },
      ],
      '1-bc',
    ],
    [
      'backwards through the text',
      'a b c\nd e f\n',
      [
        { range: range(1, 4, 1, 5), text: 'F\n' },
        { range: range(1, 0, 1, 1), text: 'D' },
        { range: range(0, 4, 0, 5), text: 'CC' },
        { range: range(0, 0, 0, 1), text: '' },
      ],
      ' b CC\nD e F\n\n',
    ],
    [
      'backwards, touching: the later one goes before',
      'ab',
      [
        { range: range(0, 1, 0, 2), text: 'B' },
        { range: range(0, 0, 0, 1), text: 'A' },
        { range: range(0, 0, 0, 0), text: '1' },
        { range: range(0, 0, 0, 0), text: '2' },
      ],
      '21AB',
    ],
    ['typing', '', ['f', 'o', 'o'].map((text, i) => ({ range: range(0, i, 0, i), text })), 'foo'],
    [
      'a full text among them',
      'abc',
      [
        { range: range(0, 2, 0, 3), text: 'x' },
        { text: 'new\ntext' },
        { range: range(1, 0, 1, 4), text: 'line' },
      ],
      'new\nline',
    ],
    [
      'a line ending that comes together out of two changes',
      'a\rb',
      [
        { range: range(1, 0, 1, 0), text: '\n' },
        { range: range(1, 0, 1, 1), text: 'B' },
      ],
      'a\r\nB',
    ],
    [
      'at a column beyond the line, after a change at a later one beyond it',
      'ab\n',
      [
        { range: range(0, 9, 0, 9), text: 'cdefgh' },
        { range: range(0, 5, 0, 5), text: '-' },
      ],
      'abcde-fgh\n',
    ],
  ])('several in one notification: %s', (_title, text, changes, expected) => {
    const mirror = opened(text)
    change(mirror, changes)
    expect(textOf(mirror)).toBe(expected)
  })

  // a is 1 byte, é 2, 漢 3, 😀 4 bytes and two units of UTF-16.
  it.each<[PositionEncoding, number, number]>([
    ['utf-8', 6, 10],
    ['utf-16', 3, 5],
    ['utf-32', 3, 4],
  ])('count columns in %s', (encoding, start, end) => {
    const mirror = opened('\naé漢😀b', encoding)
    change(mirror, [{ range: range(1, start, 1, end), text: '𝄞' }])
    change(mirror, [{ range: range(1, end, 1, end), text: '!' }])
    expect(textOf(mirror)).toBe('\naé漢𝄞!b')
  })

  it('count in the encoding that is agreed on after the document was opened', () => {
    const mirror = opened('😀ab')
    mirror.encoding = 'utf-32'
    change(mirror, [{ range: range(0, 1, 0, 2), text: 'A' }])
    expect(textOf(mirror)).toBe('😀Ab')
  })

  it.each<[string, unknown]>([
    ['no array', { 0: { text: 'x' } }],
    ['none', undefined],
    ['an empty array', []],
    ['a change without a text', [{ range: range(0, 0, 0, 1) }, null, 'x', 5, { text: 5 }]],
  ])('leave the text as it is where there is %s', (_title, changes) => {
    const mirror = opened('abc')
    change(mirror, changes)
    expect(textOf(mirror)).toBe('abc')
  })

  it('may be a great many at once', () => {
    const mirror = opened('x'.repeat(200_000))
    const changes = Array.from({ length: 200_000 }, () => ({ text: 'y' }))
    change(mirror, changes)
    expect(textOf(mirror)).toBe('y')
  })

  it('at many places of a large document take no more than a few looks at it', () => {
    const mirror = opened('const foo = 1\n'.repeat(100_000))
    const changes = Array.from({ length: 5000 }, (_, i) => ({
      range: range(99_999 - 20 * i, 6, 99_999 - 20 * i, 9),
      text: 'total',
    }))
    const began = performance.now()
    change(mirror, changes)
    expect(mirror.document(path)!.text).toHaveLength(1_400_000 + 2 * 5000)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe('versions', () => {
  it('are those of the last notification, and may jump or be missing', () => {
    const mirror = opened('a', 'utf-16', 0)
    expect(mirror.document(path)?.version).toBe(0)
    change(mirror, [{ text: 'b' }], 17)
    expect(mirror.document(path)?.version).toBe(17)
    change(mirror, [{ text: 'c' }], null)
    expect(mirror.document(path)).toMatchObject({ version: 17 })
    change(mirror, [], 18)
    expect(mirror.document(path)?.version).toBe(18)
    expect(opened('a', 'utf-16', null).document(path)).toMatchObject({ version: undefined })
  })
})

describe('opening and closing', () => {
  it('keeps the URI in the spelling of the editor, and finds it by its path', () => {
    const mirror = new Mirror()
    expect(mirror.open({ textDocument: { uri: 'FILE:///p/a%20b.ts', version: 1, text: 'a' } })).toBe(
      '/p/a b.ts',
    )
    expect(mirror.document('/p/a b.ts')?.uri).toBe('FILE:///p/a%20b.ts')
    expect(
      mirror.change({ textDocument: { uri: 'file:///p/a b.ts' }, contentChanges: [{ text: 'b' }] }),
    ).toBe('/p/a b.ts')
    expect(mirror.document('/p/a b.ts')?.text.toString()).toBe('b')
    expect(mirror.paths).toEqual(['/p/a b.ts'])
    expect(mirror.pathOf({ textDocument: { uri: 'file:///p/%61%20b.ts' } })).toBe('/p/a b.ts')
  })

  it('takes the last of two openings', () => {
    const mirror = opened('first')
    change(mirror, [{ text: 'typed' }])
    expect(mirror.document(path)).toMatchObject({ isAsOpened: false })
    mirror.open({ textDocument: { uri, languageId: null, version: 9, text: 'second' } })
    expect(mirror.document(path)).toMatchObject({ uri, version: 9, isAsOpened: true })
    expect(textOf(mirror)).toBe('second')
    expect(mirror.paths).toEqual([path])
  })

  it('remembers what the editor has read or saved, as long as it can tell', () => {
    const readOrSaved = (mirror: Mirror) => mirror.document(path)?.readOrSaved?.toString()
    const mirror = opened('read')
    expect(readOrSaved(mirror)).toBe('read')
    change(mirror, [{ text: 'typed' }])
    // It may have been saved: many editors do not tell.
    expect(readOrSaved(mirror)).toBeUndefined()
    expect(mirror.save({ textDocument: { uri } })).toBe(path)
    change(mirror, [{ text: 'typed on' }])
    expect(readOrSaved(mirror)).toBe('typed')
    mirror.open({ textDocument: { uri, version: 3, text: 'read again' } })
    change(mirror, [{ text: 'typed' }])
    expect(readOrSaved(mirror)).toBe('read again')
    expect(mirror.save({ textDocument: { uri: 'file:///p/b.ts' } })).toBe('/p/b.ts')
    expect(mirror.save({ textDocument: null })).toBeUndefined()
  })

  it('keeps changes that come before their document is opened, as Helix sends them', () => {
    const mirror = new Mirror()
    expect(change(mirror, [{ range: range(0, 0, 0, 3), text: 'bar' }], 1)).toBeUndefined()
    expect(change(mirror, [{ range: range(0, 3, 0, 3), text: '!' }], 2)).toBeUndefined()
    expect(mirror.document(path)).toBeUndefined()
    expect(mirror.open({ textDocument: { uri, version: 0, text: 'foo' } })).toBe(path)
    expect(mirror.document(path)).toMatchObject({ uri, version: 2, isAsOpened: false })
    expect(textOf(mirror)).toBe('bar!')
    mirror.open({ textDocument: { uri, version: 0, text: 'foo' } })
    expect(textOf(mirror)).toBe('foo')
  })

  it('forgets them where the text that is opened is newer, or nobody can tell', () => {
    for (const version of [2, 3, null, undefined]) {
      const mirror = new Mirror()
      change(mirror, [{ text: 'early' }], 2)
      mirror.open({ textDocument: { uri, version, text: 'a' } })
      expect(textOf(mirror)).toBe('a')
    }
    const mirror = new Mirror()
    change(mirror, [{ text: 'early' }], null)
    mirror.open({ textDocument: { uri, version: 1, text: 'a' } })
    expect(textOf(mirror)).toBe('a')
  })

  it('forgets all of them where there are too many', () => {
    const mirror = new Mirror()
    for (let version = 1; version <= 20; version++) change(mirror, [{ text: `early ${version}` }], version)
    mirror.open({ textDocument: { uri, version: 0, text: 'a' } })
    expect(textOf(mirror)).toBe('a')
  })

  it('forgets changes that come after their document was closed', () => {
    const mirror = opened('a', 'utf-16', 1)
    mirror.close({ textDocument: { uri } })
    expect(change(mirror, [{ text: 'late' }], 2)).toBeUndefined()
    mirror.open({ textDocument: { uri, version: 1, text: 'b' } })
    expect(textOf(mirror)).toBe('b')
  })

  it('closes what is open, and what is not, however often', () => {
    const mirror = opened('a')
    expect(mirror.close({ textDocument: { uri } })).toBe(path)
    expect(mirror.close({ textDocument: { uri } })).toBe(path)
    expect(mirror.document(path)).toBeUndefined()
    expect(mirror.paths).toEqual([])
    expect(change(mirror, [{ text: 'late' }])).toBeUndefined()
  })

  it('opens anew after closing', () => {
    const mirror = opened('a')
    mirror.close({ textDocument: { uri } })
    mirror.open({ textDocument: { uri, version: 1, text: 'b' } })
    expect(textOf(mirror)).toBe('b')
  })

  it.each<[string, unknown]>([
    ['another scheme', { textDocument: { uri: 'untitled:Untitled-1', version: 1, text: 'a' } }],
    ['a foreign host', { textDocument: { uri: 'file://host/p/a.ts', version: 1, text: 'a' } }],
    ['no URI', { textDocument: { version: 1, text: 'a' } }],
    ['no text', { textDocument: { uri, version: 1 } }],
    ['a document that is none', { textDocument: 'a' }],
    ['nothing', {}],
    ['null', null],
    ['undefined', undefined],
  ])('has nothing of a document with %s', (_title, params) => {
    const mirror = new Mirror()
    expect(mirror.open(params)).toBeUndefined()
    expect(mirror.change(params)).toBeUndefined()
    expect(() => mirror.close(params)).not.toThrow()
    expect(mirror.paths).toEqual([])
  })

  it('keeps a text with a lone surrogate as long as the editor has it', () => {
    const mirror = opened('a\ud800b')
    change(mirror, [{ range: range(0, 2, 0, 3), text: 'B' }])
    expect(textOf(mirror)).toBe('a\ufffdB')
  })
})

it.each<[unknown, boolean]>([
  [range(0, 0, 0, 0), true],
  [{ start: { line: 0, character: 0 } }, false],
  [{ start: { line: 0, character: 0 }, end: { line: '0', character: 0 } }, false],
  [{ start: null, end: null }, false],
  [null, false],
  [undefined, false],
  ['range', false],
])('calls %j a range: %s', (value, expected) => {
  expect(isRange(value)).toBe(expected)
})

// No byte order mark: editors do not count it as a character of the first line, TextDocument does.
const text = fc
  .array(fc.constantFrom('a', 'b', ' ', '\n', '\r', '\r\n', 'é', '漢', '😀', '\u2028'), { maxLength: 30 })
  .map((parts) => parts.join(''))

/** Asked for a draft, makes it a change of whatever the document holds by then. */
interface Draft {
  readonly from: number
  readonly to: number
  readonly beyond: number
  readonly text: string
  readonly full: boolean
}
const draft: fc.Arbitrary<Draft> = fc.record({
  from: fc.nat(),
  to: fc.nat(),
  beyond: fc.constantFrom(0, 0, 0, 1000),
  text,
  full: fc.constantFrom(false, false, false, false, true),
})

/** Offsets that do not lie inside a character. */
const boundaries = (content: string) =>
  [0, ...Array.from(content, (_, i) => i + 1)].map(
    (count) => Array.from(content).slice(0, count).join('').length,
  )

function changeOf(
  document: TextDocument,
  { from, to, beyond, text, full }: Draft,
): TextDocumentContentChangeEvent {
  if (full) return { text }
  const starts = boundaries(document.getText())
  const [start, end] = [from, to]
    .map((n) => document.positionAt(starts[n % starts.length]!))
    .map(({ line, character }) => ({ line, character: character + beyond }))
  return { range: { start: start!, end: end! }, text }
}

it('law: texts are those that a server has from the same notifications', () => {
  fc.assert(
    fc.property(
      text,
      fc.array(fc.array(draft, { maxLength: 6 }), { maxLength: 5 }),
      (start, notifications) => {
        const mirror = opened(start)
        let document = TextDocument.create(uri, 'x', 1, start)
        for (const [i, drafts] of notifications.entries()) {
          const changes: TextDocumentContentChangeEvent[] = []
          for (const each of drafts) {
            const next = changeOf(document, each)
            changes.push(next)
            document = TextDocument.update(document, [next], i + 2)
          }
          change(mirror, changes, i + 2)
          // Not after each of them, so that changes of several notifications are carried out together too.
          if (i % 2 === 1) expect(textOf(mirror)).toBe(document.getText())
        }
        expect(textOf(mirror)).toBe(document.getText())
      },
    ),
    { numRuns: 5000 },
  )
})
