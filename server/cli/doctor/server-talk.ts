import spawn from 'cross-spawn'
import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node'

/** What a server says of itself, or why it does not. */
export type Talk =
  | {
      readonly kind: 'answered'
      readonly info: string
      readonly capabilities: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'silent' | 'refused'; readonly problem: string }

/** Starts a server, asks it what it can do, and ends it. `env`: its environment; `within`: milliseconds. */
export async function talkTo(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  params: object,
  within: number,
): Promise<Talk> {
  const [file, ...args] = command
  const child = spawn(file!, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const complaints = new Tail(child.stderr!)
  const output = new Tail(child.stdout!)
  child.stdin!.on('error', () => {}) // it may have ended: its status tells
  const reader = new StreamMessageReader(child.stdout!)
  // Of a message that breaks off it would ask for the rest again and again, and nothing would ever end.
  reader.partialMessageTimeout = 0
  const connection = createMessageConnection(reader, new StreamMessageWriter(child.stdin!))
  connection.onError(() => {}) // what it wrote is no message; then no answer comes
  let timer: NodeJS.Timeout | undefined
  const silent = new Promise<Talk>((done) => {
    const say = (problem: string) =>
      done({ kind: 'silent', problem: `${problem}${lastWords(complaints, output)}` })
    child.once('error', (error) => done({ kind: 'silent', problem: notStarted(error) }))
    child.once('close', (code, signal) => say(`it ended with ${signal ?? `status ${code}`} and no answer`))
    connection.onRequest('initialize', () => say('it sends back what it is told: it is no language server'))
    timer = setTimeout(() => say(`it did not answer within ${within / 1000} s`), within)
  })
  connection.listen()
  const answered = connection.sendRequest('initialize', params).then(
    (result): Talk => {
      const { capabilities, serverInfo } = (result ?? {}) as Record<
        string,
        Record<string, unknown> | undefined
      >
      const { name, version } = serverInfo ?? {}
      return {
        kind: 'answered',
        info: [name, versionOf(version)].filter((part) => typeof part === 'string').join(' '),
        capabilities: capabilities ?? {},
      }
    },
    // Anything else than its answer is seen in how it ends; that it could not be told anything is no answer either.
    (error: unknown): Talk | Promise<Talk> =>
      error instanceof ResponseError && !NOT_ITS_OWN.includes(error.code)
        ? { kind: 'refused', problem: `it refuses: ${error.message}` }
        : silent,
  )
  try {
    const talk = await Promise.race([answered, silent])
    if (talk.kind === 'answered') await leave(connection)
    return talk
  } finally {
    clearTimeout(timer)
    connection.dispose()
    child.kill('SIGKILL')
  }
}

const NOT_ITS_OWN: readonly number[] = [
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
]

/** What gopls has for a version is all that Go knows of its build. */
function versionOf(version: unknown): unknown {
  if (typeof version !== 'string' || !version.startsWith('{')) return version
  try {
    return (JSON.parse(version) as { Version?: unknown } | null)?.Version
  } catch {
    return undefined // whatever it is, it is no version
  }
}

/** A file that is there is "not there" where the program is not that its first line names. */
function notStarted(error: NodeJS.ErrnoException): string {
  const reason = error.code === 'ENOENT' ? 'what its first line names is not there' : error.message
  return `it cannot be started: ${reason}`
}

const LEAVE_MS = 2000

/** As editors do; a server that does not is killed. */
async function leave(connection: ReturnType<typeof createMessageConnection>): Promise<void> {
  const left = async () => {
    await connection.sendNotification('initialized', {})
    await connection.sendRequest('shutdown')
    await connection.sendNotification('exit')
  }
  await Promise.race([left().catch(() => {}), new Promise((done) => setTimeout(done, LEAVE_MS))])
}

/** What it complained last, or else of what it wrote where messages stand. */
function lastWords(complaints: Tail, output: Tail): string {
  const words =
    complaints.lastError || complaints.lastLine || (/^content-/i.test(output.text) ? '' : output.lastLine)
  return words === '' ? '' : `: ${words}`
}

const LONGEST = 4096

/** The end of a stream, for whoever reads what a program has said. */
class Tail {
  text = ''

  constructor(stream: NodeJS.ReadableStream) {
    stream.on('data', (chunk: Buffer) => {
      this.text = (this.text + chunk.toString('utf8')).slice(-LONGEST)
    })
  }

  get lastLine(): string {
    return this.#lines.at(-1)!
  }

  /** What it says of an error, above where in its source that was. */
  get lastError(): string | undefined {
    return this.#lines.findLast((line) => /\berror\b/i.test(line))
  }

  get #lines(): string[] {
    return this.text
      .trim()
      .split('\n')
      .map((line) => line.trim())
  }
}
