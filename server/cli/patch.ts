import type { StructuredPatchHunk } from 'diff'
import type { FileChange } from '../history/changes.ts'
import type { Surroundings } from './command.ts'
import { diffOf, type FileDiff } from './diff.ts'
import { styleFor } from './style.ts'
import { pathFrom, plainLine, plainText } from './text.ts'

/**
 * A unified patch in git's form, from before an intent to after it.
 * Off a terminal the lines are the files' own, so that `git apply` takes it; on one, no line can move the cursor.
 */
export function patchText(around: Surroundings, files: readonly FileChange[]): string {
  return files.map((file) => filePatch(around, file)).join('')
}

function filePatch(around: Surroundings, file: FileChange): string {
  const style = styleFor(around.colour)
  const onTerminal = around.colour || around.width !== undefined
  const diff = diffOf(file)
  const lines = headerOf(around.cwd, file, diff).map(style.bold)
  switch (diff.kind) {
    case 'unknown':
      lines.push(`what the edits make of it is not known: ${plainText(diff.reason)}`)
      break
    case 'withheld':
      lines.push('its bytes were kept out of the log')
      break
    case 'binary':
      lines.push(`binary, ${diff.before} → ${diff.after} bytes`)
      break
    case 'text':
      for (const hunk of diff.hunks) {
        lines.push(style.name(rangeOf(hunk)))
        for (const line of hunk.lines) {
          const shown = onTerminal ? line[0]! + plainLine(line.slice(1)) : line
          lines.push(line[0] === '+' ? style.good(shown) : line[0] === '-' ? style.bad(shown) : shown)
        }
      }
  }
  return `${lines.join('\n')}\n`
}

function headerOf(cwd: string, file: FileChange, diff: FileDiff): string[] {
  const [from, to] = [pathFrom(cwd, file.from ?? file.path), pathFrom(cwd, file.path)]
  const [a, b] = [quoted('a', from), quoted('b', to)]
  const lines = [`diff --git ${a} ${b}`]
  if (file.kind === 'created') lines.push('new file mode 100644')
  if (file.kind === 'deleted')
    lines.push(`deleted file mode ${(file.mode ?? 0) & 0o111 ? '100755' : '100644'}`)
  if (file.kind === 'moved') lines.push(`rename from ${quoted('', from)}`, `rename to ${quoted('', to)}`)
  if (diff.kind === 'text' && diff.hunks.length > 0) {
    lines.push(`--- ${file.kind === 'created' ? '/dev/null' : ended(a)}`)
    lines.push(`+++ ${file.kind === 'deleted' ? '/dev/null' : ended(b)}`)
  }
  return lines
}

/** As git writes names: in quotes and with octal bytes where a terminal or a reader of patches would stumble. */
function quoted(side: string, path: string): string {
  const name = side === '' ? path : `${side}${path.startsWith('/') ? '' : '/'}${path}`
  if (plainText(name) === name && !/["\\]/.test(name)) return name
  const bytes = [...Buffer.from(name, 'utf8')].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
  })
  return `"${bytes.join('')}"`
}

/** A name with a blank in it ends in a tab there: readers of patches take what follows a blank for a date. */
function ended(name: string): string {
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name
}

function rangeOf({ oldStart, oldLines, newStart, newLines }: StructuredPatchHunk): string {
  // POSIX diff -u: an empty range is given by the line before it, and a count of one is left out.
  const side = (start: number, lines: number) =>
    lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`
  return `@@ -${side(oldStart, oldLines)} +${side(newStart, newLines)} @@`
}
