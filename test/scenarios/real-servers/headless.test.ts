import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PATIENCE_MS } from './wrapped-server.ts'

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
const TYPESCRIPT = [join(modules, '.bin', 'typescript-language-server'), '--stdio']
const INIT = JSON.stringify({
  tsserver: { path: join(modules, 'typescript-5', 'lib', 'tsserver.js') },
  disableAutomaticTypingAcquisition: true,
})
const timeout = 3 * PATIENCE_MS

const PROJECT = {
  'tsconfig.json': '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }\n',
  'src/area.ts':
    'export function area(width: number, height: number) {\n  const edge = width + height\n  return width * height + 0 * edge\n}\n',
  'src/wall.ts': "import { area } from './area'\r\n\r\nexport const wall = /* 🧱 */ area(2, 3)",
  'src/roof.ts': "\ufeffimport { area as surface } from './area'\n\nexport const roof = surface(4, 5)\n",
}

test('a symbol of a TypeScript project is renamed and taken back', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const before = stage.files()
  const ended = await stage.lspWal('rename', '--init', INIT, 'src/area.ts:1:17', 'size', '--', ...TYPESCRIPT)
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  expect(ended.stdout).toMatch(/^Rename `area` → `size`: 3 files, 4 edits\n/)
  expect(stage.files()['src/wall.ts']).toContain('*/ size(2, 3)')
  expect((await stage.lspWal('undo')).status).toBe(0)
  expect(stage.files()).toEqual(before)
})

test('a refactoring of a TypeScript project is listed, shown, run and taken back', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const before = stage.files()
  const action = (...args: string[]) => stage.lspWal('action', '--init', INIT, ...args, '--', ...TYPESCRIPT)
  expect((await action('--kind', 'refactor.move', 'src/area.ts:1:17')).stdout).toContain(
    'Move to a new file\n',
  )
  const shown = await action(
    '--dry-run',
    '--kind',
    'refactor.extract.function',
    '--title',
    '/global|module/',
    'src/area.ts:3:10-3:24',
  )
  expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining('+function newFunction') })
  // The server makes the file itself that its edit is to fill.
  expect((await action('--dry-run', '--title', 'Move to a new file', 'src/area.ts:1:17')).status).toBe(0)
  expect(stage.files()).toEqual(before)
  const moved = await action('--run', '--kind', 'refactor.rewrite.export.default', 'src/area.ts:1:1')
  expect(moved).toMatchObject({ status: 0, stdout: expect.stringContaining('3 files') })
  expect(stage.files()['src/area.ts']).toMatch(/^export default function area/)
  expect((await stage.lspWal('undo')).status).toBe(0)
  expect(stage.files()).toEqual(before)
})

describeWith(
  [{ name: 'clangd', version: ['--version'], install: 'apt install clangd' }],
  'with clangd',
  () => {
    const C = {
      'twice.h': 'int twice(int n);\n',
      'twice.c': '#include "twice.h"\nint twice(int n) { return 2 * n; }\n',
      'main.c': '#include "twice.h"\n\nint main(void) { return twice(3); }\n',
    }

    test('a function is renamed in its header, too, and a keyword is refused', { timeout }, async () => {
      using stage = new Stage(C)
      const commands = ['twice.c', 'main.c'].map((file) => ({
        directory: stage.workspace,
        file,
        arguments: ['cc', '-c', file],
      }))
      stage.write('compile_commands.json', JSON.stringify(commands))
      const options = ['--files', '3', 'main.c:3:25', 'double_it']
      const renamed = await stage.lspWal('rename', ...options, '--', 'clangd')
      expect(renamed).toMatchObject({ status: 0, stdout: expect.stringContaining('3 files, 3 edits') })
      expect(stage.files()['twice.h']).toBe('int double_it(int n);\n')
      expect(await stage.lspWal('rename', 'main.c:3:25', 'while', '--', 'clangd')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('keyword'),
      })
    })
  },
)
