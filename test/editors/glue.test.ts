import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { describeWith } from '../scenarios/real-servers/installed.ts'
import { LSP_WAL, run, Stage } from '../scenarios/stage.ts'

const shim = fileURLToPath(new URL('../../client-shim', import.meta.url))
const NEOVIM = {
  name: 'nvim',
  version: ['--version'],
  wanted: /^NVIM/,
  install: 'Neovim, as .ci/install-editors has it',
}
const EMACS = {
  name: 'emacs',
  version: ['--version'],
  wanted: /^GNU Emacs/,
  install: 'Emacs, as .ci/install-editors has it',
}
const KAKOUNE = { name: 'kak', version: ['-version'], install: 'Kakoune, as .ci/install-editors has it' }

const config = (stage: Stage, ...args: string[]) => run([...LSP_WAL, 'config', ...args], stage.workspace)

/** What Neovim prints when it runs a script with the plugin of the package. */
async function neovim(stage: Stage, script: string): Promise<string> {
  const path = join(stage.folder, 'script.lua')
  const plugin = join(shim, 'neovim')
  writeFileSync(
    path,
    `vim.opt.rtp:prepend([[${plugin}]])
vim.cmd.runtime('plugin/lsp-wal.lua')
local wal = require('lsp-wal')
wal.command = { ${LSP_WAL.map((part) => `[[${part}]]`).join(', ')} }
vim.env.LSP_WAL_DIR = [[${stage.journal}]]
local function say(...) io.stdout:write(vim.json.encode({ ... }) .. '\\n') end
${script}`,
  )
  const ended = await run(['nvim', '--clean', '--headless', '-l', path], stage.workspace)
  expect(ended).toMatchObject({ status: 0 })
  return ended.stdout
}

