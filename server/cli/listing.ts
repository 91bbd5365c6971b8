import { basename } from 'node:path'
import { changesOf, summaryOf } from '../history/changes.ts'
import { type Entry, timeOf } from '../history/history.ts'
import { countsOf, isAllLanded, isTorn, isWaiting, type State } from '../history/state.ts'
import type { Event } from '../journal/outcomes.ts'
import { columnsOf, cutTo, padTo } from './columns.ts'
import type { Surroundings } from './command.ts'
import { shownId, typedId } from './ids.ts'
import { type Style, styleFor } from './style.ts'
import { plainText } from './text.ts'
import { when } from './when.ts'

/** One intent as two lines of a list, and further ones beneath. Nothing in it is coloured or hostile. */
export interface Item {
  readonly mark: '@' | '×' | '○'
  readonly id: string
  readonly when: string
  readonly who: string
  readonly state: string
  readonly tone: keyof Style
  readonly label: string
  /** To the right of the label; where there is no room for all, the first ones. */
  readonly notes: readonly string[]
  readonly further: readonly string[]
}

/** `newest`: whether `@` means this one. `known`: every intent that an id could mean. */
export function itemOf(
  around: Pick<Surroundings, 'env'>,
  entry: Entry,
  state: State,
  { newest, known }: { readonly newest: boolean; readonly known: readonly Entry[] },
  further: readonly string[] = [],
): Item {
  const { intent } = entry.recorded
  const waiting = isWaiting(state)
  return {
    mark: waiting ? '×' : newest ? '@' : '○',
    id: shownId(known, intent.id),
    when: when(timeOf(entry), around.env.host.now()),
    who: whoOf(entry),
    state: stateWords(entry, state),
    tone: toneOf(state),
    label: titleOf(entry),
    notes: waiting ? [`lsp-wal recover ${typedId(known, intent.id)}`] : summaryOf(intent),
    further,
  }
}

/** What an intent is called; never empty. */
export function titleOf({ recorded: { intent } }: Entry): string {
  return plainText(intent.about.label) || (intent.foreign ? 'written by another program' : 'Edit')
}

/** "rust-analyzer · Neovim". */
function whoOf({ session: { info }, recorded: { intent } }: Entry): string {
  if (intent.foreign) return 'foreign'
  // The command line's own sessions have no editor, and their server is the command.
  if (info.editor === null)
    return plainText([basename(info.server[0] ?? ''), ...info.server.slice(1)].join(' '))
  const server = intent.about.server || basename(info.server[0] ?? '')
  return [server, info.editor.name]
    .filter((name) => name !== '')
    .map(plainText)
    .join(' · ')
}

/** "landed 12/12", "torn 7/19, 2 drifted", "undone". */
export function stateWords({ recorded: { intent } }: Entry, state: State): string {
  switch (state.kind) {
    case 'settled': {
      // Of what a recovery or an undo was to write, some paths were left.
      if (state.event === 'superseded' && intent.about.purpose !== undefined) return 'partly done'
      const total = changesOf(intent).length
      return state.event === 'landed' && total > 0 ? `landed ${total}/${total}` : EVENT_WORDS[state.event]
    }
    case 'taken': {
      const word = { finish: 'recovered', 'roll-back': 'rolled back', undo: 'undone' }[state.purpose]
      return state.whole ? word : `partly ${word}`
    }
    case 'pending': {
      if (state.owner === 'elsewhere') return 'pending'
      const counts = countsOf(state.files)
      const word = isAllLanded(state) ? 'landed' : isTorn(state) ? 'torn' : 'pending'
      const parts = [counts.total > 0 ? `${word} ${counts.landed}/${counts.total}` : word]
      for (const bad of ['halfway', 'drifted', 'restored'] as const)
        if (counts[bad] > 0) parts.push(`${counts[bad]} ${bad}`)
      return parts.join(', ')
    }
  }
}

const EVENT_WORDS: Readonly<Record<Event, string>> = {
  forwarded: 'forwarded',
  applied: 'applied',
  rejected: 'rejected',
  landed: 'landed',
  abandoned: 'abandoned',
  reverted: 'reverted',
  superseded: 'superseded',
  recovered: 'recovered',
  'rolled-back': 'rolled back',
  undone: 'undone',
  conflict: 'conflict',
}

