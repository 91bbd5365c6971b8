import { bytesOf, type FileBytes, isUnkept } from '../edits/file-bytes.ts'
import type { Intent } from '../journal/intent.ts'
import type { Report } from '../recovery/carry-out.ts'
import { areStrings, isLeft, type Left, type Way } from '../recovery/ways.ts'
import type { Change } from '../recovery/workspace.ts'
import type { Direction } from './undo.ts'

/** What taking one intent back did, or would do, file by file. Plain JSON: sessions tell it over their sockets. */
export interface Undone {
  readonly direction: Direction
  /** The intent that was taken back. */
  readonly id: string
  readonly label: string
  /** The one that records it; null: nothing was written. */
  readonly by: string | null
  readonly files: readonly UndoneFile[]
  readonly left: readonly Left[]
  /** A crash had cut that off half way: no redo brings it back as a whole. */
  readonly wasHalf?: true
  /** Nothing was to write, since it was put back by other means: another one was taken. */
  readonly passedOver?: true
}

export interface UndoneFile {
  readonly path: string
  readonly change: 'changed' | 'created' | 'removed'
  /** Into an editor's buffer it is to be saved yet; null: it would be written. */
  readonly where: 'disk' | 'buffer' | null
  /** The editor has said that it took it, and was not seen to have it. */
  readonly unseen?: true
  /** What was changed since is still in it. */
  readonly merged: boolean
  /** Of a file that comes back from there, as it is: it is only moved. */
  readonly movedFrom?: string
  /** Where the edit has it: a later edit has moved it since. */
  readonly was?: string
  /** Only of what would be written, and is not only moved: the bytes before and after in base64; null: no file. */
  readonly before?: string | null
  readonly after?: string | null
}

/** What was done. `way`: the one that was gone, to tell what was merged. */
export function undoneOf(direction: Direction, report: Report, way?: Way): Undone {
  const { of, own, written, buffered, unseen, left, withheld } = report
  const planned = new Map(way?.changes.map((change) => [change.path, change]))
  const [onDisk, inBuffers] = [new Set(written), new Set(buffered)]
  const sources = sourcesOf(own?.images ?? [])
  const files = (own?.images ?? []).flatMap(({ path, before, after }) => {
    const where = onDisk.has(path) ? 'disk' : inBuffers.has(path) ? 'buffer' : undefined
    const change = { path, before, after: after.kind === 'file' ? after.bytes : undefined }
    if (where === undefined) return []
    const file = fileOf({ ...planned.get(path), ...change }, where, sources)
    return unseen.includes(path) ? [{ ...file, unseen: true as const }] : [file]
  })
  return { ...aboutOf(direction, of), by: own?.id ?? null, files, left: [...left, ...withheld] }
}

/** What would be done. */
export function wouldBeUndone(direction: Direction, intent: Intent, way: Way): Undone {
  const { changes, left, withheld = [] } = way
  const sources = sourcesOf(changes)
  const files = changes.map((change) => ({
    ...fileOf(change, null, sources),
    ...(!isBareChange(change) && { before: base64(change.before), after: base64(change.after) }),
  }))
  return { ...aboutOf(direction, intent), by: null, files, left: [...left, ...withheld] }
}

/** Whether what a session told is that: it may be of another version, or none of this program's. */
export function isUndone(value: unknown): value is Undone {
  const { by, direction, files, id, label, left } = (value ?? {}) as Record<keyof Undone, unknown>
  return (
    (direction === 'undo' || direction === 'redo') &&
    areStrings([id, label, by ?? '']) &&
    Array.isArray(files) &&
    files.every(isFile) &&
    Array.isArray(left) &&
    left.every(isLeft)
  )
}

function isFile(value: unknown): boolean {
  const { path, change, where, before, after, movedFrom, was } = (value ?? {}) as Record<
    keyof UndoneFile,
    unknown
  >
  const isChange = change === 'changed' || change === 'created' || change === 'removed'
  const isPlace = where === 'disk' || where === 'buffer' || where === null
  return isChange && isPlace && areStrings([path, before ?? '', after ?? '', movedFrom ?? '', was ?? ''])
}

/** What was undone, or done again, as its user knows it. */
export function titleOf({ direction, id, label }: Pick<Undone, 'direction' | 'id' | 'label'>): string {
  const bare = direction === 'redo' ? label.replace(/^(?:Undo|Roll back): /, '') : label
  return bare || id.slice(0, 8)
}

function aboutOf(direction: Direction, { id, about }: Intent): Pick<Undone, 'direction' | 'id' | 'label'> {
  return { direction, id, label: about.label }
}

function fileOf(
  { path, before, after, merged, was }: Pick<Change, 'path' | 'before' | 'after' | 'merged' | 'was'>,
  where: UndoneFile['where'],
  sources: ReadonlyMap<FileBytes | undefined, string>,
): UndoneFile {
  const change = after === undefined ? 'removed' : before === undefined ? 'created' : 'changed'
  const movedFrom = isUnkept(after) ? sources.get(after) : undefined
  return {
    path,
    change,
    where,
    merged: merged === true,
    ...(movedFrom !== undefined && { movedFrom }),
    ...(was !== undefined && { was }),
  }
}

/** Where the files that are only moved come from. */
function sourcesOf(
  all: readonly Pick<Change, 'path' | 'before'>[],
): ReadonlyMap<FileBytes | undefined, string> {
  return new Map(all.filter(({ before }) => isUnkept(before)).map(({ path, before }) => [before, path]))
}

function isBareChange({ before, after }: Pick<Change, 'before' | 'after'>): boolean {
  return isUnkept(before) || isUnkept(after)
}

function base64(bytes: FileBytes | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytesOf(bytes)).toString('base64')
}
