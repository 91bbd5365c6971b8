import { afterAll, expect, it } from 'vitest'
import { runChain } from './chain.ts'
import { Dice, limitMs, SCALE, SEED } from './seed.ts'
import { Tally } from './tally.ts'
import { WORKLOADS } from './workloads.ts'

const CHAINS = SCALE > 1 ? 150 * SCALE : 100

const tally = new Tally()
afterAll(() => tally.print('crash states, one after the other'))

it.each(WORKLOADS.map((workload, i) => ({ name: workload.name, workload, i })))(
  '$name: whole after crash upon crash',
  async ({ workload, i }) => {
    for (let n = 0; n < CHAINS; n++) {
      const { faults, crashed, story } = await runChain(workload, new Dice(i, n))
      expect(faults, `chain ${n} of LSP_WAL_TEST_SEED=${SEED}: ${story.join('; ')}`).toEqual([])
      for (const act of crashed) tally.add(act)
    }
  },
  limitMs(30_000),
)
