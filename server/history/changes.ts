import type { FileBytes } from '../edits/file-bytes.ts'
import { type After, type Image, isBare } from '../edits/images.ts'
import type { Intent, Withheld } from '../journal/intent.ts'
import { plural } from './words.ts'

/**
 * What an intent does to one file, as people count files: a moved one is one, though it is two paths.
 * `unknown`: what the edits make of it could not be told.
 */
export interface FileChange {
  readonly kind: 'edited' | 'created' | 'deleted' | 'moved' | 'unknown'
  readonly path: string
  /** Where a moved file was. */
  readonly from: string | undefined
  readonly edits: number
  readonly before: FileBytes | undefined
  readonly after: After
  /** Its bytes were kept out of the log, both `before` and `after`: it is never written. */
  readonly withheld: boolean
  /** It is only moved: its bytes, before and after, are nowhere but in the file. */
  readonly bare: boolean
  /** The paths that this is made of: two for a moved file. */
  readonly paths: readonly string[]
  /** Permission bits of the file before, where they are known. */
  readonly mode: number | undefined
}

/** The files of an intent, in its order. */
export function changesOf(intent: Intent): FileChange[] {
  const byPath = new Map(intent.images.map((image) => [image.path, image]))
  const left = new Map<string, Image>()
  for (const image of intent.images) {
    const source = image.source === undefined ? undefined : byPath.get(image.source)
    if (isMoved(image) && source?.after.kind === 'absent' && !left.has(source.path))
      left.set(source.path, image)
  }
  const changes = intent.images
    .filter(({ path }) => !left.has(path))
    .map((image) => {
      const source = image.source === undefined ? undefined : byPath.get(image.source)
      return source !== undefined && left.get(source.path) === image
        ? moved(intent, image, source)
        : changeOf(intent, image)
    })
  return [...changes, ...(intent.withheld ?? []).map((each) => withheldChange(intent, each))]
}

/** "12 files", "41 edits", "1 file moved": what matters most comes first. */
export function summaryOf(intent: Intent): string[] {
  const files = changesOf(intent)
  const edits = files.reduce((sum, file) => sum + (file.kind === 'created' ? 0 : file.edits), 0)
  const parts = files.length > 0 ? [plural(files.length, 'file')] : []
  if (edits > 0) parts.push(plural(edits, 'edit'))
  for (const kind of ['created', 'deleted', 'moved'] as const) {
    const n = files.filter((file) => file.kind === kind).length
    if (n > 0) parts.push(`${plural(n, 'file')} ${kind}`)
  }
  const withheld = files.filter((file) => file.withheld).length
  if (withheld > 0) parts.push(`${plural(withheld, 'file')} not undoable`)
  const { made, removed } = intent.folders
  if (made.length > 0) parts.push(`${plural(made.length, 'folder')} made`)
  if (removed.length > 0) parts.push(`${plural(removed.length, 'folder')} removed`)
  return parts
}

/** Not one that overwrites what stood there: as images, that file is changed and the other one is gone. */
function isMoved({ path, source, before, after }: Image): boolean {
  return after.kind === 'file' && before === undefined && source !== undefined && source !== path
}

function moved(intent: Intent, image: Image, source: Image): FileChange {
  return {
    kind: 'moved',
    path: image.path,
    from: source.path,
    edits: image.edits.length,
    before: source.before,
    after: image.after,
    withheld: false,
    bare: isBare(image),
    paths: [source.path, image.path],
    mode: intent.facts.get(source.path)?.mode,
  }
}

function changeOf(intent: Intent, image: Image): FileChange {
  const { path, before, after, source } = image
  return {
    kind: kindOf(before, after.kind),
    path,
    from: undefined,
    edits: source === path || before === undefined ? image.edits.length : 0,
    before,
    after,
    withheld: false,
    bare: isBare(image),
    paths: [path],
    mode: intent.facts.get(path)?.mode,
  }
}

function withheldChange(intent: Intent, { path, before, after }: Withheld): FileChange {
  const reason = 'its bytes were kept out of the log'
  return {
    kind: kindOf(before, after.kind),
    path,
    from: undefined,
    edits: 0,
    before: undefined,
    after: { kind: 'unknown', reason },
    withheld: true,
    bare: false,
    paths: [path],
    mode: intent.facts.get(path)?.mode,
  }
}

function kindOf(before: object | undefined, after: After['kind']): FileChange['kind'] {
  switch (after) {
    case 'unknown':
      return 'unknown'
    case 'absent':
      return 'deleted'
    case 'file':
      return before === undefined ? 'created' : 'edited'
  }
}
