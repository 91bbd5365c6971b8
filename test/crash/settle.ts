import type { RecoverMode } from '../../server/recovery/plan.ts'
import type { Platter } from '../disk/platter.ts'
import { faultsAfterCrash, faultsAtRest } from './oracle.ts'
import { ROOT, type Run } from './run.ts'
import { WORKSPACE } from './workload.ts'

/**
 * A clean start, after which everything is whole; it survives a loss of power, and to one more start nothing is left
 * to do. Resolves with what is wrong. `decision`: what the user answers, where one was told of an error before.
 */
export async function settle(
  run: Run,
  mode: RecoverMode = 'auto',
  decision?: 'finish' | 'roll-back',
): Promise<string[]> {
  const faults = faultsAfterCrash(run)
  const { platter } = run.machine
  if ((await run.recover(mode, undefined, decision)) !== 'done') faults.push('a clean recovery fails')
  run.machine.crash()
  faults.push(...faultsAtRest(run))
  const files = JSON.stringify(platter.tree(WORKSPACE))
  if ((await run.recover(mode, undefined, decision)) !== 'done') faults.push('a further recovery fails')
  if (run.cases > 0) faults.push(`a further recovery meets ${run.cases} cases`)
  if (JSON.stringify(platter.tree(WORKSPACE)) !== files) faults.push('a further recovery changes the files')
  return [...faults, ...left(platter)]
}

/** Sessions that stay where every start looks for what is pending. */
function left(platter: Platter): string[] {
  if (platter.tryFind(ROOT.live, 'no follow') === undefined) return []
  const files = Object.keys(platter.tree(ROOT.live)).filter((path) => /^[^.].*\/session\.json$/.test(path))
  return files.map((path) => `live/${path} stays`)
}
