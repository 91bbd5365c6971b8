import type { FileChange } from '../history/changes.ts'
import type { Surroundings } from './command.ts'
import { diffOf, type FileDiff } from './diff.ts'
import { ended, quoted, rangeOf } from './patch-format.ts'
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
    case 'bare':
      break
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
  if (file.bare) lines.push('similarity index 100%')
  if (file.kind === 'moved') lines.push(`rename from ${quoted('', from)}`, `rename to ${quoted('', to)}`)
  if (diff.kind === 'text' && diff.hunks.length > 0) {
    lines.push(`--- ${file.kind === 'created' ? '/dev/null' : ended(a)}`)
    lines.push(`+++ ${file.kind === 'deleted' ? '/dev/null' : ended(b)}`)
  }
  return lines
}
