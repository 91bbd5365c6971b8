import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { LineIndex, type PositionEncoding } from '../../server/edits/line-index.ts'
import { bytes, text } from './arbitraries.ts'

const encodings: readonly PositionEncoding[] = ['utf-8', 'utf-16', 'utf-32']
const indexOf = (content: string) => new LineIndex(Buffer.from(content))
const hex = (digits: string) => new LineIndex(Buffer.from(digits, 'hex'))

/** What an editor that decodes with TextDecoder sees, and how long it is in units of the encoding. */
function decodedUnits(part: Uint8Array, encoding: 'utf-16' | 'utf-32'): number {
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(part)
  return encoding === 'utf-16' ? decoded.length : Array.from(decoded).length
}

/** The offsets between two characters as TextDecoder sees them, and the two ends. */
function characterStarts(content: Uint8Array): number[] {
  const starts: number[] = []
  for (let offset = 0; offset <= content.length; offset++) {
    // Cutting there and decoding the halves by themselves changes nothing.
    const halves =
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.subarray(0, offset)) +
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.subarray(offset))
    if (halves === new TextDecoder('utf-8', { ignoreBOM: true }).decode(content)) starts.push(offset)
  }
  return starts
}

describe('lines', () => {
  it.each<[string, string, number[]]>([
    ['an empty text has one line', '', [0]],
    ['a final newline begins another line', 'a\n', [0, 2]],
    ['lines end at LF, CRLF and CR', 'a\nb\r\nc\rd', [0, 2, 5, 7]],
    ['LF CR is two line endings', 'a\n\rb', [0, 2, 3]],
    ['CR CR LF is two line endings', 'a\r\r\nb', [0, 2, 4]],
    ['a final CR ends a line', 'a\r', [0, 2]],
    ['other line separators end no line', 'a\u2028b\u0085c\vd\f', [0]],
    ['a byte order mark is no part of the first line', '\ufeffa\nb', [3, 5]],
    ['only the first byte order mark is stripped', '\ufeff\ufeffa', [3]],
    ['a byte order mark alone is one empty line', '\ufeff', [3]],
  ])('%s', (_title, content, starts) => {
    const index = indexOf(content)
    expect(index.lineCount).toBe(starts.length)
    for (const encoding of encodings) {
      expect(starts.map((_, line) => index.positionToByte({ line, character: 0 }, encoding))).toEqual(starts)
    }
  })
})

