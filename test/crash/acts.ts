import type { RecoverMode } from '../../server/recovery/plan.ts'
import { die, type FaultPlan } from '../disk/memory-disk.ts'
import type { Run, Went } from './run.ts'
import { Dice } from './seed.ts'
import { WORKSPACE } from './workload.ts'

/** What a fault comes in, and what went before it without one. */
export interface Act {
  readonly name:
    | 'its recording'
    | 'its recovery'
    | 'its being rolled back'
    | 'its undo'
    | 'its redo'
    | 'the redo of its undo that was cut short'
  readonly counted: 'recording' | 'recovery' | 'undo'
  readonly before: (run: Run) => Promise<void>
  readonly go: (run: Run, plan: FaultPlan) => Promise<Went>
  /** What the user asks for again where an error was told: it has named what it could not write. */
  readonly again?: (run: Run) => Promise<Went>
  /** How the starts after it go on. */
  readonly mode?: RecoverMode
}

async function recordAndDie(run: Run): Promise<void> {
  await run.record()
  run.crash('killed', new Dice())
}

/** Once one file is changed, or half of it where that is done in place. */
function inTheMiddle(): FaultPlan {
  return ({ name, path }) => {
    if (!path.startsWith(`${WORKSPACE}/`)) return undefined
    if (name === 'write' && !path.includes('/.lsp-wal-')) return die('half')
    return name === 'rename' || name === 'link' || name === 'remove' ? die('after') : undefined
  }
}

export const ACTS: readonly Act[] = [
  {
    name: 'its recording',
    counted: 'recording',
    before: async () => {},
    go: (run, plan) => run.record(plan),
  },
  {
    name: 'its recovery',
    counted: 'recovery',
    before: recordAndDie,
    go: (run, plan) => run.recover('auto', plan),
  },
  {
    name: 'its being rolled back',
    counted: 'recovery',
    before: recordAndDie,
    go: (run, plan) => run.recover('rollback', plan),
    mode: 'rollback',
  },
  {
    name: 'its undo',
    counted: 'undo',
    before: async (run) => {
      await recordAndDie(run)
      await run.recover()
    },
    go: (run, plan) => run.undo(plan),
    again: (run) => run.undo(),
  },
  {
    name: 'its redo',
    counted: 'undo',
    before: async (run) => {
      await recordAndDie(run)
      await run.recover()
      await run.undo()
    },
    go: (run, plan) => run.redo(plan),
    again: (run) => run.redo(),
  },
  {
    name: 'the redo of its undo that was cut short',
    counted: 'undo',
    before: async (run) => {
      await recordAndDie(run)
      await run.recover()
      if ((await run.undo(inTheMiddle())) !== 'died') throw new Error('the undo writes nothing')
      run.crash('killed', new Dice())
      await run.recover()
    },
    go: (run, plan) => run.redo(plan),
    again: (run) => run.redo(),
  },
]
