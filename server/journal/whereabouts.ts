import { basename, dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import { CLAIMED } from './session-folder.ts'

/** How often it is looked for in all places: it may go from one that is still to be looked at to one that was. */
const ROUNDS = 3

/**
 * Where a session's file may be, the likeliest first: where it was seen, or where it has gone with its session, which
 * was taken over, put back or settled. By calls that wait, and looked up as far as the caller goes on asking.
 */
export function* whereaboutsOf(disk: Disk, path: string): Generator<string> {
  yield path
  const [session, file] = [basename(dirname(path)), basename(path)]
  let folder = dirname(dirname(path))
  while (basename(folder) === CLAIMED) folder = dirname(dirname(folder))
  const root = dirname(folder)
  for (let round = 0; round < ROUNDS; round++) {
    yield join(root, 'live', session, file)
    yield join(root, 'history', session, file)
    for (const claimed of claimedIn(disk, join(root, 'live'))) yield join(claimed, session, file)
  }
}

/** Every folder of sessions that others have taken over, in which sessions that had taken over others stand, too. */
function* claimedIn(disk: Disk, sessions: string): Generator<string> {
  for (const { name, kind } of disk.listNow(sessions) ?? []) {
    if (kind !== 'folder' || name.startsWith('.')) continue
    const claimed = join(sessions, name, CLAIMED)
    yield claimed
    yield* claimedIn(disk, claimed)
  }
}
