import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HeadlessClient } from '../../../client-shim/client.ts'
import { logged } from '../roads/desk.ts'
import { Stage } from '../stage.ts'
import { modules, ownCommand } from './npm.ts'
import { PATIENCE_MS } from './wrapped-server.ts'

const OPTIONS = {
  tsserver: { path: join(modules, 'typescript-5', 'lib', 'tsserver.js'), useSyntaxServer: 'never' },
  disableAutomaticTypingAcquisition: true,
}
const SERVER = [ownCommand('typescript-language-server'), '--stdio']

const PROJECT = {
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "module": "esnext", "moduleResolution": "bundler", "types": [] }, "include": ["src", "office"] }\n',
  'src/desk.ts': "import { note } from './paper/note'\r\n\r\nexport const desk = note('desk')\r\n",
  'src/paper/note.ts':
    "import { unit } from '../unit'\n\nexport const note = (text: string) => text + unit\n",
  'src/paper/deep/box.ts': 'export const box = 1\n',
  'src/unit.ts': "export const unit = '€'\n",
}

test('a folder moves with the imports of it, and back, with a megabyte that no log holds', {
  timeout: PATIENCE_MS,
}, async () => {
  using stage = new Stage(PROJECT)
  stage.write('src/paper/deep/picture.bin', Buffer.alloc(2 ** 20, 7))
  const before = stage.files()
  const { ino } = statSync(stage.path('src/paper/deep/picture.bin'))
  const client = await HeadlessClient.start({
    command: [...stage.wrapped([], SERVER)] as [string, ...string[]],
    folders: [stage.workspace],
    initializationOptions: OPTIONS,
  })
  try {
    await client.open(stage.path('src/desk.ts'))
    // Which files import it, the server knows once the project is loaded.
    await client.rename(stage.path('src/desk.ts'), { line: 2, character: 13 }, 'desk', { files: 1 })
    await client.renameFile(stage.path('src/paper'), stage.path('office'))
  } finally {
    await client.shutdown()
  }
  const moved = stage.files()
  expect(moved['src/desk.ts']).toContain("from '../office/note'")
  expect(moved['office/note.ts']).toContain("from '../src/unit'")
  expect(moved['src/paper/note.ts']).toBeUndefined()

  const move = logged(stage.journal).filter(({ meta }) => meta.road === 'workspace/willRenameFiles')
  expect(move.flatMap(({ originals }) => Object.keys(originals)).sort()).toEqual([
    stage.path('src/desk.ts'),
    stage.path('src/paper/note.ts'),
    stage.path('tsconfig.json'),
  ])
  expect(JSON.stringify(move).length).toBeLessThan(10_000)

  const shown = (await stage.lspWal('show')).stdout
  expect(shown).toContain('src/paper/deep/picture.bin → office/deep/picture.bin')
  writeFileSync(stage.path('office/deep/box.ts'), 'export const box = 2\n')
  expect(await stage.lspWal('undo')).toMatchObject({ status: 0, stderr: '' })
  expect(stage.files()).toEqual({ ...before, 'src/paper/deep/box.ts': 'export const box = 2\n' })
  expect(existsSync(stage.path('office'))).toBe(false)
  expect(statSync(stage.path('src/paper/deep/picture.bin')).ino).toBe(ino)
  expect(await stage.lspWal('redo')).toMatchObject({ status: 0, stderr: '' })
  expect(stage.files()).toEqual({ ...moved, 'office/deep/box.ts': 'export const box = 2\n' })
  expect((await stage.lspWal('verify')).stdout).toContain('sound')
})
