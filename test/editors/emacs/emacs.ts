import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { runs } from '../../scenarios/relay/processes.ts'
import { type Desk, until } from '../desk.ts'
import type { Editor, EditorKind } from '../editor.ts'
import { Terminal } from '../terminal.ts'

const INIT = fileURLToPath(new URL('init.el', import.meta.url))
const execute = promisify(execFile)

/** Emacs on a terminal, spoken to through emacsclient; `client` is the package that speaks to its servers. */
export function emacs(title: string, client: 'eglot' | 'lsp-mode', suffix = ''): EditorKind {
  const version = ['--batch', '--eval', `(progn (require '${client}) (princ emacs-version))`]
  const install = `Emacs 30 with ${client}, as .ci/install-editors has it`
  return {
    title,
    programs: [
      { name: `emacs${suffix}`, version, wanted: /^3\d/, install },
      { name: `emacsclient${suffix}`, version: ['--version'], install },
      { name: 'script', version: ['--version'], install: "util-linux's script" },
    ],
    canBeAsked: true,
    killsServers: client === 'lsp-mode',
    refusesMoves: client === 'eglot', // that of Emacs 30
    movesFiles: client === 'lsp-mode',
    picksActions: false,
    heedsOthers: true,
    start: (desk) => Emacs.start(desk, client, suffix),
  }
}

/** What lsp-mode asks its user when a server has ended. */
const RESTART = /Do you want to restart it/

let started = 0

class Emacs implements Editor {
  readonly #desk: Desk
  readonly #terminal: Terminal
  readonly #ask: (lisp: string) => Promise<unknown>

  /** eglot has its user confirm what a command of the server changes. */
  readonly #asksBefore: boolean
  readonly #offersRestart: boolean

  private constructor(
    desk: Desk,
    terminal: Terminal,
    ask: (lisp: string) => Promise<unknown>,
    client: string,
  ) {
    this.#asksBefore = client === 'eglot'
    this.#offersRestart = client === 'lsp-mode'
    this.#desk = desk
    this.#terminal = terminal
    this.#ask = ask
  }

  static async start(desk: Desk, client: string, suffix: string): Promise<Emacs> {
    const sockets = join(desk.stage.folder, `emacs-${started++}`)
    mkdirSync(sockets, { mode: 0o700 })
    const { command, language, options = null, pasted = null } = desk
    const config = {
      command,
      options,
      pasted,
      language: language.id,
      endings: language.endings,
      root: desk.stage.workspace,
      client,
      sockets,
    }
    // It asks a terminal of more abilities for them, and waits for the answers.
    const env = { ...desk.env, TERM: 'vt100', LSP_WAL_TEST: JSON.stringify(config) }
    const terminal = await Terminal.start(desk, [`emacs${suffix}`, '-nw', '-Q', '-l', INIT], env)
    const ask = async (lisp: string) => {
      const args = ['-s', join(sockets, 'test'), '--eval', `(test-json ${lisp})`]
      const { stdout } = await execute(`emacsclient${suffix}`, args, { env: desk.env, timeout: 20_000 })
      return JSON.parse(Buffer.from(stdout, 'base64').toString('utf8')) as unknown
    }
    await until(
      'Emacs to listen',
      () => ask('t').catch(() => false),
      () => terminal.drawn.slice(-1000),
    )
    return new Emacs(desk, terminal, ask, client)
  }

  get pid(): number {
    return this.#terminal.pid
  }

  async open(name: string): Promise<void> {
    await this.#ask(`(test-open ${quoted(name)})`)
    await until(
      `${name} to be attached`,
      async () => (await this.#ask(`(test-attached ${quoted(name)})`)) === true,
      () => this.#terminal.drawn.slice(-1000),
    )
  }

  async rename(name: string, word: string, newName: string): Promise<void> {
    await this.#ask(`(test-rename ${quoted(name)} ${quoted(word)} ${quoted(newName)})`)
  }

  async execute(command: string): Promise<void> {
    await this.#ask(`(test-execute '${command})`)
  }

  async run(command: string): Promise<void> {
    await this.#ask(`(test-run ${quoted(command)})`)
    if (!this.#asksBefore || command !== 'words.replace') return
    // Where an edit is about files that it has not open.
    expect(await this.asked()).toMatch(/proceed\?/i)
    await this.#ask('(setq test-questions nil)')
    this.#terminal.press('y')
  }

  async move(name: string, newName: string): Promise<void> {
    await this.open(name)
    await this.#ask(`(test-move ${quoted(name)} ${quoted(newName)})`)
  }

  async texts(): Promise<Record<string, string>> {
    return (await this.#ask('(test-texts)')) as Record<string, string>
  }

  async asked(): Promise<string> {
    return until('a question', async () => (await this.questions()).at(-1))
  }

  async questions(): Promise<readonly string[]> {
    const questions = (await this.#ask('(vconcat (reverse test-questions))')) as string[]
    return questions.filter((each) => !RESTART.test(each))
  }

  async answer(choice: string): Promise<void> {
    await this.#ask('(test-empty-minibuffer)') // eglot puts the first choice there
    this.#terminal.press(`${choice}\r`)
    await until(
      'the question to be gone',
      async () => (await this.#ask('(or (minibuffer-prompt) "")')) === '',
    )
  }

  async undo(name: string): Promise<void> {
    await this.#ask(`(test-undo ${quoted(name)})`)
  }

  async type(name: string, line: string): Promise<void> {
    await this.#ask(`(test-type ${quoted(name)} ${quoted(line)})`)
  }

  async save(name: string): Promise<void> {
    await this.#ask(`(test-save ${quoted(name)})`)
  }

  async saveAll(): Promise<void> {
    await this.#ask('(test-save-all)')
  }

  async restartServer(): Promise<void> {
    const before = this.#desk.servers.length
    const offers = this.#offersRestart && !runs(this.#desk.server.proxy)
    if (offers) {
      const isOffered = async () => RESTART.test((await this.#ask('(or (minibuffer-prompt) "")')) as string)
      await until('the offer to restart it', isOffered)
      this.#terminal.press('y')
    } else await this.#ask('(test-restart)')
    await until(
      'the server to be there again',
      () => this.#desk.servers.length > before,
      () => this.#terminal.drawn.slice(-1000),
    )
  }

  async told(): Promise<string> {
    const messages = await this.#ask('(with-current-buffer (messages-buffer) (buffer-string))')
    return `${String(messages)}\n${this.#terminal.drawn.slice(-500)}`
  }

  async quit(): Promise<void> {
    await this.#ask('(test-quit)').catch(() => {}) // it may be gone before it has answered
    await this.#terminal.ended
  }
}

/** A string of Lisp. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
