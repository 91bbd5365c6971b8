import { describe, expect, it } from 'vitest'
import { intentsAtEnd } from '../../server/journal/log-end.ts'
import { MemoryDisk } from '../disk/memory-disk.ts'
import { Platter } from '../disk/platter.ts'
import { imagesAtHand, intentOf, replaced } from './intents.ts'
import { hasher, linesOf, scan } from './logs.ts'

const small = (id: string) => intentOf(id, [replaced(`/w/${id}`, `one ${id}`, `two ${id}`)])
/** Of three lines. */
const large = (id: string) => intentOf(id, [replaced(`/w/${id}`, 'x'.repeat(1_500_000), 'y')])

const intents = [small('01'), large('02'), small('03'), small('04'), large('05'), small('06')]
const lines = linesOf(intents)
const log = Buffer.concat(lines)

/** Ids of the last so many lines, of a log of these bytes. */
async function endOf(bytes: Uint8Array, count: number): Promise<string[] | undefined> {
  const platter = new Platter()
  platter.put('/wal.log', bytes)
  return (await intentsAtEnd(new MemoryDisk(platter), '/wal.log', hasher, count))?.map(({ id }) => id)
}

describe('the end of a log', () => {
  it('is made of some lines for each of the large ones', () => {
    expect(lines).toHaveLength(10)
  })

  it.each([
    [1, ['06']],
    [2, ['06']],
    [3, ['06']],
    [4, ['05', '06']],
    [5, ['04', '05', '06']],
    [6, ['03', '04', '05', '06']],
    [7, ['03', '04', '05', '06']],
    [9, ['02', '03', '04', '05', '06']],
  ])('holds, in its last %s lines, the intents that begin there', async (count, ids) => {
    expect(await endOf(log, count)).toEqual(ids)
  })

  it('gives the same intents as the whole', async () => {
    const platter = new Platter()
    platter.put('/wal.log', log)
    const end = await intentsAtEnd(new MemoryDisk(platter), '/wal.log', hasher, 5)
    const whole = (await scan(log)).flatMap((entry) => (entry.kind === 'intent' ? [entry.intent] : []))
    const atHand = (all: typeof whole) =>
      all.map((intent) => ({ ...intent, images: imagesAtHand(intent.images) }))
    expect(atHand([...end!])).toEqual(atHand(whole.slice(-3)))
  })

  it.each([10, 11, 1000])('is the whole of a log of ten lines: %s', async (count) => {
    expect(await endOf(log, count)).toBeUndefined()
  })

  it('is not told of an empty log, nor of one that is none', async () => {
    expect(await endOf(Buffer.alloc(0), 1)).toBeUndefined()
    expect(await endOf(Buffer.from('a\nb\nc\nd\n'), 2)).toBeUndefined()
  })

  it('is not told where it is torn, wherever that is', async () => {
    const short = linesOf([small('01'), small('02'), small('03')])
    const bytes = Buffer.concat(short)
    expect(await endOf(bytes, 2)).toEqual(['02', '03'])
    for (let cut = 1; cut < short[2]!.length; cut++)
      expect(await endOf(bytes.subarray(0, -cut), 1)).toBeUndefined()
    // The last line of a large one is missing as a whole.
    expect(await endOf(Buffer.concat(lines.slice(0, -2)), 5)).toBeUndefined()
  })

  it('is not told where any bit of it is flipped', async () => {
    const from = log.length - lines.at(-1)!.length
    for (let at = from; at < log.length; at++) {
      const damaged = Buffer.from(log.subarray(log.length - 2000))
      damaged[at - (log.length - 2000)]! ^= 1
      const bytes = Buffer.concat([Buffer.from('\n'), damaged])
      expect(await endOf(bytes, 1)).toBeUndefined()
    }
  })

  it('is not told where a record in it is missing, repeated, or another program’s', async () => {
    const without = (i: number) => Buffer.concat(lines.filter((_, n) => n !== i))
    expect(await endOf(without(5), 5)).toBeUndefined()
    expect(await endOf(without(7), 5)).toBeUndefined()
    expect(await endOf(Buffer.concat([...lines, lines.at(-1)!]), 2)).toBeUndefined()
    const foreign = '{"id":"ff","edits":[],"originals":{},"expected_raw_hash":{},"expected_norm_hash":{}}\n'
    expect(await endOf(Buffer.concat([log, Buffer.from(foreign)]), 3)).toBeUndefined()
  })

  it('does not care for what stands before it', async () => {
    const damaged = Buffer.from(log)
    damaged[10]! ^= 1
    expect(await endOf(damaged, 5)).toEqual(['04', '05', '06'])
  })
})
