import { bytesOf } from '../edits/file-bytes.ts'
import type { FileChange } from '../history/changes.ts'
import { diffOf } from './diff.ts'
import { binaryPatch, blobName, NO_BLOB } from './git-object.ts'
import { ended, quoted, rangeOf } from './patch-format.ts'

/**
 * One file's part of a patch that `git apply` takes, and `git apply -R` takes back: every byte, the mode of a file
 * that comes or goes, and the objects' names for `git apply --3way`. Empty where nothing changes.
 * The file's bytes are known, before and after. `nameOf`: a path as the patch is to name it.
 */
export function gitPatch(file: FileChange, nameOf: (path: string) => string): string {
  const isKept = !file.bare
  const before = isKept && file.before ? bytesOf(file.before) : undefined
  const after = isKept && file.after.kind === 'file' ? bytesOf(file.after.bytes) : undefined
  const [old, now] = [before ?? new Uint8Array(), after ?? new Uint8Array()]
  // What is only moved is the same, whatever it holds: git asks for no bytes of it.
  const isSame = !isKept || (before !== undefined && after !== undefined && Buffer.compare(old, now) === 0)
  if (isSame && file.kind !== 'moved') return ''
  const [from, to] = [nameOf(file.from ?? file.path), nameOf(file.path)]
  const [a, b] = [quoted('a', from), quoted('b', to)]
  const mode = (file.mode ?? 0) & 0o111 ? '100755' : '100644'
  const lines = [`diff --git ${a} ${b}`]
  if (file.kind === 'created') lines.push(`new file mode ${mode}`)
  if (file.kind === 'deleted') lines.push(`deleted file mode ${mode}`)
  if (isSame) lines.push('similarity index 100%')
  if (file.kind === 'moved') lines.push(`rename from ${quoted('', from)}`, `rename to ${quoted('', to)}`)
  if (!isSame) {
    const names = [before, after].map((bytes) => (bytes === undefined ? NO_BLOB : blobName(bytes)))
    const isThroughout = before !== undefined && after !== undefined && file.mode !== undefined
    lines.push(
      `index ${names.join('..')}${isThroughout ? ` ${mode}` : ''}`,
      ...contentOf(file, a, b, old, now),
    )
  }
  return `${lines.join('\n')}\n`
}

function contentOf(file: FileChange, a: string, b: string, old: Uint8Array, now: Uint8Array): string[] {
  const diff = diffOf(file)
  if (diff.kind !== 'text') return binaryPatch(old, now)
  if (diff.hunks.length === 0) return []
  return [
    `--- ${file.kind === 'created' ? '/dev/null' : ended(a)}`,
    `+++ ${file.kind === 'deleted' ? '/dev/null' : ended(b)}`,
    ...diff.hunks.flatMap((hunk) => [rangeOf(hunk), ...hunk.lines]),
  ]
}
