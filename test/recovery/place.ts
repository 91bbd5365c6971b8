import type { Disk } from '../../server/disk/disk.ts'
import { nodeDisk } from '../../server/disk/node-disk.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import type { Change, Placed } from '../../server/recovery/workspace.ts'

export const TEMPORARY = '.lsp-wal-0123456789abcdef'

/** A change as texts; undefined: no file. */
export interface TextChange {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly mode?: number
  readonly respelt?: string
  readonly cameFrom?: NonNullable<Change['cameFrom']>
}

/** Carries out one change in a workspace folder; rejects with what kept it from that. */
export async function place(folder: string, change: TextChange, disk: Disk = nodeDisk): Promise<void> {
  const [placed] = await placeAll(folder, [change], disk)
  if (placed!.where === 'left') throw placed!.problem
}

export function placeAll(
  folder: string,
  changes: readonly TextChange[],
  disk: Disk = nodeDisk,
): Promise<Placed[]> {
  const numbers = new Map(changes.map(({ path }, i) => [path, i]))
  return new DiskWorkspace(disk, [folder]).place(changes.map(inBytes), (path) =>
    numbers.get(path) === 0 ? TEMPORARY : `${TEMPORARY}-${numbers.get(path)}`,
  )
}

function inBytes({ before, after, mode, ...more }: TextChange): Change {
  return { ...more, before: bytesOf(before), after: bytesOf(after), mode }
}

const bytesOf = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text))
