import { type ChildProcess, spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { LSP_WAL, type Stage } from './stage.ts'

export interface BlindStart {
  readonly child: ChildProcess
  readonly ended: Promise<number | NodeJS.Signals>
}

const LIMIT_MS = 20_000

/**
 * Starts a proxy in a workspace for an editor that cannot be asked: what dead sessions left is dealt with before the
 * server sees `initialize`, with the first byte of which this one ends.
 */
export function blindStart(
  stage: Stage,
  journal = stage.journal,
  options: readonly string[] = [],
): BlindStart {
  const [file, ...args] = [...LSP_WAL, '--journal', journal, ...options, '--', 'head', '-c', '1']
  const child = spawn(file!, args, {
    cwd: stage.workspace,
    stdio: ['pipe', 'ignore', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<number | NodeJS.Signals>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done(signal ?? code ?? -1))
  })
  const rootUri = pathToFileURL(stage.workspace).href
  const params = { processId: null, rootUri, capabilities: {} }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
  child.stdin!.on('error', () => {}) // it is killed before it has read it
  child.stdin!.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
  return { child, ended }
}
