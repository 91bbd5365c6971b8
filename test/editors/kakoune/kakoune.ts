import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Started } from '../../scenarios/relay/processes.ts'
import { run } from '../../scenarios/stage.ts'
import { type Desk, until } from '../desk.ts'
import type { Editor, EditorKind } from '../editor.ts'
import { toml } from '../toml.ts'

/** Kakoune with kakoune-lsp, by keys over its JSON interface; what its buffers hold is asked by `kak -p`. */
export function kakoune(title: string, command: string): EditorKind {
  return {
    title,
    programs: [
      { name: command, version: ['-version'], wanted: /^Kakoune/, install: INSTALL },
      { name: 'perl', version: ['--version'], install: "Debian's perl, for the menus of kakoune-lsp" },
      { name: 'kak-lsp', version: ['--version'], install: 'kakoune-lsp, from its source', unpackaged: true },
    ],
    canBeAsked: true,
    killsServers: false,
    refusesMoves: false,
    movesFiles: false,
    picksActions: false,
    writesHidden: true,
    heedsOthers: true,
    keepsSavesToItself: true,
    choosesServers: true,
    start: (desk) => Kakoune.start(desk, command),
  }
}

const INSTALL = 'Kakoune, as .ci/install-editors has it'

/** Of sessions, and of what is asked of them. */
let next = 0

/** A message of its JSON interface. */
interface Drawn {
  readonly method: string
  readonly params: readonly [title: Line, content: readonly Line[]]
}
type Line = readonly { readonly contents: string }[]

class Kakoune implements Editor {
  readonly #desk: Desk
  readonly #screen: Started
  /** A command that hands the session what its input says. */
  readonly #remote: readonly string[]
  /** For what it is to tell. */
  readonly #folder: string

  private constructor(desk: Desk, screen: Started, remote: readonly string[], folder: string) {
    this.#desk = desk
    this.#screen = screen
    this.#remote = remote
    this.#folder = folder
  }

  static async start(desk: Desk, command: string): Promise<Kakoune> {
    const session = `test-${next++}`
    const folder = join(desk.stage.folder, session)
    const runtime = join(desk.home, 'run') // Kakoune's socket, and kakoune-lsp's pipes
    const settings = join(desk.home, '.config/kak')
    mkdirSync(folder)
    mkdirSync(runtime, { recursive: true, mode: 0o700 })
    mkdirSync(settings, { recursive: true })
    writeFileSync(join(settings, 'kakrc'), kakrc(desk, folder))
    const env = { ...desk.env, XDG_RUNTIME_DIR: runtime }
    const screen = desk.processes.start([command, '-ui', 'json', '-s', session], env)
    const remote = ['env', `XDG_RUNTIME_DIR=${runtime}`, command, '-p', session]
    await until(
      'Kakoune to draw',
      () => screen.stdout.bytes.includes('"draw_status"'),
      () => screen.stderr.bytes.toString(),
    )
    return new Kakoune(desk, screen, remote, folder)
  }

  get pid(): number {
    return this.#screen.pid
  }

  async open(name: string): Promise<void> {
    this.#type(`edit ${name}`)
    await until(
      `${name} to be attached`,
      () => name in this.#desk.texts,
      () => this.told(),
    )
  }

  async rename(name: string, word: string, newName: string): Promise<void> {
    this.#type(`edit ${name}`)
    this.#press(`gg/\\b${word}\\b<ret>`)
    this.#type(`lsp-rename ${newName}`)
  }

  async execute(command: string): Promise<void> {
    this.#type(command)
  }

  async run(command: string): Promise<void> {
    this.#type(`lsp-execute-command ${command} '[]'`)
  }

