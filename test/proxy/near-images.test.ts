import { expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import { NearImages } from '../../server/proxy/near-images.ts'

it('loads what is asked for once, and keeps the last eight', () => {
  const loads: string[] = []
  const stored = (name: string) => ({
    length: 1,
    load: () => {
      loads.push(name)
      return Buffer.from(name)
    },
  })
  const images = Array.from('abcdefghi', (name): Image => {
    const after = { kind: 'file', bytes: stored(`${name}'`) } as const
    return { path: name, before: stored(name), after, source: name, edits: [] }
  })
  const near = new NearImages()
  for (const image of images) expect(near.get(image)).toBe(near.get(image))
  expect(near.get(images[0]!).before).toEqual(Buffer.from('a'))
  expect(near.get(images[8]!).after).toEqual({ kind: 'file', bytes: Buffer.from("i'") })
  expect(loads.join(' ')).toBe("a a' b b' c c' d d' e e' f f' g g' h h' i i' a a'")
  near.clear()
  near.get(images[8]!)
  expect(loads.slice(-2)).toEqual(['i', "i'"])
})
