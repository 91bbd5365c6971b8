import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { JournalError } from '../../journal/env.ts'

/** What the demo runs: a real language server and a real compiler. */
export interface Tools {
  readonly server: readonly string[]
  readonly tsserver: string
  readonly compiler: readonly string[]
}

/**
 * Finds typescript-language-server and a TypeScript that has a tsserver, beside lsp-wal or in `cwd`.
 * @throws JournalError saying what to install
 */
export function findTools(node: string, cwd: string): Tools {
  const server = find('typescript-language-server/package.json', cwd)
  // TypeScript 7 has no tsserver any more; `typescript-5` is the name under which this package's own
  // development set-up keeps the last one that has.
  const tsserver = find('typescript-5/lib/tsserver.js', cwd) ?? find('typescript/lib/tsserver.js', cwd)
  if (server === undefined || tsserver === undefined)
    throw new JournalError(
      'the demo needs a language server: npm install --no-save typescript-language-server@5 typescript@5, then again in that folder',
    )
  return {
    server: [join(dirname(dirname(server)), '.bin', 'typescript-language-server'), '--stdio'],
    tsserver,
    compiler: [node, join(dirname(tsserver), 'tsc.js')],
  }
}

function find(file: string, cwd: string): string | undefined {
  for (const from of [import.meta.url, join(cwd, 'package.json')]) {
    try {
      return createRequire(from).resolve(file)
    } catch {
      // not there: the next place
    }
  }
  return undefined
}

export interface Finished {
  readonly status: number | NodeJS.Signals
  readonly stdout: string
}

const LIMIT_MS = 60_000

/** Runs a program to its end, or kills it after a minute. */
export function run(command: readonly string[], cwd: string, input = ''): Promise<Finished> {
  return new Promise((done, fail) => {
    const [file, ...args] = command
    const child = spawn(file!, args, {
      cwd,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
    })
    child.stdin.on('error', () => {}) // it may end before it has read its input: its status tells
    child.stdin.end(input)
    child.once('error', fail)
    child.once('close', (code, signal) => done({ status: signal ?? code ?? 1, stdout }))
  })
}
