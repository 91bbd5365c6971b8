import { join } from 'node:path'
import { DiskError, type DiskFile } from '../disk/disk.ts'
import { encodeIntent, FIRST, type Link } from './encode.ts'
import { type Env, JournalError } from './env.ts'
import type { Intent } from './intent.ts'
import { scanLog } from './scan.ts'

/** A session's logs in the order they were written: the second and later ones follow a failed fsync. */
export const logName = (n: number): string => (n === 0 ? 'wal.log' : `wal.${n}.log`)

/** Somebody has removed a log, or put another file in its place, under the session that writes it. */
export class LogGone extends JournalError {
  constructor(path: string) {
    super(`${path} was removed while it was written`)
  }
}

/** Appends intents to the log of one folder. One writer a log: the folder is its session's alone. */
export class LogWriter {
  readonly #env: Env
  readonly #folder: string
  #number: number
  #file: DiskFile
  #size: number
  #link: Link
  /** The bytes in the file are no longer known to be what was written: never append to it again. */
  #poisoned = false
  #last: Promise<unknown> = Promise.resolve()

  private constructor(env: Env, folder: string, number: number, file: DiskFile, size: number, link: Link) {
    this.#env = env
    this.#folder = folder
    this.#number = number
    this.#file = file
    this.#size = size
    this.#link = link
  }

  /**
   * Opens or makes `wal.log` in `folder`.
   * A torn tail is kept aside in `wal.log.torn-OFFSET` and cut off: what is appended after one is lost.
   * @throws JournalError where the log is corrupt or of an unknown version
   */
  static async open(env: Env, folder: string): Promise<LogWriter> {
    let number = 0
    while ((await env.disk.lstat(join(folder, logName(number + 1)))) !== undefined) number++
    const { link, tornAt } = await inspect(env, join(folder, logName(number)))
    if (tornAt !== undefined) await cutTail(env, folder, logName(number), tornAt)
    return LogWriter.#openAt(env, folder, number, link)
  }

  static async #openAt(env: Env, folder: string, number: number, link: Link): Promise<LogWriter> {
    const file = await env.disk.open(join(folder, logName(number)), 'append')
    const { size } = await file.stat()
    return new LogWriter(env, folder, number, file, size, link)
  }

  /**
   * Writes the intent and makes it durable: when this resolves it survives a crash of the machine.
   * When it rejects, no reader will ever see a part of it.
   * @throws DiskError naming the log, the offset and the system's code
   */
  append(intent: Intent): Promise<void> {
    const turn = this.#last.then(() => this.#appendNow(intent))
    this.#last = turn.catch(() => {}) // the caller has the rejection; the next append has its own
    return turn
  }

  async #appendNow(intent: Intent): Promise<void> {
    if (this.#poisoned) await this.#startAnother()
    try {
      await this.#write(intent)
    } catch (error) {
      if (!this.#poisoned) throw error
      // A failed fsync: the kernel has marked the pages clean, so asking again would lie. A new file once.
      await this.#startAnother()
      await this.#write(intent)
    }
  }

  async #write(intent: Intent): Promise<void> {
    if (!(await this.#isThere())) throw new LogGone(join(this.#folder, logName(this.#number)))
    const { lines, next } = encodeIntent(intent, this.#env.hasher, this.#link)
    try {
      // A crash in here leaves a torn tail or an intent whose parts are not all there: neither counts.
      for (const line of lines) await this.#file.write(line)
    } catch (error) {
      await this.#cutBack()
      throw this.#failed(intent, error)
    }
    try {
      await this.#file.sync()
      // The folder's entry for a new log must not be lost with the log's bytes safe in it.
      if (this.#size === 0) await this.#env.disk.syncFolder(this.#folder)
    } catch (error) {
      this.#poisoned = true
      await this.#takeBack()
      throw this.#failed(intent, error)
    }
    for (const line of lines) this.#size += line.length
    this.#link = next
  }

  /** Whether the log still has its name: bytes in a file that was removed are safe, and nobody will find them. */
  async #isThere(): Promise<boolean> {
    const there = await this.#env.disk.lstat(join(this.#folder, logName(this.#number)))
    return there?.identity === (await this.#file.stat()).identity
  }

  /** Truncates what a failed write left: appended after, it would hide what follows. */
  async #cutBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#size)
      await this.#file.sync()
    } catch {
      this.#poisoned = true // the write's own error is the one to report
    }
  }

  /**
   * The record may be whole in there, and a reader would count what was refused. As good as can be: nothing
   * that this file answers is believed any more, and `replay` passes over an intent that it has met before.
   */
  async #takeBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#size)
      await this.#file.sync()
    } catch {} // the failed sync is the error to report
  }

  async #startAnother(): Promise<void> {
    await this.#file.close().catch(() => {}) // poisoned: nothing in it is lost by a failing close
    const other = await LogWriter.#openAt(this.#env, this.#folder, this.#number + 1, FIRST)
    this.#number = other.#number
    this.#file = other.#file
    this.#size = other.#size
    this.#link = other.#link
    this.#poisoned = false
  }

  #failed(intent: Intent, error: unknown): DiskError {
    return new DiskError(
      `append intent ${intent.id.slice(0, 8)} to`,
      join(this.#folder, logName(this.#number)),
      error,
      ` at ${this.#size}`,
    )
  }

  close(): Promise<void> {
    return this.#last.then(() => this.#file.close())
  }
}

async function inspect(env: Env, path: string): Promise<{ link: Link; tornAt: number | undefined }> {
  const entries = scanLog(env.disk, path, env.hasher)
  let tornAt: number | undefined
  for (;;) {
    const { value, done } = await entries.next()
    if (done) return { link: value, tornAt }
    if (value.kind === 'torn') tornAt = value.at
    else if (value.kind !== 'intent')
      throw new JournalError(`${path} is ${value.kind} at byte ${value.at}: ${value.reason}`)
  }
}

async function cutTail(env: Env, folder: string, name: string, at: number): Promise<void> {
  const { disk } = env
  const bytes = (await disk.read(join(folder, name))).subarray(at)
  const aside = await disk.open(join(folder, `${name}.torn-${at}-${env.host.random(4)}`), 'create')
  try {
    await aside.write(bytes)
    await aside.sync()
  } finally {
    await aside.close()
  }
  // The copy's entry first: a crash between the two leaves the tail twice, never nowhere.
  await disk.syncFolder(folder)
  const log = await disk.open(join(folder, name), 'modify')
  try {
    await log.truncate(at)
    await log.sync()
  } finally {
    await log.close()
  }
}
