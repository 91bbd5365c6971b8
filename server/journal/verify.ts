import { join } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import { type Env, JournalError } from './env.ts'
import { logName } from './log-writer.ts'
import { OUTCOMES, scanOutcomes } from './outcomes.ts'
import { checkOwn, type Root } from './root.ts'
import { scanLog } from './scan.ts'
import { isOwnFile } from './session-contents.ts'
import { CLAIMED, lifeOf, readInfo, SESSION_FILE, type SessionInfo, SOCKET } from './session-folder.ts'

/**
 * What is not as it was written.
 * Of a log, at a byte: `torn`, `corrupt`, `refused` (another version). `outcome`: a damaged line of outcomes.log.
 * `missing`: something tells of what is not there. `session`: session.json does not say whose folder it is.
 * `folder`: one that others may write to; nothing in it is opened. `stray`: what no session puts there, and no damage.
 */
export interface Finding {
  readonly kind: 'torn' | 'corrupt' | 'refused' | 'outcome' | 'missing' | 'session' | 'folder' | 'stray'
  readonly path: string
  /** Byte offset. */
  readonly at?: number
  readonly reason: string
}

/** What was read of one session's folder, and what was found wrong with it. */
export interface Verified {
  readonly path: string
  readonly place: 'live' | 'claimed' | 'history'
  readonly intents: number
  readonly outcomes: number
  /** Of what was read. */
  readonly bytes: number
  readonly findings: readonly Finding[]
}

/** Told after each intent that was read. */
export type Progress = (path: string, intents: number) => void

/** Whether a finding is one of damage. */
export function isDamage({ kind }: Finding): boolean {
  return kind !== 'stray'
}

/** What is wrong with the journal's own folders. */
export async function verifyRoot(env: Env, root: Root): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const folder of [root.path, root.live, root.history])
    if ((await env.disk.lstat(folder)) !== undefined) findings.push(...(await rightsOf(env, folder)))
  return findings
}

/**
 * Reads every log of every session, one intent in memory at a time: every sum, the chain, the parts, the originals
 * against their hashes, the after-images made anew. Opens nothing that is not a plain file, and nothing in a folder
 * that others may write to.
 */
export async function* verifySessions(env: Env, root: Root, progress: Progress): AsyncGenerator<Verified> {
  if ((await env.disk.lstat(root.path)) === undefined || (await rightsOf(env, root.path)).length > 0) return
  const seen = new Set<string>()
  // In this order: a session that ends meanwhile moves from the first to the second.
  yield* verifyIn(env, root.live, 'live', undefined, seen, progress)
  yield* verifyIn(env, root.history, 'history', undefined, seen, progress)
}

