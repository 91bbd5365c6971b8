import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { open, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test as base } from 'vitest'
import { Stage } from '../stage.ts'
import { Inbox } from './inbox.ts'
import type { Announcement } from './messages.ts'

const fixture = (name: string) => [
  process.execPath,
  fileURLToPath(new URL(`../../.build/fixtures/${name}.js`, import.meta.url)),
]

export const FAULT_SERVER = fixture('fault-server')
export const BARE_PIPE = fixture('bare-pipe')
export const PUPPET = fixture('puppet')

/** A test with a stage, and processes that are ended with it however it ends. */
export const test = base
  .extend('stage', ({ onTestFinished }) => {
    const stage = new Stage({})
    onTestFinished(() => stage[Symbol.dispose]())
    return stage
  })
  .extend('processes', ({ stage, onTestFinished }) => {
    const processes = new Processes(stage.workspace)
    onTestFinished(() => processes.end())
    return processes
  })

/** Processes that a test has started, and those that they said they had started. */
export class Processes {
  readonly cwd: string
  readonly #groups: number[] = []
  readonly #others: number[] = []

  constructor(cwd: string) {
    this.cwd = cwd
  }

  /** Starts a command as an editor does, at the head of a process group of its own. */
  start(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Started {
    const child = this.#spawn(command, env)
    return new Started(child, child.stdout, (pid) => this.alsoEnd(pid))
  }

  /** The same with a pipe for its output, where Node.js alone gives it a socket: a pipe has no way back. */
  async startIntoPipe(pipe: string, command: readonly string[], redirection = '>"$0"'): Promise<Started> {
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    const child = this.#spawn(['sh', '-c', `exec "$@" ${redirection}`, pipe, ...command], process.env)
    const fd = await promisify(open)(pipe, 'r')
    return new Started(child, new Socket({ fd, writable: false }), (pid) => this.alsoEnd(pid))
  }

  /** One that a test has heard of and not started. */
  alsoEnd(pid: number): void {
    this.#others.push(pid)
  }

  /** Kills what is left of them, by their ids. */
  end(): void {
    for (const pid of this.#groups.splice(0)) kill(process.platform === 'win32' ? pid : -pid)
    for (const pid of this.#others.splice(0)) kill(pid)
  }

  #spawn(command: readonly string[], env: NodeJS.ProcessEnv): Child {
    const [file, ...args] = command
    const child = spawn(file!, args, {
      cwd: this.cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    })
    if (child.pid !== undefined) this.#groups.push(child.pid)
    return child
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** A process that a test has started, and the parent's view of it. */
export class Started {
  readonly child: Child
  readonly stdin: Writable
  readonly stdout: Inbox
  readonly stderr: Inbox
  /** Its exit status or signal; does not wait for streams that others may hold open. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly #owns: (pid: number) => void

  constructor(child: Child, output: Readable, owns: (pid: number) => void) {
    this.child = child
    this.#owns = owns
    this.stdin = child.stdin
    this.stdin.on('error', () => {}) // it has ended, and its status tells how
    this.stdout = new Inbox(output)
    this.stderr = new Inbox(child.stderr)
    this.ended = new Promise((done, fail) => {
      child.once('exit', (code, signal) => done(signal ?? code ?? -1))
      child.once('error', fail)
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Takes a fault server's first message off the output. */
  async announced(): Promise<Announcement> {
    const { params } = bodyOf(await this.stdout.takeThrough('}}'))
    const server = params as Announcement
    this.#owns(server.pid)
    return server
  }

  /** What the fault server reports next. */
  async reported(): Promise<unknown> {
    const { params } = bodyOf(await this.stdout.takeThrough('}}'))
    return (params as { what: unknown }).what
  }
}

function bodyOf(frame: Buffer): { params: unknown } {
  return JSON.parse(frame.toString('utf8').replace(/^[^{]*/, '')) as { params: unknown }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended, as it should.
  }
}

/** Whether a process runs. One that has ended and that nobody has waited for does not. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  try {
    // The state stands behind the name, and that may hold anything.
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Waits until none of the processes runs. */
export async function gone(...pids: readonly number[]): Promise<void> {
  while (pids.some(runs)) await setTimeout(20)
}

/** Waits until a number no longer changes: whatever moves it is held up. */
export async function stands(value: () => number): Promise<number> {
  let last = value()
  for (let same = 0; same < 10; ) {
    await setTimeout(30)
    const next = value()
    same = next === last ? same + 1 : 0
    last = next
  }
  return last
}
