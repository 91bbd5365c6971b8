import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { ownCommand } from './npm.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

/** The server that TypeScript 7 has itself. */
const SERVER: RealServer = {
  name: 'tsc',
  title: 'TypeScript (`tsc --lsp`)',
  command: [ownCommand('tsc'), '--lsp', '--stdio'],
  ends: [0, 1],
  options: () => ({ positionEncodings: ['utf-8', 'utf-16'] }),
}

const PROJECT = {
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "module": "esnext", "moduleResolution": "bundler", "types": [] }, "include": ["src"] }\n',
  'src/goods.ts':
    '/** 🏷 */ export function label(name: string): string {\n  return `${name} 🏷`\n}\n\nexport const currency = "€"\n',
  'src/cart.ts':
    "\ufeffimport { label } from './goods'\r\n\r\nexport const cart = /* 🛒 */ [label('a'), label('b')]",
  'src/web.ts':
    "import { label, currency } from './goods'\nimport { cart } from './cart'\n\nexport const web = label('ß') + cart.length\n",
}

const timeout = 3 * PATIENCE_MS

test.concurrent('a rename is journaled over three files', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const rename = async (client: HeadlessClient) => {
    await client.open(stage.path('src/goods.ts'))
    const { start } = rangeOf(PROJECT, 'src/goods.ts', 'label')
    // Its columns are bytes here: the sign in front of it has four of them, and two UTF-16 units.
    const at = { ...start, character: start.character + 2 }
    await client.rename(stage.path('src/goods.ts'), at, 'tag', { files: 3 })
  }
  const road = { road: 'textDocument/rename' }
  const changed = await refactor(stage, SERVER, /^Rename `label` → `tag`$/, rename, road)
  expect(changed).toEqual({
    'src/goods.ts': PROJECT['src/goods.ts'].replace('label', 'tag'),
    'src/cart.ts': PROJECT['src/cart.ts'].replaceAll('label', 'tag'),
    'src/web.ts': PROJECT['src/web.ts'].replaceAll('label', 'tag'),
  })
})

test.concurrent('a file moves with the imports of it, and back', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const move = async (client: HeadlessClient) => {
    await client.open(stage.path('src/web.ts'))
    await client.renameFile(stage.path('src/cart.ts'), stage.path('src/shop/basket.ts'))
  }
  const road = { road: 'workspace/willRenameFiles' }
  const changed = await refactor(stage, SERVER, /^Move `cart.ts` → `basket.ts`$/, move, road)
  expect(changed).toEqual({
    'src/shop/basket.ts': PROJECT['src/cart.ts'].replace("'./goods'", "'../goods'"),
    'src/web.ts': PROJECT['src/web.ts'].replace("'./cart'", "'./shop/basket'"),
  })
})

test.concurrent('imports that are organized on saving stay in the menu, journaled', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const organize = async (client: HeadlessClient) => {
    await client.open(stage.path('src/web.ts'))
    const range = rangeOf(PROJECT, 'src/web.ts', 'import')
    const only = { only: ['source.organizeImports'] }
    const [action] = await client.codeActions(stage.path('src/web.ts'), range, only)
    expect(action).toHaveProperty('edit')
    await client.runCodeAction(action!)
  }
  const road = { road: 'textDocument/codeAction' }
  const changed = await refactor(stage, SERVER, /^Organize Imports$/, organize, road)
  expect(changed).toEqual({
    'src/web.ts':
      "import { cart } from './cart';\nimport { label } from './goods';\n\nexport const web = label('ß') + cart.length\n",
  })
})

test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const format = async (client: HeadlessClient) => {
    await client.open(stage.path('src/cart.ts'))
    await client.format(stage.path('src/cart.ts'))
  }
  const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
  const changed = await refactor(stage, SERVER, /^Format `cart.ts`$/, format, road)
  expect(changed).toEqual({ 'src/cart.ts': PROJECT['src/cart.ts'].replace('*/ [', '*/[') })
})
