import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Desk, until } from '../desk.ts'
import type { Editor, EditorKind } from '../editor.ts'
import { Terminal } from '../terminal.ts'
import { toml } from '../toml.ts'

/** Helix on a terminal, which is all that can be spoken to: what its buffers hold is what it tells its server. */
export function helix(title: string, command: string): EditorKind {
  return {
    title,
    programs: [
      { name: command, version: ['--version'], wanted: /^helix 2[5-9]/, install: INSTALL },
      { name: 'script', version: ['--version'], install: "util-linux's script" },
    ],
    canBeAsked: false,
    killsServers: true,
    refusesMoves: false,
    movesFiles: true,
    picksActions: true,
    start: (desk) => Helix.start(desk, command),
  }
}

const INSTALL = 'Helix 25 or later, as .ci/install-editors has it'

const DOWN = '\x0e'

const SAVED = /\.ts'\s*written/

/** Longer than it takes to write on a busy machine: what is typed twice may be written twice. */
const AGAIN_MS = 4000

class Helix implements Editor {
  readonly #desk: Desk
  readonly #terminal: Terminal

  private constructor(desk: Desk, terminal: Terminal) {
    this.#desk = desk
    this.#terminal = terminal
  }

  static async start(desk: Desk, command: string): Promise<Helix> {
    const folder = join(desk.home, '.config/helix')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'config.toml'), CONFIG)
    if (desk.pasted === undefined) {
      writeFileSync(join(folder, 'languages.toml'), languages(desk))
      mkdirSync(join(desk.stage.workspace, '.helix'), { recursive: true }) // what makes a folder a workspace to it
    } else copyFileSync(desk.pasted, join(folder, 'languages.toml'))
    const terminal = await Terminal.start(desk, [command], desk.env)
    await terminal.shows(/NOR/)
    return new Helix(desk, terminal)
  }

  get pid(): number {
    return this.#terminal.pid
  }

  async open(name: string): Promise<void> {
    this.#type(`open ${this.#pathOf(name)}`)
    await until(
      `${name} to be attached`,
      () => name in this.#desk.texts,
      () => this.told(),
    )
  }

  async rename(name: string, word: string, newName: string): Promise<void> {
    await this.#show(name)
    // From the end, where it is not: the search goes on at the beginning.
    this.#terminal.press(`ge/\\b${word}\\b\r`)
    this.#terminal.lookAway()
    this.#terminal.press(' r')
    await this.#terminal.shows(/rename-to:/)
    this.#terminal.press(`\x15${newName}\r`)
  }

  async execute(command: string): Promise<void> {
    this.#type(command)
  }

  async run(command: string): Promise<void> {
    this.#type(`lsp-workspace-command ${command}`)
  }

  async act(name: string, title: string): Promise<void> {
    await this.#show(name)
    this.#terminal.press('ggx')
    this.#terminal.lookAway()
    this.#terminal.press(' a')
    await this.#terminal.shows(new RegExp(title))
    // The menu is drawn line by line, each with blanks around it, and perhaps the spinner of a server that works; the
    // first one is selected.
    const lines = this.#terminal.drawn.replace(/[\u2800-\u28ff]/g, '  ').split(/ {2,}/)
    const at = lines.indexOf(title)
    const first = lines.findLastIndex((line, n) => n < at && !/^[A-Z]/.test(line)) + 1
    this.#terminal.press(`${DOWN.repeat(at - first)}\r`)
  }

  async move(name: string, newName: string): Promise<void> {
    await this.open(name)
    this.#type(`move ./${newName}`)
  }

  async texts(): Promise<Readonly<Record<string, string>>> {
    return this.#desk.texts
  }

  async asked(): Promise<string> {
    return this.#terminal.shows(/was\s*never\s*saved/)
  }

  async questions(): Promise<readonly string[]> {
    return [] // it knows none
  }

  async answer(): Promise<void> {}

  async undo(name: string): Promise<void> {
    await this.#show(name)
    this.#terminal.press('u')
  }

  async type(name: string, line: string): Promise<void> {
    await this.#show(name)
    this.#terminal.lookAway()
    this.#terminal.press('geo')
    await this.#terminal.shows(/INS/)
    // As one change: on a busy machine 25.01 tells its server of several in an order that is not theirs.
    this.#terminal.press(`\x1b[200~${line}\x1b[201~`)
    this.#terminal.lookAway()
    this.#terminal.press('\x1b')
    // With a key right behind it, it would be read as Alt with that key.
    await this.#terminal.shows(/NOR/)
  }

  async save(name: string): Promise<void> {
    await this.#show(name)
    await this.#write('write')
  }

  async saveAll(): Promise<void> {
    await this.#write('write-all')
  }

  /**
   * Types it again where it came to nothing: while an edit is coming in, it may. That it is written is said where
   * messages of the server may be written over it at once, so the files tell as well.
   */
  async #write(command: string): Promise<void> {
    const before = this.#versions()
    this.#terminal.lookAway()
    await until(
      'it to be written',
      () => {
        this.#type(command)
        const isWritten = () => SAVED.test(this.#terminal.drawn) || this.#versions() !== before
        return until('once', isWritten, undefined, AGAIN_MS).catch(() => false as const)
      },
      () => this.told(),
    )
  }

  /** Changes with every file that is written. */
  #versions(): string {
    const { workspace } = this.#desk.stage
    const files = readdirSync(workspace).map((name) => {
      const found = statSync(join(workspace, name), { throwIfNoEntry: false })
      return [name, found?.ino, found?.mtimeMs]
    })
    return JSON.stringify(files)
  }

  async restartServer(): Promise<void> {
    const before = this.#desk.servers.length
    this.#type('lsp-restart')
    await until(
      'the server to be there again',
      () => this.#desk.servers.length > before,
      () => this.told(),
    )
  }

  async told(): Promise<string> {
    return this.#terminal.drawn.slice(-700).replace(/[ │─]+/g, ' ')
  }

  async quit(): Promise<void> {
    this.#type('quit-all!')
    await this.#terminal.ended
  }

  /** A file that is open already, or shown for the first time. */
  async #show(name: string): Promise<void> {
    this.#terminal.lookAway()
    this.#type(`open ${this.#pathOf(name)}`)
    await this.#terminal.shows(new RegExp(name.replace('.', '\\.')))
  }

  /** As its user types it: from where it was started. */
  #pathOf(name: string): string {
    return relative(this.#desk.processes.cwd, this.#desk.stage.path(name))
  }

  /** A command that is typed. */
  #type(command: string): void {
    this.#terminal.press(`:${command}\r`)
  }
}

const CONFIG = `
[editor]
auto-completion = false
auto-info = false
`

/** Strings and arrays of strings are written in TOML as they are in JSON. */
function languages({ command: [command, ...args], language, options }: Desk): string {
  return `
[language-server.words]
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
${options === undefined ? '' : `config = ${toml(options)}`}

[[language]]
name = ${JSON.stringify(language.id)}
language-servers = ["words"]
auto-format = false
`
}