describe('positionToByte', () => {
  // a = 1 byte, é = 2 bytes, 漢 = 3 bytes, 😀 = 4 bytes and a surrogate pair.
  it.each<[PositionEncoding, number[]]>([
    ['utf-8', [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11]],
    ['utf-16', [0, 1, 3, 6, 6, 10, 11, 11]],
    ['utf-32', [0, 1, 3, 6, 10, 11, 11]],
  ])('counts in %s and rounds down to the start of a character', (encoding, expected) => {
    const index = indexOf('aé漢😀b\r\nc')
    const found = expected.map((_, character) => index.positionToByte({ line: 0, character }, encoding))
    expect(found).toEqual(expected)
  })

  it.each<[string, string, number, number, number]>([
    ['character beyond the line: before LF', 'ab\ncd', 0, 9, 2],
    ['character beyond the line: before CRLF', 'ab\r\ncd', 0, 3, 2],
    ['character beyond the line: before CR', 'ab\rcd', 0, 3, 2],
    ['character beyond the last line: the end', 'ab\ncd', 1, 9, 5],
    ['line beyond the last: the end', 'ab\ncd', 2, 0, 5],
    ['line far beyond the last: the end', 'ab\ncd', 2 ** 31 - 1, 2 ** 31 - 1, 5],
    ['infinity: the end', 'ab\ncd', 0, Infinity, 2],
    ['line at infinity: the end', 'ab\ncd', Infinity, 0, 5],
    ['a negative character: the start of the line', 'ab\ncd', 1, -1, 3],
    ['a negative line: the first', 'ab\ncd', -3, 1, 1],
    ['NaN: zero', 'ab\ncd', Number.NaN, Number.NaN, 0],
    ['fractions: rounded down', 'ab\ncd', 1.9, 1.9, 4],
    ['0:0 behind a byte order mark', '\ufeffab', 0, 0, 3],
    ['a negative position behind a byte order mark', '\ufeffab', -1, -1, 3],
  ])('clamps: %s', (_title, content, line, character, expected) => {
    for (const encoding of encodings) {
      expect(indexOf(content).positionToByte({ line, character }, encoding)).toBe(expected)
    }
  })

  // Text that is not all ASCII is counted in another way.
  it.each<[string, string, number, number, number]>([
    ['character beyond the line: before CRLF', 'é\r\ncd', 0, 7, 2],
    ['line beyond the last: the end', 'é\ncd', 2, 0, 5],
    ['infinity: the end of the line', 'é\ncd', 0, Infinity, 2],
    ['a negative character: the start of the line', 'é\ncd', 1, -1, 3],
    ['NaN: zero', 'é\ncd', Number.NaN, Number.NaN, 0],
    ['fractions: rounded down', 'é\ncd', 1.9, 1.9, 4],
    ['a negative position behind a byte order mark', '\ufeffé', -1, -1, 3],
  ])('clamps beside other characters: %s', (_title, content, line, character, expected) => {
    for (const encoding of encodings) {
      expect(indexOf(content).positionToByte({ line, character }, encoding)).toBe(expected)
    }
  })

  it('agrees with vscode-languageserver-textdocument on valid text', () => {
    fc.assert(
      fc.property(text, fc.nat(12), fc.nat(20), (content, line, character) => {
        fc.pre(!content.startsWith('\ufeff'))
        const document = TextDocument.create('file:///a', 'x', 0, content)
        const offset = document.offsetAt({ line, character })
        fc.pre(!isInsidePair(content, offset))
        const expected = Buffer.byteLength(content.slice(0, offset))
        expect(indexOf(content).positionToByte({ line, character }, 'utf-16')).toBe(expected)
        const behindBom = indexOf(`\ufeff${content}`).positionToByte({ line, character }, 'utf-16')
        expect(behindBom).toBe(expected + 3)
      }),
    )
  })

  it('goes up where the position does', () => {
    const position = fc.record({ line: fc.nat(8), character: fc.nat(20) })
    fc.assert(
      fc.property(bytes, position, position, fc.constantFrom(...encodings), (content, a, b, encoding) => {
        const isInOrder = a.line < b.line || (a.line === b.line && a.character <= b.character)
        const [first, second] = isInOrder ? [a, b] : [b, a]
        const index = new LineIndex(content)
        expect(index.positionToByte(first, encoding)).toBeLessThanOrEqual(
          index.positionToByte(second, encoding),
        )
      }),
    )
  })

  it('gives the same answer whatever was asked before, this way or the other', () => {
    const question = fc.tuple(fc.nat(4), fc.nat(30), fc.constantFrom(...encodings))
    fc.assert(
      fc.property(bytes, fc.array(question, { maxLength: 20 }), (content, questions) => {
        const index = new LineIndex(content)
        for (const [line, character, encoding] of questions) {
          const alone = new LineIndex(content).positionToByte({ line, character }, encoding)
          expect(index.positionToByte({ line, character }, encoding)).toBe(alone)
          const positionAlone = new LineIndex(content).byteToPosition(character, encoding)
          expect(index.byteToPosition(character, encoding)).toEqual(positionAlone)
        }
      }),
    )
  })
})

describe('byteToPosition', () => {
  it.each<[PositionEncoding, number[]]>([
    ['utf-8', [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11]],
    ['utf-16', [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 5, 6, 6]],
    ['utf-32', [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 5, 5]],
  ])('counts in %s, rounds down, and never lands in a line ending', (encoding, expected) => {
    const index = indexOf('aé漢😀b\r\nc')
    const found = expected.map((_, offset) => index.byteToPosition(offset, encoding))
    expect(found).toEqual(expected.map((character) => ({ line: 0, character })))
    expect(index.byteToPosition(13, encoding)).toEqual({ line: 1, character: 0 })
  })

  it.each([
    ['inside the byte order mark', 1, { line: 0, character: 0 }],
    ['negative', -5, { line: 0, character: 0 }],
    ['NaN', Number.NaN, { line: 0, character: 0 }],
    ['a fraction', 4.9, { line: 0, character: 1 }],
    ['beyond the end', 99, { line: 1, character: 1 }],
    ['infinity', Infinity, { line: 1, character: 1 }],
  ])('clamps an offset: %s', (_title, offset, expected) => {
    for (const encoding of encodings) {
      expect(indexOf('\ufeffab\nc').byteToPosition(offset, encoding)).toEqual(expected)
    }
  })

  it('agrees with vscode-languageserver-textdocument on valid text', () => {
    fc.assert(
      fc.property(text, fc.nat(80), (content, offset) => {
        fc.pre(!content.startsWith('\ufeff') && !isInsidePair(content, offset))
        const document = TextDocument.create('file:///a', 'x', 0, content)
        const byte = Buffer.byteLength(content.slice(0, offset))
        expect(indexOf(content).byteToPosition(byte, 'utf-16')).toEqual(document.positionAt(offset))
      }),
    )
  })
})

