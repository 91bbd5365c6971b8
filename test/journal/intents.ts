import { bytesOf } from '../../server/edits/file-bytes.ts'
import { type After, bareImages, type Image, isBare } from '../../server/edits/images.ts'
import { type ByteEdit, splice } from '../../server/edits/splice.ts'
import type { About, Intent, PathFacts } from '../../server/journal/intent.ts'

export const about: About = {
  at: '2026-01-02T03:04:05.678Z',
  session: '20260102T030405Z-00000001',
  road: 'workspace/applyEdit',
  label: 'Rename `total` → `sum`',
  server: 'typescript-language-server',
}

/** An intent of these images, each original found on the disk. */
export function intentOf(id: string, images: readonly Image[], more: Partial<Intent> = {}): Intent {
  return {
    id,
    images,
    facts: new Map(images.map(({ path }) => [path, { from: 'disk' }])),
    folders: { made: [], removed: [] },
    foreign: false,
    about,
    ...more,
  }
}

/** The intent as it is read, with its files' bytes at hand: the WorkspaceEdit stays in the log. */
export function atHand(intent: Intent): Intent {
  const { edit: _, ...about } = intent.about
  return { ...intent, about, images: imagesAtHand(intent.images) }
}

export const imagesAtHand = (images: readonly Image[]): Image[] =>
  images.map((each) => {
    const { before, after, ...image } = each
    if (isBare(each)) return each
    return {
      ...image,
      before: before && Buffer.from(bytesOf(before)),
      after: after.kind === 'file' ? fileOf(bytesOf(after.bytes)) : after,
    }
  })

export const facts = (entries: Record<string, PathFacts>): Map<string, PathFacts> =>
  new Map(Object.entries(entries))

const fileOf = (content: string | Uint8Array): After => ({ kind: 'file', bytes: Buffer.from(content) })

/** A file whose text is edited in place. */
export function edited(path: string, before: string | Uint8Array, ...edits: ByteEdit[]): Image {
  const original = Buffer.from(before)
  return { path, before: original, after: fileOf(splice(original, edits)), source: path, edits }
}

export const edit = (start: number, end: number, text: string): ByteEdit => ({ start, end, text })

/** The whole of a file replaced. */
export const replaced = (path: string, before: string, after: string): Image =>
  edited(path, before, edit(0, Buffer.byteLength(before), after))

export function created(path: string, text: string): Image {
  const edits = text === '' ? [] : [edit(0, 0, text)]
  return { path, before: undefined, after: fileOf(text), source: undefined, edits }
}

export const deleted = (path: string, before: string | Uint8Array): Image => ({
  path,
  before: Buffer.from(before),
  after: { kind: 'absent' },
  source: undefined,
  edits: [],
})

/** Both paths of a move, with text edits on the way. */
export function moved(from: string, to: string, before: string | Uint8Array, ...edits: ByteEdit[]): Image[] {
  const original = Buffer.from(before)
  return [
    deleted(from, original),
    { path: to, before: undefined, after: fileOf(splice(original, edits)), source: from, edits },
  ]
}

/** Both paths of a move of which no bytes are kept. */
export const bare = (from: string, to: string, size: number): Image[] => [...bareImages(from, to, size)]

/** A file whose edits could not be lowered. */
export const unknown = (path: string, before: string | Uint8Array, reason = 'it is not UTF-8'): Image => ({
  path,
  before: Buffer.from(before),
  after: { kind: 'unknown', reason },
  source: undefined,
  edits: [],
})
