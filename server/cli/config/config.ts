import { type Command, EXIT, type Surroundings, UsageError } from '../command.ts'
import { EDITORS } from './editors.ts'
import { serverFor } from './servers.ts'

const USAGE = `Usage: lsp-wal config EDITOR [OPTION]... -- SERVER [ARG]...

Prints what to paste into an editor's configuration, so that it starts the server behind lsp-wal.
What stands before \`--\` is handed to lsp-wal there, as in: lsp-wal config helix --exclude .env -- gopls

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

function print({ out }: Surroundings, args: readonly string[]): number {
  const split = args.indexOf('--')
  const before = split < 0 ? args : args.slice(0, split)
  if (before.includes('--help')) {
    out(USAGE)
    return EXIT.done
  }
  const [name, ...options] = before
  if (name === undefined) throw new UsageError(`which editor? One of ${Object.keys(EDITORS).join(', ')}`)
  const editor = EDITORS[SAME[name] ?? name]
  if (editor === undefined)
    throw new UsageError(`no editor is known as ${name}: one of ${Object.keys(EDITORS).join(', ')}`)
  const bare = split < 0 ? [] : args.slice(split + 1)
  if (bare.length === 0) throw new UsageError(`which server? As in: lsp-wal config ${name} -- gopls`)
  const { server, isKnown } = serverFor(bare)
  const { comment, place, snippet } = editor
  const look = isKnown ? '' : `${comment} This server is not known here: look over its names.\n`
  out(
    `${comment} ${place}\n${look}${snippet({ server, bare, command: ['lsp-wal', ...options, '--', ...bare] })}\n`,
  )
  return EXIT.done
}
