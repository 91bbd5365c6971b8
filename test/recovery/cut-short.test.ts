import { describe, expect, it } from 'vitest'
import { isCutShort } from '../../server/recovery/cut-short.ts'

const bytes = (...parts: readonly (readonly [string, number])[]) =>
  Buffer.concat(parts.map(([letter, count]) => Buffer.alloc(count, letter)))

const check = (before: Buffer, after: Buffer, now: Buffer) => isCutShort(before, after, now)

describe('a write in place that was cut short', () => {
  it.each<[string, Buffer, Buffer, Buffer]>([
    ['by a kill, before it had begun', bytes(['o', 9]), bytes(['n', 9]), bytes(['o', 9])],
    ['by a kill, in the middle', bytes(['o', 9]), bytes(['n', 9]), bytes(['n', 4], ['o', 5])],
    ['by a kill, in the part by which it grows', bytes(['o', 9]), bytes(['n', 20]), bytes(['n', 14])],
    ['by a kill, before it was shortened', bytes(['o', 9]), bytes(['n', 4]), bytes(['n', 4], ['o', 5])],
    [
      'by a loss of power, with every other sector',
      bytes(['o', 2000]),
      bytes(['n', 2000]),
      bytes(['o', 512], ['n', 512], ['o', 512], ['n', 464]),
    ],
    [
      'by a loss of power, grown and not filled',
      bytes(['o', 600]),
      bytes(['n', 2000]),
      bytes(['o', 600], ['\0', 424], ['n', 512], ['\0', 464]),
    ],
    ['by a loss of power, shortened and not filled', bytes(['o', 600]), bytes(['n', 100]), bytes(['o', 100])],
  ])('is known: %s', (_how, before, after, now) => {
    expect(check(before, after, now)).toBe(true)
  })

  it.each<[string, Buffer, Buffer, Buffer]>([
    ['other bytes', bytes(['o', 9]), bytes(['n', 9]), bytes(['x', 9])],
    ['other bytes behind new ones', bytes(['o', 9]), bytes(['n', 9]), bytes(['n', 4], ['x', 5])],
    ['new bytes behind old ones', bytes(['o', 9]), bytes(['n', 9]), bytes(['o', 4], ['n', 5])],
    ['no bytes', bytes(['o', 9]), bytes(['n', 9]), bytes()],
    ['old bytes, fewer', bytes(['o', 9]), bytes(['n', 4]), bytes(['o', 7])],
    ['new bytes, more', bytes(['o', 9]), bytes(['n', 12]), bytes(['n', 13])],
    [
      'two mixed sectors',
      bytes(['o', 2000]),
      bytes(['n', 2000]),
      bytes(['n', 10], ['o', 502], ['n', 10], ['o', 1478]),
    ],
  ])('is not what somebody else has written: %s', (_what, before, after, now) => {
    expect(check(before, after, now)).toBe(false)
  })
})
