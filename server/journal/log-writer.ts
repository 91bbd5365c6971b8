import { join } from 'node:path'
import { type Disk, DiskError, type DiskFile } from '../disk/disk.ts'
import { type Draft, draftOf } from './draft.ts'
import { FIRST, IntentLines, type Link } from './encode.ts'
import { type Env, JournalError } from './env.ts'
import type { Intent } from './intent.ts'
import { LogFile } from './log-bytes.ts'
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
  #log: OpenLog
  /** The bytes in the file are no longer known to be what was written: never append to it again. */
  #poisoned = false
  /** Something of the intent that is being appended may be in the file. */
  #isBegun = false
  #last: Promise<unknown> = Promise.resolve()

  private constructor(env: Env, folder: string, log: OpenLog) {
    this.#env = env
    this.#folder = folder
    this.#log = log
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
    return new LogWriter(env, folder, await openLog(env, folder, number, link))
  }

  /**
   * Writes the intent and makes it durable: when this resolves it survives a crash of the machine. What it resolves
   * with is the same intent, its files' bytes where they stand in the log now.
   * When it rejects, no reader will ever see a part of it.
   * @throws DiskError naming the log, the offset and the system's code; and whatever kept the files from being had
   */
  append(intent: Intent | Draft): Promise<Intent> {
    const draft = 'batches' in intent ? intent : draftOf(intent)
    const turn = this.#last.then(() => this.#appendNow(draft))
    this.#last = turn.catch(() => {}) // the caller has the rejection; the next append has its own
    return turn
  }

  async #appendNow(draft: Draft): Promise<Intent> {
    if (this.#poisoned) await this.#startAnother()
    try {
      return await this.#write(draft)
    } catch (error) {
      if (!this.#poisoned) throw error
      // A failed fsync: the kernel has marked the pages clean, so asking again would lie. A new file once.
      await this.#startAnother()
      return await this.#write(draft)
    }
  }

  async #write(draft: Draft): Promise<Intent> {
    const log = this.#log
    let written: { readonly length: number; readonly link: Link; readonly intent: Intent }
    try {
      // A crash in here leaves a torn tail or an intent whose parts are not all there: neither counts.
      written = await this.#writeLines(draft)
    } catch (error) {
      if (this.#isBegun) await this.#cutBack()
      throw error
    }
    // All of it beside each other: of what is found wrong now, nothing has been forwarded.
    const [named, ...synced] = await Promise.allSettled([
      this.#isThere(),
      log.file.sync(),
      // The folder's entry for a new log must not be lost with the log's bytes safe in it.
      ...(log.size === 0 ? [this.#env.disk.syncFolder(this.#folder)] : []),
    ])
    const failure = synced.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
    if (failure !== undefined) {
      this.#poisoned = true
      await this.#takeBack()
      throw this.#failed(draft, failure.reason)
    }
    if (named.status === 'rejected') {
      await this.#cutBack()
      throw this.#failed(draft, named.reason)
    }
    if (!named.value) {
      // Wherever the file is now, what it holds is not to count: the intent is recorded elsewhere, or not at all.
      await this.#takeBack()
      throw new LogGone(log.path)
    }
    log.size += written.length
    log.link = written.link
    return written.intent
  }

  /** Each line is put together while the one before it is written. */
  async #writeLines(draft: Draft): Promise<{ length: number; link: Link; intent: Intent }> {
    const { file, link, path, size } = this.#log
    const { disk, hasher } = this.#env
    const lines = new IntentLines(draft, hasher, { link, at: size, log: new LogFile(disk, path) })
    this.#isBegun = false
    let length = 0
    let writing = Promise.resolve()
    const write = async (written: Iterable<Buffer>) => {
      for (const line of written) {
        await writing
        this.#isBegun = true
        length += line.length
        writing = file.write(line).catch((error: unknown) => {
          throw this.#failed(draft, error)
        })
        writing.catch(() => {}) // whoever waits for it is told, be it after the next files were read
      }
    }
    try {
      for await (const batch of draft.batches()) await write(lines.add(batch))
      await write(lines.end())
      await writing
      return { length, link: lines.link, intent: lines.intent }
    } finally {
      // Not before it has ended is a half written line cut off. Its failure, if it is one, is on its way already.
      await writing.catch(() => {})
    }
  }

  /** Whether the log still has its name: bytes in a file that was removed are safe, and nobody will find them. */
  async #isThere(): Promise<boolean> {
    return (await this.#env.disk.lstat(this.#log.path))?.identity === this.#log.identity
  }

  /** Truncates what a failed write left: appended after, it would hide what follows. */
  async #cutBack(): Promise<void> {
    try {
      await this.#log.file.truncate(this.#log.size)
      await this.#log.file.sync()
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
      await this.#log.file.truncate(this.#log.size)
      await this.#log.file.sync()
    } catch {} // the failed sync is the error to report
  }

  async #startAnother(): Promise<void> {
    // Where it could not be before, on a disk that failed for a while: what was refused must not count.
    await this.#takeBack()
    await this.#log.file.close().catch(() => {}) // poisoned: nothing in it is lost by a failing close
    this.#log = await openLog(this.#env, this.#folder, this.#log.number + 1, FIRST)
    this.#poisoned = false
  }

  #failed({ id }: Draft, error: unknown): DiskError {
    const { path, size } = this.#log
    return new DiskError(`append intent ${id.slice(0, 8)} to`, path, error, ` at ${size}`)
  }

  close(): Promise<void> {
    return this.#last.then(() => this.#log.file.close())
  }
}

interface OpenLog {
  readonly number: number
  readonly path: string
  readonly file: DiskFile
  /** The file's own, whatever has its name by now. */
  readonly identity: string
  /** Of what is known to be durable, in bytes. */
  size: number
  link: Link
}

async function openLog(env: Env, folder: string, number: number, link: Link): Promise<OpenLog> {
  const path = join(folder, logName(number))
  const file = await env.disk.open(path, 'append')
  const { identity, size } = await file.stat()
  return { number, path, file, identity, size, link }
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
  await copyFrom(disk, join(folder, name), at, join(folder, `${name}.torn-${at}-${env.host.random(4)}`))
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

/** An append that was cut short may be as large as the files that it was about. */
async function copyFrom(disk: Disk, path: string, at: number, to: string): Promise<void> {
  const from = await disk.open(path, 'read')
  try {
    const copy = await disk.open(to, 'create')
    try {
      const chunk = Buffer.allocUnsafe(COPY_BYTES)
      for (let position = at; ; ) {
        const length = await from.readAt(chunk, position)
        if (length === 0) break
        await copy.write(chunk.subarray(0, length))
        position += length
      }
      await copy.sync()
    } finally {
      await copy.close()
    }
  } finally {
    await from.close()
  }
}

const COPY_BYTES = 1024 * 1024
