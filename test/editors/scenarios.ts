import type { Program } from '../scenarios/real-servers/installed.ts'
import { ANSWERS, type Answer, answered } from './answered.ts'
import type { EditorKind } from './editor.ts'
import { asIn, EDITS, type Edit, MOVE, RENAME } from './edits.ts'
import { ENDINGS, type Ending } from './endings.ts'
import { REAL_EDITS, TYPESCRIPT, TYPESCRIPT_EXTRACT } from './real-servers.ts'
import { refused, through } from './through.ts'
import { undone } from './undone.ts'
import { handedOn, untouched } from './untouched.ts'

/** Something that happens in an editor, and is looked at. */
export interface Scenario {
  /** What it is about: those of one edit stand together. */
  readonly about: string
  readonly title: string
  /** What has to be installed beside the editor. */
  readonly programs: readonly Program[]
  /** Whether `npm test` runs it, too. */
  readonly usually: boolean
  /** Why this editor has no such thing. */
  readonly leftOut: string | undefined
  readonly run: () => Promise<void>
}

/** Every scenario, in the order of the table. */
export function scenariosOf(kind: EditorKind): Scenario[] {
  return [
    ...sessions(kind),
    ...ANSWERS.map(
      (answer): Scenario => ({
        about: 'the question about a rename',
        title: answer.title,
        programs: [],
        usually: answer.usually === true,
        leftOut: notAsked(kind, answer),
        run: () => answered(kind, answer),
      }),
    ),
    ...EDITS.flatMap((edit) => ofEdit(kind, edit, ENDINGS)),
    ...REAL_EDITS.flatMap((edit) => ofEdit(kind, edit, [CUT_SHORT])),
  ]
}

function notAsked(
  { canBeAsked, heedsOthers, writesHidden }: EditorKind,
  { saved, others }: Answer,
): string | undefined {
  if (!canBeAsked) return 'it knows no questions'
  if (others !== undefined && heedsOthers) return 'it heeds what others write before it changes a buffer'
  return saved === 'none' && writesHidden ? 'it writes what it does not show at once' : undefined
}

const CUT_SHORT = ENDINGS.find(({ title }) => title === 'one file saved, editor killed')!

function sessions(kind: EditorKind): Scenario[] {
  const about = 'a session without an edit'
  const rest = { about, programs: [], usually: true, leftOut: undefined }
  return [
    { ...rest, title: 'is the same', run: () => untouched(kind) },
    {
      ...rest,
      title: 'with typescript-language-server, is handed on byte for byte',
      run: () => handedOn(kind, TYPESCRIPT),
    },
  ]
}

function ofEdit(kind: EditorKind, edit: Edit, endings: readonly Ending[]): Scenario[] {
  const isRefused = edit === MOVE && kind.refusesMoves
  const rest = {
    about: edit.title,
    programs: edit.server.programs ?? [],
    leftOut: isRefused ? 'it takes no edit that moves a file' : edit.leftOut?.(kind),
  }
  const isReal = !EDITS.includes(edit)
  const scenarios = endings
    .filter(({ isFor }) => isFor?.(asIn(kind, edit)) ?? true)
    .map((ending): Scenario => {
      const usually = isReal
        ? edit !== TYPESCRIPT_EXTRACT
        : ending.usually === 'for every edit' || (ending.usually === 'for a rename' && edit === RENAME)
      return { ...rest, title: ending.title, usually, run: () => through(kind, edit, ending) }
    })
  scenarios.push({
    ...rest,
    title: 'undone, redone and undone by commands',
    usually: [RENAME, MOVE, TYPESCRIPT_EXTRACT].includes(edit),
    run: () => undone(kind, edit),
  })
  if (edit !== MOVE) return scenarios
  const leftOut = isRefused ? undefined : 'it takes an edit that moves a file'
  return [
    ...scenarios,
    { ...rest, leftOut, title: 'is refused', usually: true, run: () => refused(kind, edit) },
  ]
}
