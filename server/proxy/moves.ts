import type { Disk } from '../disk/disk.ts'
import type { Step } from '../edits/steps.ts'
import { isWithin } from '../journal/root.ts'
import { isRespelling, spellingOf } from '../recovery/spelling.ts'
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
    const isInTheWay = await somethingElseIsAt(disk, from, to)
    if (isInTheWay && isRespelling(from, to)) continue
    const kind = (await disk.lstat(from))?.kind
    const isWhole = kind === 'file' || (kind === 'folder' && !isInTheWay)
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

/** Where case does not count, what stands there may be the folder itself. */
async function somethingElseIsAt(disk: Disk, from: string, to: string): Promise<boolean> {
  return (await disk.lstat(to)) !== undefined && (await spellingOf(disk, from, to)) === undefined
}
