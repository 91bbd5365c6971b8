import { parse } from 'smol-toml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { config } from '../../../server/cli/config/config.ts'
import { Workplace } from '../workplace.ts'

// Editors that are not driven: what is printed for them is read as they read it, and is what their manuals say.

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const printed = async (...args: string[]) => (await place.run(config, args)).out

/** JSON with lines that are comments, which all of these editors take. */
const jsonOf = (text: string) => JSON.parse(text.replace(/^\/\/.*\n/gm, '')) as unknown

const HARD = `a\\b"c\td\x7f#$}é😀`

describe('settings', () => {
  // zed.dev/docs/configuring-languages: "lsp": {NAME: {"binary": {"path", "arguments"}}}, and "language_servers".
  it('of Zed', async () => {
    expect(jsonOf(await printed('zed', '--exclude', HARD, '--', 'rust-analyzer'))).toEqual({
      lsp: {
        'rust-analyzer': {
          binary: { path: 'lsp-wal', arguments: ['--exclude', HARD, '--', 'rust-analyzer'] },
        },
      },
    })
    const instead = { language_servers: ['typescript-language-server', '!vtsls', '...'] }
    expect(jsonOf(await printed('zed', '--', 'typescript-language-server', '--stdio'))).toMatchObject({
      languages: { TypeScript: instead, TSX: instead, JavaScript: instead },
    })
  })

  // Its assets/settings/default.json: "..." stands for all servers that are not named, those that check types included.
  it.each([
    ['pyright-langserver', 'pyright', ['!basedpyright', '!ty', '!pyrefly', '!pylsp']],
    ['pylsp', 'pylsp', ['!basedpyright', '!ty', '!pyrefly', '!pyright']],
  ])('of Zed leave Python with %s alone, and what lints beside it', async (program, name, others) => {
    expect(jsonOf(await printed('zed', '--', program))).toEqual({
      lsp: { [name]: { binary: { path: 'lsp-wal', arguments: ['--', program] } } },
      languages: { Python: { language_servers: [name, 'ruff', ...others, '...'] } },
    })
  })

  // The extensions' extension.toml (language_servers.NAME), and crates/languages for those that come with it.
  it.each([
    ['bash-language-server', 'bash-language-server'],
    ['lua-language-server', 'lua-language-server'],
    ['zls', 'zls'],
    ['biome', 'biome'],
    ['basedpyright-langserver', 'basedpyright'],
    ['vscode-eslint-language-server', 'eslint'],
    ['vscode-html-language-server', 'vscode-html-language-server'],
    ['vscode-css-language-server', 'vscode-css-language-server'],
    ['vscode-json-language-server', 'json-language-server'],
    ['yaml-language-server', 'yaml-language-server'],
    ['clangd', 'clangd'],
    ['gopls', 'gopls'],
  ])('of Zed call %s %s', async (program, name) => {
    expect(jsonOf(await printed('zed', '--', program))).toEqual({
      lsp: { [name]: { binary: { path: 'lsp-wal', arguments: ['--', program] } } },
    })
  })

  // lsp.sublimetext.io/client_configuration: "enabled", "command", and "selector", which holds scopes of syntaxes.
  // "clients" in LSP.sublime-settings is deprecated since 2.10.
  it('of Sublime Text', async () => {
    const text = await printed('sublime', '--exclude', HARD, '--', 'typescript-language-server')
    expect(text).toContain('// Sublime Text, LanguageServers.sublime-settings\n')
    expect(text).toContain('Before LSP 2.10: this in "clients", in LSP.sublime-settings.\n')
    expect(jsonOf(text)).toEqual({
      'typescript-language-server': {
        enabled: true,
        command: ['lsp-wal', '--exclude', HARD, '--', 'typescript-language-server'],
        selector: 'source.js | source.jsx | source.ts | source.tsx',
      },
    })
  })

  // LSP-bash's own selector: zsh and fish have scopes beside it.
  it('of Sublime Text for shell scripts', async () => {
    expect(jsonOf(await printed('sublime', '--', 'bash-language-server', 'start'))).toMatchObject({
      'bash-language-server': { selector: 'source.shell.bash' },
    })
  })

  // The package.json of each extension: clangd.arguments and Lua.misc.parameters are lists; rust-analyzer.server.path,
  // zig.zls.path and biome.lsp.bin are paths, go.alternateTools an object of them.
  it('of VS Code', async () => {
    expect(jsonOf(await printed('vscode', '--exclude', HARD, '--', 'clangd', '--log=error'))).toEqual({
      'clangd.path': 'lsp-wal',
      'clangd.arguments': ['--exclude', HARD, '--', 'clangd', '--log=error'],
    })
    const link = (name: string) => `/HOME/.local/share/lsp-wal/bin/${name}`
    expect(jsonOf(await printed('vscode', '--', 'rust-analyzer'))).toEqual({
      'rust-analyzer.server.path': link('rust-analyzer'),
    })
    expect(jsonOf(await printed('vscode', '--', 'gopls'))).toEqual({
      'go.alternateTools': { gopls: link('gopls') },
    })
    expect(jsonOf(await printed('vscode', '--', 'zls'))).toEqual({ 'zig.zls.path': link('zls') })
    expect(jsonOf(await printed('vscode', '--', 'biome'))).toEqual({ 'biome.lsp.bin': link('biome') })
    expect(jsonOf(await printed('vscode', '--', 'lua-language-server'))).toEqual({
      'Lua.misc.executablePath': 'lsp-wal',
      'Lua.misc.parameters': ['--', 'lua-language-server'],
    })
  })

  // kakoune-lsp's README: "The `lsp_servers` option is a TOML table", with command, args and root_globs.
  it('of kakoune-lsp', async () => {
    const text = await printed('kakoune', '--exclude', HARD, '--', 'clangd', '--a b')
    const [, table] = /^ {4}set-option buffer lsp_servers %\{\n(.*)\n {4}\}$/ms.exec(text)!
    expect(parse(table!)).toEqual({
      clangd: {
        root_globs: ['compile_commands.json', '.clangd', '.git', '.hg'],
        command: 'lsp-wal',
        args: ['--exclude', HARD, '--', 'clangd', '--a b'],
      },
    })
  })

  it('of Helix', async () => {
    expect(
      parse(await printed('helix', '--exclude', HARD, '--', 'basedpyright-langserver', '--stdio')),
    ).toEqual({
      'language-server': {
        basedpyright: {
          command: 'lsp-wal',
          args: ['--exclude', HARD, '--', 'basedpyright-langserver', '--stdio'],
        },
      },
      // ruff lints beside each of its own lists for Python, too.
      language: [{ name: 'python', 'language-servers': ['basedpyright', 'ruff'] }],
    })
  })
})
