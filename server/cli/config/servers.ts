import { basename } from 'node:path'

/** A server of an editor that has a list of them for every language. */
interface Listed {
  readonly name: string
  readonly for?: { readonly languages: readonly string[]; readonly servers: readonly string[] }
}

/**
 * How editors call a server, and what they start it for. Every list is the one that the editor has itself, or its
 * package of servers: what is pasted takes the place of that.
 */
export interface KnownServer {
  /** As its program is called, and so Kakoune. */
  readonly name: string
  readonly neovim: {
    /** nvim-lspconfig's name. */
    readonly name: string
    readonly filetypes: readonly string[]
    /** What a project's root is told by. */
    readonly roots: readonly string[]
  }
  /** `for`: the languages that it does not start this server for by itself, each with the servers that it is to have. */
  readonly helix: Listed
  /** Emacs's major modes as eglot has them: with the language's identifier, where that is not in the mode's name. */
  readonly modes: readonly string[]
  readonly kakoune: { readonly filetypes: readonly string[]; readonly roots: readonly string[] }
  /** Sublime's selector of scopes. */
  readonly scopes: string
  /** `for`: where it is not what its languages have by default, the servers that they are to have. */
  readonly zed: Listed
  /** How the extension of VS Code is told which program to run, if it is; `args`: the setting of its arguments. */
  readonly vscode?: { readonly path: string; readonly args?: string }
}

const SCRIPTS = ['javascript', 'javascriptreact', 'typescript', 'typescriptreact']
/** Neovim takes the first that is found anywhere above: the top of many packages comes before each of them. */
const SCRIPT_ROOTS = [
  ...['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lockb', 'bun.lock', '.git'],
  ...['tsconfig.json', 'jsconfig.json', 'package.json'],
]

const TYPESCRIPT = {
  modes: [
    '(js-mode :language-id "javascript")',
    '(js-ts-mode :language-id "javascript")',
    '(tsx-ts-mode :language-id "typescriptreact")',
    '(typescript-ts-mode :language-id "typescript")',
    '(typescript-mode :language-id "typescript")',
  ],
  kakoune: {
    filetypes: ['javascript', 'typescript'],
    roots: ['package.json', 'tsconfig.json', 'jsconfig.json', '.git', '.hg'],
  },
  scopes: 'source.js | source.jsx | source.ts | source.tsx',
}

/** In Helix it stands beside the server that the languages have. */
const besideTypescript = (name: string) => ({
  name,
  for: {
    languages: ['javascript', 'jsx', 'typescript', 'tsx'],
    servers: ['typescript-language-server', name],
  },
})

const PYTHON_ROOTS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'Pipfile', '.git']
const PYTHON = {
  modes: ['python-mode', 'python-ts-mode'],
  kakoune: { filetypes: ['python'], roots: ['pyproject.toml', 'setup.py', 'poetry.lock', '.git', '.hg'] },
  scopes: 'source.python',
}
const pyright = (name: string) => ({
  neovim: { name, filetypes: ['python'], roots: ['pyrightconfig.json', ...PYTHON_ROOTS] },
  helix: { name, for: { languages: ['python'], servers: [name, 'ruff'] } },
  ...PYTHON,
})
/** In Zed the rest (`...`) is every server that is not named, and so each is that checks types. */
const pythonOfZed = (name: string) => {
  const others = ['basedpyright', 'ty', 'pyrefly', 'pyright', 'pylsp'].filter((other) => other !== name)
  return {
    name,
    for: { languages: ['Python'], servers: [name, 'ruff', ...others.map((other) => `!${other}`), '...'] },
  }
}