  /** A file that it has no buffer of is as it has written it. */
  async texts(): Promise<Readonly<Record<string, string>>> {
    return { ...this.#desk.files(), ...(await this.#buffers()) }
  }

  async loaded(): Promise<readonly string[]> {
    return Object.keys(await this.#buffers())
  }

  async asked(): Promise<string> {
    await until(
      'a bell',
      async () => (await this.questions()).length > 0,
      () => this.told(),
    )
    this.#type('lsp-show-message-request-next')
    return until(
      'the question',
      () => this.#boxes.find(([title]) => title === 'From language server')?.[1],
      () => this.told(),
    )
  }

  /** A question is a bell for its mode line, and is shown when its user asks for it. */
  async questions(): Promise<readonly string[]> {
    return readdirSync(this.#folder).filter((name) => name.startsWith('bell-'))
  }

  async answer(choice: string): Promise<void> {
    await until(
      'a menu',
      () => this.#screen.stdout.bytes.includes('"menu_show"'),
      () => this.told(),
    )
    this.#press(`${choice}<ret>`)
  }

  async undo(name: string): Promise<void> {
    this.#type(`edit ${name}`)
    this.#press('u')
  }

  async type(name: string, line: string): Promise<void> {
    this.#type(`edit ${name}`)
    this.#press(`geo${line}<esc>`)
  }

  async save(name: string): Promise<void> {
    this.#type(`edit ${name}`)
    this.#type('write')
  }

  async saveAll(): Promise<void> {
    this.#type('write-all')
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
    const path = join(this.#folder, 'debug')
    await this.#ask(`evaluate-commands -buffer *debug* %{ write -force ${path} }`)
    return readFileSync(path, 'utf8')
  }

  async quit(): Promise<void> {
    this.#type('quit!')
    await this.#screen.ended
  }

  async #buffers(): Promise<Record<string, string>> {
    const folder = join(this.#folder, `texts-${next++}`)
    mkdirSync(folder)
    const write = `evaluate-commands -no-hooks %{ write -force "${folder}/%val{bufname}" }`
    // Only those that have a file are asked.
    await this.#ask(`evaluate-commands -buffer * %{ try %{ nop %val{buffile}; ${write} } }`)
    const names = readdirSync(folder)
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  }

  #type(command: string): void {
    this.#press(`:${command}<ret>`)
  }

  #press(keys: string): void {
    this.#screen.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'keys', params: [keys] })}\n`)
  }

  /** Runs commands in no window, and waits until they have run. */
  async #ask(commands: string): Promise<void> {
    const path = join(this.#folder, `done-${next++}`)
    await run(this.#remote, this.#folder, `${commands}\necho -to-file ${path} done`)
    await until(
      'Kakoune to have run it',
      () => existsWith(path, 'done'),
      () => this.#screen.stderr.bytes.toString(),
    )
  }

  /** The boxes that it has shown, each with its title. */
  get #boxes(): [title: string, text: string][] {
    const lines = this.#screen.stdout.bytes.toString('utf8').split('\n').slice(0, -1)
    const shown = lines.map((line) => JSON.parse(line) as Drawn)
    const boxes = shown.filter(({ method }) => method === 'info_show')
    return boxes.map(({ params: [title, content] }) => [plain(title), content.map(plain).join('')])
  }
}

function plain(line: Line): string {
  return line.map(({ contents }) => contents).join('')
}

function existsWith(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(text)
  } catch {
    return false // not yet
  }
}

/** Strings and arrays of strings are written in TOML as they are in JSON. */
function kakrc({ command: [command, ...args], options, stage }: Desk, folder: string): string {
  return `
evaluate-commands %sh{kak-lsp}
hook global BufSetOption filetype=typescript %{
    set-option buffer lsp_servers %{
        [words]
        root = ${JSON.stringify(stage.workspace)}
        command = ${JSON.stringify(command)}
        args = ${JSON.stringify(args)}
        ${options === undefined ? '' : `settings_section = "_"\nsettings = { _ = ${toml(options)} }`}
    }
}
hook global GlobalSetOption lsp_modeline_message_requests=.+ %{
    nop %sh{ touch "$(mktemp -u "${folder}/bell-XXXXXX")" }
}
lsp-enable
`
}
