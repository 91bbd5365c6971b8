import spawn from 'cross-spawn'
import {
  createMessageConnection,
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
  | { readonly kind: 'silent'; readonly problem: string }

const LONGEST_STDERR = 4096

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
  let complaints = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-LONGEST_STDERR)
  })
  child.stdin!.on('error', () => {}) // it may have ended: its status tells
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  )
  connection.onError(() => {}) // what it wrote is no message; then no answer comes
  connection.listen()
  let timer: NodeJS.Timeout | undefined
  const silent = new Promise<Talk>((done) => {
    const say = (problem: string) => done({ kind: 'silent', problem: withLastLine(problem, complaints) })
    child.once('error', (error) => say(`it cannot be started: ${error.message}`))
    child.once('close', (code, signal) => say(`it ended with ${signal ?? `status ${code}`} and no answer`))
    timer = setTimeout(() => say(`it did not answer within ${within / 1000} s`), within)
  })
  const answered = connection.sendRequest('initialize', params).then(
    (result): Talk => {
      const { capabilities, serverInfo } = (result ?? {}) as Record<
        string,
        Record<string, unknown> | undefined
      >
      const { name, version } = serverInfo ?? {}
      return {
        kind: 'answered',
        info: [name, version].filter((part) => typeof part === 'string').join(' '),
        capabilities: capabilities ?? {},
      }
    },
    // Anything else than its answer is seen in how it ends.
    (error: unknown): Talk | Promise<Talk> =>
      error instanceof ResponseError ? { kind: 'silent', problem: `it refuses: ${error.message}` } : silent,
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

function withLastLine(problem: string, complaints: string): string {
  const last = complaints.trim().split('\n').at(-1)
  return last === undefined || last === '' ? problem : `${problem}: ${last}`
}
