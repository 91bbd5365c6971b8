import { parseArgs } from 'node:util'
import type { DieAt, SavePolicy } from './edit-queue.ts'

export const USAGE = `Usage: lsp-wal-headless [options] SCRIPT.json -- SERVER [ARG…]
       lsp-wal-headless --request -- SERVER [ARG…]

Starts a language server, does what the script says, and applies the edits that come
to the files on disk. SCRIPT.json is - for standard input:

  { "folders": ["."], "configuration": {}, "initializationOptions": {}, "savePolicy": "all",
    "steps": [
      { "open": "src/a.ts" },
      { "rename": { "path": "src/a.ts", "line": 0, "character": 13, "newName": "sum", "files": 3 } },
      { "codeAction": { "path": "src/a.ts", "range": { "start": …, "end": … },
                        "title": "Move to a new file", "kind": "/^refactor/", "files": 2 } },
      { "executeCommand": { "command": "lsp-wal.undo", "arguments": [], "edits": 1 } },
      { "renameFile": { "from": "src/a.ts", "to": "src/b.ts" } },
      { "waitForMessage": "regular expression" },
      { "waitForDiagnostics": { "path": "src/a.ts", "count": 1 } },
      { "save": "all" }, { "close": "src/a.ts" }, { "shutdown": true } ] }

Paths are relative to the working directory; lines and characters count from 0.
A script that does not end with a shutdown is given one.

Options:
  --save never|all|first=N       what is saved after an edit; the script's savePolicy, or all
  --save-before-answer           save before workspace/applyEdit is answered
  --die-at before-answer|files-saved=K|after-answer
                                 SIGKILL this process then
  --die-with-server              and the server's process group just before
  --answer TITLE                 choose this action when the server asks; repeatable
  --timeout SECONDS              how long to wait for anything; 30
  --trace FILE                   write every message to FILE, one JSON object a line
  --json                         one JSON object a step
  --request                      what lsp-wal rename and lsp-wal action ask by: one line of JSON on standard input,
                                 answered in JSON on standard output; edits are handed over, and not written
  --help, --version

Exit status: 0 done, 1 a step failed, 2 usage.
`

/** What the arguments ask for. */
export type CommandLine =
  | { readonly run: 'help' }
  | { readonly run: 'version' }
  | { readonly run: 'request'; readonly server: readonly [string, ...string[]] }
  | {
      readonly run: 'script'
      readonly script: string
      readonly server: readonly [string, ...string[]]
      readonly savePolicy: SavePolicy | undefined
      readonly saveBeforeAnswer: boolean
      readonly dieAt: DieAt | undefined
      readonly dieWithServer: boolean
      readonly answers: readonly string[]
      readonly timeoutMs: number | undefined
      readonly trace: string | undefined
      readonly json: boolean
    }

/** The arguments make no sense; the message says which. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads the arguments after the program's name. Everything behind `--` is the server's. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const end = argv.indexOf('--')
  const { values, positionals } = parseOwn(end === -1 ? argv : argv.slice(0, end))
  if (values.help) return { run: 'help' }
  if (values.version) return { run: 'version' }
  if (values.request) {
    const [positional] = positionals
    if (positional !== undefined) throw new UsageError(`--request takes no script: ${positional}`)
    return { run: 'request', server: serverOf(argv, end) }
  }
  const [script, ...others] = positionals
  if (script === undefined) throw new UsageError('no script is given')
  if (others.length > 0) throw new UsageError(`one script at a time; the server comes after --: ${others[0]}`)
  const server = serverOf(argv, end)
  const dieAt = values['die-at'] === undefined ? undefined : dieAtOf(values['die-at'])
  if (values['die-with-server'] && dieAt === undefined) {
    throw new UsageError('--die-with-server says how to die; --die-at must say when')
  }
  return {
    run: 'script',
    script,
    server,
    savePolicy: values.save === undefined ? undefined : savePolicyOf(values.save),
    saveBeforeAnswer: values['save-before-answer'] ?? false,
    dieAt,
    dieWithServer: values['die-with-server'] ?? false,
    answers: values.answer ?? [],
    timeoutMs: values.timeout === undefined ? undefined : 1000 * countOf('--timeout', values.timeout),
    trace: values.trace,
    json: values.json ?? false,
  }
}

function serverOf(argv: readonly string[], end: number): [string, ...string[]] {
  const [command, ...args] = end === -1 ? [] : argv.slice(end + 1)
  if (command === undefined) throw new UsageError('no server is given, after --')
  return [command, ...args]
}

function parseOwn(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        save: { type: 'string' },
        'save-before-answer': { type: 'boolean' },
        'die-at': { type: 'string' },
        'die-with-server': { type: 'boolean' },
        answer: { type: 'string', multiple: true },
        timeout: { type: 'string' },
        trace: { type: 'string' },
        json: { type: 'boolean' },
        request: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    })
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function savePolicyOf(text: string): SavePolicy {
  if (text === 'never' || text === 'all') return text
  if (text.startsWith('first=')) return { first: countOf('--save first', text.slice('first='.length)) }
  throw new UsageError(`--save is never, all or first=N, not ${text}`)
}

function dieAtOf(text: string): DieAt {
  if (text === 'before-answer' || text === 'after-answer') return text
  if (text.startsWith('files-saved=')) {
    return { filesSaved: countOf('--die-at files-saved', text.slice('files-saved='.length)) }
  }
  throw new UsageError(`--die-at is before-answer, files-saved=K or after-answer, not ${text}`)
}

function countOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} takes a number from 1 on, not ${text}`)
  return Number(text)
}
