import { parseArgs } from 'node:util'
import { readSession } from '../history/history.ts'
import { touchedPaths } from '../journal/intent.ts'
import { Session } from '../journal/session.ts'
import { lifeOf, liveSessions } from '../journal/session-folder.ts'
import { unreadSessions } from '../journal/unread.ts'
import { type Answer, asAsked, isAnswer, meant, type Recovered, type Wish } from '../recovery/as-asked.ts'
import { Recovery } from '../recovery/recovery.ts'
import { shareFolder } from '../recovery/shared-folders.ts'
import { closedFilesOf } from './closed-files.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { NO_EDITS_ID } from './ids.ts'
import { order, sessionFor } from './live-session.ts'
import { shown } from './progress.ts'
import { recoveredText, statusOf, unreadText } from './report.ts'
import { jsonText } from './text.ts'

const USAGE = `Usage: lsp-wal recover [--finish | --roll-back | --discard] [--dry-run] [--json] [ID]

Deals with the edits that a crash left half done in this workspace: what is torn is finished, what was
never seen by the editor is replayed; anything else is listed for you to decide.
While an editor runs with lsp-wal in this folder, it goes through its buffers.

    --finish      write the missing files of ID (of all, without one)
    --roll-back   put the originals back
    --discard     leave every file as it is, and hear no more of it
    --dry-run     show what would be written
    --json        for programs: a list, of those that are pending, of {id, label, what (finish, roll-back,
                  discard; settled: nothing was left to do; buffered: it is to be saved in the editor;
                  waiting: it needs your word; would be: a dry run), reason? (why it waits), files: [{path,
                  change (changed, created, removed), where (disk, buffer; null: it would be), unseen? (the
                  editor has said that it took it, and has not shown it yet)}],
                  left: [{path, reason, hunks?: [{line, base, ours, theirs}]}],
                  back? (what lsp-wal undo takes to take it back)}

Exit status: ${EXIT.done} done, ${EXIT.partly} some files were left alone, ${EXIT.waiting} something needs your word.
`

/** `lsp-wal recover`. `--json`: an array of {@link Recovered}. */
export const recover: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { json, wish } = options
  const all: Recovered[] = []
  const tell: Tell = (recovered) => {
    all.push(recovered)
    if (!json) around.out(recoveredText(around, recovered))
  }
  const status = await recoverThere(around, wish, tell)
  if (json) around.out(jsonText(all))
  else if (all.length === 0) around.out('Nothing is waiting to be recovered here.\n')
  // They may hold something for this workspace: nobody can tell.
  for (const path of await unreadSessions(around.env, around.root))
    around.err(`lsp-wal: ${unreadText(around, path)}`)
  return Math.max(status, ...all.map(statusOf))
}

type Tell = (recovered: Recovered) => void

/** Resolves with the exit status, as far as what was told has none of its own. */
async function recoverThere(around: Surroundings, wish: Wish, tell: Tell): Promise<number> {
  const pending = await pendingPaths(around)
  // With nothing to ask for, an editor that does not answer is no matter.
  const live = pending === undefined ? undefined : await sessionFor(around, [around.cwd], pending)
  if (live === undefined) return recoverHere(around, wish, tell)
  const what = { v: 1, do: 'recover', ...wish, folders: [around.cwd] } as const
  const answer = await order(around, live, what, isAnswer)
  if (answer.kind === 'done') answer.recovered.forEach(tell)
  else checkMeant(wish, answer)
  return EXIT.done
}

/**
 * The paths of what dead sessions of this folder have left pending: the editor that has most of them open is to deal
 * with it. Also of those that another session has taken over. Undefined: there is nothing.
 */
async function pendingPaths({ cwd, env, root }: Surroundings): Promise<string[] | undefined> {
  const pending: string[][] = []
  for (const session of await liveSessions(env, root)) {
    if (!(await shareFolder(env.disk, session.info.folders, [cwd]))) continue
    if (session.claimedBy === undefined && (await lifeOf(env, session)) !== 'dead') continue
    const history = await readSession(env, session)
    for (const { recorded } of history?.entries ?? [])
      if (!recorded.settled) pending.push(touchedPaths(recorded.intent))
  }
  return pending.length === 0 ? undefined : pending.flat()
}

/** With no editor that could do it. */
async function recoverHere(around: Surroundings, wish: Wish, tell: Tell): Promise<number> {
  const { env, root, cwd, err } = around
  const start = { folders: [cwd], server: ['lsp-wal', 'recover'], editor: null }
  const problem = (error: unknown) => err(`lsp-wal: ${(error as Error).message}\n`)
  const session = new Session(env, root, start, problem)
  const recovery = await Recovery.start(env, root, session, start, problem)
  try {
    const which = meant(recovery, wish)
    if (which.kind !== 'cases') {
      checkMeant(wish, which)
      return EXIT.done
    }
    const workspaceOf = ({ session }: (typeof which.cases)[number]) =>
      closedFilesOf(around, session).then((files) => shown(around, files))
    for await (const { recovered } of asAsked(recovery, which.cases, wish, workspaceOf)) tell(recovered)
    return recovery.missed > 0 ? EXIT.error : EXIT.done
  } finally {
    await recovery.end()
    await session.end()
  }
}

/** @throws UsageError where the user has named something else than what is pending */
function checkMeant({ id }: Wish, which: Exclude<Answer, { kind: 'done' }>): void {
  switch (which.kind) {
    case 'none':
      return
    case 'unknown':
      throw new UsageError(`nothing pending here is called ${id}; see: lsp-wal status`)
    case 'ambiguous':
      throw new UsageError(`${id} may be any of ${which.ids.map((each) => each.slice(0, 12)).join(', ')}`)
  }
}

function parse(args: readonly string[]): { readonly json: boolean; readonly wish: Wish } | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = { finish: flag, 'roll-back': flag, discard: flag, 'dry-run': flag, json: flag, help: flag }
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  )
  if (values.help) return 'help'
  const decisions = (['finish', 'roll-back', 'discard'] as const).filter((name) => values[name])
  if (decisions.length > 1) throw new UsageError(`one of --${decisions.join(' and --')}, not both`)
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  if (positionals[0] === '') throw new UsageError(`${NO_EDITS_ID}; see: lsp-wal status`)
  const wish = { id: positionals[0], decision: decisions[0], dryRun: values['dry-run'] }
  return { json: values.json, wish }
}
