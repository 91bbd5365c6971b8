import type { ChildProcess } from 'node:child_process'
import { platform } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import spawn from 'cross-spawn'

/** How the server ended, to become the proxy's own end. */
export type End = { readonly code: number } | { readonly signal: NodeJS.Signals }

/** The wrapped language server. */
export interface ServerProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Undefined: it writes to the proxy's own stderr, which is never touched. */
  readonly stderr: Readable | undefined
  /** Resolves once it runs. @throws StartError */
  readonly started: Promise<void>
  /** It is gone. What it wrote may not be read yet, and a child that it left may hold its output open. */
  readonly exited: Promise<End>
  kill(signal: NodeJS.Signals): void
}

class StartError extends Error {
  override readonly name = 'StartError'
}

export interface ServerStart {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly stderr: 'inherit' | 'pipe'
}

/** Starts the server: the arguments as an array, never through a shell; `.cmd` shims as cross-spawn knows them. */
export function startServer(command: readonly string[], start: ServerStart): ServerProcess {
  const { env, cwd } = start
  const [file, ...args] = command
  const child: ChildProcess = spawn(file!, args, {
    stdio: ['pipe', 'pipe', start.stderr],
    env,
    cwd,
    windowsHide: true,
  })
  const { stdin, stdout, stderr } = child
  // When the server exits, Node reads on whatever it finds here, whether anybody listens or the editor is slow:
  // what the server wrote last would be lost, or fill the memory (`flushStdio` in child_process.js).
  ;(child.stdio as unknown[]).fill(null)
  const exited = new Promise<End>((done) => {
    child.once('exit', (code, signal) => done(signal === null ? { code: code ?? 1 } : { signal }))
  })
  const started = new Promise<void>((done, fail) => {
    child.once('spawn', () => done())
    // Later ones are of signals that could not be sent (EPERM): without a listener they would end the proxy.
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(new StartError(explain(command, error, env, cwd))),
    )
  })
  return {
    stdin: stdin!,
    stdout: stdout!,
    stderr: stderr ?? undefined,
    started,
    exited,
    kill: (signal) => kill(child, signal),
  }
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  // Windows has no signals, and behind a `.cmd` shim the server is a child of the child.
  if (platform() === 'win32' && child.pid !== undefined)
    spawn('taskkill', ['/T', '/F', '/PID', String(child.pid)], { stdio: 'ignore', windowsHide: true })
  else child.kill(signal)
}

function explain(
  command: readonly string[],
  error: NodeJS.ErrnoException,
  env: NodeJS.ProcessEnv,
  cwd: string,
): string {
  const reason =
    error.code === 'ENOENT' ? 'not found' : error.code === 'EACCES' ? 'not executable' : error.message
  return `cannot start the language server: ${command.join(' ')}: ${reason} (in ${cwd}, PATH ${env.PATH ?? 'not set'})`
}
