import { dirname, join } from 'node:path'
import type { DiskFile } from '../disk/disk.ts'
import { decodeLine, recordOf } from './decode.ts'
import { FIRST, type Link } from './encode.ts'
import type { Env } from './env.ts'
import { relinked, withoutPaths } from './forget-line.ts'
import { holdings, type LogHolding, type Wanted } from './holdings.ts'
import { linesOf } from './lines.ts'
import type { Root } from './root.ts'
import type { Session } from './session.ts'
import { isNewLog } from './session-contents.ts'
import type { FoundSession } from './session-folder.ts'

/** What came of taking something out of a session. `gone`: it was taken over, or removed, meanwhile. */
export type Forgotten =
  | { readonly kind: 'done' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'left'; readonly reason: string }

/**
 * Takes files out of the logs of a session that does not run: what is left of them are hashes, as if they had been
 * withheld from the start. The session is taken over while that goes on, so that nobody else reads or writes there; a
 * crash leaves it with `own`, which is dead then, where the next start or the next forgetting finds it.
 */
export async function forget(
  env: Env,
  root: Root,
  own: Session,
  found: FoundSession,
  wanted: Wanted,
): Promise<Forgotten> {
  const claimed = await own.claim(found)
  if (claimed === undefined) return { kind: 'gone' }
  // Back to where it was, but for what an earlier run that was cut short has left with its claims.
  let to: 'live' | 'history' = dirname(found.path) === root.history ? 'history' : 'live'
  try {
    // Looked at again: it may have been written until just now.
    const holding = await holdings(env, claimed, wanted)
    if (holding.isSettled) to = 'history'
    if (holding.obstacle !== undefined) return { kind: 'left', reason: holding.obstacle }
    await sweepNewLogs(env, claimed.path)
    for (const log of holding.logs) await rewrite(env, claimed.path, log)
    for (const name of holding.debris) await env.disk.remove(join(claimed.path, name))
    if (holding.debris.length > 0) await env.disk.syncFolder(claimed.path)
    return { kind: 'done' }
  } finally {
    await own.release(claimed, to)
  }
}

/** What an earlier run that was cut short was about to put in a log's place. */
async function sweepNewLogs({ disk }: Env, folder: string): Promise<void> {
  for (const { name, kind } of (await disk.list(folder)) ?? [])
    if (kind === 'file' && isNewLog(name)) await disk.remove(join(folder, name))
}

/** Beside the log, and then in its place: a crash leaves the one or the other, whole. */
async function rewrite(env: Env, folder: string, holding: LogHolding): Promise<void> {
  const { disk, host } = env
  const path = join(folder, holding.name)
  const beside = `${path}.new-${host.random(4)}`
  const file = await disk.open(beside, 'create')
  try {
    try {
      await writeWithout(env, path, holding, file)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(beside, path)
  } catch (error) {
    await disk.remove(beside).catch(() => {}) // the next run sweeps it; the error that matters is the first
    throw error
  }
  await disk.syncFolder(folder)
}

/** Every line as it is up to the first that changes; each that follows it has the sum of another before it then. */
async function writeWithout(
  { disk, hasher }: Env,
  path: string,
  { forgets, tornAt }: LogHolding,
  file: DiskFile,
): Promise<void> {
  let link: Link = FIRST
  let isChanged = false
  for await (const { at, bytes } of linesOf(disk, path)) {
    // What a crash cut off was never forwarded, and holds who knows what.
    if (bytes === undefined || at === tornAt) return
    const line = decodeLine(bytes, hasher)
    if (line.kind !== 'part') {
      await file.write(Buffer.concat([bytes, LF])) // another program's: it stands in no chain
      continue
    }
    const { id, seq, sum } = line.part
    const paths = forgets.get(id)
    isChanged ||= paths !== undefined
    if (!isChanged) {
      await file.write(Buffer.concat([bytes, LF]))
      link = { seq: seq + 1, prev: sum }
      continue
    }
    const record = recordOf(bytes)
    const { line: changed, next } = relinked(
      paths === undefined ? record : withoutPaths(record, paths),
      link,
      hasher,
    )
    await file.write(changed)
    link = next
  }
}

const LF = Buffer.from('\n')
