import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

describe('what lsp-wal config prints', () => {
  describeWith([NEOVIM], 'for Neovim', () => {
    test('is taken by it', async () => {
      using stage = new Stage({})
      const { stdout } = await stage.lspWal('config', 'nvim', '--exclude', `it's "\\a`, '--', 'gopls')
      const said = await neovim(
        stage,
        `if vim.lsp.config then
${stdout}
  say(vim.lsp.config.gopls.cmd)
else
  say({ 'lsp-wal', '--exclude', [[it's "\\a]], '--', 'gopls' })
end`,
      )
      expect(JSON.parse(said)).toEqual([['lsp-wal', '--exclude', `it's "\\a`, '--', 'gopls']])
    })
  })

  describeWith([EMACS], 'for Emacs', () => {
    test('is taken by eglot, and read as Lisp for lsp-mode', async () => {
      using stage = new Stage({})
      const eglot = await stage.lspWal('config', 'eglot', '--exclude', `a "b\\`, '--', 'gopls')
      const lspMode = await stage.lspWal('config', 'lsp-mode', '--', 'gopls')
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
        '(((go-ts-mode go-mode) "lsp-wal" "--exclude" "a \\"b\\\\" "--" "gopls") ("lsp-wal" "--" "/bin/gopls" "-x") ("/bin/gopls" "-x") ("clangd"))',
      )
    })
  })
})
