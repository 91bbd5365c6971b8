import { beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../server/journal/scan.ts'
import { edit, edited, intentOf, replaced } from '../journal/intents.ts'
import { linesOf, scan, wordsOf } from '../journal/logs.ts'
import { readLog } from './log-reader.ts'
import { faultsAfterCrash, placeOf } from './oracle.ts'
import { ROOT, Run } from './run.ts'
import { Dice, limitMs, SCALE } from './seed.ts'
import { WORKSPACE } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

/**
 * Damage to logs as the program leaves them: of edits, of recoveries, of undos. What test/journal/damage.test.ts has
 * for one log made by hand, and what a damaged log does to a recovery.
 */

const CHOSEN = [1, 2, 7, 9].map((i) => WORKLOADS[i]!)
/** With LSP_WAL_TEST_RUNS every bit, else one of each byte, in turns. */
const bitsAt = (at: number) => (SCALE > 1 ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8])

const logs: { name: string; bytes: Buffer; sound: readonly Entry[] }[] = []

beforeAll(async () => {
  for (const workload of CHOSEN) {
    const run = new Run(workload)
    await run.record()
    run.crash('killed', new Dice())
    await run.recover()
    await run.undo()
    for (const [name, text] of Object.entries(run.machine.platter.tree(ROOT.path))) {
      if (!name.endsWith('wal.log')) continue
      const bytes = Buffer.from(text, 'latin1')
      logs.push({ name: `${workload.name}: ${name}`, bytes, sound: await scan(bytes) })
    }
  }
  expect(logs.length).toBeGreaterThan(8)
})

/** Nothing but intents as they were written, and a word about what is wrong. */
function expectSeen(entries: readonly Entry[], sound: readonly Entry[], where: string): void {
  expect(
    entries.some(({ kind }) => kind !== 'intent'),
    where,
  ).toBe(true)
  for (const entry of entries) if (entry.kind === 'intent') expect(sound, where).toContainEqual(entry)
}

describe('a log of the program’s own', () => {
  it(
    'that ends in zeros from any byte on is torn there, and read up to there',
    async () => {
      for (const { name, bytes, sound } of logs) {
        for (let at = 0; at < bytes.length; at++) {
          const entries = await scan(Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]))
          expectSeen(entries, sound, `${name} at ${at}`)
          expect(entries.at(-1)!.kind).toBe('torn')
          expect(entries.slice(0, -1)).toEqual(sound.slice(0, entries.length - 1))
        }
      }
    },
    limitMs(60_000),
  )

  it(
    'that is cut at any byte is read alike by a reader that shares no code',
    async () => {
      for (const { name, bytes } of logs) {
        for (let at = 0; at <= bytes.length; at++) {
          const cut = bytes.subarray(0, at)
          const ids = (await scan(cut)).flatMap((entry) => (entry.kind === 'intent' ? [entry.intent.id] : []))
          expect(readLog(cut).ids, `${name} at ${at}`).toEqual(ids)
          expect(readLog(cut).faults).toEqual([])
        }
      }
    },
    limitMs(60_000),
  )

  it(
    'with any bit flipped never passes for sound',
    async () => {
      for (const { name, bytes, sound } of logs) {
        for (let at = 0; at < bytes.length; at++) {
          for (const bit of bitsAt(at)) {
            const damaged = Buffer.from(bytes)
            damaged[at]! ^= 1 << bit
            expectSeen(await scan(damaged), sound, `${name}, bit ${bit} of ${at}`)
          }
        }
      }
    },
    limitMs(60_000),
  )

  it('with any block of 512 bytes lost never passes for sound', async () => {
    for (const { name, bytes, sound } of logs) {
      for (let at = 0; at < bytes.length; at += 512) {
        const damaged = Buffer.from(bytes).fill(0, at, Math.min(at + 512, bytes.length))
        expectSeen(await scan(damaged), sound, `${name}, block at ${at}`)
      }
    }
  })
})

describe('an append of several lines', () => {
  const lines = linesOf([
    intentOf('01', [replaced('/w/a', 'one', 'two')]),
    intentOf('02', [edited('/w/large', Buffer.alloc(2 << 20, 'x'), edit(0, 1, 'y'))]),
    intentOf('03', [replaced('/w/a', 'two', 'three')]),
  ])
  const [one, parts, three] = [lines[0]!, lines.slice(1, -1), lines.at(-1)!]
  const without = (lost: readonly number[]) =>
    parts.map((line, i) => (lost.includes(i) ? Buffer.from(line).fill(0, 4096, 4608) : line))

  it('that a loss of power cut short is torn, whichever of its blocks are there', async () => {
    expect(parts.length).toBe(3)
    for (const lost of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
      expect(wordsOf(await scan(Buffer.concat([one, ...without(lost)]))), lost.join()).toEqual([
        'intent 01',
        `torn at ${one.length}`,
      ])
  })

  it('is corrupt where something was appended after it, or something before it is missing', async () => {
    const followed = wordsOf(await scan(Buffer.concat([one, ...without([1]), three])))
    expect(followed).toContain(`corrupt at ${one.length + parts[0]!.length}`)
    expect(followed.at(-1)).toBe('intent 03')
    const headless = wordsOf(await scan(Buffer.concat(without([1]))))
    expect(headless[0]).toBe('corrupt at 0')
  })
})

describe('a recovery', () => {
  it(
    'carries nothing out of a log that is damaged before its end, and drops what is damaged at its end',
    async () => {
      const workload = WORKLOADS.at(-1)!
      for (let at = 0, isDone = false; !isDone; at += SCALE > 1 ? 1 : 11) {
        const run = new Run(workload)
        await run.record()
        run.crash('killed', new Dice())
        const { platter } = run.machine
        const name = Object.keys(platter.tree(ROOT.live)).find((path) => path.endsWith('/wal.log'))!
        const bytes = platter.bytesAt(`${ROOT.live}/${name}`)
        isDone = at >= bytes.length
        if (isDone) return
        // Without its end a line runs into the next one: damage.test.ts has that.
        if (bytes[at] === 10) continue
        bytes[at]! ^= 1 << (at % 8)
        platter.put(`${ROOT.live}/${name}`, bytes)
        const before = platter.tree(WORKSPACE)
        // Lost is what was damaged; what stands in the files is an original or an after-image all the same.
        run.acknowledged.length = 0
        await run.recover()
        const faults = faultsAfterCrash(run).filter((fault) => !fault.includes('wal.log'))
        expect(faults, `byte ${at}`).toEqual([])
        const isLast = at > bytes.subarray(0, -1).lastIndexOf(10)
        if (isLast) expect(placeOf(run), `byte ${at}`).toBe(workload.steps.length - 1)
        else {
          expect(run.waiting.length, `byte ${at}`).toBeGreaterThan(0)
          expect(platter.tree(WORKSPACE), `byte ${at}`).toEqual(before)
        }
      }
    },
    limitMs(60_000),
  )
})
