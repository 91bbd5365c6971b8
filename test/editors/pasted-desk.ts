import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'vitest'
import { LSP_WAL, run, type Stage } from '../scenarios/stage.ts'
import { Desk, WORDS } from './desk.ts'

/** What the server that is there is called, and how it is started. */
const SERVER = ['typescript-language-server', '--stdio'] as const

const FAILED = 9

/**
 * The desk of a user who has installed `lsp-wal` and a server, and has pasted something into the configuration of
 * an editor: programs are found by their names.
 */
export class PastedDesk extends Desk {
  readonly bin: string
  /** What else its user has in the environment. */
  variables: NodeJS.ProcessEnv = {}

  constructor(files: Readonly<Record<string, string>>, cwd?: (stage: Stage) => string) {
    super(files, WORDS, () => SERVER, cwd)
    this.bin = join(this.stage.folder, 'bin')
    mkdirSync(this.bin)
    const [name, ...args] = SERVER
    // What is pasted has to hand on what a server is to be told.
    const check = `[ "$*" = '${args.join(' ')}' ] || exit ${FAILED}`
    this.install(name, WORDS.command(join(this.stage.folder, 'told')), check, '')
    this.install('lsp-wal', LSP_WAL)
  }

  /** A program that does what a command does, with its own arguments behind those. */
  install(name: string, command: readonly string[], before = '', args = '"$@"'): string {
    const path = join(this.bin, name)
    const words = command.map((word) => `'${word}'`).join(' ')
    writeFileSync(path, `#!/bin/sh\n${before}\nexec ${words} ${args}\n`, { mode: 0o755 })
    return path
  }

  override get env(): NodeJS.ProcessEnv {
    const PATH = `${this.bin}${delimiter}${super.env.PATH}`
    return { ...super.env, PATH, LSP_WAL_DIR: this.stage.journal, ...this.variables }
  }

  /** What `lsp-wal config` prints; `change`: as its user writes it instead. */
  async paste(editor: string, change = (text: string) => text): Promise<void> {
    const { stdout, stderr, status } = await run([...LSP_WAL, 'config', editor, '--', ...SERVER], '/')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    this.pasted = join(this.stage.folder, 'pasted')
    writeFileSync(this.pasted, change(stdout))
  }
}