/** By the name of the program. */
const SERVERS: Readonly<Record<string, Omit<KnownServer, 'name'>>> = {
  'typescript-language-server': {
    neovim: { name: 'ts_ls', filetypes: SCRIPTS, roots: SCRIPT_ROOTS },
    helix: { name: 'typescript-language-server' },
    zed: {
      name: 'typescript-language-server',
      for: {
        languages: ['TypeScript', 'TSX', 'JavaScript'],
        servers: ['typescript-language-server', '!vtsls', '...'],
      },
    },
    ...TYPESCRIPT,
  },
  'rust-analyzer': {
    neovim: {
      name: 'rust_analyzer',
      filetypes: ['rust'],
      roots: ['Cargo.toml', 'rust-project.json', '.git'],
    },
    helix: { name: 'rust-analyzer' },
    modes: ['rust-ts-mode', 'rust-mode'],
    kakoune: { filetypes: ['rust'], roots: ['Cargo.toml'] },
    scopes: 'source.rust',
    zed: { name: 'rust-analyzer' },
    vscode: { path: 'rust-analyzer.server.path' },
  },
  gopls: {
    neovim: {
      name: 'gopls',
      filetypes: ['go', 'gomod', 'gowork', 'gotmpl'],
      roots: ['go.work', 'go.mod', '.git'],
    },
    helix: { name: 'gopls' },
    modes: ['go-mode', 'go-dot-mod-mode', 'go-dot-work-mode', 'go-ts-mode', 'go-mod-ts-mode'],
    kakoune: { filetypes: ['go'], roots: ['go.work', 'go.mod', '.git', '.hg'] },
    scopes: 'source.go | source.gomod',
    zed: { name: 'gopls' },
    vscode: { path: 'go.alternateTools' },
  },
  clangd: {
    neovim: {
      name: 'clangd',
      filetypes: ['c', 'c.doxygen', 'cpp', 'cpp.doxygen', 'objc', 'objcpp', 'cuda'],
      roots: [
        '.clangd',
        '.clang-tidy',
        '.clang-format',
        'compile_commands.json',
        'compile_flags.txt',
        'configure.ac',
        '.git',
      ],
    },
    helix: { name: 'clangd' },
    modes: ['c-mode', 'c-ts-mode', 'c++-mode', 'c++-ts-mode', 'objc-mode'],
    kakoune: { filetypes: ['c', 'cpp', 'objc'], roots: ['compile_commands.json', '.clangd', '.git', '.hg'] },
    scopes: 'source.c | source.c++ | source.objc | source.objc++',
    zed: { name: 'clangd' },
    vscode: { path: 'clangd.path', args: 'clangd.arguments' },
  },
  'pyright-langserver': {
    ...pyright('pyright'),
    zed: pythonOfZed('pyright'),
  },
  'basedpyright-langserver': { ...pyright('basedpyright'), zed: { name: 'basedpyright' } },
  pylsp: {
    neovim: { name: 'pylsp', filetypes: ['python'], roots: PYTHON_ROOTS },
    helix: { name: 'pylsp' },
    zed: pythonOfZed('pylsp'),
    ...PYTHON,
  },
  'bash-language-server': {
    neovim: { name: 'bashls', filetypes: ['bash', 'sh'], roots: ['.git'] },
    helix: { name: 'bash-language-server' },
    modes: ['bash-ts-mode', 'sh-mode'],
    kakoune: { filetypes: ['sh'], roots: ['.git', '.hg'] },
    scopes: 'source.shell.bash',
    zed: { name: 'bash-language-server' },
  },
  'yaml-language-server': {
    neovim: {
      name: 'yamlls',
      filetypes: ['yaml', 'yaml.docker-compose', 'yaml.gitlab', 'yaml.helm-values'],
      roots: ['.git'],
    },
    helix: { name: 'yaml-language-server' },
    modes: ['yaml-ts-mode', 'yaml-mode'],
    kakoune: { filetypes: ['yaml'], roots: ['.git', '.hg'] },
    scopes: 'source.yaml',
    zed: { name: 'yaml-language-server' },
  },
  'lua-language-server': {
    neovim: {
      name: 'lua_ls',
      filetypes: ['lua'],
      roots: [
        ...['.emmyrc.json', '.luarc.json', '.luarc.jsonc', '.luacheckrc', '.stylua.toml', 'stylua.toml'],
        ...['selene.toml', 'selene.yml', '.git'],
      ],
    },
    helix: { name: 'lua-language-server' },
    modes: ['lua-mode', 'lua-ts-mode'],
    kakoune: { filetypes: ['lua'], roots: ['.git', '.hg'] },
    scopes: 'source.lua',
    zed: { name: 'lua-language-server' },
    vscode: { path: 'Lua.misc.executablePath', args: 'Lua.misc.parameters' },
  },
  zls: {
    neovim: { name: 'zls', filetypes: ['zig', 'zir'], roots: ['zls.json', 'build.zig', '.git'] },
    helix: { name: 'zls' },
    modes: ['zig-mode', 'zig-ts-mode'],
    kakoune: { filetypes: ['zig'], roots: ['build.zig', '.git', '.hg'] },
    scopes: 'source.zig',
    zed: { name: 'zls' },
    vscode: { path: 'zig.zls.path' },
  },
  biome: {
    neovim: {
      name: 'biome',
      filetypes: [...SCRIPTS, 'astro', 'css', 'graphql', 'html', 'json', 'jsonc', 'svelte', 'vue'],
      roots: ['biome.json', 'biome.jsonc', 'package.json', '.git'],
    },
    helix: besideTypescript('biome'),
    zed: { name: 'biome' },
    vscode: { path: 'biome.lsp.bin' },
    ...TYPESCRIPT,
  },
  'vscode-eslint-language-server': {
    neovim: {
      name: 'eslint',
      filetypes: [...SCRIPTS, 'vue', 'svelte', 'astro', 'htmlangular'],
      roots: ['eslint.config.js', '.eslintrc.json', 'package.json', '.git'],
    },
    helix: besideTypescript('vscode-eslint-language-server'),
    zed: { name: 'eslint' },
    ...TYPESCRIPT,
  },
  'vscode-json-language-server': {
    neovim: { name: 'jsonls', filetypes: ['json', 'jsonc'], roots: ['.git'] },
    helix: { name: 'vscode-json-language-server' },
    modes: ['js-json-mode', 'json-mode', 'json-ts-mode', 'jsonc-mode'],
    kakoune: { filetypes: ['json'], roots: ['package.json', '.git', '.hg'] },
    scopes: 'source.json',
    zed: { name: 'json-language-server' },
  },
  'vscode-css-language-server': {
    neovim: { name: 'cssls', filetypes: ['css', 'scss', 'less'], roots: ['package.json', '.git'] },
    helix: { name: 'vscode-css-language-server' },
    modes: ['css-mode', 'css-ts-mode'],
    kakoune: { filetypes: ['css', 'less', 'scss'], roots: ['package.json', '.git', '.hg'] },
    scopes: 'source.css | source.scss | source.less',
    zed: { name: 'vscode-css-language-server' },
  },
  'vscode-html-language-server': {
    neovim: { name: 'html', filetypes: ['html'], roots: ['package.json', '.git'] },
    helix: { name: 'vscode-html-language-server' },
    modes: ['html-mode'],
    kakoune: { filetypes: ['html'], roots: ['package.json', '.git', '.hg'] },
    scopes: 'text.html.basic',
    zed: { name: 'vscode-html-language-server' },
  },
}

/** What is known of a server by its command; of one that is not known, names that its user has to look over. */
export function serverFor(command: readonly string[]): {
  readonly server: KnownServer
  readonly isKnown: boolean
} {
  const name = basename(command[0] ?? '').replace(/\.(cmd|exe|js|sh)$/i, '')
  const known = Object.hasOwn(SERVERS, name) ? SERVERS[name] : undefined
  if (known !== undefined) return { server: { name, ...known }, isKnown: true }
  const languages = ['LANGUAGE']
  const roots = ['.git']
  const server: KnownServer = {
    name,
    neovim: { name: name.replaceAll('-', '_'), filetypes: languages, roots },
    helix: { name, for: { languages, servers: [name] } },
    modes: ['LANGUAGE-mode'],
    kakoune: { filetypes: languages, roots },
    scopes: 'source.LANGUAGE',
    zed: { name },
  }
  return { server, isKnown: false }
}
