import { join } from 'node:path'
import type { Disk } from '../disk/disk.ts'
import { isBare } from '../edits/images.ts'
import type { Env } from './env.ts'
import { type Intent, wasOf } from './intent.ts'
import { logName } from './log-writer.ts'
import { asJson } from './meta-json.ts'
import { isFinal, readOutcomes } from './outcomes.ts'
import { isWithin } from './root.ts'
import { scanLog } from './scan.ts'
import { isTornCopy } from './session-contents.ts'
import type { FoundSession } from './session-folder.ts'
import { withBothEnds } from './withhold.ts'

/** What is to be taken out of the logs. */
export interface Wanted {
  /** Files, and folders with all that lies beneath them; absolute. */
  readonly files: readonly string[]
  /** Only out of this intent; undefined: out of all. */
  readonly id: string | undefined
}

/** An intent that holds bytes of what is wanted. */
export interface Holder {
  readonly id: string
  readonly at: string
  readonly label: string
  /** The wanted paths that it holds, with the other ends of their moves. */
  readonly paths: readonly string[]
  readonly isSettled: boolean
  /** It is one of those that are wanted: not where only others are. */
  readonly isWanted: boolean
}

/** A log that is to be written anew. */
export interface LogHolding {
  readonly name: string
  /** By id, what is to be taken out of each intent. */
  readonly forgets: ReadonlyMap<string, ReadonlySet<string>>
  /** Where its torn tail begins, if it has one. */
  readonly tornAt: number | undefined
}

export interface Holding {
  readonly holders: readonly Holder[]
  readonly logs: readonly LogHolding[]
  /** Copies of torn tails that name what is wanted: nobody can tell more of them. */
  readonly debris: readonly string[]
  /** Why it cannot be taken out of this session; undefined: it can. */
  readonly obstacle: string | undefined
  /** Nothing in this session is pending. */
  readonly isSettled: boolean
}

/** Looks for what is wanted in all logs of a session, and in what was cut off them. */
export async function holdings(env: Env, { path }: FoundSession, wanted: Wanted): Promise<Holding> {
  const search = new Search(env, path, wanted)
  await search.run()
  return search
}

class Search implements Holding {
  readonly holders: Holder[] = []
  readonly logs: LogHolding[] = []
  readonly debris: string[] = []
  obstacle: string | undefined
  isSettled = true
  readonly #env: Env
  readonly #folder: string
  readonly #wanted: Wanted
  readonly #met = new Set<string>()

  constructor(env: Env, folder: string, wanted: Wanted) {
    this.#env = env
    this.#folder = folder
    this.#wanted = wanted
  }

  async run(): Promise<void> {
    const { disk } = this.#env
    const settled = new Set<string>()
    for (const { id, event } of await readOutcomes(this.#env, this.#folder))
      if (isFinal(event)) settled.add(id)
    for (let n = 0; ; n++) {
      const kind = (await disk.lstat(join(this.#folder, logName(n))))?.kind
      if (kind === undefined) break
      if (kind === 'file') await this.#searchLog(logName(n), settled)
      else this.obstacle ??= `${logName(n)} is no ordinary file`
    }
    for (const { name, kind } of (await disk.list(this.#folder)) ?? [])
      if (kind === 'file' && isTornCopy(name) && (await this.#names(name, 0))) this.debris.push(name)
  }

  async #searchLog(name: string, settled: ReadonlySet<string>): Promise<void> {
    const forgets = new Map<string, ReadonlySet<string>>()
    let tornAt: number | undefined
    let damage: string | undefined
    for await (const entry of scanLog(this.#env.disk, join(this.#folder, name), this.#env.hasher)) {
      if (entry.kind === 'torn') tornAt = entry.at
      else if (entry.kind !== 'intent')
        damage ??= `${name} is ${entry.kind} at byte ${entry.at}: ${entry.reason}`
      else {
        this.isSettled &&= settled.has(entry.intent.id)
        const paths = this.#heldBy(entry.intent)
        if (paths.size === 0) continue
        this.#meet(entry.intent, paths, settled)
        if (!this.#isWanted(entry.intent.id)) continue
        forgets.set(entry.intent.id, paths)
        if (entry.intent.foreign) damage ??= `another program wrote ${entry.intent.id} in ${name}`
      }
    }
    const cut = tornAt !== undefined && (await this.#names(name, tornAt))
    if (damage !== undefined) {
      // What stands at the damage cannot be told: a log that names it there is no log without it.
      this.isSettled = false
      if (forgets.size > 0 || (await this.#names(name, 0))) this.obstacle ??= damage
    } else if (forgets.size > 0 || cut) this.logs.push({ name, forgets, tornAt })
  }

  /** After a failed sync an intent may stand in two logs; it is told of once. */
  #meet(
    { id, about: { at, label } }: Intent,
    paths: ReadonlySet<string>,
    settled: ReadonlySet<string>,
  ): void {
    if (this.#met.has(id)) return
    this.#met.add(id)
    const [isSettled, isWanted] = [settled.has(id), this.#isWanted(id)]
    this.holders.push({ id, at, label, paths: [...paths], isSettled, isWanted })
  }

  #isWanted(id: string): boolean {
    return this.#wanted.id === undefined || this.#wanted.id === id
  }

  /** Of what is only moved nothing is held. */
  #heldBy(intent: Intent): ReadonlySet<string> {
    const kept = intent.images.filter((image) => !isBare(image))
    const isNamed = (path: string) => this.#wanted.files.some((file) => isWithin(file, path))
    // What was taken back where it had been moved to is the file that was named.
    return withBothEnds(kept, (path) => isNamed(path) || isNamed(wasOf(intent, path)))
  }

  /** Whether a file's bytes, from an offset on, name what is wanted. */
  async #names(name: string, from: number): Promise<boolean> {
    for (const file of this.#wanted.files) {
      // As a line of a log has it: at the beginning of a string.
      const needle = Buffer.from(asJson(file).slice(0, -1))
      if (await contains(this.#env.disk, join(this.#folder, name), from, needle)) return true
    }
    return false
  }
}

const CHUNK = 256 * 1024

async function contains(disk: Disk, path: string, from: number, needle: Buffer): Promise<boolean> {
  const file = await disk.open(path, 'read')
  try {
    const chunk = Buffer.alloc(CHUNK + needle.length)
    for (let position = from; ; ) {
      const length = await file.readAt(chunk, position)
      if (length < needle.length) return false
      if (chunk.subarray(0, length).includes(needle)) return true
      // What begins at its end may go on behind it.
      position += length - needle.length + 1
    }
  } finally {
    await file.close()
  }
}
