import { join } from 'node:path'
import { collect } from './collect.ts'
import type { Env } from './env.ts'
import { type Limits, type MayGoOn, planRetention } from './retention.ts'
import type { Root } from './root.ts'

/** When the history was last looked through by itself, as ISO 8601; in the journal's own folder. */
const STAMP = 'collected'
const PAUSE_MS = 60 * 60 * 1000

/**
 * Keeps the history within its limits, for whoever has just recorded something; once an hour, whoever asks. So what
 * nearly every session pays for it is one look at one small file, however long the history.
 */
export async function keepHouse(env: Env, root: Root, limits: Limits, mayGoOn: MayGoOn): Promise<void> {
  const stamp = join(root.path, STAMP)
  const age = env.host.now().getTime() - (await lastTime(env, stamp))
  // A stamp from the future is one of a clock that was set back.
  if (age >= 0 && age < PAUSE_MS) return
  const retention = await planRetention(env, root, limits, mayGoOn)
  // Before anything is removed: where that fails, or ends this process, it is not tried again at once.
  await writeStamp(env, stamp)
  await collect(env, root, retention, mayGoOn)
}

async function lastTime({ disk }: Env, stamp: string): Promise<number> {
  if ((await disk.lstat(stamp))?.kind !== 'file') return Number.NEGATIVE_INFINITY
  const time = Date.parse((await disk.read(stamp)).toString('latin1').trim())
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time
}

/** Not synced: losing it costs a look. */
async function writeStamp({ disk, host }: Env, stamp: string): Promise<void> {
  const file = await disk.open(stamp, 'append')
  try {
    await file.truncate(0)
    await file.write(Buffer.from(`${host.now().toISOString()}\n`))
  } finally {
    await file.close()
  }
}
