import type { Answer, Asking, Call, Host, Listener } from '../../server/disk/host.ts'
import type { Hasher } from '../../server/edits/hash.ts'
import type { Env } from '../../server/journal/env.ts'
import { MemoryDisk } from './memory-disk.ts'
import { Platter, type Unsynced } from './platter.ts'

/** A program that runs on a {@link Machine}: what it sees of the disk and of its host. */
export interface Program extends Env {
  readonly disk: MemoryDisk
  readonly host: Host
}

/** A computer that can be switched off: one platter, a clock, programs and the sockets they answer on. */
export class Machine {
  readonly platter: Platter
  name = 'here'
  /** Which computer it is, whatever it is called. */
  hardware = 'this'
  /** Milliseconds since 1970; every look at the clock moves it on by one. */
  clock = Date.UTC(2026, 0, 1)
  uid: number | undefined = 1000
  readonly #hasher: Hasher
  readonly #programs = new Map<number, { readonly start: string; readonly program: Program }>()
  /** By the socket's inode. */
  readonly #listeners = new Map<string, { readonly pid: number; readonly answer: Answer }>()
  #boots = 1
  #started = 100
  #random = 0

  constructor(hasher: Hasher, platter = new Platter()) {
    this.#hasher = hasher
    this.platter = platter
    platter.putFolder('/tmp')
  }

  /** The same computer once more, without the programs that run on it: from here on the two go apart. */
  copy(): Machine {
    const { name, hardware, clock, uid } = this
    const machine = new Machine(this.#hasher, this.platter.copy())
    machine.#boots = this.#boots
    machine.#started = this.#started
    machine.#random = this.#random
    return Object.assign(machine, { name, hardware, clock, uid })
  }

  /** Starts a program; with `pid` as one whose process id was used before. */
  run(pid = ++this.#started): Program {
    const program = {
      disk: new MemoryDisk(this.platter),
      host: this.#hostOf(pid),
      hasher: this.#hasher,
    }
    this.#programs.set(pid, { start: `start-${++this.#started}`, program })
    return program
  }

  /** Ends a program at once. What it wrote is there, synced or not; its sockets answer no more. */
  kill(program: Program): void {
    program.disk.kill()
    this.#programs.delete(program.host.pid)
    for (const [socket, { pid }] of this.#listeners) {
      if (pid === program.host.pid) this.#listeners.delete(socket)
    }
  }

  /** Loses power and starts again: no program is left, and of what was not synced only what `keeps` says. */
  crash(keeps?: (what: Unsynced) => boolean): void {
    for (const { program } of [...this.#programs.values()]) this.kill(program)
    this.platter.crash(keeps)
    this.#boots++
  }

  #hostOf(pid: number): Host {
    const { name, uid } = this
    return {
      name,
      machine: this.hardware,
      boot: `boot-${this.#boots} of ${this.hardware}`,
      pid,
      uid,
      home: '/users/me',
      temporary: '/tmp',
      now: () => new Date(this.clock++),
      random: (bytes) => this.#nextRandom(bytes),
      processStart: (asked) => Promise.resolve(this.#programs.get(asked)?.start),
      isAbove: () => false,
      runs: (asked) => this.#programs.has(asked),
      listen: (address, answer) => this.#listen(address, pid, answer),
      call: (address, asking) => this.#call(address, asking),
      hasSocket: () => false,
    }
  }

  /** The same digits in the same order for every machine, and never the same twice. */
  #nextRandom(bytes: number): string {
    const digits = (++this.#random * 0x9e3779b1).toString(16).padStart(16, '0')
    return digits.repeat(Math.ceil(bytes / 8)).slice(-2 * bytes)
  }

  // Some turns later, as a real one is.
  async #listen(address: string, pid: number, answer: Answer): Promise<Listener> {
    const node = this.platter.makeSocket(address)
    const key = node.stat().identity
    this.#listeners.set(key, { pid, answer })
    await Promise.resolve()
    return {
      close: () => {
        this.#listeners.delete(key)
        return Promise.resolve()
      },
    }
  }

  async #call(address: string, asking?: Asking): Promise<Call> {
    const node = this.platter.tryFind(address, 'follow')
    const listener = node && this.#listeners.get(node.stat().identity)
    return listener === undefined
      ? { answered: false }
      : { answered: true, line: await listener.answer(asking?.request) }
  }
}
