import { join } from 'node:path'
import type { Answer, Listener } from '../disk/host.ts'
import type { Draft } from './draft.ts'
import type { Env } from './env.ts'
import type { Intent } from './intent.ts'
import { LogGone, LogWriter } from './log-writer.ts'
import { isFinal, type Outcome, OutcomeWriter } from './outcomes.ts'
import { checkOwn, prepareRoot, type Root, syncRoot } from './root.ts'
import {
  CLAIMED,
  type FoundSession,
  SESSION_FILE,
  type SessionInfo,
  type SessionStart,
  SOCKET,
} from './session-folder.ts'

// sockaddr_un holds 104 bytes on macOS and 108 on Linux, its NUL included.
const LONGEST_SOCKET = 100

/**
 * One run of the proxy, or of a command that writes: it owns one folder under `live/` and its log.
 * The folder is made with the first intent or claim; a session that sees none leaves nothing behind.
 */
export class Session {
  readonly id: string
  readonly #env: Env
  readonly #root: Root
  readonly #start: SessionStart
  readonly #tell: (problem: unknown) => void
  readonly #answers: Answers
  #made: Promise<Made> | undefined
  #startedAt: string | undefined
  /** Resolves once `session.json` names all of the session's folders; undefined: it is to be written anew. */
  #named: Promise<void> | undefined
  /** This session's intents that have no final outcome yet. */
  readonly #pending = new Set<string>()
  #appended = false

  constructor(
    env: Env,
    root: Root,
    start: SessionStart,
    tell: (problem: unknown) => void,
    answers: Answers = { openPaths: () => [] },
  ) {
    this.#answers = answers
    this.#env = env
    this.#root = root
    this.#start = start
    this.#tell = tell
    const stamp = env.host
      .now()
      .toISOString()
      .replace(/[-:]|\.\d+/g, '')
    this.id = `${stamp}-${env.host.random(4)}`
  }

  get folder(): string {
    return join(this.#root.live, this.id)
  }

  /** Makes the folder before anything is recorded: others can call this session from then on. */
  async open(): Promise<void> {
    await this.#make().catch(() => {}) // whoever records something tries again, and is told
  }

  /** Its editor works in more folders from now on: `SessionStart.folders` has grown. */
  foldersAdded(): void {
    this.#named = undefined
  }

  /**
   * Makes the intent durable; resolves with it, its files' bytes where they stand in the log.
   * @throws DiskError, JournalError, and whatever kept the files from being had
   */
  async append(intent: Intent | Draft): Promise<Intent> {
    const recorded = await this.#append(intent)
    this.#appended = true
    this.#pending.add(intent.id)
    return recorded
  }

  async #append(intent: Intent | Draft): Promise<Intent> {
    try {
      return await this.#appendNow(intent)
    } catch (error) {
      if (!(error instanceof LogGone)) throw error
      // The user may have cleared the whole journal away: a new folder, once.
      await this.#leaveBehind()
      return await this.#appendNow(intent)
    }
  }

