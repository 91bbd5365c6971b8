import type { Disk } from '../../server/disk/disk.ts'
import { die, type FaultPlan, once } from '../disk/memory-disk.ts'
import { faultsAfterCrash, placeOf } from './oracle.ts'
import { END_NAMES, Run, type Went } from './run.ts'
import type { Dice } from './seed.ts'
import { settle } from './settle.ts'
import type { Workload } from './workload.ts'

export interface Chain {
  readonly faults: readonly string[]
  /** What each crash came in, where it came in the middle of something. */
  readonly crashed: readonly string[]
  /** What happened, for whoever reads that something is wrong. */
  readonly story: readonly string[]
}

type Act = 'recording' | 'recovery' | 'undo' | 'redo'

const HOUR_MS = 60 * 60 * 1000

/** A little more than most of these take, so that some get through. */
const LONGEST: Record<Act, number> = { recording: 70, recovery: 180, undo: 130, redo: 130 }

/** One crash after the other, wherever the dice have them: in recording, in recoveries of recoveries, in undos. */
export async function runChain(
  workload: Workload,
  dice: Dice,
  broken?: (disk: Disk) => Disk,
): Promise<Chain> {
  const run = new Run(workload, broken)
  const faults: string[] = []
  const crashed: Act[] = []
  const story: string[] = []
  const mode = dice.chance(0.3) ? 'rollback' : 'auto'

  const cutShort = async (act: Act, go: (plan: FaultPlan) => Promise<Went>) => {
    if (dice.chance(0.2)) {
      const hours = dice.below(49) - 24
      run.machine.clock += hours * HOUR_MS
      story.push(`the clock is set by ${hours} hours`)
    }
    const at = 1 + dice.below(LONGEST[act])
    const fault = die(dice.pick(['before', 'half', 'after']))
    const end = dice.pick(END_NAMES)
    const went = await go(once(at, fault))
    run.crash(end, dice)
    if (went === 'died') crashed.push(act)
    story.push(`${act} ${went === 'died' ? `${end} at ${at}` : `${went}, then ${end}`}`)
    faults.push(...faultsAfterCrash(run))
  }

  /** Whether an edit was undone that was in place as a whole: the redo of another undo brings back what that had found. */
  const undoWhole = async (): Promise<boolean> => {
    const place = placeOf(run)
    if (place === undefined) return false
    if (dice.chance(0.5)) {
      await cutShort('undo', (plan) => run.undo(plan))
      await run.recover()
    } else if ((await run.undo()) !== 'done') return false
    return placeOf(run) === place - 1
  }

  await cutShort('recording', (plan) => run.record(plan))
  for (let times = dice.below(6); times > 0; times--)
    await cutShort('recovery', (plan) => run.recover(mode, plan))
  if (dice.chance(0.6)) {
    await run.recover(mode)
    for (let times = 1 + dice.below(4); times > 0; times--) {
      if (!dice.chance(0.6)) await cutShort('recovery', (plan) => run.recover('auto', plan))
      else if (!dice.chance(0.3) || !(await undoWhole())) await cutShort('undo', (plan) => run.undo(plan))
      else await cutShort('redo', (plan) => run.redo(plan))
    }
  }
  faults.push(...(await settle(run, mode)))
  if (faults.length === 0 && dice.chance(0.3)) faults.push(...(await takeBack(run)))
  return { faults, crashed, story }
}

/** Whatever went before, the newest edit that is in place can still be undone as a whole. */
async function takeBack(run: Run): Promise<string[]> {
  const before = placeOf(run)!
  const went = await run.undo()
  // Of what is kept out of the log it says that it was not put back.
  if (went !== 'done' && run.workload.withheld === undefined) return ['the undo fails']
  const after = placeOf(run)
  return after === Math.max(0, before - 1) ? [] : [`undone, ${after} edits are in place, of ${before}`]
}
