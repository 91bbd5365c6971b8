import { expect, it } from 'vitest'
import { Slab } from '../../server/edits/slab.ts'

it('gives out memory of each length once, from few blocks', () => {
  const slab = new Slab(8 << 20)
  const taken = [5, 0, 1 << 20, 3, 2 << 20, 7, 100].map((length) => slab.take(length))
  for (const [i, each] of taken.entries()) each.fill(i + 1)
  expect(taken.map((each, i) => each.every((byte) => byte === i + 1))).toEqual(taken.map(() => true))
  expect(taken.map(({ length }) => length)).toEqual([5, 0, 1 << 20, 3, 2 << 20, 7, 100])
  expect(taken[6]!.buffer).toBe(taken[5]!.buffer)
})

it('gives what is asked for, however little was announced', () => {
  expect(new Slab(0).take(10).length).toBe(10)
})