describeWith([NEOVIM], 'the commands for Neovim', () => {
  test('put lsp-wal in front of a server, with options and without', async () => {
    using stage = new Stage({})
    const wrapped = `say(wal.wrap({ 'gopls', '-x' }), wal.wrap({ 'gopls' }, { '--exclude', 'a b' }))`
    expect(JSON.parse(await neovim(stage, wrapped))).toEqual([
      [...LSP_WAL, '--', 'gopls', '-x'],
      [...LSP_WAL, '--exclude', 'a b', '--', 'gopls'],
    ])
  })

  test('list the places that an edit changed, undo it, and say where nothing runs', async () => {
    using stage = new Stage({ 'sub folder/a.ts': 'one\nfoo\n' })
    const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } }
    const changes = { [stage.uri('sub folder/a.ts')]: [{ range, newText: 'bar' }] }
    const steps = [{ executeCommand: { command: 'edit', arguments: [{ changes }], edits: 1 } }]
    expect((await stage.headless([], steps, stage.wrapped())).status).toBe(0)
    const said = await neovim(
      stage,
      `vim.notify = function(text) say(text) end
vim.cmd('LspWalFiles')
local items = vim.fn.getqflist()
say(#items, items[1].lnum, vim.fs.normalize(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(items[1].bufnr), ':p')))
vim.cmd('LspWalUndo')
say(wal.run({ 'undo' }) ~= nil)`,
    )
    expect(
      said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([[1, 2, stage.path('sub folder/a.ts')], ['lsp-wal: no server runs behind it here'], [true]])
    expect(stage.files()).toEqual({ 'sub folder/a.ts': 'one\nfoo\n' })
  })

  test('have a page of help, whose tags are those that Neovim makes', async () => {
    using stage = new Stage({})
    const doc = join(stage.folder, 'doc')
    cpSync(join(shim, 'neovim/doc'), doc, { recursive: true })
    const said = await neovim(
      stage,
      `vim.cmd('helptags ${doc}')
vim.cmd('help :LspWalUndo')
say(vim.api.nvim_get_current_line())`,
    )
    expect(said).toContain(':LspWalUndo')
    const tags = readFileSync(join(doc, 'tags'), 'utf8')
    expect(tags).toBe(readFileSync(join(shim, 'neovim/doc/tags'), 'utf8'))
    const plugin = readFileSync(join(shim, 'neovim/plugin/lsp-wal.lua'), 'utf8')
    for (const name of [
      'Files',
      ...[...plugin.matchAll(/^ {2}(\w)(\w+) = '/gm)].map(([, a, b]) => a!.toUpperCase() + b),
    ])
      expect(tags).toMatch(new RegExp(`^:LspWal${name}\t`, 'm'))
  })

  test('tell :checkhealth what lsp-wal doctor says', async () => {
    using stage = new Stage({})
    const said = await neovim(
      stage,
      `vim.cmd('checkhealth lsp-wal')
say(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n'))`,
    )
    const [text] = JSON.parse(said.trim().split('\n').at(-1)!) as [string]
    expect(text).toContain(`the journal is ${stage.journal}`)
    expect(text).toContain('no server runs behind lsp-wal now')
    expect(text).not.toContain('ERROR')
  })
})

describeWith([EMACS], 'the commands for Emacs', () => {
  test('byte-compile without a warning, and put lsp-wal in front of a server', async () => {
    using stage = new Stage({})
    const out = join(stage.folder, 'compiled')
    mkdirSync(out)
    const lisp = `(progn
      (setq byte-compile-error-on-warn t
            byte-compile-dest-file-function (lambda (_) "${join(out, 'lsp-wal.elc')}"))
      (unless (byte-compile-file "${join(shim, 'emacs', 'lsp-wal.el')}") (kill-emacs 1))
      (load "${join(out, 'lsp-wal.elc')}")
      (prin1 (lsp-wal-wrap '("gopls" "-x") "--exclude" ".env")))`
    const ended = await run(['emacs', '--batch', '-Q', '--eval', lisp], stage.workspace)
    expect(ended).toMatchObject({ status: 0 })
    expect(ended.stdout).toContain('("lsp-wal" "--exclude" ".env" "--" "gopls" "-x")')
    expect(ended.stderr).not.toMatch(/warning/i)
  })
})

describeWith([EMACS], 'a command for Emacs', () => {
  test.each([
    ['eglot', `(defun eglot-current-server () 'gopls) (defun eglot-server-capable (&rest _) ["gopls.tidy"])`],
    [
      'lsp-mode',
      `(defvar lsp-mode t) (defun lsp-workspaces () '(gopls)) (defun lsp-can-execute-command? (command) (equal command "gopls.tidy"))`,
    ],
  ])('is not sent by %s to a server that does not run behind lsp-wal', async (_, stubs) => {
    using stage = new Stage({})
    const lisp = `(progn
      (load "${join(shim, 'emacs', 'lsp-wal.el')}")
      ${stubs}
      (condition-case problem (lsp-wal-undo) (user-error (princ (cadr problem)))))`
    const ended = await run(['emacs', '--batch', '-Q', '--eval', lisp], stage.workspace)
    expect(ended).toMatchObject({ status: 0, stdout: 'No server runs behind lsp-wal here' })
  })

  test('is sent by lsp-mode to the one server of a buffer that does', async () => {
    using stage = new Stage({})
    const lisp = `(progn
      (load "${join(shim, 'emacs', 'lsp-wal.el')}")
      (defvar lsp-mode t)
      (defun lsp-workspaces () '(eslint gopls))
      (defun lsp-can-execute-command? (command)
        (and (eq lsp--cur-workspace 'gopls) (equal command "lsp-wal.undo")))
      (defun lsp-request (method params &rest _)
        (princ (list lsp--cur-workspace method (plist-get params :command))))
      (lsp-wal-undo))`
    const ended = await run(['emacs', '--batch', '-Q', '--eval', lisp], stage.workspace)
    expect(ended).toMatchObject({ status: 0, stdout: '(gopls workspace/executeCommand lsp-wal.undo)' })
  })
})

describe('what lsp-wal config prints', () => {
  describeWith([NEOVIM], 'for Neovim', () => {
    test('is taken by it', async () => {
      using stage = new Stage({ 'go.mod': 'module m\n' })
      const { stdout } = await config(stage, 'nvim-0.10', '--exclude', `it's "\\a`, '--', 'gopls')
      const said = await neovim(
        stage,
        `${stdout}
vim.lsp.start = function(config) say(config) end
vim.cmd.edit('go.mod')`,
      )
      const cmd = ['lsp-wal', '--exclude', `it's "\\a`, '--', 'gopls']
      expect(JSON.parse(said)).toEqual([{ name: 'gopls', cmd, root_dir: stage.workspace }])
    })
  })

  describeWith([KAKOUNE], 'for Kakoune', () => {
    test('sets the option of kakoune-lsp for the files of the server alone', async () => {
      using stage = new Stage({})
      const hard = `it's } %{ "\\a`
      const { stdout } = await config(stage, 'kakoune', '--exclude', hard, '--', 'clangd')
      const kakrc = join(stage.folder, 'kakrc')
      writeFileSync(kakrc, stdout)
      const told = (name: string) => join(stage.folder, name)
      const commands = `
        declare-option str lsp_servers
        source ${kakrc}
        edit -scratch
        set-option buffer filetype python
        echo -to-file ${told('python')} -- %opt{lsp_servers}
        set-option buffer filetype cpp
        echo -to-file ${told('cpp')} -- %opt{lsp_servers}
        buffer *debug*
        write -force ${told('debug')}
        kill! 0`
      const kak = ['kak', '-n', '-ui', 'dummy', '-e', commands]
      expect(await run(kak, stage.workspace)).toMatchObject({ status: 0 })
      expect(readFileSync(told('debug'), 'utf8')).not.toMatch(/error/i)
      expect(readFileSync(told('python'), 'utf8').trim()).toBe('')
      expect(parse(readFileSync(told('cpp'), 'utf8'))).toMatchObject({
        clangd: { command: 'lsp-wal', args: ['--exclude', hard, '--', 'clangd'] },
      })
    })
  })

  describeWith([EMACS], 'for Emacs', () => {
    test('is taken by eglot, and read as Lisp for lsp-mode', async () => {
      using stage = new Stage({})
      const eglot = await config(stage, 'eglot', '--exclude', `a "b\\`, '--', 'gopls')
      const lspMode = await stage.lspWal('config', 'lsp-mode', '--', 'gopls') // with --journal, which is the editor's
      writeFileSync(join(stage.folder, 'eglot.el'), eglot.stdout)
      writeFileSync(
        join(stage.folder, 'lsp-mode.el'),
        `(defun lsp-resolve-final-command (command &optional test) (ignore test) command)
(provide 'lsp-mode)
${lspMode.stdout}`,
      )
      const lisp = `(progn
        (require 'eglot)
        (load "${join(stage.folder, 'eglot.el')}")
        (load "${join(stage.folder, 'lsp-mode.el')}")
        (prin1 (list (car eglot-server-programs)
                     (lsp-resolve-final-command '("/bin/gopls" "-x"))
                     (lsp-resolve-final-command '("/bin/gopls" "-x") t)
                     (lsp-resolve-final-command '("clangd")))))`
      const { status, stdout } = await run(['emacs', '--batch', '-Q', '--eval', lisp], stage.workspace)
      expect(status).toBe(0)
      expect(stdout.trim()).toBe(
        `(((go-mode go-dot-mod-mode go-dot-work-mode go-ts-mode go-mod-ts-mode) "lsp-wal" "--exclude" "a \\"b\\\\" "--" "gopls") ("lsp-wal" "--journal" "${stage.journal}" "--" "/bin/gopls" "-x") ("/bin/gopls" "-x") ("clangd"))`,
      )
    })
  })
})
