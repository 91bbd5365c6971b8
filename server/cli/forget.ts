import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Entry, readHistory } from '../history/history.ts'
import { plural } from '../history/words.ts'
import { collect } from '../journal/collect.ts'
import { JournalError } from '../journal/env.ts'
import { type Forgotten, forget as forgetIn } from '../journal/forget.ts'
import type { Holder, Holding, Wanted } from '../journal/holdings.ts'
import { planRetention, untilDone } from '../journal/retention.ts'
import { type Searched, searchSessions } from '../journal/search.ts'
import { Session } from '../journal/session.ts'
import { lifeOf } from '../journal/session-folder.ts'
import { unreadFolders } from '../journal/unread.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { resolveId } from './ids.ts'
import { Spellings } from './named-files.ts'
import { reading } from './progress.ts'
import { plainText, shownPath } from './text.ts'
import { when } from './when.ts'

const USAGE = `Usage: lsp-wal forget --file PATH... [--dry-run] [ID | --all]

Takes what a file held, before and after, out of a recorded edit, or out of all of them: a secret that no
log should hold. What is left are hashes: the file's edit is listed as before, and never undone, finished or
rolled back again. The other files of the edit stay as they are, and so does the file itself.
There is no way back. Backups and snapshots of the journal are not touched.

    --file PATH   this file, or all beneath this folder, by whatever name it was recorded; may be given
                  several times
    --all         out of every recorded edit of every workspace: what is done without an ID, too
    --dry-run     show what would be forgotten

Exit status: ${EXIT.partly} where it could not be taken out of everything, else ${EXIT.done}.
`

/** `lsp-wal forget`: takes files out of the history. */
export const forget: Command = async (around, args) => {
  const options = parse(args, around.cwd)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const entry = options.id === undefined ? undefined : await find(around, options.id)
  const { env, root } = around
  const spellings = new Spellings(
    env.disk,
    (await readHistory(env, root, undefined, reading(around))).entries,
  )
  const files = (await Promise.all(options.files.map((file) => spellings.everyOf(file)))).flat()
  const wanted: Wanted = { files: [...new Set(files)], id: entry?.recorded.intent.id }
  if (entry === undefined && !options.dryRun) await sweep(around)
  const all = await searchSessions(env, root, wanted, (n) =>
    around.progress(`searching: ${plural(n, 'session')}`),
  )
  const concerned = all.filter(
    ({ found }) => entry === undefined || found.info.session === entry.session.info.session,
  )
  const found = all.map(({ found }) => found)
  const unread = entry === undefined ? await unreadFolders(env, root, found) : []
  const isNothing = concerned.every(({ holding }) => !isConcerned(holding))
  const results = isNothing ? [] : await carryOut(around, wanted, concerned, options.dryRun)
  around.out(isNothing ? nothingText(around, options, entry) : textOf(around, options, results))
  around.out(entry === undefined ? unreadText(around, unread) : othersText(around, options, all))
  const isLeft = unread.length > 0 || results.some(({ result }) => result.kind !== 'done')
  return isLeft ? EXIT.partly : EXIT.done
}

interface Options {
  readonly id: string | undefined
  /** Absolute. */
  readonly files: readonly string[]
  readonly dryRun: boolean
}

interface Outcome extends Searched {
  readonly result: Forgotten
}

/** As in `undo`: `@` is the newest of this workspace, anything else may be of any. */
async function find({ env, root, cwd }: Surroundings, id: string): Promise<Entry> {
  return resolveId((await readHistory(env, root, id.startsWith('@') ? cwd : undefined)).entries, id)
}

function isConcerned({ holders, logs, debris, obstacle }: Holding): boolean {
  return holders.some(({ isWanted }) => isWanted) || logs.length + debris.length > 0 || obstacle !== undefined
}

async function carryOut(
  around: Surroundings,
  wanted: Wanted,
  all: readonly Searched[],
  dryRun: boolean,
): Promise<Outcome[]> {
  const { env, root, err } = around
  const concerned = all.filter(({ holding }) => isConcerned(holding))
  const folders = [...new Set(concerned.flatMap(({ found }) => found.info.folders))]
  const start = { folders, server: ['lsp-wal', 'forget'], editor: null }
  const own = new Session(env, root, start, (problem) => err(`lsp-wal: ${(problem as Error).message}\n`))
  const outcomes: Outcome[] = []
  try {
    for (const each of concerned) {
      around.progress(`forgetting: ${outcomes.length} of ${plural(concerned.length, 'session')}`)
      const reason = await reasonAgainst(around, each)
      if (reason !== undefined && wanted.id !== undefined) throw new JournalError(reason)
      const result: Forgotten =
        reason !== undefined
          ? { kind: 'left', reason }
          : dryRun
            ? { kind: 'done' }
            : await forgetIn(env, root, own, each.found, wanted)
      outcomes.push({ ...each, result })
    }
  } finally {
    await own.end()
  }
  return outcomes
}