  async #appendNow(intent: Intent | Draft): Promise<Intent> {
    const made = await this.#make()
    await this.#name(made)
    return made.log.append(intent)
  }

  #name(made: Made): Promise<void> {
    this.#named ??= this.#nameFolders(made)
    this.#named.catch(() => {
      this.#named = undefined
    })
    return this.#named
  }

  /** Before anything is recorded in a folder, so that the next start there finds it. */
  async #nameFolders({ socket }: Made): Promise<void> {
    const { disk, host } = this.#env
    // It is gone, and appending will tell.
    if ((await disk.lstat(join(this.folder, SESSION_FILE))) === undefined) return
    await prepareRoot(this.#env, this.#root, this.#start.folders) // the journal may lie in one of them
    // Under a name that no reader looks at, and that is cleared away after a crash.
    const building = join(this.#root.live, `.${this.id}-${host.random(2)}`)
    try {
      await disk.makeFolder(building, 0o700)
      await this.#writeInfo(building, socket)
      await disk.rename(join(building, SESSION_FILE), join(this.folder, SESSION_FILE))
      // A rename from folder to folder is durable once both are.
      await both(disk.syncFolder(this.folder), disk.syncFolder(building))
    } finally {
      await disk.remove(join(building, SESSION_FILE)).catch(() => {}) // it has been moved, as a rule
      await disk.removeFolder(building).catch(() => {}) // the tidying of the journal takes it
    }
  }

  async #leaveBehind(): Promise<void> {
    const made = await this.#made
    this.#made = undefined
    this.#pending.clear() // their records are gone with the log
    await made?.log.close().catch(() => {}) // nobody will read it any more
    await made?.listener.close()
  }

  /** Records what became of one of this session's intents, in the background. */
  note(outcome: Outcome): void {
    if (isFinal(outcome.event)) this.#pending.delete(outcome.id)
    void this.#made?.then(({ outcomes }) => outcomes.add(outcome), this.#tell)
  }

  /** Resolves once everything noted so far is on the disk (or has failed, and that was told). */
  async flush(): Promise<void> {
    const made = await this.#made?.catch(() => undefined) // whoever asked for it to be made was told
    await made?.outcomes.flush()
  }

  /**
   * Takes a dead session over by one atomic rename into this session's folder.
   * `undefined`: another one was faster.
   */
  async claim(dead: FoundSession): Promise<FoundSession | undefined> {
    if ((await this.#env.disk.lstat(dead.path)) === undefined) return undefined
    await this.#make()
    const path = join(this.folder, CLAIMED, dead.info.session)
    try {
      await checkOwn(this.#env, dead.path)
      await this.#env.disk.rename(dead.path, path)
    } catch (error) {
      if ((await this.#env.disk.lstat(dead.path)) === undefined) return undefined
      throw error
    }
    // Nobody answers there any more, and in history nobody ever will.
    await this.#env.disk.remove(join(path, SOCKET)).catch(() => {})
    // A crash from here on leaves it inside a dead session, where the next start finds it.
    await this.#env.disk.syncFolder(join(this.folder, CLAIMED))
    return { ...dead, path }
  }

  /** Moves a claimed session on: to `history` when everything in it is settled, else back to `live`. */
  async release(claimed: FoundSession, to: 'live' | 'history'): Promise<void> {
    const parent = (await this.#holdsClaimed(claimed.path)) ? this.#root.live : this.#root[to]
    await this.#moveTo(claimed.path, join(parent, claimed.info.session), parent)
  }

  /** Removes a claimed session that holds nothing. */
  async remove(claimed: FoundSession): Promise<void> {
    if (await this.#holdsClaimed(claimed.path)) await this.release(claimed, 'live')
    else await this.#removeFolder(claimed.path)
  }

  /** Ends the session: to `history/` with nothing pending, away altogether if it holds nothing. */
  async end(): Promise<void> {
    if (this.#made === undefined) return
    const made = await this.#made.catch(() => undefined)
    if (made === undefined) return // its making failed, and whoever asked for it was told
    await made.outcomes.close()
    await made.log.close()
    await made.listener.close()
    const { disk } = this.#env
    await disk.remove(made.socket).catch(() => {}) // closing the listener removed it where its path still held
    if (made.socketFolder !== undefined) await disk.removeFolder(made.socketFolder).catch(this.#tell)
    // A claimed session that could not be moved on would be buried in history: the next start finds it here.
    if (this.#pending.size > 0 || (await this.#holdsClaimed(this.folder))) return
    if (this.#appended)
      return this.#moveTo(this.folder, join(this.#root.history, this.id), this.#root.history)
    await this.#removeFolder(this.folder)
  }

  /** Whether sessions stand in there; an empty folder is one whose removal was cut short, and goes with this. */
  async #holdsClaimed(folder: string): Promise<boolean> {
    const { disk } = this.#env
    const claimed = join(folder, CLAIMED)
    let holds = false
    for (const { name } of (await disk.list(claimed)) ?? []) {
      // No system removes a folder that is not empty: whatever fails here, nothing is lost.
      await disk.removeFolder(join(claimed, name)).catch(() => {
        holds = true
      })
    }
    return holds
  }

  async #removeFolder(folder: string): Promise<void> {
    const { disk } = this.#env
    const claimed = join(folder, CLAIMED)
    if ((await disk.list(claimed)) !== undefined) {
      // What was moved out of it must be durably elsewhere before its holder is no session any more.
      await disk.syncFolder(claimed)
      await disk.removeFolder(claimed)
    }
    // What makes it a session goes last: a crash leaves one that the next start finds and removes.
    const names = ((await disk.list(folder)) ?? []).map(({ name }) => name)
    for (const name of names) if (name !== SESSION_FILE) await disk.remove(join(folder, name))
    // In this order also with the power lost: a log without it would be found by nobody, and stay for good.
    await disk.syncFolder(folder)
    await disk.remove(join(folder, SESSION_FILE))
    await disk.removeFolder(folder)
  }

  async #moveTo(from: string, to: string, parent: string): Promise<void> {
    // Empty, or it could not be removed: nothing in there is anybody's.
    await this.#env.disk.removeFolder(join(from, CLAIMED)).catch(() => {})
    await this.#env.disk.rename(from, to)
    await this.#env.disk.syncFolder(parent)
    await this.#env.disk.syncFolder(this.#root.live)
  }

  #make(): Promise<Made> {
    this.#made ??= this.#makeFolder()
    // A failure (a full disk) may pass: the next intent tries again.
    this.#made.catch(() => {
      this.#made = undefined
    })
    return this.#made
  }

  /**
   * The folder is made under a name that no reader looks at, and renamed once the session answers on its
   * socket: a folder in `live/` without one would be taken for a dead session's.
   */
  async #makeFolder(): Promise<Made> {
    const { disk, host } = this.#env
    await prepareRoot(this.#env, this.#root, this.#start.folders)
    this.#named = Promise.resolve()
    const hidden = () => join(this.#root.live, `.${this.id}-${host.random(2)}`)
    // What an earlier try could not take back, on a disk that failed then: nothing is recorded in it.
    if ((await disk.lstat(this.folder)) !== undefined) await disk.rename(this.folder, hidden())
    const building = hidden()
    await disk.makeFolder(building, 0o700)
    await disk.makeFolder(join(building, CLAIMED), 0o700)
    const { listener, socket, socketFolder } = await this.#listen(building)
    try {
      await this.#writeInfo(building, socket)
      await disk.rename(building, this.folder)
      // Beside each other: an editor waits for them, and all that counts is that both are done before an intent is.
      await both(disk.syncFolder(this.#root.live), syncRoot(this.#env, this.#root))
      const log = await LogWriter.open(this.#env, this.folder)
      const outcomes = new OutcomeWriter(this.#env, this.folder, this.#tell)
      return { log, outcomes, listener, socket, socketFolder }
    } catch (error) {
      await listener.close()
      // Back under its hidden name, so that the next intent finds the place free.
      await disk.rename(this.folder, building).catch(() => {})
      throw error
    }
  }

  async #answer(request: string | undefined): Promise<string> {
    if (request === undefined)
      return JSON.stringify({ session: this.id, pid: this.#env.host.pid, open: this.#answers.openPaths() })
    try {
      const done = await this.#answers.carryOut?.(JSON.parse(request))
      return JSON.stringify(done ?? { error: 'this session takes no orders' })
    } catch (error) {
      return JSON.stringify({ error: error instanceof Error ? error.message : String(error) })
    }
  }

  async #writeInfo(building: string, socket: string): Promise<void> {
    const { disk, host } = this.#env
    this.#startedAt ??= host.now().toISOString()
    const info: SessionInfo = {
      version: 1,
      session: this.id,
      ...this.#start,
      host: host.name,
      ...(host.machine !== undefined && { machine: host.machine }),
      boot: host.boot,
      pid: host.pid,
      start: (await host.processStart(host.pid)) ?? '',
      startedAt: this.#startedAt,
      socket,
    }
    const file = await disk.open(join(building, SESSION_FILE), 'create')
    try {
      await file.write(Buffer.from(`${JSON.stringify(info, undefined, 2)}\n`))
      await both(file.sync(), disk.syncFolder(building))
    } finally {
      await file.close()
    }
  }

  async #listen(building: string): Promise<Pick<Made, 'listener' | 'socket' | 'socketFolder'>> {
    const { disk, host } = this.#env
    const answer: Answer = (request) => this.#answer(request)
    if (host.uid === undefined) {
      const pipe = `\\\\.\\pipe\\lsp-wal-${this.id}`
      return { listener: await host.listen(pipe, answer), socket: pipe, socketFolder: undefined }
    }
    if (Buffer.byteLength(join(building, SOCKET)) <= LONGEST_SOCKET)
      return {
        listener: await host.listen(join(building, SOCKET), answer),
        socket: join(this.folder, SOCKET),
        socketFolder: undefined,
      }
    const elsewhere = join(host.temporary, `lsp-wal-${host.random(8)}`)
    await disk.makeFolder(elsewhere, 0o700)
    const socket = join(elsewhere, SOCKET)
    return { listener: await host.listen(socket, answer), socket, socketFolder: elsewhere }
  }
}

/** What a session says to those who call it over its socket (FORMAT.md). */
export interface Answers {
  /** The files that its editor holds open. */
  openPaths(): readonly string[]
  /** Does what it is asked for, JSON as it came; rejects with the reason why it is not done. */
  carryOut?(request: unknown): Promise<object>
}

/** Both, one beside the other. Rejects only once both have ended: what follows a failure finds nothing going on. */
async function both(...promises: readonly [Promise<void>, Promise<void>]): Promise<void> {
  await Promise.allSettled(promises)
  await Promise.all(promises)
}

interface Made {
  readonly log: LogWriter
  readonly outcomes: OutcomeWriter
  readonly listener: Listener
  readonly socket: string
  /** Made for a socket whose path would be too long in the session's own folder. */
  readonly socketFolder: string | undefined
}
