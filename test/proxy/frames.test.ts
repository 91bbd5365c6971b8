import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameCutter, frameOf } from '../../server/proxy/frames.ts'

const APPLY_EDIT = '{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":{"edit":{}}}'
const FRAME = `Content-Length: ${APPLY_EDIT.length}\r\n\r\n${APPLY_EDIT}`

interface Reading {
  /** One string a piece: `frame: <body>`, or `noise: <text>` with neighbours put together. */
  readonly pieces: string[]
  /** All that came out, in order. */
  readonly bytes: Buffer
  readonly rest: string
}

/** What stands in a stream, its parts put together: `frame` with its header's length, or `noise`. */
interface Piece {
  readonly kind: 'frame' | 'noise'
  readonly bytes: Buffer
  readonly header: number
}

/** Pushes a chunk and takes every part that there is; a frame that is not whole yet is given in pieces. */
function push(cutter: FrameCutter, chunk: Buffer, waitsForAll = false): Piece[] {
  const pieces: Piece[] = []
  cutter.push(chunk)
  while (cutter.next()) {
    const { kind, bytes, from, to, body } = cutter
    if (waitsForAll && kind === 'frame' && cutter.left > 0) cutter.undecided()
    else
      pieces.push({
        kind: kind === 'noise' ? 'noise' : 'frame',
        bytes: bytes.subarray(from, to),
        header: kind === 'frame' ? body - from : -1,
      })
  }
  return pieces
}

function read(chunks: readonly Buffer[], waitsForAll = false): Reading {
  const reader = new FrameCutter()
  const all: Piece[] = []
  for (const part of chunks.flatMap((chunk) => push(reader, chunk, waitsForAll))) {
    const last = all.at(-1)
    if (part.kind === 'frame' && part.header < 0 && last !== undefined)
      all[all.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, part.bytes]) }
    else all.push(part)
  }
  const rest = reader.rest()
  const pieces: string[] = []
  let noise = ''
  const endNoise = () => {
    if (noise !== '') pieces.push(`noise: ${noise}`)
    noise = ''
  }
  for (const piece of all) {
    if (piece.kind === 'noise') noise += piece.bytes.toString('latin1')
    else {
      endNoise()
      pieces.push(`frame: ${piece.bytes.toString('latin1', piece.header)}`)
    }
  }
  // What is held back at the end is noise that came too late to be called so.
  noise += rest.toString('latin1')
  endNoise()
  return {
    pieces,
    bytes: Buffer.concat([...all.map(({ bytes }) => bytes), rest]),
    rest: rest.toString('latin1'),
  }
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** The bytes cut at the given offsets. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const ends = [...new Set(offsets.map((offset) => offset % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length))
}

/** Reads a text whole, in two halves at every offset, and byte by byte: all must agree. */
function readAnyhow(text: string): string[] {
  const bytes = latin1(text)
  const whole = read([bytes])
  expect(whole.bytes).toEqual(bytes)
  const chunkings = Array.from({ length: bytes.length + 1 }, (_, at) => cut(bytes, [at]))
  chunkings.push(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))
  for (const chunks of chunkings) {
    for (const waitsForAll of [false, true]) {
      const cutUp = read(chunks, waitsForAll)
      expect(cutUp.pieces, `cut after ${chunks[0]?.length}`).toEqual(whole.pieces)
      expect(cutUp.bytes.equals(bytes)).toBe(true)
    }
  }
  return whole.pieces
}

