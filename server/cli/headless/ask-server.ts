import { spawn } from 'node:child_process'
import { JournalError } from '../../journal/env.ts'
import type { HeldEdit } from '../../journal/held-edit.ts'
import type { Surroundings } from '../command.ts'
import type { HeadlessOptions } from './options.ts'
import type { Target } from './target.ts'

/** What is asked of the server; `client-shim/request/request.ts` reads it. */
export type Want =
  | { readonly what: 'rename'; readonly newName: string; readonly files?: number }
  | { readonly what: 'actions'; readonly kind?: string }
  | { readonly what: 'action'; readonly kind?: string; readonly title?: string }

/** What it answers; `client-shim/request/answer.ts` writes it. */
export type Answer =
  | ({ readonly answer: 'edit' } & Omit<HeldEdit, 'road'>)
  | { readonly answer: 'actions'; readonly server: string; readonly actions: readonly OfferedAction[] }
  | { readonly answer: 'choose'; readonly reason: string; readonly actions: readonly OfferedAction[] }
  | { readonly answer: 'usage' | 'refused'; readonly reason: string }

export interface OfferedAction {
  readonly title: string
  readonly kind: string
  readonly preferred: boolean
  readonly disabled?: string
}

/** Beyond the time that the client gives itself, to start and to end its server. */
const GRACE_MS = 20_000

/**
 * Has the headless client start the server and ask. Nothing is written by either, as far as the server keeps to its
 * protocol.
 * @throws JournalError where the client fails
 */
export function askServer(
  { programs, variables, env, progress }: Surroundings,
  { path, start, end }: Target,
  want: Want,
  options: HeadlessOptions,
): Promise<Answer> {
  const { folder, timeoutMs, settleMs, initializationOptions, configuration, server } = options
  const request = {
    folders: [folder],
    path,
    start,
    end,
    timeoutMs,
    settleMs,
    initializationOptions,
    configuration,
    want,
  }
  const [node, ...args] = [...programs.headless, '--request', '--', ...server]
  return new Promise((resolve, reject) => {
    const child = spawn(node!, args, {
      cwd: folder,
      // Should the server be wrapped by itself, it is not recorded twice.
      env: { ...variables, LSP_WAL_OUTER: String(env.host.pid) },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs + GRACE_MS,
      killSignal: 'SIGKILL',
    })
    let [answer, error]: [Answer | undefined, string] = [undefined, '']
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const said = JSON.parse(line) as Answer | { readonly progress: string }
        if ('progress' in said) progress(said.progress)
        else answer = said
      }
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      error = (error + chunk).slice(-4096)
    })
    child.stdin.on('error', () => {}) // its status tells
    // Kept open: when this process dies, the client ends its server.
    child.stdin.write(`${JSON.stringify(request)}\n`)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      progress('')
      if (answer !== undefined) resolve(answer)
      else reject(new JournalError(`the client ended with ${signal ?? code}: ${error.trim()}`))
    })
  })
}
