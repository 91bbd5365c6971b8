import { basename } from 'node:path'

/** How editors call a server, and what it is for. */
export interface KnownServer {
  /** nvim-lspconfig's name. */
  readonly neovim: string
  /** Helix's, Zed's and Kakoune's, which are called after their programs. */
  readonly name: string
  /** LSP's language identifiers. */
  readonly languages: readonly string[]
  /** Emacs's major modes. */
  readonly modes: readonly string[]
  /** Kakoune's file types. */
  readonly filetypes: readonly string[]
  /** What a project's root is told by. */
  readonly roots: readonly string[]
  /** How the extension of VS Code is told which program to run, if it is; `args`: the setting of its arguments. */
  readonly vscode?: { readonly path: string; readonly args?: string }
}

const WEB = ['package.json', 'tsconfig.json', 'jsconfig.json', '.git']
const TYPESCRIPT = {
  languages: ['typescript', 'typescriptreact', 'javascript', 'javascriptreact'],
  modes: ['typescript-ts-mode', 'tsx-ts-mode', 'js-ts-mode', 'typescript-mode', 'js-mode'],
  filetypes: ['typescript', 'javascript'],
  roots: WEB,
}
const PYTHON = {
  languages: ['python'],
  modes: ['python-ts-mode', 'python-mode'],
  filetypes: ['python'],
  roots: ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', '.git'],
}

/** By the name of the program. */
const SERVERS: Readonly<Record<string, KnownServer>> = {
  'typescript-language-server': { neovim: 'ts_ls', name: 'typescript-language-server', ...TYPESCRIPT },
  'rust-analyzer': {
    neovim: 'rust_analyzer',
    name: 'rust-analyzer',
    languages: ['rust'],
    modes: ['rust-ts-mode', 'rust-mode'],
    filetypes: ['rust'],
    roots: ['Cargo.toml'],
    vscode: { path: 'rust-analyzer.server.path' },
  },
  gopls: {
    neovim: 'gopls',
    name: 'gopls',
    languages: ['go'],
    modes: ['go-ts-mode', 'go-mode'],
    filetypes: ['go'],
    roots: ['go.work', 'go.mod', '.git'],
    vscode: { path: 'go.alternateTools' },
  },
  clangd: {
    neovim: 'clangd',
    name: 'clangd',
    languages: ['c', 'cpp', 'objective-c'],
    modes: ['c-ts-mode', 'c++-ts-mode', 'c-mode', 'c++-mode'],
    filetypes: ['c', 'cpp'],
    roots: ['compile_commands.json', '.clangd', '.git'],
    vscode: { path: 'clangd.path', args: 'clangd.arguments' },
  },
  'pyright-langserver': { neovim: 'pyright', name: 'pyright', ...PYTHON },
  'basedpyright-langserver': { neovim: 'basedpyright', name: 'basedpyright', ...PYTHON },
  pylsp: { neovim: 'pylsp', name: 'pylsp', ...PYTHON },
  'bash-language-server': {
    neovim: 'bashls',
    name: 'bash-language-server',
    languages: ['shellscript'],
    modes: ['bash-ts-mode', 'sh-mode'],
    filetypes: ['sh'],
    roots: ['.git'],
  },
  'yaml-language-server': {
    neovim: 'yamlls',
    name: 'yaml-language-server',
    languages: ['yaml'],
    modes: ['yaml-ts-mode', 'yaml-mode'],
    filetypes: ['yaml'],
    roots: ['.git'],
  },
  'lua-language-server': {
    neovim: 'lua_ls',
    name: 'lua-language-server',
    languages: ['lua'],
    modes: ['lua-ts-mode', 'lua-mode'],
    filetypes: ['lua'],
    roots: ['.luarc.json', '.git'],
  },
  zls: {
    neovim: 'zls',
    name: 'zls',
    languages: ['zig'],
    modes: ['zig-ts-mode', 'zig-mode'],
    filetypes: ['zig'],
    roots: ['build.zig', '.git'],
    vscode: { path: 'zig.zls.path' },
  },
  biome: { neovim: 'biome', name: 'biome', ...TYPESCRIPT },
  'vscode-json-language-server': webServer(
    'jsonls',
    ['json', 'jsonc'],
    ['json-ts-mode', 'json-mode'],
    ['json'],
  ),
  'vscode-css-language-server': webServer(
    'cssls',
    ['css', 'scss', 'less'],
    ['css-ts-mode', 'css-mode'],
    ['css'],
  ),
  'vscode-html-language-server': webServer('html', ['html'], ['html-ts-mode', 'html-mode'], ['html']),
  'vscode-eslint-language-server': {
    neovim: 'eslint',
    name: 'vscode-eslint-language-server',
    ...TYPESCRIPT,
  },
}

function webServer(
  neovim: string,
  languages: readonly string[],
  modes: readonly string[],
  filetypes: readonly string[],
): KnownServer {
  return { neovim, name: `vscode-${filetypes[0]}-language-server`, languages, modes, filetypes, roots: WEB }
}

/** What is known of a server by its command; of one that is not known, names that its user has to look over. */
export function serverFor(command: readonly string[]): {
  readonly server: KnownServer
  readonly isKnown: boolean
} {
  const program = basename(command[0] ?? '').replace(/\.(cmd|exe|js|sh)$/i, '')
  const known = SERVERS[program]
  if (known !== undefined) return { server: known, isKnown: true }
  const language = 'LANGUAGE'
  const server: KnownServer = {
    neovim: program.replaceAll('-', '_'),
    name: program,
    languages: [language],
    modes: [`${language}-mode`],
    filetypes: [language],
    roots: ['.git'],
  }
  return { server, isKnown: false }
}
