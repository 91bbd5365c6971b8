import type { Case } from '../recovery/cases.ts'
import type { Recovery, Result } from '../recovery/recovery.ts'
import type { Workspace } from '../recovery/workspace.ts'
import { type Undone, undoneOf, wouldBeUndone } from './undone.ts'

/**
 * Undoes what a dead session left pending: it is rolled back as recovery does it, so that no start asks about it again.
 * `result`: what was carried out; undefined in a dry run.
 */
export async function rollBackAsUndo(
  recovery: Recovery,
  kase: Case,
  workspace: Workspace,
  dryRun: boolean,
): Promise<{ readonly undone: Undone; readonly result: Result | undefined }> {
  const way = await recovery.preview(kase, workspace, 'roll-back')
  const planned = wouldBeUndone('undo', kase.intent, way)
  if (dryRun) return { undone: planned, result: undefined }
  const result = await recovery.decide(kase, workspace, 'roll-back')
  const isCarriedOut = result.kind === 'done' && result.report !== undefined
  if (!isCarriedOut) return { undone: { ...planned, files: [] }, result }
  const written = new Set(result.report.own?.images.map(({ path }) => path))
  const wasHalf = !kase.intent.images.every(({ path }) => written.has(path))
  const undone = undoneOf('undo', result.report, way)
  return { undone: wasHalf ? { ...undone, wasHalf } : undone, result }
}
