import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const LSP_WAL = [process.execPath, join(root, 'dist/server/main.js')]
export const HEADLESS = [process.execPath, join(root, 'dist/client-shim/main.js')]
export const DYING_PROXY = [process.execPath, join(root, 'test/.build/fixtures/dying-proxy.js')]
export const FIXTURE_SERVER = [process.execPath, join(root, 'test/.build/client-shim/fixture-server.js')]

export interface Ended {
  readonly status: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** A throw-away workspace and a journal beside it, for real processes. */
export class Stage {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'lsp-wal-test-')))
  readonly workspace = join(this.folder, 'workspace')
  readonly journal = join(this.folder, 'journal')

  constructor(files: Readonly<Record<string, string | Buffer>>) {
    mkdirSync(this.workspace)
    for (const [name, content] of Object.entries(files)) this.write(name, content)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }

  path(name: string): string {
    return join(this.workspace, name)
  }

  uri(name: string): string {
    return pathToFileURL(this.path(name)).href
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), content)
  }

  /** Every file of the workspace, as latin-1 text, so that every byte shows. */
  files(): Record<string, string> {
    const files: Record<string, string> = {}
    for (const entry of readdirSync(this.workspace, { recursive: true, encoding: 'utf8' }).sort()) {
      if (statSync(this.path(entry)).isFile()) files[entry] = readFileSync(this.path(entry), 'latin1')
    }
    return files
  }

  /** Everything in the journal, sessions' names left out. */
  journalFiles(): string[] {
    const all = readdirSync(this.journal, { recursive: true, encoding: 'utf8', withFileTypes: true })
    return all
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(this.journal, join(entry.parentPath, entry.name)).replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'S'),
      )
      .sort()
  }

  /** Runs `lsp-wal` in the workspace. */
  lspWal(...args: string[]): Promise<Ended> {
    return run([...LSP_WAL, ...args.slice(0, 1), '--journal', this.journal, ...args.slice(1)], this.workspace)
  }

  /** Runs the headless client with a script, in front of `command`. */
  headless(
    options: readonly string[],
    steps: readonly object[],
    command: readonly string[],
    start: object = {},
  ): Promise<Ended> {
    const script = JSON.stringify({ folders: ['.'], ...start, steps })
    return run([...HEADLESS, ...options, '-', '--', ...command], this.workspace, script)
  }

  /** The proxy as an editor's configuration has it, around the server that a test talks to. */
  wrapped(options: readonly string[] = [], server: readonly string[] = FIXTURE_SERVER): string[] {
    return [...LSP_WAL, '--journal', this.journal, ...options, '--', ...server]
  }
}

/** In a long form (see test/crash) other things go on beside it, on whatever machine. */
const LIMIT_MS = process.env.LSP_WAL_TEST_RUNS === undefined ? 25_000 : 600_000

export function run(command: readonly string[], cwd: string, input = '', timeout = LIMIT_MS): Promise<Ended> {
  return new Promise((done, fail) => {
    const [file, ...args] = command
    const child = spawn(file!, args, { cwd, stdio: 'pipe', timeout, killSignal: 'SIGKILL' })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8')
    })
    child.stdin.on('error', () => {}) // it may end before it has read its input: its status tells
    child.stdin.end(input)
    child.once('error', fail)
    child.once('close', (code, signal) => done({ status: signal ?? code ?? -1, stdout, stderr }))
  })
}
