import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Started } from '../scenarios/relay/processes.ts'
import { type Desk, until } from './desk.ts'

const COLUMNS = 160
const ROWS = 48

const ESC = String.fromCharCode(27)
/** With what fills the time that old terminals take. */
const ESCAPE = new RegExp(`${ESC}(\\[[0-?]*[ -/]*[@-~]|[^[])|\0`, 'g')

let started = 0

/** A program on a terminal of its own, which `script` of util-linux makes. */
export class Terminal {
  readonly pid: number
  readonly #process: Started
  /** What a look at the screen begins with. */
  #from = 0

  private constructor(pid: number, process: Started) {
    this.pid = pid
    this.#process = process
  }

  /** The process is that of the command, if that does not start others. */
  static async start(desk: Desk, command: readonly string[], env: NodeJS.ProcessEnv): Promise<Terminal> {
    const file = join(desk.stage.folder, `terminal-${started++}`)
    const run = `stty rows ${ROWS} cols ${COLUMNS}; echo $$ >'${file}.pid'; exec ${command.map(quoted).join(' ')}\n`
    writeFileSync(file, run)
    const process = desk.processes.start(['script', '-qefc', `sh '${file}'`, '/dev/null'], env)
    const pid = await until(
      `${command[0]} to start`,
      () => Number(textOf(`${file}.pid`)) || undefined,
      () => process.stderr.bytes.toString(),
    )
    desk.processes.alsoEnd(pid)
    const terminal = new Terminal(pid, process)
    // What kind of terminal this is: programs wait for an answer, and go on without one only after seconds.
    let answered = 0
    process.stdout.source.on('data', () => {
      const asked = process.stdout.bytes.indexOf(`${ESC}[c`, answered)
      if (asked < 0) return
      answered = asked + 1
      terminal.press(`${ESC}[?62;22c`)
    })
    return terminal
  }

  get ended(): Promise<unknown> {
    return this.#process.ended
  }

  press(keys: string): void {
    this.#process.stdin.write(keys)
  }

  /** From here on only what is drawn later counts. */
  lookAway(): void {
    this.#from = this.#process.stdout.length
  }

  /** What has been drawn, without the escape sequences: text that was drawn at once stands together. */
  get drawn(): string {
    return this.#process.stdout.bytes.subarray(this.#from).toString('utf8').replace(ESCAPE, '')
  }

  /** Waits until something is drawn. */
  async shows(what: RegExp, patienceMs?: number): Promise<string> {
    return until(
      String(what),
      () => what.exec(this.drawn)?.[0],
      () => this.drawn.slice(-2000),
      patienceMs,
    )
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it is not there yet
  }
}
