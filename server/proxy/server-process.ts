import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import spawn from 'cross-spawn'

/** How the server ended, to become the proxy's own end. */
export type End = { readonly code: number } | { readonly signal: NodeJS.Signals }

/** The wrapped language server. Its stderr is the proxy's own, never touched here. */
export interface ServerProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly ended: Promise<End>
  /** Resolves once it runs. @throws StartError */
  readonly started: Promise<void>
  kill(signal: NodeJS.Signals): void
}

class StartError extends Error {
  override readonly name = 'StartError'
}

/** Starts the server: the arguments as an array, never through a shell; `.cmd` shims as cross-spawn knows them. */
export function startServer(command: readonly string[], env: NodeJS.ProcessEnv, cwd: string): ServerProcess {
  const [file, ...args] = command
  const child: ChildProcess = spawn(file!, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
    cwd,
    windowsHide: true,
  })
  const ended = new Promise<End>((done) => {
    // `close`, not `exit`: by then everything that it wrote has been read.
    child.once('close', (code, signal) => done(signal === null ? { code: code ?? 1 } : { signal }))
  })
  const started = new Promise<void>((done, fail) => {
    child.once('spawn', () => done())
    child.once('error', (error: NodeJS.ErrnoException) =>
      fail(new StartError(explain(command, error, env, cwd))),
    )
  })
  return {
    stdin: child.stdin!,
    stdout: child.stdout!,
    ended,
    started,
    kill: (signal) => void child.kill(signal),
  }
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
