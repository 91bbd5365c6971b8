import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHasher, hashesOf, hashesOfEdited } from '../../server/edits/hash.ts'
import { normalize } from '../../server/edits/normalize.ts'
import { splice } from '../../server/edits/splice.ts'

interface Vector {
  readonly name: string
  readonly bytes: string
  readonly normalized: string
  readonly raw_hash: string
  readonly norm_hash: string
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/hashes.json', import.meta.url), 'utf8'),
)
const hasher = await createHasher()
const counting = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff)

describe.each(vectors)('the vector "$name"', (vector) => {
  const bytes = Buffer.from(vector.bytes, 'base64')

  it('has its normalized bytes', () => {
    expect(Buffer.from(normalize(bytes)).toString('base64')).toBe(vector.normalized)
  })

  it('has its raw and its norm hash', () => {
    expect(hashesOf(hasher, bytes)).toEqual({ raw: vector.raw_hash, norm: vector.norm_hash })
  })
})

describe('hashesOf', () => {
  it.each([
    ['their own normalized bytes', 'a\nb\n', 1],
    ['others', 'a \nb\n', 2],
  ])('hashes bytes that have %s as often as it must: %j, %i times', (_what, text, times) => {
    let count = 0
    const counted = { ...hasher, hash: (bytes: Uint8Array) => `${++count} ${hasher.hash(bytes)}` }
    hashesOf(counted, Buffer.from(text))
    expect(count).toBe(times)
  })
})

describe('a large text', () => {
  it.each(['a line\r\n', 'a line \n', '\ufeffa line\n', 'a line\n'])(
    'has the hashes of its bytes: %j',
    (line) => {
      const text = Buffer.from(line.repeat(200_000))
      const expected = { raw: hasher.hash(text), norm: hasher.hash(normalize(text)) }
      expect(hashesOf(hasher, text)).toEqual(expected)
      const edits = [
        { start: 0, end: 2, text: '\ufeffA ' },
        { start: 1_300_000, end: 1_300_004, text: ' \r\n' },
      ]
      const edited = splice(text, edits)
      expect(hashesOfEdited(hasher, text, expected, edits)).toEqual({
        raw: hasher.hash(edited),
        norm: hasher.hash(normalize(edited)),
      })
    },
  )
})

describe('hashesOfEdited', () => {
  const original = Buffer.from('let a\n\tb()\n')

  it.each([
    ['a word', 4, 5, 'name'],
    ['nothing at all', 4, 5, ''],
    ['a blank before a line end', 5, 5, ' '],
    ['a line end behind a blank', 4, 4, '\n'],
    ['a blank that stood behind a word, by taking the word away', 4, 5, ''],
    ['a carriage return', 5, 5, '\r'],
    ['a CRLF', 5, 6, '\r\n'],
    ['lines, one of them with a tab at its end', 0, 0, 'x\t\ny\n'],
    ['a byte order mark', 0, 0, '\ufeff'],
    ['a byte order mark in the middle', 4, 4, '\ufeff'],
    ['blanks at the end', 11, 11, '  '],
    ['the whole', 0, 11, 'other'],
    ['the whole away', 0, 11, ''],
  ])('knows what an edit makes of a text: %s', (_what, start, end, text) => {
    const edits = [{ start, end, text }]
    expect(hashesOfEdited(hasher, original, hashesOf(hasher, original), edits)).toEqual(
      hashesOf(hasher, splice(original, edits)),
    )
  })

  it('comes to the hashes of the whole, whatever is edited', () => {
    const text = fc
      .array(fc.constantFrom('a', ' ', '\t', '\n', '\r', '\ufeff', 'é'), { maxLength: 8 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, text), { maxLength: 4 }), (rows) => {
        // By turns what is kept, what is replaced, and what by.
        let content = ''
        const edits = rows.map(([kept, replaced, by]) => {
          const start = Buffer.byteLength(content + kept)
          content += kept + replaced
          return { start, end: Buffer.byteLength(content), text: by }
        })
        const bytes = Buffer.from(`${content}z`)
        expect(hashesOfEdited(hasher, bytes, hashesOf(hasher, bytes), edits)).toEqual(
          hashesOf(hasher, splice(bytes, edits)),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('hashes the bytes once where nothing has to be normalized', () => {
    const hashed: number[] = []
    const counted = { ...hasher, hash: (bytes: Uint8Array) => `${hashed.push(bytes.length)}` }
    hashesOfEdited(counted, original, { raw: 'same', norm: 'same' }, [{ start: 4, end: 5, text: 'name' }])
    expect(hashed).toEqual([14])
    hashesOfEdited(counted, original, { raw: 'same', norm: 'same' }, [{ start: 4, end: 5, text: '\r' }])
    expect(hashed).toEqual([14, 11, 9])
  })

  it.each([32_768, 32_769, 200_000])('is right for %i bytes', (length) => {
    const bytes = Buffer.alloc(length, 'x\n')
    const edits = [
      { start: 3, end: 4, text: 'y' },
      { start: length - 1, end: length, text: 'z' },
    ]
    expect(hashesOfEdited(hasher, bytes, hashesOf(hasher, bytes), edits)).toEqual(
      hashesOf(hasher, splice(bytes, edits)),
    )
  })
})

describe('createHasher', () => {
  it('makes one hasher for the whole process', async () => {
    expect(await createHasher()).toBe(hasher)
  })
})

describe('hash', () => {
  // Around the size of a chunk and of a page of the module's memory; from another implementation.
  it.each([
    [32_767, '0e0a8ae4e38a9f2d'],
    [32_768, '5e4a2418b0379070'],
    [32_769, '8b164d798ae1ad0b'],
    [65_536, 'd127a7818d57b4c8'],
    [65_537, 'b13a02da18e04b5c'],
    [1_000_003, 'f7d4dcdf2d97cd45'],
  ])('is right for %i bytes, and for few after them', (length, expected) => {
    expect(hasher.hash(counting(length))).toBe(expected)
    expect(hasher.hash(Buffer.from('abc'))).toBe('44bc2cf5ad770999')
  })

  it('reads a view of a larger buffer as that view', () => {
    expect(hasher.hash(Buffer.from('xabcx').subarray(1, 4))).toBe('44bc2cf5ad770999')
  })
})

describe('stream', () => {
  it('comes to the hash of everything, however it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), (chunks) => {
        const stream = hasher.stream()
        for (const chunk of chunks) stream.update(chunk)
        expect(stream.digest()).toBe(hasher.hash(Buffer.concat(chunks)))
      }),
    )
  })

  it('is not disturbed by another stream, by a hash, or by being asked in between', () => {
    const [one, other] = [hasher.stream(), hasher.stream()]
    one.update(counting(100_000))
    other.update(Buffer.from('ab'))
    expect(one.digest()).toBe(hasher.hash(counting(100_000)))
    other.update(Buffer.from('c'))
    expect(other.digest()).toBe('44bc2cf5ad770999')
    expect(other.digest()).toBe('44bc2cf5ad770999')
    expect(one.digest()).toBe(hasher.hash(counting(100_000)))
  })

  it('of nothing is the hash of nothing', () => {
    expect(hasher.stream().digest()).toBe('ef46db3751d8e999')
  })
})
