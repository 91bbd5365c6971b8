import { isUnkept } from '../../edits/file-bytes.ts'
import { readHistory } from '../../history/history.ts'
import { isTorn, States } from '../../history/state.ts'
import type { HeldEdit } from '../../journal/held-edit.ts'
import type { Intent } from '../../journal/intent.ts'
import { openDocuments } from '../../journal/open-documents.ts'
import { Session } from '../../journal/session.ts'
import { carryOut, placeAll } from '../../recovery/carry-out.ts'
import { DiskWorkspace } from '../../recovery/disk-workspace.ts'
import { observe } from '../../recovery/observe.ts'
import { reachOf } from '../../recovery/reach.ts'
import { finishWay, type Left, rollBackWay, type Way } from '../../recovery/ways.ts'
import { ClosedFiles } from '../closed-files.ts'
import type { Surroundings } from '../command.ts'
import { excludeOf } from '../wrap-options.ts'
import type { HeadlessOptions } from './options.ts'
import type { HeadlessTools } from './tools.ts'

/** What became of an edit: all of it, or nothing. */
export type Done =
  | { readonly kind: 'written' | 'shown'; readonly intent: Intent }
  /** Nothing was written: the edit cannot be carried out as a whole. */
  | { readonly kind: 'refused'; readonly intent: Intent | undefined; readonly left: readonly Left[] }
  /** A file could not be written, and the others were put back. */
  | { readonly kind: 'taken back'; readonly intent: Intent; readonly left: readonly Left[] }
  /** Some could not be put back, either. */
  | { readonly kind: 'torn'; readonly intent: Intent; readonly left: readonly Left[] }

const MAX_INTENT = 256 * 1024 * 1024

/** Whether an edit that a crash cut in half is waiting there: a server would read half a tree. */
export async function isTornHere({ env, root }: Surroundings, folder: string): Promise<boolean> {
  const history = await readHistory(env, root, folder)
  const states = new States(env, history)
  for (const entry of history.entries) if (isTorn(await states.of(entry))) return true
  return false
}

/**
 * Writes an edit to the disk, as a recovery writes: recorded first, every file replaced as a whole, all of them or
 * none. Cut short, the next start finishes it. `since`: when the server was started.
 * @throws DiskError, JournalError where it cannot be recorded: nothing is written then
 */
export async function carryOutEdit(
  around: Surroundings,
  { version, compose, unbroken }: HeadlessTools,
  held: HeldEdit,
  { folder, server, dryRun }: HeadlessOptions,
  since: Date,
): Promise<Done> {
  const { env, root, cwd } = around
  const tell = (problem: unknown) => around.err(`lsp-wal: ${(problem as Error).message}\n`)
  const editor = { name: 'lsp-wal', version, pid: null, start: null }
  const session = new Session(env, root, { folders: [folder], server, editor }, tell)
  const exclude = excludeOf([], around.variables)
  const about = { session: session.id, folders: [folder], exclude, maxIntent: MAX_INTENT }
  const { intent, obstacles } = await compose(env, held, about)
  if (intent === undefined) return { kind: 'refused', intent, left: obstacles }
  const disk = new DiskWorkspace(env.disk, await reachOf(env, [folder], [cwd]))
  const workspace = new ClosedFiles(env, disk, await openDocuments(env, root))
  const way = finishWay(intent, await observe(workspace, intent, [], env.hasher))
  const left = [
    ...obstacles,
    ...changedSince(intent, since, env.host.now()),
    ...readOnly(intent, way),
    ...way.left,
  ]
  const paths = intent.images.map(({ path }) => path)
  for await (const reason of disk.refusals(paths)) if (reason !== undefined) left.push({ path: '', reason })
  if (left.length > 0) return { kind: 'refused', intent, left: once(left) }
  if (dryRun) return { kind: 'shown', intent }
  return unbroken(async () => {
    try {
      await session.append(intent)
      const report = await placeAll(env, workspace, { intent, purpose: 'finish', own: intent }, way)
      if (report.left.length === 0) {
        session.note({ id: intent.id, at: env.host.now().toISOString(), event: 'landed' })
        return { kind: 'written', intent }
      }
      return await takeBack(around, session, workspace, intent, report.left)
    } finally {
      await session.end()
    }
  })
}

async function takeBack(
  { env }: Surroundings,
  session: Session,
  workspace: ClosedFiles,
  intent: Intent,
  left: readonly Left[],
): Promise<Done> {
  const back = rollBackWay(intent, await observe(workspace, intent, [], env.hasher))
  const report = await carryOut(env, session, workspace, intent, 'roll-back', back)
  if (report.left.length > 0) return { kind: 'torn', intent, left: [...left, ...report.left] }
  session.note({ id: intent.id, at: env.host.now().toISOString(), event: 'rolled-back' })
  return { kind: 'taken back', intent, left }
}

/** What was written while the server was at work: it may have read one text, and the edit would meet another. */
function changedSince({ facts }: Intent, since: Date, now: Date): Left[] {
  const [from, to] = [since, now].map((date) => BigInt(date.getTime()) * 1_000_000n)
  return [...facts].flatMap(([path, { mtimeNs, size }]) =>
    // An empty file: a server may make the one itself that its edit then fills (typescript-language-server).
    mtimeNs !== undefined && size !== 0 && mtimeNs > from! && mtimeNs <= to!
      ? [{ path, reason: 'it was changed while the server was at work' }]
      : [],
  )
}

/** Known beforehand: nothing is written only to be put back. */
function readOnly({ facts }: Intent, { changes }: Way): Left[] {
  return changes.flatMap(({ path, before }) => {
    const mode = isUnkept(before) ? undefined : facts.get(path)?.mode
    return mode !== undefined && (mode & 0o222) === 0 ? [{ path, reason: 'it is read-only' }] : []
  })
}

/** Of each path the first reason. */
function once(left: readonly Left[]): Left[] {
  return left.filter(
    ({ path, reason }, i) =>
      left.findIndex((each) => each.path === path && (path !== '' || each.reason === reason)) === i,
  )
}
