import { join } from 'node:path'
import type { DiskFile } from '../disk/disk.ts'
import type { Env } from './env.ts'
import { linesOf } from './lines.ts'

export const OUTCOMES = 'outcomes.log'

const EVENTS = [
  'forwarded',
  'applied',
  'rejected',
  'landed',
  'abandoned',
  'reverted',
  'superseded',
  'recovered',
  'rolled-back',
  'undone',
  'conflict',
] as const

export type Event = (typeof EVENTS)[number]

/** A record of what became of an intent. */
export interface Outcome {
  readonly id: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly event: Event
  /** What each path was found to be, where that is worth keeping. */
  readonly paths?: Readonly<Record<string, string>>
  readonly reason?: string
}

/** The reason of a `forwarded` that says that the editor answered with a refusal. */
export const REFUSED = 'refused by the editor'

/** The reason of a `forwarded` that says that the session ended in order before the editor had answered. */
export const UNANSWERED = 'not answered by the editor'

/**
 * The reason of a `forwarded` that says that an editor which does not answer has shown no sign of the edit for longer
 * than it takes it to: its user is asked, or only looks at what the edit would do.
 */
export const NOT_SEEN = 'not seen in the editor so far'

/**
 * The reason of a `forwarded` that says that an editor which does not answer had shown no sign of the edit for long:
 * its user declined it, or it dropped it.
 */
export const NOT_TAKEN_UP = 'not taken up by the editor'

/** The reason of a `superseded` that says that its user wants no more of it: what it has done stays. */
export const DISCARDED = 'discarded by the user'

/** The reason of the first `forwarded` of an edit of which the editor may ask its user to confirm parts. */
export const TO_BE_CONFIRMED = 'parts of it are the user’s to confirm'

/** What an outcome says of a path whose edit was taken back: in its buffer, or by closing it unsaved. */
export const UNDONE = 'undone'
export const CLOSED = 'closed'

/** What an outcome of an undo, or of a recovery, says of a path that it did not write after all, and told so. */
const LEFT = 'left'

/**
 * The same of one that it had begun to write in place, where its original was put back then: the time of writing there
 * is its own.
 */
export const PUT_BACK = 'put back'

/** The same of one where the system failed: it may have been written all the same, and not be durable. */
export const FAILED = 'failed'

/** How a path was left that was to be written. */
export type Failure = typeof PUT_BACK | typeof FAILED

/** What it says of one that the editor has said that it took, and was not seen to have: its user may have declined. */
export const UNSEEN = 'unseen'

/** What says of a path that it was left, in one way or another. */
export const WORDS_OF_LEFT: ReadonlySet<string> = new Set([LEFT, PUT_BACK, FAILED])

/** The paths of which outcomes say that they were left. */
export function leftIn(outcomes: readonly Outcome[]): ReadonlySet<string> {
  const all = outcomes.flatMap(({ paths }) => Object.entries(paths ?? {}))
  return new Set(all.filter(([, what]) => WORDS_OF_LEFT.has(what)).map(([path]) => path))
}

const IN_NO_BUFFER: ReadonlySet<string> = new Set([UNSEEN, UNDONE, CLOSED])

/** The paths of an open intent of which it is said last that no buffer holds them: never shown, or taken back there. */
export function inNoBuffer(outcomes: readonly Outcome[]): ReadonlySet<string> {
  const last = [...lastOfPaths(outcomes)].filter(([, what]) => IN_NO_BUFFER.has(what))
  return new Set(last.map(([path]) => path))
}

/** Says so of these. */
export function asLeft(
  left: readonly { readonly path: string }[],
  failures: ReadonlyMap<string, Failure> = new Map(),
): Readonly<Record<string, string>> {
  return Object.fromEntries(left.map(({ path }) => [path, failures.get(path) ?? LEFT]))
}

/** What the last outcome says that tells of a path. */
export function lastOfPaths(outcomes: readonly Outcome[]): ReadonlyMap<string, string> {
  return new Map(outcomes.flatMap(({ paths }) => Object.entries(paths ?? {})))
}

const FINAL: ReadonlySet<Event> = new Set([
  'rejected',
  'landed',
  'abandoned',
  'reverted',
  'superseded',
  'recovered',
  'rolled-back',
])

