import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { UsageError } from '../../../server/cli/command.ts'
import { config } from '../../../server/cli/config/config.ts'
import { lisp, lua, shell, toml } from '../../../server/cli/config/quoting.ts'
import { Workplace } from '../workplace.ts'

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
      ["cmd = { 'lsp-wal', '--', 'gopls', '-x' }", "vim.lsp.config('gopls'", "vim.lsp.enable('gopls')"],
    ],
    ['nvim-lspconfig', ["require('lspconfig').gopls.setup({ cmd = { 'lsp-wal', '--', 'gopls', '-x' } })"]],
    ['helix', ['[language-server."gopls"]\ncommand = "lsp-wal"\nargs = ["--", "gopls", "-x"]\n']],
    ['eglot', ["'((go-ts-mode go-mode)", '. ("lsp-wal" "--" "gopls" "-x")']],
    ['lsp-mode', ['"gopls")', '(append \'("lsp-wal" "--") final)']],
    [
      'kakoune',
      ['filetype=(?:go)', 'args = ["--", "gopls", "-x"]', 'root_globs = ["go.work", "go.mod", ".git"]'],
    ],
    ['zed', ['"path": "lsp-wal"']],
    ['sublime', ['"selector": "source.go"']],
    ['vscode', ['ln -s "$(command -v lsp-wal)" ~/.local/share/lsp-wal/bin/gopls', '"gopls": "/HOME/.local']],
  ])('%s', async (editor, parts) => {
    const text = await printed(editor, '--', 'gopls', '-x')
    for (const part of parts) expect(text).toContain(part)
    expect(text).not.toContain('not known here')
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
  })

  it('knows a server by its path', async () => {
    expect(await printed('nvim', '--', '/opt/bin/rust-analyzer')).toContain("vim.lsp.config('rust_analyzer'")
  })

  it.each([
    [[], /which editor\? One of nvim/],
    [['ed', '--', 'gopls'], /no editor is known as ed: one of nvim/],
    [['nvim'], /which server\?/],
    [['nvim', '--'], /which server\?/],
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
