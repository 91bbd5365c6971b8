import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import spawn from 'cross-spawn'
import { within } from './deadline.ts'

/** How a server process ended: a status or a signal. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerCommand {
  readonly command: readonly [string, ...string[]]
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv | undefined
  /** `capture` keeps the last lines, for error messages; `inherit` shows them as they come. */
  readonly stderr: 'inherit' | 'capture'
  /** The server leads a process group of its own, so that everything it starts can be killed with it. */
  readonly ownProcessGroup: boolean
}

/** The server is gone, and with it what was asked of it; `exit` says how it went. */
export class ServerEndedError extends Error {
  override readonly name = 'ServerEndedError'
  readonly exit: ServerExit

  constructor(message: string, exit: ServerExit) {
    super(message)
    this.exit = exit
  }
}

const STDERR_KEPT = 4096
/** A grandchild that holds the pipes open keeps `close` from ever coming: it is waited for no longer. */
const CLOSE_PAUSE_MS = 500
const SIGNAL_PAUSE_MS = 1000

/** A started server: its streams, its end, and the way to make it end. */
export class ServerProcess {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when the process has ended and what it wrote before has been read. */
  readonly ended: Promise<ServerExit>
  readonly #child: ChildProcess
  readonly #command: string
  #exit: ServerExit | undefined
  #stderr = ''

  /** Starts the command, never through a shell; throws when it cannot be started. */
  static async start(server: ServerCommand): Promise<ServerProcess> {
    const [file, ...args] = server.command
    const child = spawn(file, args, {
      cwd: server.cwd,
      env: server.env,
      detached: server.ownProcessGroup,
      stdio: ['pipe', 'pipe', server.stderr === 'capture' ? 'pipe' : 'inherit'],
    })
    const started = new ServerProcess(child, server.command.join(' '))
    try {
      await once(child, 'spawn')
    } catch (cause) {
      const command = server.command.join(' ')
      throw new Error(`cannot start the server ${command} in ${server.cwd}: ${reasonOf(cause)}`, { cause })
    }
    // Only a signal that cannot be delivered is reported from here on; `stop` notices that by itself.
    child.on('error', () => {})
    return started
  }

  private constructor(child: ChildProcess, command: string) {
    this.#child = child
    this.#command = command
    this.pid = child.pid ?? -1
    this.stdin = child.stdin!
    this.stdout = child.stdout!
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)
    })
    const closed = new Promise<void>((resolve) => {
      child.once('close', () => resolve())
    })
    const exited = new Promise<ServerExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    this.ended = exited.then(async (exit) => {
      // What the server said last is still in the pipe: it is delivered before its end is announced.
      await within(CLOSE_PAUSE_MS, 'the pipes to close', closed).catch(() => {})
      this.#exit = exit
      return exit
    })
  }

  /** Undefined as long as the server runs. */
  get exit(): ServerExit | undefined {
    return this.#exit
  }

  /** The last lines of a captured stderr. */
  get lastWords(): string {
    return this.#stderr.trimEnd().split('\n').slice(-10).join('\n')
  }

  endedError(during: string, exit: ServerExit): ServerEndedError {
    const how = exit.signal === null ? `exited with status ${exit.code}` : `was killed by ${exit.signal}`
    const words = this.lastWords === '' ? '' : `; its last words:\n${this.lastWords}`
    return new ServerEndedError(`${during}: the server (${this.#command}) ${how}${words}`, exit)
  }

  /** Closes its stdin, waits, then SIGTERM, then SIGKILL, with a pause after each. */
  async stop(pauseMs: number): Promise<ServerExit> {
    this.stdin.end()
    try {
      return await within(pauseMs, 'the server to leave', this.ended).catch(() => {
        this.#child.kill('SIGTERM')
        return within(SIGNAL_PAUSE_MS, 'the server to obey SIGTERM', this.ended)
      })
    } catch {
      return await this.kill()
    } finally {
      this.#release()
    }
  }

  /** SIGKILL, at once. */
  async kill(): Promise<ServerExit> {
    this.#child.kill('SIGKILL')
    try {
      const pauseMs = SIGNAL_PAUSE_MS + CLOSE_PAUSE_MS
      return await within(pauseMs, `process ${this.pid} to die of SIGKILL`, this.ended)
    } finally {
      this.#release()
    }
  }

  /** Lets go of the pipes, which a grandchild may hold open for as long as it likes. */
  #release(): void {
    this.stdin.destroy()
    this.stdout.destroy()
    this.#child.stderr?.destroy()
  }
}

function reasonOf(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'not found'
  return code === 'EACCES' ? 'it may not be run' : String(cause)
}
