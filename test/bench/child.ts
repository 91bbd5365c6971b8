import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from './contenders.ts'
import { Wire } from './wire.ts'

const LEAVES_WITHIN_MS = 20_000

/**
 * A process whose stdin and stdout are pipes, with blocking ends here.
 * Named pipes, since the pipes that Node itself makes for a child are sockets, and non-blocking on this side.
 */
export class Child {
  readonly wire: Wire
  readonly pid: number
  readonly #process: ChildProcess
  readonly #input: number
  readonly #output: number
  readonly #errors: string
  readonly #ended: Promise<unknown>

  private constructor(
    process: ChildProcess,
    pid: number,
    ends: { readonly input: number; readonly output: number },
    errors: string,
  ) {
    this.#process = process
    this.pid = pid
    this.#input = ends.input
    this.#output = ends.output
    this.#errors = errors
    this.#ended = once(process, 'exit')
    this.wire = new Wire(ends.output, ends.input)
  }

  /** Starts it in `folder`, where its stderr is kept too. */
  static start({ argv, env }: Command, folder: string): Child {
    const number = started++
    const input = pipeAt(join(folder, `stdin-${number}`))
    const output = pipeAt(join(folder, `stdout-${number}`))
    const errors = join(folder, `stderr-${number}`)
    const stderr = openSync(errors, 'w')
    const [file, ...args] = argv
    const child = spawn(file!, args, {
      cwd: folder,
      stdio: [input.read, output.write, stderr],
      env: { ...process.env, ...env },
    })
    for (const descriptor of [input.read, output.write, stderr]) closeSync(descriptor)
    if (child.pid === undefined) throw new Error(`cannot start ${argv.join(' ')}`)
    return new Child(child, child.pid, { input: input.write, output: output.read }, errors)
  }

  /** What it has written to stderr. */
  get errors(): string {
    return readFileSync(this.#errors, 'utf8')
  }

  /** Tells it to exit. */
  sayExit(): void {
    this.wire.send({ jsonrpc: '2.0', method: 'exit' })
    closeSync(this.#input)
  }

  /** Waits until it has. */
  async hasExited(): Promise<void> {
    let late = false
    const patience = setTimeout(() => {
      late = true
      this.#process.kill('SIGKILL')
    }, LEAVES_WITHIN_MS)
    await this.#ended
    clearTimeout(patience)
    closeSync(this.#output)
    if (late) throw new Error(`still there ${LEAVES_WITHIN_MS} ms after it was told to exit`)
  }
}

let started = 0

/** A pipe; its name is gone as soon as both ends are open. */
function pipeAt(path: string): { readonly read: number; readonly write: number } {
  execFileSync('mkfifo', [path])
  // Opening one end waits for the other, unless somebody holds both.
  const both = openSync(path, constants.O_RDWR)
  const read = openSync(path, constants.O_RDONLY)
  const write = openSync(path, constants.O_WRONLY)
  closeSync(both)
  rmSync(path)
  return { read, write }
}
