import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { homedir, hostname, tmpdir, uptime } from 'node:os'
import { promisify } from 'node:util'
import type { Answer, Asking, Call, Host, Listener } from './host.ts'

const CALL_MS = 1000
/** A session tells the files that its editor holds open; whoever says more is none. */
const MOST_TOLD_BYTES = 16 * 1024 * 1024
/** What it is asked for is answered at more length. */
const MOST_ANSWERED_BYTES = 512 * 1024 * 1024
const MOST_ASKED_BYTES = 1024 * 1024
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'ENOTDIR', 'ELOOP'])

type Self = Pick<NodeJS.Process, 'pid' | 'ppid' | 'getuid' | 'kill'>

/** The real machine, seen from the process `self`. */
export function nodeHost(self: Self): Host {
  return {
    name: hostname(),
    machine: machineId(),
    boot: bootOf(),
    pid: self.pid,
    uid: self.getuid?.(),
    home: homedir(),
    temporary: tmpdir(),
    now: () => new Date(),
    random: (bytes) => randomBytes(bytes).toString('hex'),
    processStart: (pid) => processStart(pid, self),
    isAbove: (pid) => isAbove(pid, self),
    runs: (pid) => isThere(pid, self) && statOf(pid)?.state !== 'Z',
    listen,
    call,
    hasSocket,
  }
}

function machineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined // machine-id(5)
  } catch {
    return undefined // not Linux, or a container
  }
}

function bootOf(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Not Linux: the minute the machine was started. Clocks drift and are set, so this may call one boot
    // two; a session of "another boot" on this host is dead all the same, and that is all it decides.
    return `up-${Math.round((Date.now() / 1000 - uptime()) / 60)}`
  }
}

async function processStart(pid: number, self: Self): Promise<string | undefined> {
  try {
    const { state, start } = statIn(await readFile(`/proc/${pid}/stat`, 'latin1'))
    return state === 'Z' || state === 'X' ? undefined : start
  } catch {
    return (await hasProc()) ? undefined : startFromPs(pid, self)
  }
}

interface ProcessStat {
  /** Z: ended, not yet waited for. */
  readonly state: string | undefined
  readonly parent: number
  /** In ticks since boot. */
  readonly start: string | undefined
}

/** proc(5): the second field is the command in parentheses and may hold anything, ")" too. */
function statIn(text: string): ProcessStat {
  const [state, parent, ...others] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent), start: others[17] }
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    return statIn(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined // no such process, or no Linux
  }
}

function isAbove(pid: number, self: Self): boolean {
  for (let above = self.ppid; above > 1; above = statOf(above)?.parent ?? 0) if (above === pid) return true
  return false
}

const hasProc = (): Promise<boolean> =>
  readFile('/proc/self/stat').then(
    () => true,
    () => false,
  )

async function startFromPs(pid: number, self: Self): Promise<string | undefined> {
  const { execFile } = await import('node:child_process')
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim() || undefined
  } catch {
    return isThere(pid, self) ? 'unknown' : undefined
  }
}

function isThere(pid: number, self: Self): boolean {
  try {
    return self.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function listen(address: string, answer: Answer): Promise<Listener> {
  return new Promise((done, fail) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy()) // the caller's business
      const reply = once((request: string | undefined) => {
        socket.setTimeout(0)
        Promise.resolve(request)
          .then(answer)
          .then(
            (line) => socket.end(`${line}\n`),
            () => socket.destroy(),
          )
      })
      // Whoever says nothing, and does not end, is answered all the same.
      socket.setTimeout(CALL_MS / 2, () => reply(undefined))
      readLine(socket, MOST_ASKED_BYTES, reply)
    })
    server.once('error', fail)
    server.listen(address, () => {
      server.unref()
      done({ close: () => new Promise((closed) => server.close(() => closed())) })
    })
  })
}

function once<T>(act: (value: T) => void): (value: T) => void {
  let done = false
  return (value) => {
    if (!done) act(value)
    done = true
  }
}

/** The first line that comes; undefined where the other end leaves without one, or goes on and on. */
function readLine(socket: Socket, most: number, done: (line: string | undefined) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  const finish = (line: string | undefined) => {
    socket.removeAllListeners('data').removeAllListeners('end').resume()
    done(line)
  }
  socket.on('data', (chunk: Buffer) => {
    const end = chunk.indexOf('\n')
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end))
    size += chunk.length
    if (end >= 0) finish(Buffer.concat(chunks).toString('utf8'))
    else if (size > most) finish(undefined)
  })
  socket.on('end', () => finish(undefined))
}

function call(address: string, asking?: Asking): Promise<Call> {
  return new Promise((done) => {
    let connected = false
    // As a path: a name that is a number would be a port.
    const socket = connect({ path: address, allowHalfOpen: true })
    const finish = (line?: string) => {
      clearTimeout(deadline)
      socket.destroy()
      done(connected ? { answered: true, line } : { answered: false })
    }
    // A process too busy to answer has its connection accepted by the kernel all the same: it lives.
    const deadline = setTimeout(finish, asking?.within ?? CALL_MS)
    socket.once('connect', () => {
      connected = true
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Only these say that nobody is there; anything else (EAGAIN: a full backlog, EACCES) is somebody.
      if (!NOBODY.has(error.code ?? '')) connected = true
      finish()
    })
    readLine(socket, asking === undefined ? MOST_TOLD_BYTES : MOST_ANSWERED_BYTES, finish)
    if (asking === undefined) socket.end()
    else socket.end(`${asking.request}\n`)
  })
}

/** proc(5), `/proc/net/unix`: the path stands last in its line. */
function hasSocket(address: string): boolean {
  try {
    return `${readFileSync('/proc/net/unix', 'utf8')}\n`.includes(` ${address}\n`)
  } catch {
    return false // no Linux
  }
}
