import { afterAll, describe, expect, it } from 'vitest'
import { error, type Fault, type FaultPlan, from, once, short } from '../../disk/memory-disk.ts'
import { ACTS, type Act } from '../acts.ts'
import { readJournal } from '../log-reader.ts'
import { END_NAMES, ROOT, Run } from '../run.ts'
import { Dice, limitMs, SCALE, SEED } from '../seed.ts'
import { settle } from '../settle.ts'
import { Tally } from '../tally.ts'
import { WORKLOADS } from '../workloads.ts'

const FAULTS: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'EIO', fault: short('EIO') },
  { name: 'ENOSPC', fault: short('ENOSPC') },
  { name: 'EDQUOT', fault: short('EDQUOT') },
  { name: 'EROFS', fault: error('EROFS') },
  { name: 'EACCES', fault: error('EACCES') },
  { name: 'EMFILE', fault: error('EMFILE') },
]

/** One error, in turns, at each sixth operation; with LSP_WAL_TEST_RUNS each of them at every one. */
const STEP = SCALE > 1 ? 1 : 6
const faultsAt = (n: number) =>
  SCALE > 1 ? FAULTS : [FAULTS[(Math.floor(n / STEP) + SEED) % FAULTS.length]!]

/**
 * A folder that may not be read cannot be synced, and that is no failure: nothing was made in it, or it is as safe as
 * it gets. One that may be read at all other times is not to be found.
 */
const unlessUnreadable =
  (plan: FaultPlan): FaultPlan =>
  (operation) => {
    const fault = plan(operation)
    return operation.name === 'syncFolder' && fault?.kind === 'error' && fault.code === 'EACCES'
      ? undefined
      : fault
  }

const LASTING = [
  { how: 'once', plan: once },
  { how: 'from then on', plan: from },
]

/** The tests of one act: a file for each, since files are what several processors share out. */
export function sweepErrorsIn(act: Act['name']): void {
  const tally = new Tally()
  afterAll(() => tally.print(`errors, every operation of ${act}`))
  const { before, go, again, mode } = ACTS.find(({ name }) => name === act)!

  describe.each(WORKLOADS.map((workload) => ({ name: workload.name, workload })))('$name', ({ workload }) => {
    // Written in place on a disk that then fails for good, a file shows bytes that the disk does not have, and no
    // sync ever says so again: no program can know.
    const lasting = LASTING.filter(({ how }) => how === 'once' || workload.inPlace === undefined)
    it.each(lasting)(
      `loses nothing to an error, $how, at any operation of ${act}`,
      async ({ how, plan }) => {
        // What was done of an edit before an error stopped the rest looks as if somebody else had done it, but where
        // the program has put it back itself.
        const decision =
          workload.inPlace !== undefined ? undefined : mode === 'rollback' ? 'roll-back' : 'finish'
        const ready = new Run(workload)
        await before(ready)
        for (let n = 1 + (SEED % STEP), isDone = false; !isDone; n += STEP) {
          for (const { name: code, fault } of faultsAt(n)) {
            const where = `${code} ${how} at operation ${n}, LSP_WAL_TEST_SEED=${SEED}`
            const end = END_NAMES[(Math.floor(n / STEP) + SEED) % END_NAMES.length]!
            const run = ready.fork()
            const went = await go(run, unlessUnreadable(plan(n, fault)))
            isDone = run.operations < n
            run.crash(end, new Dice(n))
            if (act === 'its recording') expect(countedThoughRefused(run), where).toEqual([])
            if (went === 'refused') await again?.(run)
            expect(await settle(run, mode, decision), where).toEqual([])
            tally.add(how)
          }
        }
      },
      limitMs(60_000),
    )
  })
}

function countedThoughRefused(run: Run): string[] {
  const ids = [...readJournal(run.machine.platter, ROOT.path).values()].flatMap((log) => log.ids)
  return run.refused.filter((id) => ids.includes(id))
}
