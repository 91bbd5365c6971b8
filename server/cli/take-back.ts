import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Entry, readHistory } from '../history/history.ts'
import { rollBackAsUndo } from '../history/roll-back.ts'
import { States } from '../history/state.ts'
import { type Direction, takeBack, takenBack, wayBack } from '../history/undo.ts'
import { isUndone, type Undone, undoneOf, wouldBeUndone } from '../history/undone.ts'
import { touchedPaths } from '../journal/intent.ts'
import { Session } from '../journal/session.ts'
import { Recovery } from '../recovery/recovery.ts'
import { closedFilesOf } from './closed-files.ts'
import { EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { resolveId } from './ids.ts'
import { order, sessionFor } from './live-session.ts'
import { Spellings } from './named-files.ts'
import { reading, shown } from './progress.ts'
import { jsonText } from './text.ts'
import { undoneText } from './undone-text.ts'

/** `lsp-wal undo` and `lsp-wal redo`. */
export async function takeBackCommand(
  around: Surroundings,
  direction: Direction,
  usage: string,
  args: readonly string[],
): Promise<number> {
  const options = parse(args, around.cwd)
  if (options === 'help') {
    around.out(usage)
    return EXIT.done
  }
  const everywhere = options.id !== undefined && !options.id.startsWith('@')
  const history = await readHistory(
    around.env,
    around.root,
    everywhere ? undefined : around.cwd,
    reading(around),
  )
  const states = new States(around.env, history)
  const entry = options.id === undefined ? undefined : resolveId(history.entries, options.id)
  const spellings = new Spellings(around.env.disk, history.entries)
  const files = (await Promise.all(options.files.map((file) => spellings.ofFile(file)))).flat()
  const wish = { direction, entry, files }
  const results: Undone[] = []
  const act = (entry: Entry) => takeBackOne(around, direction, states, entry, { ...options, files })
  for await (const result of takenBack(wish, history.entries, states, act)) {
    results.push(result)
    if (!options.json) around.out(undoneText(around, result))
  }
  if (options.json) around.out(jsonText(results))
  else if (results.length === 0)
    around.out(`Nothing recorded here is left to be ${direction === 'undo' ? 'undone' : 'redone'}.\n`)
  return results.some(({ left }) => left.length > 0) ? EXIT.partly : EXIT.done
}

interface Options {
  readonly id: string | undefined
  readonly files: readonly string[]
  readonly dryRun: boolean
  readonly json: boolean
}

async function takeBackOne(
  around: Surroundings,
  direction: Direction,
  states: States,
  entry: Entry,
  { dryRun, files }: Options,
): Promise<Undone> {
  const { env, root, err } = around
  const state = await states.of(entry)
  const isLeft = direction === 'undo' && state.kind === 'pending' && state.owner === 'nobody'
  if (isLeft && files.length > 0)
    throw new UsageError('this edit is waiting to be recovered as a whole: see lsp-wal recover')
  const { session } = entry
  const live = await sessionFor(around, session.info.folders, touchedPaths(entry.recorded.intent), session)
  const { id } = entry.recorded.intent
  if (live !== undefined) return order(around, live, { v: 1, do: direction, id, files, dryRun }, isUndone)
  if (isLeft) return rollBackPending(around, entry, dryRun)
  const workspace = shown(around, await closedFilesOf(around, entry.session))
  const way = await wayBack(env, states, entry, workspace, files)
  if (dryRun) return wouldBeUndone(direction, entry.recorded.intent, way)
  const start = { folders: entry.session.info.folders, server: ['lsp-wal', direction], editor: null }
  const own = new Session(env, root, start, (problem) => err(`lsp-wal: ${(problem as Error).message}\n`))
  try {
    return undoneOf(direction, await takeBack(env, own, workspace, entry, way), way)
  } finally {
    await own.end()
  }
}

/** With no editor that could do it. */
async function rollBackPending(
  around: Surroundings,
  { recorded, session }: Entry,
  dryRun: boolean,
): Promise<Undone> {
  const { env, root, err } = around
  const start = { folders: session.info.folders, server: ['lsp-wal', 'undo'], editor: null }
  const problem = (error: unknown) => err(`lsp-wal: ${(error as Error).message}\n`)
  const own = new Session(env, root, start, problem)
  const recovery = await Recovery.start(env, root, own, start, problem)
  try {
    const kase = recovery.cases.find(({ intent }) => intent.id === recorded.intent.id)
    if (kase === undefined) recovery.mustKnowAll()
    if (kase === undefined) throw new UsageError('this edit belongs to an editor that still runs')
    const workspace = shown(around, await closedFilesOf(around, session))
    return (await rollBackAsUndo(recovery, kase, workspace, dryRun)).undone
  } finally {
    await recovery.end()
    await own.end()
  }
}

function parse(args: readonly string[], cwd: string): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    file: { type: 'string', multiple: true, default: [] as string[] },
    'dry-run': flag,
    json: flag,
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
    json: values.json,
  }
}
