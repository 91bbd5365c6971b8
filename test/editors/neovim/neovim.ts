import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Desk, until } from '../desk.ts'
import type { Editor, EditorKind } from '../editor.ts'

const INIT = fileURLToPath(new URL('init.lua', import.meta.url))
const execute = promisify(execFile)

/** Neovim without a screen, spoken to over its own socket. */
export function neovim(title: string, command: string): EditorKind {
  return {
    title,
    programs: [{ name: command, version: ['--version'], wanted: /^NVIM v(0\.1\d|[1-9])/, install: INSTALL }],
    canBeAsked: true,
    killsServers: false,
    refusesMoves: false,
    movesFiles: true,
    picksActions: true,
    start: (desk) => Neovim.start(desk, command),
  }
}

const INSTALL = 'Neovim 0.10 or later, as .ci/install-editors has it'

let started = 0

type Ask = (lua: string, argument?: unknown) => Promise<unknown>

class Neovim implements Editor {
  readonly pid: number
  readonly #desk: Desk
  readonly #ended: Promise<unknown>
  readonly #ask: Ask

  private constructor(desk: Desk, pid: number, ended: Promise<unknown>, ask: Ask) {
    this.#desk = desk
    this.pid = pid
    this.#ended = ended
    this.#ask = ask
  }

  static async start(desk: Desk, command: string): Promise<Neovim> {
    const socket = join(desk.stage.folder, `nvim-${started++}`)
    const { command: server, language, options, pasted } = desk
    const config = { command: server, options, pasted, language: language.id, root: desk.stage.workspace }
    // Where it finds no folder for its own log, it makes one of the workspace.
    const env = {
      ...desk.env,
      NVIM_LOG_FILE: join(desk.stage.folder, 'nvim.log'),
      LSP_WAL_TEST: JSON.stringify(config),
    }
    const child = desk.processes.start([command, '--headless', '-u', INIT, '--listen', socket], env)
    const ask = async (lua: string, argument: unknown = null) => {
      const call = `luaeval('vim.json.encode(${lua} or vim.NIL)', json_decode(${quoted(JSON.stringify(argument))}))`
      const args = ['--server', socket, '--remote-expr', call]
      const { stdout } = await execute(command, args, { env, timeout: 20_000 })
      return JSON.parse(stdout) as unknown
    }
    await until(
      'Neovim to listen',
      () => ask('true').catch(() => false),
      () => child.stderr.bytes.toString(),
    )
    return new Neovim(desk, child.pid, child.ended, ask)
  }

  async open(name: string): Promise<void> {
    await this.#do('Test.open(_A)', name)
    await until(`${name} to be attached`, async () => (await this.#ask('Test.attached(_A)', name)) === true)
  }

  async rename(name: string, word: string, newName: string): Promise<void> {
    await this.#do('Test.rename(_A[1], _A[2], _A[3])', [name, word, newName])
  }

  async execute(command: string): Promise<void> {
    await this.#do('vim.cmd(_A)', command)
  }

  async run(command: string): Promise<void> {
    await this.#do('Test.run(_A)', command)
  }

  async act(name: string, title: string): Promise<void> {
    await this.#do('Test.act(_A[1], _A[2])', [name, title])
  }

  async move(name: string, newName: string): Promise<void> {
    await this.#do('Test.move(_A[1], _A[2])', [name, newName])
  }

  async texts(): Promise<Record<string, string>> {
    return (await this.#ask('Test.texts()')) as Record<string, string>
  }

  async asked(): Promise<string> {
    return until('a question', async () => (await this.questions()).at(-1))
  }

  async questions(): Promise<readonly string[]> {
    const questions = await this.#ask('Test.questions')
    return Array.isArray(questions) ? (questions as string[]) : [] // Lua's empty table is none of both
  }

  async answer(choice: string): Promise<void> {
    await this.#do('Test.answer(_A)', choice)
  }

  async undo(name: string): Promise<void> {
    await this.#do('Test.undo(_A)', name)
  }

  async type(name: string, line: string): Promise<void> {
    await this.#do('Test.type(_A[1], _A[2])', [name, line])
  }

  async save(name: string): Promise<void> {
    await this.#do('Test.save(_A)', name)
  }

  async saveAll(): Promise<void> {
    await this.#do('Test.save_all()')
  }

  async restartServer(): Promise<void> {
    const before = this.#desk.servers.length
    await this.#do('Test.restart()')
    await until('the server to be there again', () => this.#desk.servers.length > before)
  }

  async told(): Promise<string> {
    return String(await this.#ask('vim.fn.execute("messages")'))
  }

  async quit(): Promise<void> {
    // It is gone before it can answer.
    await this.#do('vim.schedule(function() vim.cmd("qall!") end)').catch(() => {})
    await this.#ended
  }

  async #do(lua: string, argument?: unknown): Promise<void> {
    await this.#ask(`(function(...) ${lua.replaceAll('_A', '(...)')} return 1 end)(_A)`, argument)
  }
}

/** A string of Vim's script. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