/** After such an outcome an intent is settled: no recovery looks at it again. */
export function isFinal(event: Event): boolean {
  return FINAL.has(event)
}

const SYNC_AFTER_MS = 50

/**
 * Appends outcomes in the background and syncs them soon after.
 * Losing one is harmless: the next look at the disk finds it again. So a failure is told, not thrown.
 */
export class OutcomeWriter {
  readonly #env: Env
  readonly #folder: string
  readonly #path: string
  readonly #onFailure: (error: unknown) => void
  #file: DiskFile | undefined
  /** It was made just now: its entry is to be made durable, too. */
  #isNew = false
  #last: Promise<void> = Promise.resolve()
  #synced: Promise<void> = Promise.resolve()
  /** The call that is being waited for. */
  #syncing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(env: Env, folder: string, onFailure: (error: unknown) => void) {
    this.#env = env
    this.#folder = folder
    this.#path = join(folder, OUTCOMES)
    this.#onFailure = onFailure
  }

  add(outcome: Outcome): void {
    const line = encode(outcome, this.#env)
    this.#queue(async () => {
      this.#file ??= await this.#open()
      try {
        await this.#file.write(line)
      } catch (error) {
        await this.#closeFile() // opened again, it gets an end to the half line that this may have left
        throw error
      }
    })
    this.#timer ??= setTimeout(() => this.#queueSync(), SYNC_AFTER_MS).unref()
  }

  /** Resolves once everything added so far is on the disk (or has failed, and that was told). */
  flush(): Promise<void> {
    this.#queueSync()
    return this.#synced
  }

  async close(): Promise<void> {
    await this.flush()
    this.#queue(() => this.#closeFile())
    await this.#last
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await this.#syncing?.catch(() => {}) // whoever synced is told
    await file?.close()
  }

  async #open(): Promise<DiskFile> {
    const file = await this.#env.disk.open(this.#path, 'append')
    // A dead session's file may end inside a line: an empty line is passed over, a merged one would be lost.
    if ((await file.stat()).size > 0) await file.write(Buffer.from('\n'))
    else this.#isNew = true
    return file
  }

  /**
   * Behind all that was added so far, and beside what is added from now on: editors kill this process when they quit,
   * and what is written by then stays, synced or not.
   */
  #queueSync(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#synced = Promise.all([this.#last, this.#synced])
      .then(async () => {
        this.#syncing = this.#file?.sync()
        await this.#syncing
        if (!this.#isNew) return
        await this.#env.disk.syncFolder(this.#folder)
        this.#isNew = false
      })
      .catch(this.#onFailure)
  }

  #queue(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(this.#onFailure)
  }
}

function encode(outcome: Outcome, env: Env): Buffer {
  const body = Buffer.from(JSON.stringify(outcome).slice(0, -1), 'utf8')
  return Buffer.concat([body, Buffer.from(`,"sum":"${env.hasher.hash(body)}"}\n`, 'latin1')])
}

/** Every outcome of a session's folder, in order; lines that are damaged are passed over. */
export async function readOutcomes(env: Env, folder: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for await (const { outcome } of scanOutcomes(env, folder)) if (outcome) outcomes.push(outcome)
  return outcomes
}

/** The same with where each stands; of a damaged line there is no outcome. */
export async function* scanOutcomes(
  env: Env,
  folder: string,
): AsyncGenerator<{ readonly at: number; readonly outcome: Outcome | undefined }> {
  if ((await env.disk.lstat(join(folder, OUTCOMES)))?.kind !== 'file') return
  // An empty line is what parts a half one from those that were appended after it.
  for await (const { at, bytes } of linesOf(env.disk, join(folder, OUTCOMES)))
    if (bytes?.length !== 0) yield { at, outcome: bytes && decode(bytes, env) }
}

function decode(line: Buffer, env: Env): Outcome | undefined {
  const at = line.lastIndexOf(',"sum":"')
  if (at < 0 || line.toString('latin1', at) !== `,"sum":"${env.hasher.hash(line.subarray(0, at))}"}`)
    return undefined
  try {
    const value: unknown = JSON.parse(`${line.toString('utf8', 0, at)}}`)
    return isOutcome(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false
  const { id, at, event } = value as Partial<Outcome>
  return typeof id === 'string' && typeof at === 'string' && EVENTS.includes(event as Event)
}
