import { parseArgs } from 'node:util'
import type { FileChange } from '../history/changes.ts'
import { type Entry, type History, timeOf } from '../history/history.ts'
import { type FileState, isAllLanded, isWaiting, type State, States } from '../history/state.ts'
import type { Taker } from '../history/takers.ts'
import { plural } from '../history/words.ts'
import type { PathState } from '../recovery/observe.ts'
import { columnsOf, padTo } from './columns.ts'
import { type Command, EXIT, orUsage, type Surroundings, UsageError } from './command.ts'
import { entryJson, JSON_SHAPE } from './entry-json.ts'
import { findEntry } from './find-entry.ts'
import { shownId, typedId } from './ids.ts'
import { stateWords, titleOf } from './listing.ts'
import { patchText } from './patch.ts'
import { statText } from './stat.ts'
import { type Style, styleFor } from './style.ts'
import { jsonText, plainText, shownPath } from './text.ts'
import { instant, when } from './when.ts'

const USAGE = `Usage: lsp-wal show [-p | --stat | --name-only | --json] [ID]

One recorded workspace edit: who made it, what became of it, and what its files hold now. ID is any
unique beginning of its id; @ (the default) is the newest in this workspace, @- the one before.

    -p, --patch   what it changed, as a patch
    --stat        how much it changed in which file
    --name-only   the names of its files, one a line
    --json        for programs: an object with

${JSON_SHAPE}`

/**
 * `lsp-wal show`: one recorded edit.
 * `--json`: {@link entryJson}, each file with what it holds now.
 */
export const show: Command = async (around, args) => {
  const options = parse(args)
  if (options === 'help') {
    around.out(USAGE)
    return EXIT.done
  }
  const { history, entry } = await findEntry(around, options.id)
  const states = new States(around.env, history)
  const shown: Shown = {
    entry,
    state: await states.of(entry),
    files: await states.filesOf(entry),
    seen: entry.session.info.host === around.env.host.name,
    takers: states.takersOf(entry),
  }
  around.out(textOf(around, history, shown, options.style))
  return EXIT.done
}

interface Shown {
  readonly entry: Entry
  readonly state: State
  readonly files: readonly FileState[]
  /** Whether the files could be looked at: those of another host are not there, or are others. */
  readonly seen: boolean
  readonly takers: readonly Taker[]
}

type View = 'summary' | 'patch' | 'stat' | 'name-only' | 'json'

function textOf(around: Surroundings, history: History, shown: Shown, view: View): string {
  const { entry, state, files } = shown
  const changes = files.map(({ file }) => file)
  switch (view) {
    case 'json':
      return jsonText(entryJson(entry, state, shown.seen ? files : undefined))
    case 'name-only':
      return changes.map(({ path }) => `${shownPath(around, path)}\n`).join('')
    case 'summary':
      return headText(around, history, shown) + filesText(around, shown)
    case 'stat':
      return `${headText(around, history, shown)}\n${statText(around, changes)}`
    case 'patch':
      return `${headText(around, history, shown)}\n${patchText(around, changes)}`
  }
}

