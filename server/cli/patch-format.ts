import type { StructuredPatchHunk } from 'diff'
import { plainText } from './text.ts'

/** As git writes names: in quotes and with octal bytes where a terminal or a reader of patches would stumble. */
export function quoted(side: string, path: string): string {
  const name = side === '' ? path : `${side}${path.startsWith('/') ? '' : '/'}${path}`
  if (plainText(name) === name && !/["\\]/.test(name)) return name
  const bytes = [...Buffer.from(name, 'utf8')].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
  })
  return `"${bytes.join('')}"`
}

/** A name with a blank in it ends in a tab there: readers of patches take what follows a blank for a date. */
export function ended(name: string): string {
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name
}

/** The head of a hunk. */
export function rangeOf({ oldStart, oldLines, newStart, newLines }: StructuredPatchHunk): string {
  // POSIX diff -u: an empty range is given by the line before it, and a count of one is left out.
  const side = (start: number, lines: number) =>
    lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`
  return `@@ -${side(oldStart, oldLines)} +${side(newStart, newLines)} @@`
}
