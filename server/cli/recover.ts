import { parseArgs } from 'node:util'
import { readSession } from '../history/history.ts'
import { touchedPaths } from '../journal/intent.ts'
import { Session } from '../journal/session.ts'
import { lifeOf, liveSessions } from '../journal/session-folder.ts'
import { type Answer, asAsked, isAnswer, meant, type Recovered, type Wish } from '../recovery/as-asked.ts'
import { Recovery } from '../recovery/recovery.ts'
import { shareFolder } from '../recovery/shared-folders.ts'
import { closedFilesOf } from './closed-files.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { order, sessionFor } from './live-session.ts'
import { shown } from './progress.ts'
import { recoveredText, statusOf } from './report.ts'

const USAGE = `Usage: lsp-wal recover [--finish | --roll-back | --discard] [--dry-run] [ID]

Deals with the edits that a crash left half done in this workspace: what is torn is finished, what was
never seen by the editor is replayed; anything else is listed for you to decide.
While an editor runs with lsp-wal in this folder, it goes through its buffers.

    --finish      write the missing files of ID (of all, without one)
    --roll-back   put the originals back
    --discard     leave every file as it is, and hear no more of it
    --dry-run     show what would be written
`

/** `lsp-wal recover`. */
export const recover: Command = async (around, args) => {
  const wish = parse(args)
  if (wish === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const pending = await pendingPaths(around)
  // With nothing to ask for, an editor that does not answer is no matter.
  const live = pending === undefined ? undefined : await sessionFor(around, [around.cwd], pending)
  if (live === undefined) return recoverHere(around, wish)
  const what = { v: 1, do: 'recover', ...wish, folders: [around.cwd] } as const
  const answer = await order(around, live, what, isAnswer)
  return answer.kind === 'done' ? toldAll(around, answer.recovered) : nothingMeant(around, wish, answer)
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
async function recoverHere(around: Surroundings, wish: Wish): Promise<number> {
  const { env, root, cwd, err } = around
  const start = { folders: [cwd], server: ['lsp-wal', 'recover'], editor: null }
  const problem = (error: unknown) => err(`lsp-wal: ${(error as Error).message}\n`)
  const session = new Session(env, root, start, problem)
  const recovery = await Recovery.start(env, root, session, start, problem)
  try {
    const which = meant(recovery, wish)
    if (which.kind !== 'cases') return nothingMeant(around, wish, which)
    const workspaceOf = ({ session }: (typeof which.cases)[number]) =>
      closedFilesOf(around, session).then((files) => shown(around, files))
    let status: number = recovery.missed > 0 ? EXIT.error : EXIT.done
    for await (const { recovered } of asAsked(recovery, which.cases, wish, workspaceOf))
      status = Math.max(status, told(around, recovered))
    return status
  } finally {
    await recovery.end()
    await session.end()
  }
}

function toldAll(around: Surroundings, all: readonly Recovered[]): number {
  return Math.max(EXIT.done, ...all.map((recovered) => told(around, recovered)))
}

function told(around: Surroundings, recovered: Recovered): number {
  around.out(recoveredText(around, recovered))
  return statusOf(recovered)
}

/** @throws UsageError where the user has named something else */
function nothingMeant({ out }: Surroundings, { id }: Wish, which: Exclude<Answer, { kind: 'done' }>): number {
  switch (which.kind) {
    case 'none':
      out('Nothing is waiting to be recovered here.\n')
      return EXIT.done
    case 'unknown':
      throw new UsageError(`nothing pending here is called ${id}; see: lsp-wal status`)
    case 'ambiguous':
      throw new UsageError(`${id} may be any of ${which.ids.map((each) => each.slice(0, 12)).join(', ')}`)
  }
}

function parse(args: readonly string[]): Wish | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = { finish: flag, 'roll-back': flag, discard: flag, 'dry-run': flag, help: flag }
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  )
  if (values.help) return 'help'
  const decisions = (['finish', 'roll-back', 'discard'] as const).filter((name) => values[name])
  if (decisions.length > 1) throw new UsageError(`one of --${decisions.join(' and --')}, not both`)
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return { id: positionals[0], decision: decisions[0], dryRun: values['dry-run'] }
}
