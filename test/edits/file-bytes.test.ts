import { describe, expect, it } from 'vitest'
import { blocksOf, type Stored, same } from '../../server/edits/file-bytes.ts'

const MIB = 1024 * 1024
const large = Buffer.alloc(2 * MIB + 3, 'and so on, ')

/** Bytes that are elsewhere, in slices of so many; `fails`: what is learned behind the last one. */
function stored(bytes: Uint8Array, sliceBytes: number, fails?: Error): Stored {
  return {
    length: bytes.length,
    load: () => {
      throw new Error('nobody has to have it in memory as a whole')
    },
    *slices() {
      const slice = Buffer.alloc(sliceBytes)
      for (let at = 0; at < bytes.length; at += sliceBytes) {
        const part = bytes.subarray(at, at + sliceBytes)
        slice.set(part)
        yield slice.subarray(0, part.length)
      }
      if (fails !== undefined) throw fails
    },
  }
}

describe('blocksOf', () => {
  it.each([
    ['bytes at hand', large],
    ['stored bytes in small slices', stored(large, 1000)],
    ['stored bytes in large slices', stored(large, MIB + 1)],
    ['stored bytes in one slice', stored(large, large.length)],
  ])('gives %s in blocks of 1 MiB', (_title, bytes) => {
    const blocks: Buffer[] = []
    for (const block of blocksOf(bytes)) blocks.push(Buffer.from(block))
    expect(blocks.map(({ length }) => length)).toEqual([MIB, MIB, 3])
    expect(Buffer.concat(blocks).equals(large)).toBe(true)
  })

  it('gives one block of no bytes', () => {
    expect([...blocksOf(Buffer.alloc(0))]).toEqual([Buffer.alloc(0)])
  })
})

describe('same', () => {
  const other = Buffer.from(large)
  other[large.length - 1]! ^= 1

  it('compares stored bytes slice by slice', () => {
    for (const sliceBytes of [1000, MIB, 3 * MIB]) {
      expect(same(large, stored(large, sliceBytes))).toBe(true)
      expect(same(stored(large, sliceBytes), large)).toBe(true)
      expect(same(other, stored(large, sliceBytes))).toBe(false)
    }
  })

  it('says nothing of bytes that turn out to be others than were meant, also where the first slice is another', () => {
    const first = Buffer.from(large)
    first[0]! ^= 1
    const changed = new Error('the log was changed')
    expect(() => same(large, stored(large, 1000, changed))).toThrow(changed)
    expect(() => same(first, stored(large, 1000, changed))).toThrow(changed)
  })
})