describe('round trip', () => {
  it('comes back to every character and line ending that it starts from', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...encodings), (content, encoding) => {
        const index = new LineIndex(content)
        const bom = content.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0
        for (const offset of characterStarts(content)) {
          if (offset < bom || (content[offset] === 0x0a && content[offset - 1] === 0x0d)) continue
          expect(index.positionToByte(index.byteToPosition(offset, encoding), encoding)).toBe(offset)
        }
      }),
    )
  })
})

describe('bytes that are not UTF-8', () => {
  // Each row: bytes, and the bytes at which each UTF-16 column starts.
  it.each<[string, string, number[]]>([
    ['a stray byte is one character', '61ff62', [0, 1, 2, 3]],
    ['stray continuation bytes are one character each', '61808062', [0, 1, 2, 3, 4]],
    ['an overlong form is one character a byte', 'c0af62', [0, 1, 2, 3]],
    ['a lead byte without its continuation', 'c362', [0, 1, 2]],
    ['two bytes of three are one character', 'e6bc62', [0, 2, 3]],
    ['three bytes of four are one character', 'f09f9862', [0, 3, 4]],
    ['an encoded surrogate is one character a byte', 'eda08062', [0, 1, 2, 3, 4]],
    ['beyond U+10FFFF is one character a byte', 'f490808062', [0, 1, 2, 3, 4, 5]],
    ['an overlong three-byte form', 'e0808062', [0, 1, 2, 3, 4]],
    ['an overlong four-byte form', 'f08f808062', [0, 1, 2, 3, 4, 5]],
    ['a cut character at the end', '61f09f98', [0, 1, 4]],
    ['a cut character before a line ending', 'e6bc0a61', [0, 2, 2]],
    ['a cut character before a whole one', 'e6bcc3a9', [0, 2, 4]],
    ['five bytes of an old form', 'f88880808062', [0, 1, 2, 3, 4, 5, 6]],
  ])('%s', (_title, digits, expected) => {
    for (const encoding of ['utf-16', 'utf-32'] as const) {
      const found = expected.map((_, character) =>
        hex(digits).positionToByte({ line: 0, character }, encoding),
      )
      expect(found).toEqual(expected)
    }
  })

  it('are counted in bytes in utf-8, a bad sequence as a whole', () => {
    const found = [0, 1, 2, 3, 4].map((character) =>
      hex('e6bcff62').positionToByte({ line: 0, character }, 'utf-8'),
    )
    expect(found).toEqual([0, 0, 2, 3, 4])
  })

  it('have the columns that TextDecoder gives them', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom('utf-16', 'utf-32'), (content, encoding) => {
        const index = new LineIndex(content)
        for (const offset of characterStarts(content)) {
          const position = index.byteToPosition(offset, encoding)
          const lineStart = index.positionToByte({ line: position.line, character: 0 }, encoding)
          if (offset < lineStart || content[offset] === 0x0a) continue
          expect(position.character).toBe(decodedUnits(content.subarray(lineStart, offset), encoding))
        }
      }),
    )
  })
})

describe('a long line', () => {
  it('is walked once for positions asked for in order', () => {
    const index = indexOf('é😀'.repeat(200_000))
    for (let pair = 0; pair < 200_000; pair += 10) {
      expect(index.positionToByte({ line: 0, character: pair * 3 }, 'utf-16')).toBe(pair * 6)
    }
  })
})

function isInsidePair(content: string, offset: number): boolean {
  return /[\ud800-\udbff]/.test(content.charAt(offset - 1)) && /[\udc00-\udfff]/.test(content.charAt(offset))
}
