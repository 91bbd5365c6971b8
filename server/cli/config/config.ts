import { join } from 'node:path'
import { type Command, EXIT, type Surroundings, UsageError } from '../command.ts'
import { wrapOptions } from '../wrap-options.ts'
import { EDITORS } from './editors.ts'
import { serverFor } from './servers.ts'

const USAGE = `Usage: lsp-wal config EDITOR [OPTION]... -- SERVER [ARG]...

Prints what to paste into an editor's configuration, so that it starts the server behind lsp-wal.
What stands before \`--\` are options of lsp-wal, which it gets there, too, as in:
    lsp-wal config helix --exclude .env -- gopls

EDITOR is one of:
${Object.entries(EDITORS)
  .map(([name, { place }]) => `    ${name.padEnd(16)}${place}`)
  .join('\n')}
`

const SAME: Readonly<Record<string, string>> = {
  neovim: 'nvim',
  emacs: 'eglot',
  kak: 'kakoune',
  code: 'vscode',
  hx: 'helix',
}

/** `lsp-wal config`. */
export const config: Command = (around, args) => Promise.resolve(print(around, args))

function print({ journal, out, programs, variables }: Surroundings, args: readonly string[]): number {
  const split = args.indexOf('--')
  const before = split < 0 ? args : args.slice(0, split)
  if (before.includes('--help')) {
    out(USAGE)
    return EXIT.done
  }
  const [name, ...others] = before
  const options = [...(journal === undefined ? [] : ['--journal', journal]), ...others]
  if (name === undefined) throw new UsageError(`which editor? One of ${Object.keys(EDITORS).join(', ')}`)
  const editor = EDITORS[SAME[name] ?? name]
  if (editor === undefined)
    throw new UsageError(`no editor is known as ${name}: one of ${Object.keys(EDITORS).join(', ')}`)
  const bare = split < 0 ? [] : args.slice(split + 1)
  if (bare.length === 0) throw new UsageError(`which server? As in: lsp-wal config ${name} -- gopls`)
  wrapOptions(options, variables) // what is wrong with them is said now, not when the editor starts
  const { server, isKnown } = serverFor(bare)
  const { comment, place, snippet } = editor
  const look = isKnown ? '' : `${comment} This server is not known here: look over its names.\n`
  const command = ['lsp-wal', ...options, '--', ...bare]
  const [, main] = programs.lspWal
  const shim = main === undefined ? undefined : join(main, '../../../client-shim')
  const setting = { server, bare, command, shim, home: variables.HOME ?? '/HOME' }
  out(`${comment} ${place}\n${look}${snippet(setting)}\n`)
  return EXIT.done
}
