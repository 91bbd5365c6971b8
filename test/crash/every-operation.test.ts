import { afterAll, describe, expect, it } from 'vitest'
import { die, once } from '../disk/memory-disk.ts'
import { ACTS } from './acts.ts'
import { END_NAMES, type End, Run } from './run.ts'
import { Dice, limitMs, SCALE, SEED } from './seed.ts'
import { settle } from './settle.ts'
import { Tally } from './tally.ts'
import { WORKLOADS } from './workloads.ts'

const tally = new Tally()
afterAll(() => tally.print('crash states, every operation'))

/** With LSP_WAL_TEST_RUNS every end for every operation, else one for each second one, in turns. */
const STEP = SCALE > 1 ? 1 : 2
const endsAt = (n: number): readonly End[] =>
  SCALE > 1 ? END_NAMES : [END_NAMES[((n >> 1) + SEED) % END_NAMES.length]!]

describe.each(WORKLOADS.map((workload) => ({ name: workload.name, workload })))('$name', ({ workload }) => {
  it.each(ACTS)(
    'is whole whatever operation of $name a crash comes in',
    async ({ counted, before, go, mode }) => {
      const ready = new Run(workload)
      await before(ready)
      for (let n = 1 + (SEED % STEP), isDone = false; !isDone; n += STEP) {
        for (const end of endsAt(n)) {
          const run = ready.fork()
          const went = await go(run, once(n, die('half')))
          run.crash(end, new Dice(n))
          const faults = await settle(run, mode)
          expect(faults, `operation ${n}, ${end}, LSP_WAL_TEST_SEED=${SEED}`).toEqual([])
          tally.add(counted)
          isDone = went !== 'died'
        }
      }
    },
    limitMs(30_000),
  )
})