function headText(around: Surroundings, { entries }: History, { entry, state, takers }: Shown): string {
  const { intent } = entry.recorded
  const { info } = entry.session
  const { about } = intent
  const now = around.env.host.now()
  const style = styleFor(around.colour)
  const at = timeOf(entry)
  const refer = (id: string): string => {
    const other = entries.find(({ recorded }) => recorded.intent.id === id)
    return style.name(shownId(entries, id)) + (other === undefined ? '' : ` (${titleOf(other)})`)
  }
  const server = about.server || info.server[0] || ''
  const editor = info.editor === null ? '' : `${info.editor.name} ${info.editor.version}`.trim()
  const facts: (readonly [string, string])[] = [
    ['State', stateWords(entry, state) + whereWords(entry, state)],
    ['When', timeText(at, now)],
    ['Server', plainText(server)],
    ['Editor', plainText(editor)],
    ['Road', plainText(about.road)],
    ['Session', plainText(info.session)],
    ['Folders', info.folders.map(plainText).join(', ')],
  ]
  const { purpose, of } = about
  if (purpose !== undefined && of !== undefined)
    facts.push([{ finish: 'Finishes', 'roll-back': 'Rolls back', undo: 'Undoes' }[purpose], refer(of)])
  for (const taker of takers) facts.push([takerWord(taker), takerText(taker, refer, now)])
  if (isWaiting(state)) facts.push(['To do', `lsp-wal recover ${typedId(entries, intent.id)}`])
  const nameColumns = Math.max(...facts.map(([name]) => name.length)) + 2
  const lines = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${style.faint(padTo(`${name}:`, nameColumns))}${value}`)
  return `${style.name(plainText(intent.id))}\n${style.bold(titleOf(entry))}\n\n${lines.join('\n')}\n`
}

function timeText(at: string, now: Date): string {
  const [full, short] = [instant(at), when(at, now)]
  return full.includes(short) ? full : `${full} (${short})`
}

function whereWords({ session }: Entry, state: State): string {
  if (state.kind !== 'pending') return ''
  switch (state.owner) {
    case 'nobody':
      return isAllLanded(state) ? ', settled by the next start' : ''
    case 'elsewhere':
      return ` on another host (${plainText(session.info.host)})`
    case 'session':
    case 'editor':
      return ', in an editor that still runs'
  }
}

function takerWord({ purpose }: Taker): string {
  return { finish: 'Finished by', 'roll-back': 'Rolled back by', undo: 'Undone by' }[purpose]
}

function takerText({ entry, done, takenBackBy }: Taker, refer: (id: string) => string, now: Date): string {
  const notes = [when(timeOf(entry), now)]
  if (done === 'part') notes.push('in part')
  if (done === 'not yet') notes.push(entry.recorded.settled ? 'came to nothing' : 'not done yet')
  if (takenBackBy !== undefined) notes.push(`taken back by ${refer(takenBackBy.recorded.intent.id)}`)
  return [refer(entry.recorded.intent.id), ...notes].join(', ')
}

function filesText(around: Surroundings, { entry, files, seen }: Shown): string {
  const style = styleFor(around.colour)
  const { made, removed } = entry.recorded.intent.folders
  const rows = files.map((each) => ({ ...each, name: nameOf(around, each.file), edits: editsOf(each.file) }))
  const columns = (key: 'name' | 'edits') => Math.max(0, ...rows.map((row) => columnsOf(row[key]))) + 2
  const lines = rows.map(({ file, name, edits, state }) =>
    [
      padTo(file.kind, KIND_COLUMNS),
      padTo(name, columns('name')),
      padTo(edits, columns('edits')),
      seen ? style[TONES[state]](state) : '',
    ]
      .join('')
      .trimEnd(),
  )
  for (const folder of made) lines.push(`${padTo('made', KIND_COLUMNS)}${shownPath(around, folder)}/`)
  for (const folder of removed) lines.push(`${padTo('removed', KIND_COLUMNS)}${shownPath(around, folder)}/`)
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

const KIND_COLUMNS = 'unknown  '.length

const TONES: Readonly<Record<PathState, keyof Style>> = {
  landed: 'good',
  halfway: 'warn',
  untouched: 'faint',
  restored: 'faint',
  drifted: 'bad',
}

function nameOf(around: Surroundings, { from, path, after, withheld }: FileChange): string {
  const name = shownPath(around, path)
  if (withheld) return `${name} (kept out of the log: not undoable)`
  if (after.kind === 'unknown') return `${name} (${plainText(after.reason)})`
  return from === undefined ? name : `${shownPath(around, from)} → ${name}`
}

function editsOf({ edits, kind }: FileChange): string {
  return edits > 0 && kind !== 'created' ? plural(edits, 'edit') : ''
}

function parse(args: readonly string[]): { readonly id: string | undefined; readonly style: View } | 'help' {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    patch: { type: 'boolean', short: 'p', default: false },
    stat: flag,
    'name-only': flag,
    json: flag,
    help: flag,
  } as const
  const { values, positionals } = orUsage(
    () => parseArgs({ args: [...args], options, allowPositionals: true }),
    options,
  )
  if (values.help) return 'help'
  const views = (['patch', 'stat', 'name-only', 'json'] as const).filter((view) => values[view])
  if (views.length > 1) throw new UsageError('only one of -p, --stat, --name-only and --json')
  if (positionals.length > 1) throw new UsageError('one ID at a time')
  return { id: positionals[0], style: views[0] ?? 'summary' }
}
