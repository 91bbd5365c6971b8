import { parseArgs } from 'node:util'
import { type DamagedLog, type Entry, type History, readHistory } from '../history/history.ts'
import { isAllLanded, isWaiting, type State, States } from '../history/state.ts'
import { unreadSessions } from '../journal/unread.ts'
import { type Command, EXIT, orUsage, type Surroundings } from './command.ts'
import { type EntryJson, entryJson, JSON_SHAPE } from './entry-json.ts'
import { NOTHING_RECORDED } from './ids.ts'
import { itemOf, listText } from './listing.ts'
import { unreadText } from './report.ts'
import { styleFor } from './style.ts'
import { jsonText, plainText, sentence, shownPath } from './text.ts'

const USAGE = `Usage: lsp-wal status [--all] [--json]

What is pending, torn or damaged in this workspace.
Exit status: ${EXIT.waiting} while something waits to be recovered, else ${EXIT.done}.

    --all    of every workspace
    --json   for programs: {pending: [...], damage: [{log, at (byte offset), kind (torn, corrupt, refused),
             reason}], unread: [folders of sessions whose session.json is missing or damaged]}; what is
             pending comes the newest first, as objects with

${JSON_SHAPE}`

/** `--json`. */
interface StatusJson {
  /** The newest first. */
  readonly pending: readonly EntryJson[]
  readonly damage: readonly Pick<DamagedLog, 'log' | 'at' | 'kind' | 'reason'>[]
  readonly unread: readonly string[]
}

/** `lsp-wal status`: what is pending, torn or damaged; exit status 4 while something waits to be recovered. */
export const status: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { env, root, cwd } = around
  const history = await readHistory(env, root, options.all ? undefined : cwd)
  const states = new States(env, history)
  const pending = await pendingOf(history, states)
  const damage = await states.damageIn(history)
  // Of any workspace: it is their session.json that would say which.
  const unread = await unreadSessions(env, root)
  const exit = pending.some(({ state }) => isWaiting(state)) ? EXIT.waiting : EXIT.done
  if (options.json) {
    const json: StatusJson = {
      pending: pending.map(({ entry, state }) => entryJson(entry, state)),
      damage: damage.map(({ log, at, kind, reason }) => ({ log, at, kind, reason })),
      unread,
    }
    around.out(jsonText(json))
    return exit
  }
  if (history.entries.length === 0 && damage.length === 0) around.out(sentence(NOTHING_RECORDED))
  else if (pending.length === 0 && damage.length === 0) around.out(sentence('nothing is pending here'))
  else
    around.out(
      [...pendingTexts(around, history, pending, options.all), ...damageTexts(around, damage)].join('\n'),
    )
  for (const path of unread) around.out(unreadText(around, path))
  return exit
}

interface Pending {
  readonly entry: Entry
  readonly state: Extract<State, { kind: 'pending' }>
}

async function pendingOf(history: History, states: States): Promise<Pending[]> {
  const pending: Pending[] = []
  for (const entry of history.entries) {
    const state = await states.of(entry)
    if (state.kind === 'pending') pending.push({ entry, state })
  }
  return pending.reverse()
}

type Heading = 'waiting' | 'running' | 'elsewhere' | 'landed'

const HEADINGS: Readonly<Record<Heading, string>> = {
  waiting: 'Waiting to be recovered:',
  running: 'Pending in an editor that still runs:',
  elsewhere: 'Pending on another host:',
  landed: 'On the disk as a whole, and settled by the next start:',
}

function headingOf({ state }: Pending): Heading {
  if (isWaiting(state)) return 'waiting'
  if (state.owner === 'elsewhere') return 'elsewhere'
  return isAllLanded(state) && state.owner === 'nobody' ? 'landed' : 'running'
}

function pendingTexts(
  around: Surroundings,
  { entries }: History,
  pending: readonly Pending[],
  all: boolean,
): string[] {
  const { bold } = styleFor(around.colour)
  return (Object.keys(HEADINGS) as Heading[]).flatMap((heading) => {
    const under = pending.filter((each) => headingOf(each) === heading)
    if (under.length === 0) return []
    const items = under.map(({ entry, state }) => {
      const newest = !all && entry === entries.at(-1)
      return itemOf(
        around,
        entry,
        state,
        { newest, known: entries },
        furtherOf(around, { entry, state }, all),
      )
    })
    return [`${bold(HEADINGS[heading])}\n${listText(around, items)}`]
  })
}

const MOST_NAMED = 5

/** Where it is, and which files stand in the way. */
function furtherOf(around: Surroundings, { entry, state }: Pending, all: boolean): string[] {
  const { host, folders } = entry.session.info
  const lines: string[] = []
  if (all) lines.push(`in ${folders.map(plainText).join(', ')}`)
  if (state.owner === 'elsewhere') lines.push(`on ${plainText(host)}`)
  if (!isWaiting(state)) return lines
  for (const bad of ['drifted', 'restored'] as const) {
    const paths = state.files
      .filter((file) => file.state === bad)
      .map(({ file }) => shownPath(around, file.path))
    const rest = paths.length - MOST_NAMED
    if (paths.length > 0)
      lines.push(`${bad}: ${paths.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`)
  }
  return lines
}

const MEANING: Readonly<Record<DamagedLog['kind'], string>> = {
  torn: 'a crash cut off what was being written there; what stands before it is sound',
  corrupt: 'nothing in this log is recovered without being asked',
  refused: 'another version of lsp-wal wrote it',
}

function damageTexts(around: Surroundings, damage: readonly DamagedLog[]): string[] {
  if (damage.length === 0) return []
  const { bold, bad, faint } = styleFor(around.colour)
  const lines = damage.flatMap(({ log, at, kind, reason }) => [
    `${bad('×')}  ${shownPath(around, log)}`,
    `${faint('│')}  ${kind} at byte ${at}: ${plainText(reason)}`,
    `${faint('│')}  ${faint(MEANING[kind])}`,
  ])
  return [`${[bold('Damaged logs:'), ...lines].join('\n')}\n`]
}

function parse(args: readonly string[]): { readonly all: boolean; readonly json: boolean } | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = { all: flag, json: flag, help: flag }
  const { values } = orUsage(() => parseArgs({ args: [...args], options, allowPositionals: false }), options)
  return values.help ? 'help' : values
}
