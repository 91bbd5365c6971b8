import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { changesOf } from '../history/changes.ts'
import { type Entry, readHistory } from '../history/history.ts'
import { type State, States } from '../history/state.ts'
import { JournalError } from '../journal/env.ts'
import type { Intent } from '../journal/intent.ts'
import { checkOwn } from '../journal/root.ts'
import { Session } from '../journal/session.ts'
import { carryOut, type Report } from '../recovery/carry-out.ts'
import { makeDurable } from '../recovery/make-durable.ts'
import { Recovery } from '../recovery/recovery.ts'
import { rollBackWay, type Way } from '../recovery/ways.ts'
import { observeWithheld } from '../recovery/withheld.ts'
import { closedFilesOf } from './closed-files.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { resolveId } from './ids.ts'
import { describeReport, describeWay } from './report.ts'

const USAGE = `Usage: lsp-wal undo [--file PATH]... [--dry-run] [ID]

Puts back the originals of a recorded edit, in all its files; without an ID, of the newest one that was
not undone yet. A file that was changed since is left alone and named, and so is one that an editor has
open behind lsp-wal. An undo is recorded like any edit: undo its own ID to take it back.

    --file PATH   only this file, whatever is known of it; may be given several times
    --dry-run     show what would be written
`

/** `lsp-wal undo`. */
export const undo: Command = async (around, args) => {
  const options = parse(args, around.cwd)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const everywhere = options.id !== undefined && !options.id.startsWith('@')
  const history = await readHistory(around.env, around.root, everywhere ? undefined : around.cwd)
  const states = new States(around.env, history)
  const entry =
    options.id === undefined
      ? await newestToUndo(history.entries, states)
      : resolveId(history.entries, options.id)
  if (entry === undefined) {
    around.out('Nothing recorded here is left to be undone.\n')
    return EXIT.done
  }
  const { id, about } = entry.recorded.intent
  if (about.purpose === 'finish')
    throw new JournalError(
      `${id.slice(0, 8)} finished ${about.of?.slice(0, 8)}: taken back alone it would tear that edit; lsp-wal undo ${about.of?.slice(0, 8)} takes back the whole`,
    )
  const state = await states.of(entry)
  if (state.kind === 'pending' && state.owner === 'nobody') return rollBackPending(around, entry, options)
  return undoSettled(around, entry, states, options)
}

interface Options {
  readonly id: string | undefined
  readonly files: readonly string[]
  readonly dryRun: boolean
}

/** Not what recoveries wrote: taking back only their part would tear the edit again. */
async function newestToUndo(entries: readonly Entry[], states: States): Promise<Entry | undefined> {
  for (const entry of entries.toReversed()) {
    const { about, foreign } = entry.recorded.intent
    if (!foreign && about.purpose === undefined && isThere(await states.of(entry))) return entry
  }
  return undefined
}

/** Whether some of an edit is in the files, as far as the log tells. */
function isThere(state: State): boolean {
  switch (state.kind) {
    case 'settled':
      return state.event === 'landed' || state.event === 'recovered' || state.event === 'superseded'
    case 'taken':
      return state.purpose === 'finish' || !state.whole
    case 'pending':
      return state.files.some((file) => file.state === 'landed' || file.state === 'halfway')
  }
}

async function undoSettled(
  around: Surroundings,
  entry: Entry,
  states: States,
  options: Options,
): Promise<number> {
  const { env, root, err, out } = around
  const { intent } = entry.recorded
  const { folders } = entry.session.info
  const files = asked(intent, options.files)
  // What others could have written there is listed, and not acted on.
  await checkOwn(env, entry.session.path)
  const workspace = await closedFilesOf(around, entry.session)
  const seen = await states.pathsOf(entry, workspace)
  const withheld = await observeWithheld(workspace, intent, env.hasher)
  const isAsked = (path: string) => files === undefined || files.has(path)
  const way = rollBackWay(
    intent,
    seen.filter(({ image }) => isAsked(image.path)),
    { named: files, withheld: withheld.filter(({ path }) => isAsked(path)) },
  )
  if (!options.dryRun) {
    // An undo that met an error may have written a file without making that durable: it is not written again now.
    const paths = seen.filter(({ sight }) => sight.kind !== 'other').map(({ image }) => image.path)
    await makeDurable(env.disk, paths, folders)
  }
  if (options.dryRun || way.changes.length === 0) {
    out(describeWay(around, intent, way))
    return exitOf(way)
  }
  const start = { folders, server: ['lsp-wal', 'undo'], editor: null }
  const own = new Session(env, root, start, (problem) => err(`lsp-wal: ${(problem as Error).message}\n`))
  try {
    return tell(around, await carryOut(env, own, workspace, intent, 'undo', way))
  } finally {
    await own.end()
  }
}

/** What a dead session left pending is rolled back as recovery does it, so that no start asks about it again. */
async function rollBackPending(
  around: Surroundings,
  { recorded, session }: Entry,
  options: Options,
): Promise<number> {
  const { env, root, err } = around
  if (options.files.length > 0)
    throw new UsageError('this edit is waiting to be recovered as a whole: see lsp-wal recover')
  const start = { folders: session.info.folders, server: ['lsp-wal', 'undo'], editor: null }
  const problem = (error: unknown) => err(`lsp-wal: ${(error as Error).message}\n`)
  const own = new Session(env, root, start, problem)
  const recovery = await Recovery.start(env, root, own, start, problem)
  try {
    const kase = recovery.cases.find(({ intent }) => intent.id === recorded.intent.id)
    if (kase === undefined) throw new UsageError('this edit belongs to an editor that still runs')
    const workspace = await closedFilesOf(around, session)
    if (options.dryRun) {
      around.out(describeWay(around, kase.intent, await recovery.preview(kase, workspace, 'roll-back')))
      return EXIT.done
    }
    const result = await recovery.decide(kase, workspace, 'roll-back')
    return result.kind === 'done' && result.report !== undefined ? tell(around, result.report) : EXIT.done
  } finally {
    await recovery.end()
    await own.end()
  }
}

function tell(around: Surroundings, report: Report): number {
  around.out(describeReport(around, report))
  return exitOf(report)
}

function exitOf({ left, withheld = [] }: Pick<Way, 'left' | 'withheld'>): number {
  return left.length + withheld.length > 0 ? EXIT.partly : EXIT.done
}

/**
 * The paths that the user named, and with each moved file its other end; undefined: all of them.
 * @throws UsageError for one that the edit does not touch
 */
function asked(intent: Intent, files: readonly string[]): ReadonlySet<string> | undefined {
  if (files.length === 0) return undefined
  const paths = new Set<string>()
  for (const file of files) {
    const group = changesOf(intent)
      .map((change) => change.paths)
      .find((paths) => paths.includes(file))
    if (group === undefined) throw new UsageError(`${intent.id.slice(0, 8)} does not touch ${file}`)
    for (const path of group) paths.add(path)
  }
  return paths
}

function parse(args: readonly string[], cwd: string): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    file: { type: 'string', multiple: true, default: [] as string[] },
    'dry-run': flag,
    help: flag,
  } as const
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  )
  if (values.help) return 'help'
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return {
    id: positionals[0],
    files: values.file.map((path) => resolve(cwd, path)),
    dryRun: values['dry-run'],
  }
}
