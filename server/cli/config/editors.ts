import { basename } from 'node:path'
import { lisp, lua, shell, toml } from './quoting.ts'
import type { KnownServer } from './servers.ts'

/** What a snippet is made of. */
interface Setting {
  readonly server: KnownServer
  /** The whole command line: `lsp-wal`, its options, `--`, the server's. */
  readonly command: readonly string[]
  /** The server's alone. */
  readonly bare: readonly string[]
}

export interface EditorConfig {
  /** What it is called in messages, and where its snippet belongs. */
  readonly place: string
  readonly comment: string
  readonly snippet: (setting: Setting) => string
}

const list = (texts: readonly string[], quote: (text: string) => string, between = ', '): string =>
  texts.map(quote).join(between)

/** By the name that the command line takes. */
export const EDITORS: Readonly<Record<string, EditorConfig>> = {
  nvim: {
    place: 'Neovim 0.11 or later, init.lua',
    comment: '--',
    snippet: ({ server, command }) =>
      `vim.lsp.config('${server.neovim}', { cmd = { ${list(command, lua)} } })\nvim.lsp.enable('${server.neovim}')`,
  },
  'nvim-lspconfig': {
    place: 'Neovim before 0.11 with nvim-lspconfig, init.lua',
    comment: '--',
    snippet: ({ server, command }) =>
      `require('lspconfig').${server.neovim}.setup({ cmd = { ${list(command, lua)} } })`,
  },
  helix: {
    place: 'Helix, ~/.config/helix/languages.toml',
    comment: '#',
    snippet: ({ server, command: [program, ...args] }) =>
      `[language-server.${toml(server.name)}]\ncommand = ${toml(program!)}\nargs = [${list(args, toml)}]`,
  },
  eglot: {
    place: 'Emacs with eglot, init.el',
    comment: ';;',
    snippet: ({ server, command }) =>
      `(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((${server.modes.join(' ')})
                 . (${list(command, lisp, ' ')}))))`,
  },
  'lsp-mode': {
    place: 'Emacs with lsp-mode, init.el',
    comment: ';;',
    // Whatever else its client is told stays: only the command changes, and not where it is looked for.
    snippet: ({ command, bare: [program] }) =>
      `(define-advice lsp-resolve-final-command (:around (resolve command &optional test) lsp-wal)
  (let ((final (funcall resolve command test)))
    (if (and (not test)
             (equal (file-name-nondirectory (car final)) ${lisp(basename(program!))}))
        (append '(${list(command.slice(0, command.indexOf('--') + 1), lisp, ' ')}) final)
      final)))`,
  },
  kakoune: {
    place: 'Kakoune with kakoune-lsp, kakrc',
    comment: '#',
    snippet: ({ server, command: [program, ...args] }) =>
      `hook -group lsp-wal global BufSetOption filetype=(?:${server.filetypes.join('|')}) %{
    set-option buffer lsp_servers %{
        [${toml(server.name)}]
        root_globs = [${list(server.roots, toml)}]
        command = ${toml(program!)}
        args = [${list(args, toml)}]
    }
}`,
  },
  zed: {
    place: 'Zed, settings.json',
    comment: '//',
    snippet: ({ server, command: [program, ...args] }) =>
      json({ lsp: { [server.name]: { binary: { path: program, arguments: args } } } }),
  },
  sublime: {
    place: 'Sublime Text, LSP.sublime-settings',
    comment: '//',
    snippet: ({ server, command }) =>
      json({
        clients: {
          [server.name]: {
            enabled: true,
            command,
            selector: server.languages.map((language) => `source.${language}`).join(' | '),
          },
        },
      }),
  },
  vscode: { place: 'VS Code, settings.json', comment: '//', snippet: vscode },
}

/** Its extensions take a path, and only some of them arguments: then a link has the server's name. */
function vscode({ server, command: [program, ...args], bare: [name] }: Setting): string {
  const { path, args: argsKey } = server.vscode ?? { path: 'EXTENSION.server.path' }
  if (argsKey !== undefined) return json({ [path]: program, [argsKey]: args })
  const link = `~/.local/share/lsp-wal/bin/${basename(name!)}`
  const value = link.replace('~', '/HOME')
  const setting = path === 'go.alternateTools' ? { [path]: { gopls: value } } : { [path]: value }
  return `// In a shell, once: a link that is called like the server stands for the wrapped one.
//   mkdir -p ~/.local/share/lsp-wal/bin && ln -s "$(command -v ${shell(program!)})" ${link}
${json(setting)}`
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2)
}
