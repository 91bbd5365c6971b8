import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outline } from '../../server/edits/images.ts'
import { grouped } from '../../server/proxy/group-outlines.ts'

const outline = (path: string, source: string | undefined = path): Outline => ({
  path,
  hasBefore: true,
  after: { kind: 'file', texts: [] },
  source,
})
const names = (batches: Iterable<readonly Outline[]>) =>
  [...batches].map((batch) => batch.map(({ path }) => path).join(' '))

describe('outlines', () => {
  it('come in their order, no more at a time than there may be', () => {
    const outlines = ['a', 'b', 'c', 'd', 'e'].map((path) => outline(path))
    const sizeOf = ({ path }: Outline) => (path === 'd' ? 100 : 10)
    expect(names(grouped(outlines, sizeOf, { size: 25, count: 9 }))).toEqual(['a b', 'c', 'd', 'e'])
    expect(names(grouped(outlines, () => 0, { size: 25, count: 2 }))).toEqual(['a b', 'c d', 'e'])
    expect(names(grouped([], () => 0, { size: 25, count: 2 }))).toEqual([])
  })

  it('stay with those that they grow out of, or that grow out of them', () => {
    const outlines = [
      outline('a'),
      outline('to', 'from'),
      outline('b'),
      outline('x', 'y'),
      outline('y', 'x'),
      outline('from'),
    ]
    expect(names(grouped(outlines, () => 1, { size: 2, count: 9 }))).toEqual(['a', 'to from', 'b', 'x y'])
  })

  it('are each in one batch, in one with its source, and in none that could be two', () => {
    const paths = ['a', 'b', 'c', 'd', 'e', 'f']
    const all = fc
      .tuple(...paths.map(() => fc.option(fc.constantFrom(...paths), { nil: undefined })))
      .map((sources) => paths.map((path, i) => outline(path, sources[i])))
    fc.assert(
      fc.property(all, fc.integer({ min: 1, max: 6 }), (outlines, size) => {
        const batches = [...grouped(outlines, () => 1, { size, count: 99 })]
        expect(
          batches
            .flat()
            .map(({ path }) => path)
            .sort(),
        ).toEqual(paths)
        for (const batch of batches) {
          const here = new Set(batch.map(({ path }) => path))
          for (const { source } of batch) expect(source === undefined || here.has(source)).toBe(true)
          const alone = [...grouped(batch, () => 1, { size: 1, count: 99 })]
          expect(batch.length <= size || alone.length === 1).toBe(true)
        }
      }),
    )
  })
})