describe('a header is recognised, wherever it is cut', () => {
  it.each<[string, string]>([
    ['as most write it', 'Content-Length: 5\r\n\r\nhello'],
    ['in small letters', 'content-length: 5\r\n\r\nhello'],
    ['in capitals', 'CONTENT-LENGTH: 5\r\n\r\nhello'],
    ['without a space after the colon', 'Content-Length:5\r\n\r\nhello'],
    ['with blanks around', 'Content-Length\t :  5 \t\r\n\r\nhello'],
    ['with leading zeros', 'Content-Length: 0005\r\n\r\nhello'],
    ['with lines that end with LF alone', 'Content-Length: 5\n\nhello'],
    ['with both line ends', 'Content-Length: 5\r\n\nhello'],
    [
      'with a type behind it',
      'Content-Length: 5\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\nhello',
    ],
    ['with a type before it', 'Content-Type: application/vscode-jsonrpc\r\nContent-Length: 5\r\n\r\nhello'],
    ['with a sign', 'Content-Length: +5\r\n\r\nhello'],
    ['with something behind the number', 'Content-Length: 5; x\r\n\r\nhello'],
    ['with a fraction', 'Content-Length: 5.0\r\n\r\nhello'],
    ['with many leading zeros', `Content-Length: ${'0'.repeat(30)}5\r\n\r\nhello`],
    ['with odd blanks', 'Content-Length:\v5\f\r\n\r\nhello'],
    ['with a log line in the middle of it', 'Content-Length: 5\r\n10:00:01 INFO started\r\n\r\nhello'],
    [
      'with header names that are none behind it',
      'Content-Length: 5\r\nMy Header: x\r\n: x\r\n\xe9: y\r\n\r\nhello',
    ],
    ['with other headers around it', 'X-Trace: a: b\r\nContent-Length: 5\r\nX-Empty:\r\n\r\nhello'],
    ['with another header whose name ends like it', 'Content-Length: 5\r\nX-Content-Length: 77\r\n\r\nhello'],
    [
      'with another header whose value ends like it',
      'Content-Length: 5\r\nX: Content-Length: 77\r\n\r\nhello',
    ],
    [
      'with two lengths, of which the last one counts',
      'Content-Length: 77\r\nContent-Length: 5\r\n\r\nhello',
    ],
  ])('%s', (_title, text) => {
    expect(readAnyhow(text)).toEqual(['frame: hello'])
  })

  it('takes the whole header and the body for the frame, and the body by itself', () => {
    const text = 'Content-Type: x\r\nContent-Length: 5\r\n\r\nhello'
    expect(push(new FrameCutter(), latin1(text))).toEqual([
      { kind: 'frame', bytes: latin1(text), header: text.length - 5 },
    ])
  })
})

