import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { UsageError } from '../../../server/cli/command.ts'
import { config } from '../../../server/cli/config/config.ts'
import { lisp, lua, shell, toml } from '../../../server/cli/config/quoting.ts'
import { PROGRAMS, Workplace } from '../workplace.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.dispose())

const printed = async (...args: string[]) => (await place.run(config, args)).out

describe('lsp-wal config', () => {
  it.each<[string, readonly string[]]>([
    [
      'nvim',
      [
        "vim.lsp.config('gopls', {\n  cmd = { 'lsp-wal', '--', 'gopls', '-x' },\n  filetypes = { 'go', 'gomod', 'gowork', 'gotmpl' },",
        "root_markers = { 'go.work', 'go.mod', '.git' }",
        "vim.lsp.enable('gopls')",
      ],
    ],
    ['nvim-0.10', ["pattern = { 'go', 'gomod', 'gowork', 'gotmpl' }", "name = 'gopls'"]],
    ['nvim-lspconfig', ["require('lspconfig').gopls.setup({ cmd = { 'lsp-wal', '--', 'gopls', '-x' } })"]],
    ['helix', ['[language-server."gopls"]\ncommand = "lsp-wal"\nargs = ["--", "gopls", "-x"]\n']],
    ['eglot', ["'((go-mode\n", '. ("lsp-wal" "--" "gopls" "-x")']],
    ['lsp-mode', ['"gopls")', '(append \'("lsp-wal" "--") final)']],
    [
      'kakoune',
      [
        'filetype=(?:go)',
        'args = ["--", "gopls", "-x"]',
        'root_globs = ["go.work", "go.mod", ".git", ".hg"]',
      ],
    ],
    ['vscode', ['ln -s "$(command -v lsp-wal)" ~/.local/share/lsp-wal/bin/gopls', '"gopls": "/HOME/.local']],
  ])('%s', async (editor, parts) => {
    const text = await printed(editor, '--', 'gopls', '-x')
    for (const part of parts) expect(text).toContain(part)
    expect(text).not.toContain('not known here')
  })

  // What nvim-lspconfig has for them.
  it.each([
    ['clangd', "'compile_flags.txt', 'configure.ac', '.git' }"],
    [
      'lua-language-server',
      "'.luacheckrc', '.stylua.toml', 'stylua.toml', 'selene.toml', 'selene.yml', '.git' }",
    ],
  ])('knows what a project of %s is told by', async (server, roots) => {
    expect(await printed('nvim', '--', server)).toContain(roots)
  })

  it('knows editors by other names, too', async () => {
    for (const [name, same] of [
      ['neovim', 'nvim'],
      ['emacs', 'eglot'],
      ['hx', 'helix'],
      ['kak', 'kakoune'],
      ['code', 'vscode'],
    ] as const)
      expect(await printed(name, '--', 'clangd')).toBe(await printed(same, '--', 'clangd'))
  })

  it('hands options for lsp-wal on, and arguments as they are', async () => {
    expect(await printed('helix', '--exclude', '.e"nv', '--', 'clangd', '--a b')).toContain(
      'args = ["--exclude", ".e\\"nv", "--", "clangd", "--a b"]',
    )
  })

  it('says where it does not know the server', async () => {
    expect(await printed('nvim', '--', '/opt/my-server')).toContain(
      "-- This server is not known here: look over its names.\nvim.lsp.config('my_server'",
    )
    expect(await printed('eglot', '--', 'constructor')).toContain('(LANGUAGE-mode)')
  })

  it('says where a setting is not known, and where options are lost', async () => {
    expect(await printed('vscode', '--', 'typescript-language-server')).toContain(
      '// No extension is known here',
    )
    expect(await printed('vscode', '--', 'gopls')).not.toContain('// No extension')
    expect(await printed('vscode', '--', 'gopls')).not.toContain('// A link hands on no options')
    expect(await printed('vscode', '--exclude', '.env', '--', 'gopls')).toContain(
      '// A link hands on no options',
    )
  })

  it('brings what the package holds for an editor', async () => {
    const programs = { ...PROGRAMS, lspWal: ['node', '/lib/lsp-wal/dist/server/main.js'] }
    const nvim = await place.run(config, ['nvim', '--', 'gopls'], { programs })
    expect(nvim.out).toContain("vim.opt.rtp:append('/lib/lsp-wal/client-shim/neovim')")
    const eglot = await place.run(config, ['eglot', '--', 'gopls'], { programs })
    expect(eglot.out).toContain('(add-to-list \'load-path "/lib/lsp-wal/client-shim/emacs")')
  })

  it('prints what README.md says', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').replace(/^ {4}/gm, '')
    const shown = [...readme.matchAll(/^\$ lsp-wal config (.*)\n((?:.+\n)+)/gm)]
    expect(shown.map(([, args]) => args!.split(' ')[0])).toEqual(['nvim', 'helix', 'eglot'])
    const programs = {
      ...PROGRAMS,
      lspWal: ['node', '/usr/local/lib/node_modules/lsp-wal/dist/server/main.js'],
    }
    for (const [, args, text] of shown)
      expect((await place.run(config, args!.split(' '), { programs })).out).toBe(text)
  })

  it("names the user's folder to an editor that knows no ~", async () => {
    const { out } = await place.run(config, ['vscode', '--', 'gopls'], { variables: { HOME: '/home/me' } })
    expect(out).toContain('"gopls": "/home/me/.local/share/lsp-wal/bin/gopls"')
  })

  it('names the languages that an editor does not start the server for by itself', async () => {
    expect(await printed('helix', '--', 'gopls')).not.toContain('[[language]]')
    expect(await printed('helix', '--', 'pyright-langserver', '--stdio')).toContain(
      '\n[[language]]\nname = "python"\nlanguage-servers = ["pyright", "ruff"]\n',
    )
  })

  it('tells eglot of a language what its mode does not', async () => {
    expect(await printed('eglot', '--', 'typescript-language-server')).toContain(
      '(tsx-ts-mode :language-id "typescriptreact")',
    )
  })

  it('knows a server by its path', async () => {
    expect(await printed('nvim', '--', '/opt/bin/rust-analyzer')).toContain("vim.lsp.config('rust_analyzer'")
  })

  it.each([
    [[], /which editor\? One of nvim/],
    [['ed', '--', 'gopls'], /no editor is known as ed: one of nvim/],
    [['nvim'], /which server\?/],
    [['nvim', '--'], /which server\?/],
    [['nvim', '--exlude', '.env', '--', 'gopls'], /--exlude/],
    [['nvim', '--recover', 'never', '--', 'gopls'], /--recover takes/],
  ])('%j is refused', async (args, message) => {
    await expect(place.run(config, args)).rejects.toThrow(message)
    await expect(place.run(config, args)).rejects.toBeInstanceOf(UsageError)
  })
})

const HARD = 'a\\b"c\'d\ne\tf\x7f$`g é😀'

describe('strings', () => {
  test.runIf(spawnSync('sh', ['-c', 'true']).status === 0)('of a shell are read back as they were', () => {
    for (const text of [HARD.replace('\n', ''), 'plain-1.2', '', '-x']) {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${shell(text)}`], { encoding: 'utf8' })
      expect(stdout).toBe(text)
    }
  })

  test('of TOML are those of JSON, with DEL escaped', () => {
    expect(JSON.parse(toml(HARD))).toBe(HARD)
    expect(toml(HARD)).not.toContain('\x7f')
  })

  test('of Lua and Lisp have their quotes escaped', () => {
    expect(lua("a'b\\c\n")).toBe("'a\\'b\\\\c\\u{a}'")
    expect(lisp('a"b\\c')).toBe('"a\\"b\\\\c"')
  })
})
