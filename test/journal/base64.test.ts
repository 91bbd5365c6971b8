import { describe, expect, it } from 'vitest'
import { decodeBase64, decodedLength, decodeStrictly } from '../../server/journal/base64.ts'

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 31) % 256))

function decoded(decode: typeof decodeStrictly, text: string): Buffer | undefined {
  const into = Buffer.alloc(decodedLength(text.length))
  const length = decode(Buffer.from(text, 'latin1'), into)
  return length === undefined ? undefined : into.subarray(0, length)
}

describe('base64', () => {
  it.each([0, 1, 2, 3, 24_575, 24_576, 24_577, 49_152, 100_000])('of %i bytes says those', (length) => {
    const part = bytes.subarray(0, length)
    for (const decode of [decodeBase64, decodeStrictly])
      expect(decoded(decode, part.toString('base64'))?.equals(part)).toBe(true)
  })

  it.each([
    ['holds a blank', 'AAAA AAA'],
    ['lacks its padding', 'AA'],
    ['is of the other alphabet', 'AA-_'],
    ['has bits behind its end', 'AB=='],
    ['goes on behind its padding', 'AA==AAAA'],
    ['goes on behind its padding, far inside', `${'A'.repeat(32_766)}==AAAA`],
    ['breaks off', 'A'.repeat(32_769)],
  ])('that %s is not taken by the book', (_title, text) => {
    expect(decoded(decodeStrictly, text)).toBeUndefined()
  })
})
