import { Unkept } from '../edits/file-bytes.ts'
import type { FileChange } from '../history/changes.ts'
import { titleOf, type Undone, type UndoneFile } from '../history/undone.ts'
import { plural } from '../history/words.ts'
import type { Left } from '../recovery/ways.ts'
import type { Surroundings } from './command.ts'
import { patchText } from './patch.ts'
import { plainLine, plainText, shownPath } from './text.ts'

const DONE = { undo: 'Undid', redo: 'Redid' } as const
const VERBS = { changed: 'changed ', created: 'created ', removed: 'removed ' } as const

/** What an undo or a redo did, or would do, for people. */
export function undoneText(around: Surroundings, undone: Undone): string {
  const { by, direction, files, id, left, passedOver, wasHalf } = undone
  const title = `${plainText(id.slice(0, 8))} "${plainText(titleOf(undone))}"`
  const isDone = files.every(({ where }) => where !== null)
  const counted = plural(files.length, 'file')
  const summary =
    files.length > 0
      ? isDone
        ? `${DONE[direction]}: ${title}: ${counted} written.`
        : `${title}: ${counted} would be written.`
      : `${passedOver ? 'Passed over: ' : ''}${title}: there is nothing to write.`
  const lines = [summary, ...files.map((file) => fileLine(around, file)), ...leftLines(around, left)]
  // What the editor has not shown is offered again, and not there to be taken back.
  if (by !== null && files.some(({ unseen }) => !unseen) && !wasHalf)
    lines.push(
      `To take it back: lsp-wal ${direction === 'undo' ? 'redo' : 'undo'} ${plainText(id.slice(0, 8))}`,
    )
  return `${lines.join('\n')}\n${isDone ? '' : patchText(around, asChanges(files))}`
}

function fileLine(
  around: Surroundings,
  { path, change, merged, movedFrom, unseen, was, where }: UndoneFile,
): string {
  const notes = [
    ...(movedFrom !== undefined ? [`moved from ${shownPath(around, movedFrom)}`] : []),
    ...(was === undefined ? [] : [`moved there since, from ${shownPath(around, was)}`]),
    ...(merged ? ['with what was changed in it since'] : []),
    ...(where === 'buffer' ? [inEditor(unseen)] : []),
  ]
  return `  ${VERBS[change]} ${shownPath(around, path)}${notes.length > 0 ? `  (${notes.join('; ')})` : ''}`
}

/** What is to be done about a file whose buffer was changed. */
export function inEditor(unseen: true | undefined): string {
  return unseen ? 'not seen in the editor yet: look, and save it there' : 'in the editor: save it there'
}

/** The paths that were left alone, and where changes got in the way. */
export function leftLines(around: Surroundings, left: readonly Left[]): string[] {
  return left.flatMap(({ path, reason, hunks = [] }) => [
    `  left alone  ${shownPath(around, path)}: ${plainText(reason)}`,
    ...hunks.flatMap(({ line, base, ours, theirs }) => [
      `    line ${line}`,
      ...side('expected', base),
      ...side('now', ours),
      ...side('to be written', theirs),
    ]),
  ])
}

const MOST_LINES = 8

function side(name: string, lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => `        ${plainLine(line)}`)
  const more = lines.length - shown.length
  return [`      ${name}:`, ...shown, ...(more > 0 ? [`        … and ${plural(more, 'more line')}`] : [])]
}

/** What is only moved is told at the end that it comes to. */
function asChanges(files: readonly UndoneFile[]): FileChange[] {
  const sources = new Set(files.flatMap(({ movedFrom }) => movedFrom ?? []))
  return files.flatMap((file) => (sources.has(file.path) ? [] : [asChange(file)]))
}

function asChange({ path, change, before, after, movedFrom }: UndoneFile): FileChange {
  const bytes = (text: string | null | undefined) =>
    text === null || text === undefined ? undefined : Buffer.from(text, 'base64')
  const [old, now] = [bytes(before), bytes(after)]
  if (movedFrom !== undefined) return asMoved(movedFrom, path)
  const kinds = { changed: 'edited', created: 'created', removed: 'deleted' } as const
  return {
    kind: kinds[change],
    path,
    from: undefined,
    edits: 0,
    before: old,
    after: now === undefined ? { kind: 'absent' } : { kind: 'file', bytes: now },
    withheld: false,
    bare: false,
    paths: [path],
    mode: undefined,
  }
}

function asMoved(from: string, path: string): FileChange {
  const bytes = new Unkept(0)
  const after = { kind: 'file', bytes } as const
  const [edits, withheld, bare, mode] = [0, false, true, undefined]
  return { kind: 'moved', path, from, edits, before: bytes, after, withheld, bare, paths: [from, path], mode }
}
