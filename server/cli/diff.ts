import { isUtf8 } from 'node:buffer'
import { type StructuredPatchHunk, structuredPatch } from 'diff'
import { bytesOf } from '../edits/file-bytes.ts'
import type { FileChange } from '../history/changes.ts'

/** What an intent does to a file's text. */
export type FileDiff =
  | { readonly kind: 'text'; readonly hunks: readonly StructuredPatchHunk[] }
  | { readonly kind: 'binary'; readonly before: number; readonly after: number }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** It is only moved, whatever it holds. */
  | { readonly kind: 'bare' }
  /** Nobody can say: it was kept out of the log. */
  | { readonly kind: 'withheld' }

/** How many lines may differ before a patch is one that replaces everything: the search takes the square of it. */
const MOST_DIFFERENT_LINES = 2000
const CONTEXT = 3
const NOTHING = new Uint8Array()

/** `context`: how many lines that are the same stand around each change. */
export function diffOf({ before, after, bare, withheld }: FileChange, context = CONTEXT): FileDiff {
  if (bare) return { kind: 'bare' }
  if (withheld) return { kind: 'withheld' }
  if (after.kind === 'unknown') return { kind: 'unknown', reason: after.reason }
  const old = bytesOf(before ?? NOTHING)
  const now = bytesOf(after.kind === 'file' ? after.bytes : NOTHING)

  if (!isText(old) || !isText(now)) return { kind: 'binary', before: old.length, after: now.length }
  const [oldText, newText] = [textOf(old), textOf(now)]
  const options = { context, maxEditLength: MOST_DIFFERENT_LINES }
  const patch = structuredPatch('', '', oldText, newText, '', '', options)
  return { kind: 'text', hunks: patch?.hunks ?? [replaceAll(oldText, newText)] }
}

function isText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function replaceAll(before: string, after: string): StructuredPatchHunk {
  const [removed, added] = [linesOf(before, '-'), linesOf(after, '+')]
  const count = (lines: readonly string[]) => lines.filter((line) => line[0] !== '\\').length
  return {
    oldStart: 1,
    oldLines: count(removed),
    newStart: 1,
    newLines: count(added),
    lines: [...removed, ...added],
  }
}

function linesOf(text: string, sign: string): string[] {
  if (text === '') return []
  const lines = text.split('\n').map((line) => sign + line)
  return text.endsWith('\n') ? lines.slice(0, -1) : [...lines, '\\ No newline at end of file']
}