async function* verifyIn(
  env: Env,
  folder: string,
  place: Verified['place'],
  claimedBy: SessionInfo | undefined,
  seen: Set<string>,
  progress: Progress,
): AsyncGenerator<Verified> {
  // Not through a link, nor where somebody else may put things: that was found before, and said.
  if ((await env.disk.lstat(folder)) === undefined || (await rightsOf(env, folder)).length > 0) return
  const entries = [...((await env.disk.list(folder)) ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const { name, kind } of entries) {
    if (name.startsWith('.') || seen.has(name)) continue
    const path = join(folder, name)
    if (kind !== 'folder') {
      const finding = { kind: 'stray', path, reason: 'it is no session' } as const
      yield { path, place, intents: 0, outcomes: 0, bytes: 0, findings: [finding] }
      continue
    }
    const verified = await verifySession(env, path, place, claimedBy, progress)
    if (verified === undefined) continue
    seen.add(name)
    yield verified
    const info = await readInfo(env, path)
    if (!verified.findings.some((each) => each.kind === 'folder' && each.path === path))
      yield* verifyIn(env, join(path, CLAIMED), 'claimed', info, seen, progress)
  }
}

/** Undefined where it was moved on, or removed, meanwhile. */
async function verifySession(
  env: Env,
  path: string,
  place: Verified['place'],
  claimedBy: SessionInfo | undefined,
  progress: Progress,
): Promise<Verified | undefined> {
  const verifying = new Verifying(env, path, progress)
  try {
    await verifying.run(place, claimedBy)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    if ((await env.disk.lstat(path)) === undefined) return undefined
    verifying.findings.push({ kind: 'corrupt', path: error.path, reason: error.message })
  }
  const { intents, outcomes, bytes, findings } = verifying
  return { path, place, intents: intents.size, outcomes, bytes, findings }
}

class Verifying {
  readonly findings: Finding[] = []
  readonly intents = new Set<string>()
  outcomes = 0
  bytes = 0
  readonly #env: Env
  readonly #folder: string
  readonly #progress: Progress

  constructor(env: Env, folder: string, progress: Progress) {
    this.#env = env
    this.#folder = folder
    this.#progress = progress
  }

  async run(place: Verified['place'], claimedBy: SessionInfo | undefined): Promise<void> {
    this.findings.push(...(await rightsOf(this.#env, this.#folder)))
    if (this.findings.length > 0) return
    // Left by a crash at the very end of a session's removal.
    if (place !== 'history' && (await this.#env.disk.list(this.#folder))?.length === 0) return
    const info = await this.#info()
    // In history nobody writes any more, whoever still runs.
    const found =
      place === 'history' || info === undefined ? undefined : { path: this.#folder, info, claimedBy }
    const runs = found !== undefined && (await lifeOf(this.#env, found)) === 'live'
    await this.#names()
    // Before the logs: an intent is in its log before anything is said of it.
    const ids = await this.#outcomes(runs)
    const logs = await this.#logs(runs)
    if (logs === 0 && place === 'history') this.#add('missing', logName(0), 'a settled session has one')
    for (const id of ids)
      if (!this.intents.has(id))
        this.#add('missing', OUTCOMES, `it tells of intent ${id}, which no log holds`)
  }

  async #info(): Promise<SessionInfo | undefined> {
    const info = await readInfo(this.#env, this.#folder)
    if (info === undefined)
      this.#add('session', SESSION_FILE, 'it is missing, damaged, or that of another: nothing here is found')
    return info
  }

  async #names(): Promise<void> {
    for (const { name, kind } of (await this.#env.disk.list(this.#folder)) ?? []) {
      const isOwn =
        (name === SOCKET && kind === 'other') || (name === CLAIMED && kind === 'folder') || isOwnFile(name)
      if (!isOwn) this.#add('stray', name, 'it is no part of a session')
    }
  }

  /** The ids that are told of. */
  async #outcomes(runs: boolean): Promise<Set<string>> {
    const ids = new Set<string>()
    if (!(await this.#isPlain(OUTCOMES))) return ids
    let damagedAt: number | undefined
    const damaged = () =>
      damagedAt !== undefined &&
      this.#add('outcome', OUTCOMES, 'its line is damaged, and passed over', damagedAt)
    for await (const { at, outcome } of scanOutcomes(this.#env, this.#folder)) {
      damaged()
      damagedAt = outcome === undefined ? at : undefined
      if (outcome === undefined) continue
      this.outcomes++
      ids.add(outcome.id)
    }
    // The last one may be being written.
    if (!runs) damaged()
    return ids
  }

  /** Returns how many there are. */
  async #logs(runs: boolean): Promise<number> {
    let number = 0
    while ((await this.#env.disk.lstat(join(this.#folder, logName(number)))) !== undefined) {
      const name = logName(number++)
      if (await this.#isPlain(name)) await this.#log(name, runs)
    }
    for (const { name } of (await this.#env.disk.list(this.#folder)) ?? []) {
      const [, n] = /^wal\.(\d+)\.log$/.exec(name) ?? []
      if (Number(n) > number) this.#add('missing', logName(number), `${name} is never read without it`)
    }
    return number
  }

  async #log(name: string, runs: boolean): Promise<void> {
    const path = join(this.#folder, name)
    for await (const entry of scanLog(this.#env.disk, path, this.#env.hasher)) {
      if (entry.kind === 'intent') {
        this.intents.add(entry.intent.id)
        this.#progress(this.#folder, this.intents.size)
        // What is being written ends anywhere.
      } else if (entry.kind !== 'torn' || !runs) this.#add(entry.kind, name, entry.reason, entry.at)
    }
  }

  /** Whether it is there to be read. */
  async #isPlain(name: string): Promise<boolean> {
    const stat = await this.#env.disk.lstat(join(this.#folder, name))
    if (stat === undefined) return false
    if (stat.kind !== 'file') {
      this.#add('corrupt', name, 'it is no ordinary file', 0)
      return false
    }
    this.bytes += stat.size
    return true
  }

  #add(kind: Finding['kind'], name: string, reason: string, at?: number): void {
    this.findings.push({ kind, path: join(this.#folder, name), reason, ...(at !== undefined && { at }) })
  }
}

async function rightsOf(env: Env, folder: string): Promise<Finding[]> {
  try {
    await checkOwn(env, folder)
    return []
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    return [{ kind: 'folder', path: folder, reason: error.message }]
  }
}
