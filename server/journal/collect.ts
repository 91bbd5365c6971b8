import { join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import type { Env } from './env.ts'
import type { Due, MayGoOn, Retention, Spared } from './retention.ts'
import type { Root } from './root.ts'
import { ifThere, removeContents } from './session-contents.ts'

/** What came of removing what is due. */
export interface Collected {
  readonly removed: readonly Due[]
  /** Leftovers that are gone. */
  readonly swept: readonly string[]
  /** What was to go and is still there. */
  readonly failed: readonly Spared[]
}

/**
 * Removes what is due. Each session is first renamed to a hidden name, so that a reader sees it whole or not at all;
 * what a crash leaves of it then is swept by the next one. Two at once are harmless: of a rename one succeeds, and
 * what is gone already is gone.
 */
export async function collect(
  env: Env,
  root: Root,
  { due, leftovers }: Pick<Retention, 'due' | 'leftovers'>,
  mayGoOn: MayGoOn,
): Promise<Collected> {
  const { disk, host } = env
  const failed: Spared[] = []
  const hidden: { readonly due: Due; readonly path: string }[] = []
  for (const each of due) {
    if (!(await mayGoOn())) break
    const path = join(root.history, `.${each.session}-${host.random(2)}`)
    await trying(each.path, failed, async () => {
      if (await ifThere(disk.rename(each.path, path))) hidden.push({ due: each, path })
    })
  }
  // Before a byte of them goes: a loss of power could bring back a name that holds half a session.
  if (hidden.length > 0) await disk.syncFolder(root.history)
  const removed: Due[] = []
  for (const { due, path } of hidden) {
    if (!(await mayGoOn())) break
    await trying(path, failed, async () => {
      const reason = await removeContents(env, path)
      if (reason === undefined) removed.push(due)
      else failed.push({ path, reason })
    })
  }
  const swept: string[] = []
  for (const path of leftovers) {
    if (!(await mayGoOn())) break
    await trying(path, failed, async () => {
      const reason = await removeContents(env, path)
      if (reason === undefined) swept.push(path)
      else failed.push({ path, reason })
    })
  }
  return { removed, swept, failed }
}

/** One that cannot be removed is no reason to leave the others. */
async function trying(path: string, failed: Spared[], act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    failed.push({ path, reason: error.message })
  }
}