describe('frames and noise', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['a frame without a body', 'Content-Length: 0\r\n\r\n', ['frame: ']],
    [
      'an empty body between others',
      'Content-Length: 1\r\n\r\naContent-Length: 0\r\n\r\nContent-Length: 1\r\n\r\nb',
      ['frame: a', 'frame: ', 'frame: b'],
    ],
    [
      'a body that looks like a header',
      'Content-Length: 21\r\n\r\nContent-Length: 3\r\n\r\n',
      ['frame: Content-Length: 3\r\n\r\n'],
    ],
    ['noise alone', 'listening\n', ['noise: listening\n']],
    ['noise without an end', 'listening', ['noise: listening']],
    ['a log line before', `listening\n${FRAME}`, ['noise: listening\n', `frame: ${APPLY_EDIT}`]],
    ['a log line behind', `${FRAME}listening\n`, [`frame: ${APPLY_EDIT}`, 'noise: listening\n']],
    [
      'a log line between',
      `${FRAME}listening\r\n${FRAME}`,
      [`frame: ${APPLY_EDIT}`, 'noise: listening\r\n', `frame: ${APPLY_EDIT}`],
    ],
    [
      'text without a line end right before',
      `listening${FRAME}`,
      ['noise: listening', `frame: ${APPLY_EDIT}`],
    ],
    [
      'words without a line end right before',
      `now listening ${FRAME}`,
      ['noise: now listening ', `frame: ${APPLY_EDIT}`],
    ],
    [
      'text that begins as a length does',
      `Content-Len${FRAME}`,
      ['noise: Content-Len', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a length without a line end',
      `Content-Length: 7${FRAME}`,
      ['noise: Content-Length: 7', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a log line that tells a length',
      `sent Content-Length: 7\nnow: what\n${FRAME}`,
      ['noise: sent ', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a length that is printed before words and a frame',
      `Content-Length: 7\nnow listening ${FRAME}`,
      ['noise: Content-Length: 7\nnow listening ', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a length that a log line makes void',
      `Content-Length: 7\nand so on\n\n${FRAME}`,
      ['noise: Content-Length: 7\nand so on\n\n', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a length that is no number',
      `Content-Length: many\r\n\r\n${FRAME}`,
      ['noise: Content-Length: many\r\n\r\n', `frame: ${APPLY_EDIT}`],
    ],
    [
      'header lines without a length',
      `A: b\r\n\r\n${FRAME}`,
      ['noise: A: b\r\n\r\n', `frame: ${APPLY_EDIT}`],
    ],
    ['empty lines before', `\n\r\n\n${FRAME}`, ['noise: \n\r\n\n', `frame: ${APPLY_EDIT}`]],
    ['a byte order mark before', `\xef\xbb\xbf${FRAME}`, ['noise: \xef\xbb\xbf', `frame: ${APPLY_EDIT}`]],
    [
      'binary before',
      `\x00\xff\r\x01\n\x80${FRAME}`,
      ['noise: \x00\xff\r\x01\n\x80', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a lone CR before',
      `progress 1\rprogress 2\r${FRAME}`,
      ['noise: progress 1\rprogress 2\r', `frame: ${APPLY_EDIT}`],
    ],
    [
      'a line that ends like a header line',
      `hello world: x\r\n${FRAME}`,
      ['noise: hello world: x\r\n', `frame: ${APPLY_EDIT}`],
    ],
  ])('%s', (_title, text, expected) => {
    expect(readAnyhow(text)).toEqual(expected)
  })

  it.each<[string, string]>([
    ['a log line that looks like a header', 'INFO: x\n'],
    ['several of them', 'INFO: x\nWARN: y\r\nDEBUG:z\n'],
    ['one that ends without a line end', 'INFO: listening'],
    ['one without a line end after another', 'INFO: x\nWARN: listening'],
    ['words with a colon, then one', '12:00:01 listening\nINFO: x\n'],
  ])('finds the frame behind %s', (_title, noise) => {
    expect(readAnyhow(noise + FRAME).at(-1)).toBe(`frame: ${APPLY_EDIT}`)
  })
})

describe('much noise', () => {
  const body = `frame: ${APPLY_EDIT}`
  /** Every way to cut in two around the header, and small chunks throughout. */
  const aroundHeader = (noise: string) => {
    const bytes = latin1(noise + FRAME)
    const offsets = Array.from({ length: 60 }, (_, i) => noise.length - 20 + i)
    const small = Array.from({ length: Math.ceil(bytes.length / 61) }, (_, i) => i * 61)
    return [...offsets.map((at) => cut(bytes, [at])), cut(bytes, small)]
  }

  it.each<[string, string]>([
    ['a long line without an end', 'x'.repeat(9000)],
    ['a very long line without an end', '.'.repeat(200_000)],
    ['a line that could have been a header but for its length', `INFO: ${'x'.repeat(9000)}`],
    ['more log lines than a header may have', 'INFO: x\n'.repeat(1100)],
    ['far more of them', 'INFO: x\n'.repeat(20_000)],
    ['a long line that ends like a header line', `${'x'.repeat(8190)}INFO: x\n`],
    ['a line as long as a header line may be', `INFO: ${'x'.repeat(8186)}\r\n`],
    ['a line longer by one', `INFO: ${'x'.repeat(8187)}\r\n`],
    ['a length with more blanks in it than a header may have', `Content-Length:${' '.repeat(8200)}5\r\n\r\n`],
    [
      'a length with as many blanks in it, behind text, and its body',
      `x Content-Length:${' '.repeat(8192 - 16)}5\r\n\r\nhello`,
    ],
    ['a length behind a long line', `${'x'.repeat(9000)}Content-Length: 7\nand so on\n`],
    [
      'a length, and then more log lines than a header may have',
      `Content-Length: 9\n${'INFO: x\n'.repeat(1100)}`,
    ],
  ])('finds the frame behind %s', (_title, noise) => {
    const whole = read([latin1(noise + FRAME)])
    expect(whole.pieces.at(-1)).toBe(body)
    for (const chunks of aroundHeader(noise)) {
      const { pieces, bytes } = read(chunks)
      expect(pieces).toEqual(whole.pieces)
      expect(bytes.equals(latin1(noise + FRAME))).toBe(true)
    }
  })

  it.each<[string, string]>([
    ['log lines', 'INFO: x\n'.repeat(20_000)],
    ['a line', 'x'.repeat(160_000)],
    ['a line of blanks', `Content-Length${' '.repeat(160_000)}`],
    ['a length without an end', `Content-Length: 5\r\n${'INFO: x\n'.repeat(20_000)}`],
    ['lengths and nothing else', 'Content-Length: 5\n'.repeat(9000)],
    ['odd lengths and nothing else', 'Content-Length: 5; x\n'.repeat(8000)],
  ])('keeps back no more of %s than a header and a line may have', (_title, noise) => {
    const reader = new FrameCutter()
    let pending = 0
    const every160 = Array.from({ length: 999 }, (_, i) => i * 160)
    for (const chunk of cut(latin1(noise), every160)) {
      pending += chunk.length - push(reader, chunk).reduce((sum, { bytes }) => sum + bytes.length, 0)
      expect(pending).toBeLessThanOrEqual(2 * 8192 + 2)
    }
  })

  it.each<[string, string]>([
    ['a line of blanks after the name', `content-length${' '.repeat(60_000)}x`],
    ['blanks after each c', `c${' '.repeat(60)}`.repeat(2000)],
    ['names and nothing else', 'content-length'.repeat(5000)],
    ['the letter c', 'c'.repeat(60_000)],
    ['colons', 'Content-Length::'.repeat(4000)],
    ['digits', `Content-Length: ${'1'.repeat(60_000)}`],
  ])('is not slowed down by %s', (_title, noise) => {
    const bytes = latin1(noise)
    const began = performance.now()
    expect(read(cut(bytes, [1000, 2000, 30_000])).bytes.equals(bytes)).toBe(true)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('a stream that ends early', () => {
  const header = FRAME.length - APPLY_EDIT.length

  it('gives back a header cut short', () => {
    for (let end = 1; end < header; end++)
      expect(read([latin1(FRAME.slice(0, end))])).toMatchObject({ rest: FRAME.slice(0, end) })
  })

  it('has given what came of a frame, or gives it back where it was not decided on', () => {
    for (let end = header; end < FRAME.length; end++) {
      const cutShort = latin1(FRAME.slice(0, end))
      expect(read([cutShort])).toMatchObject({
        pieces: [`frame: ${FRAME.slice(header, end)}`],
        rest: '',
      })
      expect(read([cutShort], true)).toMatchObject({ rest: FRAME.slice(0, end) })
    }
  })

  it('gives back nothing after whole frames, and nothing twice', () => {
    const reader = new FrameCutter()
    expect(push(reader, latin1(FRAME + FRAME))).toHaveLength(2)
    expect(reader.rest()).toEqual(Buffer.alloc(0))
    push(reader, latin1('Content-'))
    expect(reader.rest()).toEqual(latin1('Content-'))
    expect(reader.rest()).toEqual(Buffer.alloc(0))
  })
})

describe('a large frame', () => {
  const body = Buffer.alloc(32 * 1024 * 1024, 'x')
  const large = Buffer.concat([latin1(`Content-Length: ${body.length}\r\n\r\n`), body])
  const chunks = Array.from({ length: Math.ceil(large.length / 8192) }, (_, i) =>
    large.subarray(i * 8192, (i + 1) * 8192),
  )

  it('is given chunk by chunk, and none of it is copied or kept', () => {
    const reader = new FrameCutter()
    for (const [i, chunk] of chunks.entries()) {
      const [part, ...others] = push(reader, chunk)
      expect(others).toEqual([])
      expect(part?.bytes.buffer).toBe(large.buffer)
      expect(reader.left).toBe(Math.max(0, large.length - (i + 1) * 8192))
    }
  })

  it('that does not tell its kind is looked at whenever there is twice as much of it', () => {
    const reader = new FrameCutter()
    const looks: number[] = []
    for (const chunk of chunks) {
      reader.push(chunk)
      while (reader.next()) {
        looks.push(reader.to - reader.from)
        if (reader.left > 0) reader.undecided()
      }
    }
    expect(looks.slice(0, 4)).toEqual([8192, 16_384, 32_768, 65_536])
    expect(looks.slice(-2)).toEqual([2 ** 25, large.length])
  })
})

describe('a chunk behind a frame that was cut', () => {
  const small = `Content-Length: 100\r\n\r\n${'s'.repeat(100)}`
  const chunk = (text: string) => new Uint8Array(latin1(text)).buffer

  it.each([5, 20, 60])('is not copied but for its beginning (cut after %d bytes)', (at) => {
    const stream = small.repeat(40)
    const second = chunk(stream.slice(at))
    const reader = new FrameCutter()
    push(reader, latin1(stream.slice(0, at)))
    const pieces = push(reader, Buffer.from(second))
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).toString()).toBe(stream.slice(at < 23 ? 0 : at))
    const copied = pieces.filter(({ bytes }) => bytes.buffer !== second)
    expect(copied.length).toBe(at < 23 ? 1 : 0)
  })

  it('is copied until the frame tells what it is', () => {
    const large = `Content-Length: 5000\r\n\r\n${'l'.repeat(5000)}`
    const second = chunk(large.slice(5) + small.repeat(80))
    const reader = new FrameCutter()
    push(reader, latin1(large.slice(0, 5)))
    const pieces = push(reader, Buffer.from(second), true)
    expect(pieces.map(({ bytes }) => bytes.toString())).toEqual([large, ...Array(80).fill(small)])
    expect([pieces[0], pieces.at(-1)].map((piece) => piece?.bytes.buffer === second)).toEqual([false, true])
  })

  it('is given back whole when the stream ends there', () => {
    const large = `Content-Length: 5000\r\n\r\n${'l'.repeat(4000)}`
    const reader = new FrameCutter()
    push(reader, latin1(large.slice(0, 5)))
    reader.push(latin1(large.slice(5)))
    expect(reader.next()).toBe(true)
    reader.undecided()
    expect(reader.rest().toString()).toBe(large)
  })
})

describe('what passes', () => {
  const stream = 'noise\nContent-Length: 2\r\n\r\n{}Content-Length: 2\r\n\r\n{}'

  it('is one part, as far as it is told', () => {
    const reader = new FrameCutter((bytes, at) => (bytes[at] === 0x43 ? bytes.length : at))
    reader.push(latin1(stream))
    const parts: string[] = []
    while (reader.next())
      parts.push(`${reader.kind} ${reader.bytes.toString('latin1', reader.from, reader.to)}`)
    expect(parts).toEqual(['noise noise\n', `passed ${stream.slice(6)}`])
  })

  it('is not asked for in the middle of a line, nor of a frame', () => {
    const asked: number[] = []
    const reader = new FrameCutter((_, at) => {
      asked.push(at)
      return at
    })
    for (const text of ['INFO x', ' yContent-Length: 4\r\n\r\n{}', '{}']) push(reader, latin1(text))
    // Where the first line begins and where the frame does, not where the second chunk or the third one does.
    expect(asked).toEqual([0, 2])
  })
})

it('frames a message by its length in bytes', () => {
  expect(frameOf({ m: 'é😀' }).toString()).toBe('Content-Length: 14\r\n\r\n{"m":"é😀"}')
})

interface Part {
  readonly text: string
  /** Undefined: noise. */
  readonly body: string | undefined
}

const body = fc.oneof(
  fc.constantFrom('', '{}', APPLY_EDIT, FRAME, '\r\n', 'Content-Length: 3\r\n\r\nabc', '\n\n', 'Content-Le'),
  fc.constantFrom('z'.repeat(400), 'z'.repeat(600), `${'z'.repeat(1000)}\r\n`, 'z'.repeat(5000)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const header = fc.constantFrom<(n: number) => string>(
  (n) => `Content-Length: ${n}\r\n\r\n`,
  (n) => `content-length:${n}\n\n`,
  (n) => `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${n}\r\n\r\n`,
  (n) => `Content-Length: ${n} \r\nContent-Type: utf-8\r\n\r\n`,
  (n) => `CONTENT-LENGTH \t: ${n}\t\r\nX-Other:\r\n\n`,
)
const frame: fc.Arbitrary<Part> = fc
  .tuple(header, body)
  .map(([headerOf, text]) => ({ text: headerOf(text.length) + text, body: text }))

// What servers, their runtimes and the scripts that start them print. None of it is a whole header.
const noise: fc.Arbitrary<Part> = fc
  .oneof(
    fc.constantFrom(
      'INFO: x\n',
      'INFO: x',
      'WARN:',
      '2026-01-02T03:04:05.678Z INFO main: started\r\n',
      '[Info  - 10:00:00] Connected\n',
      'Loading',
      'Loading...\r',
      'c',
      'Con',
      'Content-Length',
      'Content-Length: ',
      'Content-Type: text/plain\n',
      'read Content-Length: 12 of 40\n',
      '    at Object.<anonymous> (/p/a.js:1:1)\n',
      '{"level":"info","msg":"x: y"}\n',
      '\x1b[32m✓\x1b[0m ready\n',
      'e\u0301\n',
      ': ',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\r',
      '-----',
      'INFO: x\n'.repeat(1500),
      '#'.repeat(8192),
      `${'#'.repeat(8193)}\n`,
      `INFO: ${'y'.repeat(8186)}\n`,
      `INFO: ${'y'.repeat(8187)}\r\n`,
    ),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  )
  .map((text) => ({ text: Buffer.from(text, 'utf8').toString('latin1'), body: undefined }))

const stream = fc.array(fc.oneof(frame, noise), { maxLength: 12 }).filter((parts) => !tellsLength(parts))

/** A number behind an unfinished "Content-Length: ", as of a date: that is a length which noise makes up. */
function tellsLength(parts: readonly Part[]): boolean {
  const before = (i: number) =>
    parts
      .slice(0, i)
      .map(({ text }) => text)
      .join('')
  return parts.some(({ text }, i) => /^\d/.test(text) && /content-length[ \t]*:[ \t\r]*$/i.test(before(i)))
}
const offsets = fc.array(fc.nat(40_000), { maxLength: 12 })

describe('law', () => {
  it('every frame is found, in its place among the noise, however the stream is cut', () => {
    fc.assert(
      fc.property(stream, offsets, (parts, at) => {
        const bytes = latin1(parts.map(({ text }) => text).join(''))
        const { pieces } = read(cut(bytes, at))
        const bodies = parts.flatMap(({ body }) => (body === undefined ? [] : [`frame: ${body}`]))
        expect(pieces.filter((piece) => piece.startsWith('frame: '))).toEqual(bodies)
      }),
      { numRuns: 2000 },
    )
  })

  it('the pieces are the same for every chunking, and together they are the input', () => {
    // Beside streams as they are, any mixture of what matters to the reader.
    const soup = fc
      .array(
        fc.constantFrom(
          ...['Content-Length', 'content-length: 3', 'c', ': ', ':', '3', '0', ' ', '\t', '\r', '\n', '\r\n'],
          ...[
            'X: y',
            'abc',
            'a b',
            '\r\n\r\n',
            '\n\n',
            '\xff',
            'z'.repeat(8190),
            ' '.repeat(8180),
            'k: v\n'.repeat(1640),
          ],
        ),
        { maxLength: 24 },
      )
      .map((parts) => parts.join(''))
    const streams = stream.map((parts) => parts.map(({ text }) => text).join(''))
    fc.assert(
      fc.property(
        fc.oneof(soup, streams),
        offsets,
        fc.boolean(),
        fc.boolean(),
        (text, at, everyByte, waits) => {
          const bytes = latin1(text)
          const everywhere = everyByte && bytes.length < 500
          const chunks = cut(bytes, everywhere ? Array.from(bytes, (_, i) => i) : at)
          const [whole, cutUp] = [read([bytes], waits), read(chunks, waits)]
          expect(cutUp.pieces).toEqual(whole.pieces)
          expect(cutUp.bytes.equals(bytes)).toBe(true)
          expect(whole.bytes.equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 3000 },
    )
  })
})