function toneOf(state: State): keyof Style {
  switch (state.kind) {
    case 'settled':
      return state.event === 'landed' || state.event === 'recovered' ? 'good' : 'faint'
    case 'taken':
      return state.purpose === 'finish' ? 'good' : 'faint'
    case 'pending':
      return isAllLanded(state) ? 'good' : isWaiting(state) ? 'bad' : 'warn'
  }
}

const LEAST_LABEL_COLUMNS = 34
const MOST_LABEL_COLUMNS = 60
/** Less of a name is no name. */
const LEAST_NAME = 8

/** The list: see {@link itemTexts}. */
export function listText(around: Pick<Surroundings, 'colour' | 'width'>, items: readonly Item[]): string {
  return itemTexts(around, items).join('')
}

/** Each item's lines, in columns that all share; on a terminal no line is longer than it is wide. */
export function itemTexts(
  { colour, width }: Pick<Surroundings, 'colour' | 'width'>,
  items: readonly Item[],
): string[] {
  const style = styleFor(colour)
  const widest = (key: 'id' | 'when' | 'who' | 'state' | 'label') =>
    items.reduce((most, item) => Math.max(most, columnsOf(item[key])), 0)
  const [idColumns, whenColumns] = [widest('id') + 2, widest('when') + 3]
  const whoRoom = roomFor(width, LEAD + idColumns + whenColumns + widest('state'))
  const whoColumns = Math.min(widest('who') + 4, whoRoom < LEAST_NAME ? 0 : whoRoom)
  const labelColumns = Math.min(Math.max(LEAST_LABEL_COLUMNS, widest('label') + 2), MOST_LABEL_COLUMNS)
  return items.map((item) => {
    const lines = [
      lineOf(width, [
        [`${item.mark}  `, item.mark === '×' ? style.bad : style.bold],
        [padTo(item.id, idColumns), style.name],
        [padTo(item.when, whenColumns), style.faint],
        [whoColumns === 0 ? '' : padTo(cutTo(item.who, whoColumns - 1), whoColumns), PLAIN],
        [item.state, style[item.tone]],
      ]),
      lineOf(width, [['│  ', style.faint], ...labelAndNotes(item, width, labelColumns, style)]),
      ...item.further.map((text) =>
        lineOf(width, [
          ['│  ', style.faint],
          [text, style.faint],
        ]),
      ),
    ]
    return `${lines.join('\n')}\n`
  })
}

/** The mark and what parts it from the rest. */
const LEAD = 3
const GAP = 2

type Segment = readonly [text: string, paint: (text: string) => string]

const PLAIN = (text: string): string => text

function labelAndNotes(
  { label, notes, mark }: Item,
  width: number | undefined,
  columns: number,
  style: Style,
): Segment[] {
  const besides = (note: string) => roomFor(width, LEAD + GAP + columnsOf(note))
  for (let n = notes.length; n > 0; n--) {
    const note = notes.slice(0, n).join(', ')
    const fits = columnsOf(label) <= besides(note)
    // What to do about it is worth more than the end of its name.
    const matters = mark === '×' && n === 1 && besides(note) >= LEAST_NAME
    if (!fits && !matters) continue
    const room = besides(note)
    return [
      [padTo(cutTo(label, room), Math.min(columns - GAP, room)), PLAIN],
      [' '.repeat(GAP), PLAIN],
      [note, style.faint],
    ]
  }
  return [[label, PLAIN]]
}

function roomFor(width: number | undefined, taken: number): number {
  return width === undefined ? Number.POSITIVE_INFINITY : Math.max(0, width - taken)
}

/** Segments in a row, cut where the terminal ends: a line that wraps breaks the list. */
function lineOf(width: number | undefined, segments: readonly Segment[]): string {
  let room = width ?? Number.POSITIVE_INFINITY
  let line = ''
  const last = segments.findLastIndex(([text]) => text.trim() !== '')
  for (const [i, [text, paint]] of segments.slice(0, last + 1).entries()) {
    const shown = cutTo(i === last ? text.trimEnd() : text, room)
    room -= columnsOf(shown)
    if (shown !== '') line += paint(shown)
  }
  return line
}
