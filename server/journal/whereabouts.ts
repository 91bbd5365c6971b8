import { basename, dirname, join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import type { Env } from './env.ts'
import { CLAIMED, type FoundSession, readInfo, SESSION_FILE } from './session-folder.ts'

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

/** A session that is not where it was found, where it is now; undefined: it was removed. */
export async function foundAgain(env: Env, { info, path }: FoundSession): Promise<FoundSession | undefined> {
  for (const file of whereaboutsOf(env.disk, join(path, SESSION_FILE))) {
    const place = dirname(file)
    const now = await readInfo(env, place)
    if (now?.session !== info.session) continue
    const above = dirname(place)
    const claimedBy = basename(above) === CLAIMED ? await readInfo(env, dirname(above)) : undefined
    return { path: place, info: now, claimedBy }
  }
  return undefined
}
