import { join } from 'node:path'
import { type Disk, DiskError, type Folder } from '../disk/disk.ts'
import { atOnce } from './at-once.ts'
import { commit, type Site, type Staged, stage, stageInPlace } from './replace-file.ts'
import { type Change, isProblem, type Placed, type Problem, Refused } from './workspace.ts'

// One after the other, each fsync waits for a journal commit of its own; many at a time share one.
const AT_ONCE = 16

type SiteOf = (change: Change) => Promise<Site>

/**
 * Carries out many changes, each all or nothing, and tells of each what became of it. What was done is durable: each
 * folder is synced once, at the end.
 */
export async function replaceFiles(
  disk: Disk,
  changes: readonly Change[],
  siteOf: SiteOf,
): Promise<Placed[]> {
  const placed = await replaceTogether(disk, changes, siteOf)
  if (changes.length === 1) return placed
  // Old and new stand side by side until all are prepared: there may be room for one after the other.
  for (const [i, each] of placed.entries()) {
    if (!lacksRoom(each)) continue
    const [again] = await replaceTogether(disk, [changes[i]!], siteOf)
    // Written, and its folder not synced for want of room: it is only the first reason that tells.
    const isWritten = again!.where === 'left' && again!.problem instanceof Refused
    if (!isWritten) placed[i] = again!
  }
  return placed
}

/** Of a write in place the original stands again, or half of the new bytes: that is not begun once more. */
function lacksRoom(placed: Placed): boolean {
  return (
    placed.where === 'left' &&
    placed.problem instanceof DiskError &&
    ['ENOSPC', 'EDQUOT'].includes(placed.problem.code)
  )
}

async function replaceTogether(disk: Disk, changes: readonly Change[], siteOf: SiteOf): Promise<Placed[]> {
  const folders = new Set<Folder>()
  const prepared = await atOnce(AT_ONCE, changes, (change) =>
    orProblem(async () => {
      const site = await siteOf(change)
      folders.add(site.folder)
      return { site, staged: await stage(site) }
    }),
  )
  const ready = await withoutLosers(disk, prepared)
  const done = await atOnce(AT_ONCE, ready, (each) =>
    isProblem(each)
      ? Promise.resolve(each)
      : orProblem(async () => {
          await commit(each.site, each.staged)
          return each
        }),
  )
  const unsynced = await syncFolders(folders)
  return done.map((each) => {
    const problem = isProblem(each) ? each : unsynced.get(each.site.folder)
    return problem === undefined ? { where: 'disk' } : { where: 'left', problem }
  })
}

interface Prepared {
  readonly site: Site
  readonly staged: Staged
}

/**
 * What carries access lists or extended attributes that its temporary file has not is written in place, and so is
 * everything where nothing can tell: a rename would lose them.
 */
async function withoutLosers(
  disk: Disk,
  prepared: readonly (Prepared | Problem)[],
): Promise<(Prepared | Problem)[]> {
  const swaps = prepared.filter((each): each is Prepared => !isProblem(each) && each.staged.way === 'swap')
  const paths = swaps.flatMap(({ site: { folderPath, name, temporaryName } }) => [
    join(folderPath, name),
    join(folderPath, temporaryName),
  ])
  const told = await disk.attributesOf(paths)
  const losers = new Set(swaps.filter((_, i) => told[2 * i] === undefined || told[2 * i] !== told[2 * i + 1]))
  return atOnce(AT_ONCE, prepared, (each) =>
    isProblem(each) || each.staged.way !== 'swap' || !losers.has(each)
      ? Promise.resolve(each)
      : orProblem(async () => {
          const { site, staged } = each
          return { site, staged: staged.way === 'swap' ? await stageInPlace(site, staged) : staged }
        }),
  )
}

/**
 * Also where files were written in place only, or not at all: that a temporary one is gone again must be durable, too.
 * Resolves with the folders that could not be synced.
 */
async function syncFolders(folders: ReadonlySet<Folder>): Promise<Map<Folder, Problem>> {
  const unsynced = new Map<Folder, Problem>()
  // In one that cannot be synced nothing is made or removed, only written in place.
  const syncable = [...folders].filter(({ isSyncable }) => isSyncable)
  await atOnce(AT_ONCE, syncable, async (folder) => {
    const synced = await orProblem(() => folder.sync())
    if (isProblem(synced)) unsynced.set(folder, synced)
  })
  return unsynced
}

async function orProblem<T>(act: () => Promise<T>): Promise<T | Problem> {
  try {
    return await act()
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
}
