import { changesOf, type FileChange } from '../history/changes.ts'
import { type Entry, timeOf } from '../history/history.ts'
import { countsOf, type FileState, isTorn, type Owner, type State } from '../history/state.ts'
import type { Purpose } from '../journal/intent.ts'
import type { Event } from '../journal/outcomes.ts'
import type { PathState } from '../recovery/observe.ts'

/** One intent as `--json` gives it. Fields may be added; none of these changes its meaning. */
export interface EntryJson {
  readonly id: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly session: string
  /** The workspace folders of its session, absolute. */
  readonly folders: readonly string[]
  readonly server: string
  readonly editor: { readonly name: string; readonly version: string } | null
  /** The way it travelled, or the command that made it; empty for a foreign one. */
  readonly road: string
  readonly label: string
  /** Written by another program in the same format. */
  readonly foreign: boolean
  readonly state: StateName
  /** While it is pending: whose it is. `nobody`'s waits for recovery. */
  readonly owner?: Owner
  /** While it is pending, and for one that was looked at: how many of its files landed. */
  readonly landed?: number
  /** The id of the intent that undid, rolled back or finished it. */
  readonly by?: string
  readonly files: readonly FileJson[]
  /** For an intent that takes another one forward or back: what for, and the other one's id. */
  readonly purpose?: Purpose
  readonly of?: string
}

export interface FileJson {
  /** Absolute. */
  readonly path: string
  readonly change: FileChange['kind']
  /** Where a moved file was. */
  readonly from?: string
  readonly edits: number
  /** Its bytes were kept out of the log: it is never finished, and never undone. */
  readonly withheld?: true
  /** What it holds now, where that was looked at: always for pending ones, and by `show`. */
  readonly state?: PathState
}

type StateName = Event | 'pending' | 'torn' | `partly-${(typeof TAKEN)[Purpose]}`

/** One file in words, for `--help`. */
export const FILE_SHAPE = `path       absolute
        change     edited, created, deleted, moved or unknown
        edits      how many
        from?      where a moved one was
        withheld?  true: its bytes are kept out of the log`

/** One intent in words, for `--help`. */
export const JSON_SHAPE = `    id, at (ISO 8601), session, folders, server, road, label, foreign
    editor     {name, version} or null
    state      pending, torn, landed, rejected, abandoned, reverted, superseded, recovered, rolled-back,
               undone; partly-recovered, partly-rolled-back, partly-undone
    files      a list of
        ${FILE_SHAPE}
        state?     what it holds, where that was looked at: landed, halfway, untouched, restored, drifted
    owner?     of a pending one: session, editor, nobody or elsewhere
    landed?    the number of files that landed, where they were looked at
    by?        the id of the one that undid it, rolled it back or finished it
    purpose?   of one that does so: finish, roll-back or undo; of? is the other one's id
`

/** `seen`: what its files hold, where somebody looked. */
export function entryJson(entry: Entry, state: State, seen?: readonly FileState[]): EntryJson {
  const { intent } = entry.recorded
  const { info } = entry.session
  const { about } = intent
  const files = seen ?? (state.kind === 'pending' && state.owner !== 'elsewhere' ? state.files : undefined)
  return {
    id: intent.id,
    at: timeOf(entry),
    session: info.session,
    folders: info.folders,
    server: about.server,
    editor: info.editor === null ? null : { name: info.editor.name, version: info.editor.version },
    road: about.road,
    label: about.label,
    foreign: intent.foreign,
    state: nameOf(state),
    ...(state.kind === 'pending' && { owner: state.owner }),
    ...(files !== undefined && { landed: countsOf(files).landed }),
    ...(state.kind === 'taken' && { by: state.by.recorded.intent.id }),
    files:
      files?.map(({ file, state }) => fileJson(file, state)) ??
      changesOf(intent).map((file) => fileJson(file)),
    ...(about.purpose !== undefined && { purpose: about.purpose }),
    ...(about.of !== undefined && { of: about.of }),
  }
}

export function fileJson({ path, kind, from, edits, withheld }: FileChange, state?: PathState): FileJson {
  return {
    path,
    change: kind,
    ...(from !== undefined && { from }),
    edits,
    ...(withheld && { withheld }),
    ...(state !== undefined && { state }),
  }
}

const TAKEN = { finish: 'recovered', 'roll-back': 'rolled-back', undo: 'undone' } as const

function nameOf(state: State): StateName {
  switch (state.kind) {
    case 'settled':
      return state.event
    case 'taken':
      return state.whole ? TAKEN[state.purpose] : `partly-${TAKEN[state.purpose]}`
    case 'pending':
      return isTorn(state) ? 'torn' : 'pending'
  }
}
