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

  // lsp.sublimetext.io/client_configuration: "enabled", "command", and "selector", which holds scopes of syntaxes.
  it('of Sublime Text', async () => {
    expect(jsonOf(await printed('sublime', '--exclude', HARD, '--', 'typescript-language-server'))).toEqual({
      clients: {
        'typescript-language-server': {
          enabled: true,
          command: ['lsp-wal', '--exclude', HARD, '--', 'typescript-language-server'],
          selector: 'source.js | source.jsx | source.ts | source.tsx',
        },
      },
    })
  })

  // The package.json of each extension: clangd.arguments is a list; rust-analyzer.server.path and zig.zls.path are
  // paths, go.alternateTools an object of them.
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
      language: [{ name: 'python', 'language-servers': ['basedpyright'] }],
    })
  })
})