async function reasonAgainst(
  { env }: Surroundings,
  { found, holding, isOver }: Searched,
): Promise<string | undefined> {
  const life = isOver ? 'dead' : await lifeOf(env, found)
  const { session, host } = found.claimedBy ?? found.info
  if (life === 'live') return `session ${session} still runs: close its editor first, and forget then`
  if (life === 'elsewhere') return `session ${session} may still run on another host (${host})`
  return holding.obstacle
}

/** What a gc that was cut short was removing holds as much as anything. */
async function sweep({ env, root }: Surroundings): Promise<void> {
  const none = { keepMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY }
  const { leftovers } = await planRetention(env, root, none, untilDone)
  await collect(env, root, { due: [], leftovers }, untilDone)
}

function nothingText(around: Surroundings, { files }: Options, entry: Entry | undefined): string {
  const names = files.map((file) => shownPath(around, file)).join(' or ')
  return entry === undefined
    ? `No recorded edit holds ${names}.\n`
    : `${entry.recorded.intent.id.slice(0, SHOWN)} does not hold ${names}.\n`
}

const SHOWN = 8

function textOf(around: Surroundings, { dryRun }: Options, outcomes: readonly Outcome[]): string {
  const done = outcomes.filter(({ result }) => result.kind === 'done')
  const held = done.flatMap(({ holding }) => holding.holders.filter(({ isWanted }) => isWanted))
  const cut = done.reduce((sum, { holding }) => sum + holding.debris.length, 0)
  const lines: string[] = []
  if (held.length > 0)
    lines.push(`${dryRun ? 'Would be forgotten' : 'Forgotten'} in ${plural(held.length, 'edit')}:`)
  for (const holder of held) lines.push(...holderLines(around, holder))
  if (cut > 0)
    lines.push(`${plural(cut, 'piece')} that a crash had cut off a log: ${dryRun ? 'to be ' : ''}removed.`)
  for (const { found, result } of outcomes) {
    if (result.kind === 'left') lines.push(`Not forgotten: ${plainText(result.reason)}.`)
    if (result.kind === 'gone')
      lines.push(
        `Not forgotten: session ${plainText(found.info.session)} was taken over meanwhile: try again.`,
      )
  }
  if (lines.length === 0) lines.push('What a crash had cut off a log is removed.')
  return `${lines.join('\n')}\n`
}

function holderLines(around: Surroundings, { id, at, label, paths, isSettled }: Holder): string[] {
  const names = paths.map((path) => shownPath(around, path)).join(', ')
  const title = plainText(label) || 'Edit'
  const lines = [`  ${plainText(id.slice(0, SHOWN))}  ${when(at, around.env.host.now())}  ${title}: ${names}`]
  if (!isSettled)
    lines.push('      it is pending, and can be neither finished nor rolled back there any more')
  return lines
}

/** What may hold it as well, and cannot be read. */
function unreadText({ root }: Surroundings, unread: readonly string[]): string {
  const lines = unread.map(
    (path) => `Not looked into: ${shownPath({ cwd: root.path }, path)}: it is no session\n`,
  )
  return lines.join('') + (lines.length > 0 ? 'See: lsp-wal verify\n' : '')
}

/** Which other edits hold the same. */
function othersText({ cwd }: Surroundings, { files }: Options, all: readonly Searched[]): string {
  const others = all.flatMap(({ holding }) => holding.holders.filter(({ isWanted }) => !isWanted))
  if (others.length === 0) return ''
  const ids = others.map((other) => plainText(other.id.slice(0, SHOWN))).join(', ')
  const options = files.map((file) => `--file ${shownPath({ cwd }, file)}`).join(' ')
  const hold = others.length === 1 ? 'holds' : 'hold'
  return `${plural(others.length, 'other edit')} ${hold} it, too: ${ids}\nOut of all: lsp-wal forget --all ${options}\n`
}

function parse(args: readonly string[], cwd: string): Options | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    file: { type: 'string', multiple: true, default: [] as string[] },
    all: flag,
    'dry-run': flag,
    help: flag,
  } as const
  const { values, positionals } = orUsage(
    () => parseArgs({ args: [...args], options, allowPositionals: true }),
    options,
  )
  if (values.help) return 'help'
  if (values.file.length === 0) throw new UsageError('what is to be forgotten? --file PATH')
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  if (values.all && positionals.length > 0) throw new UsageError('an ID, or --all: not both')
  return {
    id: positionals[0],
    files: values.file.map((path) => resolve(cwd, path)),
    dryRun: values['dry-run'],
  }
}
