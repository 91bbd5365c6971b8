import type { Disk } from '../disk/disk.ts'
import type { Step } from '../edits/steps.ts'
import { isWithin } from '../journal/root.ts'
import { pathOfUri } from './document-uri.ts'
import { asObject } from './json.ts'

export type Move = Extract<Step, { kind: 'rename' }>

/**
 * What the editor does by itself after the edit that a `workspace/willRenameFiles` brings: the move that it asked
 * about. Where something stands already in the place of a folder, nobody can tell what becomes of the one that moves there:
 * only what the edit touches in it is said to move, file by file.
 */
export async function movesOf(disk: Disk, params: unknown, edited: readonly string[]): Promise<Move[]> {
  const { files } = asObject(params)
  const steps: Move[] = []
  for (const file of Array.isArray(files) ? files : []) {
    const [from, to] = [pathOfUri(asObject(file).oldUri), pathOfUri(asObject(file).newUri)]
    if (from === undefined || to === undefined || from === to) continue
    // Where case does not count, what stands there is the file itself: a change of its name alone loses nothing.
    if (from.toLowerCase() === to.toLowerCase() && (await disk.lstat(to)) !== undefined) continue
    const kind = (await disk.lstat(from))?.kind
    const isWhole = kind === 'file' || (kind === 'folder' && (await disk.lstat(to)) === undefined)
    const moved = isWhole ? [from] : kind === 'folder' ? edited.filter((path) => isWithin(from, path)) : []
    for (const path of moved)
      steps.push({
        kind: 'rename',
        from: path,
        to: to + path.slice(from.length),
        overwrite: false,
        ignoreIfExists: false,
      })
  }
  return steps
}
