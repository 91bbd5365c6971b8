import { expect, it } from 'vitest'
import { Session } from '../../server/journal/session.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import type { Program } from '../disk/machine.ts'
import { Died, die, type FaultPlan, once } from '../disk/memory-disk.ts'
import { readJournal } from './log-reader.ts'
import { ROOT, Run } from './run.ts'
import { Dice, limitMs, SCALE, SEED } from './seed.ts'
import { settle } from './settle.ts'
import { WORKSPACE } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

const START = { folders: [WORKSPACE], server: ['server'], editor: null }

async function recover(program: Program, plan: FaultPlan): Promise<void> {
  program.disk.plan = plan
  try {
    const session = new Session(program, ROOT, START, () => {})
    const recovery = await Recovery.start(program, ROOT, session, START, () => {})
    const workspace = new DiskWorkspace(program.disk, [WORKSPACE])
    for (const kase of recovery.cases) await recovery.deal(kase, workspace, 'auto')
    await recovery.end()
    await session.end()
  } catch (error) {
    if (!(error instanceof Died)) throw error
  }
}

/** Ids of the intents that were carried forward or back, as often as that was begun. */
function carriedIn(run: Run): string[] {
  const carried: string[] = []
  for (const [path] of readJournal(run.machine.platter, ROOT.path))
    for (const line of run.machine.platter.bytesAt(`${ROOT.path}/${path}`).toString('utf8').split('\n'))
      carried.push(...(/"of":"(\w+)"/.exec(line)?.slice(1) ?? []))
  return carried
}

it(
  'two recoveries at once never both act on one edit, whatever their turns, and whoever of them dies',
  async () => {
    for (let n = 0; n < 120 * SCALE; n++) {
      const dice = new Dice(n)
      const run = new Run(dice.pick(WORKLOADS))
      await run.record()
      run.crash('killed', dice)
      const programs = [run.machine.run(), run.machine.run()]
      for (const { disk } of programs)
        disk.turn = async () => {
          for (let turns = dice.below(4); turns > 0; turns--) await new Promise((turn) => setImmediate(turn))
        }
      const dies = dice.chance(0.5)
      const plan = dies ? once(1 + dice.below(120), die('half')) : () => undefined
      await Promise.all(programs.map((program, i) => recover(program, i === 0 ? plan : () => undefined)))
      for (const program of programs) run.machine.kill(program)
      const faults = await settle(run)
      expect(faults, `round ${n}, LSP_WAL_TEST_SEED=${SEED}`).toEqual([])
      const carried = carriedIn(run)
      if (!dies) expect(carried.length, `round ${n}`).toBe(new Set(carried).size)
    }
  },
  limitMs(60_000),
)
