import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, EXIT, type Surroundings, UsageError } from '../command.ts'
import { differences, REFACTORING, readSources, writeProject } from './project.ts'
import { findTools, run, type Tools } from './tools.ts'

const USAGE = `Usage: lsp-wal demo

Plays a crash and its recovery on a throw-away TypeScript project, with a real language server:
half a minute, in a temporary folder, nothing of yours is touched.
`

const DIE_AFTER = 5

/** `lsp-wal demo`: every step is done for real, by the commands that a user would type. */
export const demo: Command = async (around, args) => {
  if (args.includes('--help')) {
    around.out(USAGE)
    return EXIT.done
  }
  if (args.length > 0) throw new UsageError(`demo takes no ${args[0]}`)
  const tools = findTools(around.programs.node, around.cwd)
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lsp-wal-demo-')))
  try {
    return await new Story(around, tools, folder).tell()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

class Story {
  readonly #around: Surroundings
  readonly #tools: Tools
  readonly #project: string
  readonly #journal: string
  #failed = false

  constructor(around: Surroundings, tools: Tools, folder: string) {
    this.#around = around
    this.#tools = tools
    this.#project = join(folder, 'house')
    this.#journal = join(folder, 'journal')
  }

  async tell(): Promise<number> {
    await writeProject(this.#project)
    const before = await readSources(this.#project)

    this.#chapter(
      'A project',
      `${before.size} TypeScript files that all import one function, area(), from src/area.ts.`,
    )
    await this.#compile(true)

    this.#chapter(
      'A refactoring, and a crash',
      `"Convert named export to default export", by typescript-language-server: one workspace edit over ${REFACTORING.files} files.`,
      `The editor saves ${DIE_AFTER} of them; then editor, proxy and server are all killed (SIGKILL).`,
    )
    await this.#editor(
      ['--die-at', `files-saved=${DIE_AFTER}`, '--die-with-server'],
      [{ open: REFACTORING.path }, { codeAction: REFACTORING }],
    )
    const torn = differences(before, await readSources(this.#project))
    this.#check(
      torn.length === DIE_AFTER,
      `On disk: ${torn.length} files are changed, ${before.size - torn.length} are not.`,
    )
    await this.#compile(false)
    await this.#lspWal('status')

    this.#chapter(
      'The next start',
      'The editor comes back and starts its language server again, through lsp-wal as before.',
      'Before the server hears of it, lsp-wal replays what the crash cut off.',
    )
    await this.#editor([], [{ waitForMessage: 'finished' }])
    const finished = differences(before, await readSources(this.#project))
    this.#check(finished.length === REFACTORING.files, `On disk: all ${finished.length} files are changed.`)
    await this.#compile(true)

    this.#chapter('Second thoughts', 'The whole refactoring is taken back, in all its files.')
    await this.#lspWal('undo')
    const left = differences(before, await readSources(this.#project))
    this.#check(
      left.length === 0,
      `On disk: every byte of all ${before.size} files is what it was in the beginning.`,
    )
    await this.#compile(true)
    await this.#lspWal('log')

    this.#around.out(this.#failed ? '\nThe demo did not go as it should: please report this.\n' : END)
    return this.#failed ? EXIT.error : EXIT.done
  }

  #chapter(title: string, ...lines: string[]): void {
    this.#around.out(`\n${this.#style(1, title)}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  }

  #check(good: boolean, text: string): void {
    if (!good) this.#failed = true
    this.#around.out(`  ${good ? this.#style(32, '✓') : this.#style(31, '✗')} ${text}\n`)
  }

  async #compile(expected: boolean): Promise<void> {
    const { status, stdout } = await run([...this.#tools.compiler, '--pretty', 'false'], this.#project)
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'))
    const text =
      status === 0
        ? 'The project compiles.'
        : `The project does not compile: ${errors.length} errors, such as`
    this.#check((status === 0) === expected, text)
    if (errors[0] !== undefined) this.#around.out(`      ${errors[0].trim()}\n`)
  }

  /** An editor without a screen, with the server wrapped as in any editor's configuration. */
  async #editor(options: readonly string[], steps: readonly object[]): Promise<void> {
    const { headless, lspWal } = this.#around.programs
    const wrapped = [...lspWal, '--journal', this.#journal, '--', ...this.#tools.server]
    const script = {
      folders: ['.'],
      initializationOptions: { tsserver: { path: this.#tools.tsserver } },
      steps,
    }
    const { status, stdout } = await run(
      [...headless, ...options, '-', '--', ...wrapped],
      this.#project,
      JSON.stringify(script),
    )
    const killed = options.includes('--die-with-server')
    if (killed) this.#check(status === 'SIGKILL', 'Editor, proxy and server are dead.')
    else
      for (const line of stdout.split('\n').filter((line) => line.includes('lsp-wal:')))
        this.#around.out(`  ${line.slice(line.indexOf('lsp-wal:'))}\n`)
    if (!killed && status !== 0) this.#check(false, `the editor ended with ${status}: ${stdout.trim()}`)
  }

  async #lspWal(name: string): Promise<void> {
    this.#around.out(`  ${this.#style(2, `$ lsp-wal ${name}`)}\n`)
    const { stdout } = await run(
      [...this.#around.programs.lspWal, name, '--journal', this.#journal],
      this.#project,
    )
    this.#around.out(stdout.replace(/^(?=.)/gm, '    '))
  }

  #style(code: number, text: string): string {
    return this.#around.colour ? `\x1b[${code}m${text}\x1b[0m` : text
  }
}

const END = `
That was a real server, a real crash, and a real log. To have it at hand, put lsp-wal in front of the
server in your editor's configuration. What to paste there is printed, for Neovim, by

    lsp-wal config nvim -- typescript-language-server --stdio
`
