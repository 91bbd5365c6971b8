import { isUtf8 } from 'node:buffer'
import type { Content, Stat } from '../disk/disk.ts'
import type { Hasher } from '../edits/hash.ts'
import { LineIndex } from '../edits/line-index.ts'
import { sameText } from '../edits/normalize.ts'
import type { TextEdit } from '../edits/text-edit.ts'
import type { PathFacts } from '../journal/intent.ts'
import type { Document } from './mirror.ts'

/** The bytes that an edit of a file means, and how they are known. */
export interface Original {
  /** Undefined: there is no file. */
  readonly bytes: Buffer | undefined
  readonly facts: PathFacts
  /** Why it does not tell what an edit makes of it. */
  readonly doubt?: string
}

const LF = 10
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const NOTHING = { stat: undefined, bytes: undefined }

/** `document`: what the editor has open of it. `edits`: of its text. */
export function originalOf(
  content: Extract<Content, { kind: 'file' | 'absent' }>,
  document: Document | undefined,
  edits: () => readonly TextEdit[],
  hasher: Hasher,
): Original {
  const { stat, bytes: disk } = content.kind === 'file' ? content : NOTHING
  if (document === undefined) return { bytes: disk, facts: factsOf(stat) }
  const buffer = (): PathFacts => ({
    ...factsOf(stat),
    from: 'buffer',
    ...(document.version !== undefined && { version: document.version }),
    disk: disk === undefined ? null : hasher.hash(disk),
    ...(isStale(document, disk) && { stale: true }),
  })
  if (disk !== undefined && sameText(document.text, disk)) {
    const newline = missingNewline(document.text, disk, edits)
    return newline === undefined
      ? { bytes: disk, facts: factsOf(stat) }
      : { bytes: Buffer.concat([disk, newline]), facts: buffer() }
  }
  // A NUL: UTF-16 without a byte order mark, or no text at all.
  if (disk !== undefined && (!isUtf8(disk) || disk.includes(0))) {
    // Never the mirror's text for a file that is not UTF-8: written back, it would be another encoding.
    const isClean =
      sameText(document.text, Buffer.from(new TextDecoder().decode(disk))) ||
      sameText(document.text, Buffer.from(disk.toString('latin1')))
    const facts = factsOf(stat)
    return isClean
      ? { bytes: disk, facts }
      : { bytes: disk, facts, doubt: 'it is not UTF-8 and its buffer has unsaved changes' }
  }
  return { bytes: disk === undefined ? document.text : writtenLike(disk, document.text), facts: buffer() }
}

/** Whether the disk holds something else than the editor has told that it read or saved last: perhaps another program's. */
function isStale({ readOrSaved }: Document, disk: Buffer | undefined): boolean {
  return disk !== undefined && readOrSaved !== undefined && !sameText(readOrSaved, disk)
}

/**
 * The final newline that a buffer has and its file lacks (vim-lsp, Neovim's empty files), where an edit begins
 * behind it: without it the edit would be written onto the line before.
 */
function missingNewline(text: Buffer, disk: Buffer, edits: () => readonly TextEdit[]): Buffer | undefined {
  if (text.at(-1) !== LF || disk.at(-1) === LF) return undefined
  const lines = new LineIndex(disk).lineCount
  const behind = edits().some(({ range }) => range.start.line >= lines)
  return behind ? Buffer.from(disk.includes('\r\n') ? '\r\n' : '\n') : undefined
}

/**
 * A buffer's text as its editor will write it: editors keep a file's BOM and line endings, and send neither. No
 * position moves: a BOM is before the first, and a line ending behind the last of its line.
 */
function writtenLike(disk: Buffer, text: Buffer): Buffer {
  const isCrlf = disk.includes('\r\n') && !/(^|[^\r])\n/.test(disk.toString('latin1'))
  const lines =
    isCrlf && !text.includes('\r') ? Buffer.from(text.toString('utf8').replaceAll('\n', '\r\n')) : text
  return disk.indexOf(BOM) === 0 && lines.indexOf(BOM) !== 0 ? Buffer.concat([BOM, lines]) : lines
}

export function factsOf(stat: Stat | undefined): PathFacts {
  if (stat === undefined) return { from: 'disk' }
  return { from: 'disk', size: stat.size, mtimeNs: stat.mtimeNs, mode: stat.mode }
}
