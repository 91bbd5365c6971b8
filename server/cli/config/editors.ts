import { basename } from 'node:path'
import { lisp, lua, shell, toml, tomlInBraces } from './quoting.ts'
import type { KnownServer } from './servers.ts'

/** What a snippet is made of. */
interface Setting {
  readonly server: KnownServer
  /** The whole command line: `lsp-wal`, its options, `--`, the server's. */
  readonly command: readonly string[]
  /** The server's alone. */
  readonly bare: readonly string[]
  /** The folder of what the package holds for editors, if it is there. */
  readonly shim: string | undefined
  /** The user's folder, for editors that know no `~`. */
  readonly home: string
}

export interface EditorConfig {
  /** What it is called in messages, and where its snippet belongs. */
  readonly place: string
  readonly comment: string
  readonly snippet: (setting: Setting) => string
}

const list = (texts: readonly string[], quote: (text: string) => string, between = ', '): string =>
  texts.map(quote).join(between)

const inNeovim = ({ shim }: Setting): string =>
  shim === undefined ? '' : `vim.opt.rtp:append(${lua(`${shim}/neovim`)}) -- :LspWalUndo, :help lsp-wal\n`

const inEmacs = ({ shim }: Setting): string =>
  shim === undefined
    ? ''
    : `(add-to-list 'load-path ${lisp(`${shim}/emacs`)})\n(require 'lsp-wal nil t) ; M-x lsp-wal-undo\n`

/** By the name that the command line takes. */
export const EDITORS: Readonly<Record<string, EditorConfig>> = {
  nvim: {
    place: 'Neovim 0.11 or later, init.lua',
    comment: '--',
    // Complete by itself: it does not need nvim-lspconfig, and what that says of settings stays.
    snippet: (setting) => {
      const { command, server } = setting
      const { neovim } = server
      return `${inNeovim(setting)}vim.lsp.config(${lua(neovim.name)}, {
  cmd = { ${list(command, lua)} },
  filetypes = { ${list(neovim.filetypes, lua)} },
  root_markers = { ${list(neovim.roots, lua)} },
})
vim.lsp.enable(${lua(neovim.name)})`
    },
  },
  'nvim-0.10': {
    place: 'Neovim 0.10, init.lua',
    comment: '--',
    // Without a root it would start a server for each file, and none of them would know what the others have open.
    snippet: (setting) => {
      const { command, server } = setting
      const { neovim } = server
      return `${inNeovim(setting)}vim.api.nvim_create_autocmd('FileType', {
  pattern = { ${list(neovim.filetypes, lua)} },
  callback = function(event)
    vim.lsp.start({
      name = ${lua(neovim.name)},
      cmd = { ${list(command, lua)} },
      root_dir = vim.fs.root(event.buf, { ${list(neovim.roots, lua)} })
        or vim.fs.dirname(vim.api.nvim_buf_get_name(event.buf)),
    }, { bufnr = event.buf })
  end,
})`
    },
  },
  'nvim-lspconfig': {
    place: 'Neovim 0.10 with nvim-lspconfig, init.lua',
    comment: '--',
    snippet: (setting) =>
      `${inNeovim(setting)}require('lspconfig').${setting.server.neovim.name}.setup({ cmd = { ${list(setting.command, lua)} } })`,
  },
  helix: { place: 'Helix, ~/.config/helix/languages.toml', comment: '#', snippet: helix },
  eglot: {
    place: 'Emacs with eglot, init.el',
    comment: ';;',
    snippet: (setting) =>
      `${inEmacs(setting)}(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((${setting.server.modes.join('\n                  ')})
                 . (${list(setting.command, lisp, ' ')}))))`,
  },
  'lsp-mode': {
    place: 'Emacs with lsp-mode, init.el',
    comment: ';;',
    // Whatever else its client is told stays: only the command changes, and not where it is looked for.
    snippet: (setting) => {
      const { command, bare } = setting
      return `${inEmacs(setting)}(define-advice lsp-resolve-final-command (:around (resolve command &optional test) lsp-wal)
  (let ((final (funcall resolve command test)))
    (if (and (not test)
             (equal (file-name-nondirectory (car final)) ${lisp(basename(bare[0]!))}))
        (append '(${list(command.slice(0, command.indexOf('--') + 1), lisp, ' ')}) final)
      final)))`
    },
  },
  kakoune: {
    place: 'Kakoune with kakoune-lsp, kakrc, behind what starts kak-lsp',
    comment: '#',
    snippet: ({ server: { name, kakoune }, command: [program, ...args] }) =>
      `hook -group lsp-wal global BufSetOption filetype=(?:${kakoune.filetypes.join('|')}) %{
    set-option buffer lsp_servers %{
        [${tomlInBraces(name)}]
        root_globs = [${list(kakoune.roots, toml)}]
        command = ${tomlInBraces(program!)}
        args = [${list(args, tomlInBraces)}]
    }
}`,
  },
  zed: { place: 'Zed, settings.json', comment: '//', snippet: zed },
  sublime: {
    place: 'Sublime Text, LanguageServers.sublime-settings',
    comment: '//',
    snippet: ({ server: { name, scopes }, command }) =>
      `// It is opened by Preferences: LSP Server Configurations. Before LSP 2.10: this in "clients", in LSP.sublime-settings.
// Of a package LSP-… for this server only the command changes: there, in its own settings.
${json({ [name]: { enabled: true, command, selector: scopes } })}`,
  },
  vscode: { place: 'VS Code, settings.json', comment: '//', snippet: vscode },
}

function helix({ server: { helix }, command: [program, ...args] }: Setting): string {
  const languages = (helix.for?.languages ?? []).map(
    (language) =>
      `\n\n[[language]]\nname = ${toml(language)}\nlanguage-servers = [${list(helix.for!.servers, toml)}]`,
  )
  return `[language-server.${toml(helix.name)}]
command = ${toml(program!)}
args = [${list(args, toml)}]${languages.join('')}`
}

function zed({ server: { zed }, command: [program, ...args] }: Setting): string {
  const settings = { lsp: { [zed.name]: { binary: { path: program, arguments: args } } } }
  if (zed.for === undefined) return json(settings)
  const { languages, servers } = zed.for
  const each = languages.map((language) => [language, { language_servers: servers }])
  return json({ ...settings, languages: Object.fromEntries(each) as object })
}

/** Its extensions take a path, and only some of them arguments: to the others a link has the server's name. */
function vscode({ server, command: [program, ...args], bare: [name], home }: Setting): string {
  const { path, args: argsKey } = server.vscode ?? { path: 'EXTENSION.server.path' }
  if (argsKey !== undefined) return json({ [path]: program, [argsKey]: args })
  const folder = '.local/share/lsp-wal/bin'
  const value = `${home}/${folder}/${basename(name!)}`
  const setting = path === 'go.alternateTools' ? { [path]: { gopls: value } } : { [path]: value }
  const lost =
    args[0] === '--'
      ? ''
      : '// A link hands on no options of lsp-wal: what it reads in the environment holds for it (lsp-wal --help).\n'
  const look =
    server.vscode === undefined
      ? '// No extension is known here that this server can be set for: look for such a setting in yours.\n'
      : ''
  return `// In a shell, once: a link that is called like the server stands for the wrapped one.
//   mkdir -p ~/${folder} && ln -s "$(command -v ${shell(program!)})" ~/${folder}/${shell(basename(name!))}
${lost}${look}${json(setting)}`
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2)
}
