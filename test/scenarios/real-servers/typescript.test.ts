import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { modules, ownCommand } from './npm.ts'
import { expectUntouched } from './untouched-session.ts'
import { PATIENCE_MS, pick, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'typescript-language-server',
  command: [ownCommand('typescript-language-server'), '--stdio'],
  options: () => ({
    initializationOptions: {
      // A second, syntactic tsserver would answer for the open file alone while the project is loading.
      tsserver: { path: join(modules, 'typescript-5', 'lib', 'tsserver.js'), useSyntaxServer: 'never' },
      disableAutomaticTypingAcquisition: true,
    },
    // After an extraction it asks the client to start a rename of the new name; nobody types here.
    onRequest: (method) => (method === '_typescript.rename' ? null : undefined),
  }),
}

/** With BOMs, CRLF, no newline at the end, and characters of two UTF-16 units: all that moves a position. */
const PROJECT = {
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "types": [] }, "include": ["src"] }\n',
  'src/goods.ts': [
    '/** 🏷 A label. */',
    'export function label(name: string, price: number): string {',
    "  return name + ' 🏷 ' + (price + 1) * 2 + ' €'",
    '}',
    '',
    "export const currency = '€'",
    '',
  ].join('\n'),
  'src/cart.ts':
    "import { label } from './goods'\n\nexport const cart = /* 🛒 */ [label('a', 1), label('b', 2)]\n",
  'src/invoice.ts':
    "import { currency, label } from './goods'\r\n\r\nexport const invoice = label('sum', 3) + currency\r\n",
  'src/mail.ts': "\ufeffimport { label } from './goods'\n\nexport const mail = 'Dear ' + label('you', 4)",
  'src/print.ts':
    "import { label as text, currency } from './goods'\n\nexport const print = () => text(currency, 5)\n",
  'src/shelf.ts':
    "import { label } from './goods'\r\nexport class Shelf {\r\n  readonly text = label('ß', 6)\r\n}\r\n",
  'src/web.ts': [
    "import { unused } from './unused'",
    "import { label } from './goods'",
    "import { cart } from './cart'",
    '',
    "export const web = label('x', 7) + cart.length",
    '',
  ].join('\n'),
  'src/unused.ts': 'export const unused = 1\n',
}

const timeout = 3 * PATIENCE_MS

test.concurrent('“Convert named export to default export” is journaled over seven files', {
  timeout,
}, async () => {
  using stage = new Stage(PROJECT)
  const title = /^Convert named export to default export$/
  const changed = await refactor(stage, SERVER, title, async (client) => {
    // One with a BOM is open, the other six and their line ends are only on the disk.
    await client.open(stage.path('src/goods.ts'))
    await client.open(stage.path('src/mail.ts'))
    const range = rangeOf(PROJECT, 'src/goods.ts', 'export function')
    await pick(client, stage.path('src/goods.ts'), range, title, '_typescript.applyRefactoring')
  })
  expect(changed).toEqual({
    'src/goods.ts': PROJECT['src/goods.ts'].replace('export function', 'export default function'),
    'src/cart.ts': PROJECT['src/cart.ts'].replace('{ label }', 'label'),
    'src/invoice.ts': PROJECT['src/invoice.ts'].replace('{ currency, label }', 'label, { currency }'),
    'src/mail.ts': PROJECT['src/mail.ts'].replace('{ label }', 'label'),
    'src/print.ts': PROJECT['src/print.ts'].replace('{ label as text, currency }', 'text, { currency }'),
    'src/shelf.ts': PROJECT['src/shelf.ts'].replace('{ label }', 'label'),
    'src/web.ts': PROJECT['src/web.ts'].replace('{ label }', 'label'),
  })
})

test.concurrent('“Move to a new file” is journaled, whose file the server has already made', {
  timeout,
}, async () => {
  using stage = new Stage(PROJECT)
  const title = /^Move to a new file$/
  const changed = await refactor(stage, SERVER, title, async (client) => {
    await client.open(stage.path('src/goods.ts'))
    const range = rangeOf(PROJECT, 'src/goods.ts', 'export function label')
    await pick(client, stage.path('src/goods.ts'), range, title, '_typescript.applyRefactoring')
  })
  expect(changed).toEqual({
    'src/goods.ts': "export const currency = '€'\n",
    'src/label.ts': [
      '/** 🏷 A label. */',
      'export function label(name: string, price: number): string {',
      "    return name + ' 🏷 ' + (price + 1) * 2 + ' €';",
      '}',
      '',
    ].join('\n'),
    'src/cart.ts': PROJECT['src/cart.ts'].replace("'./goods'", '"./label"'),
    'src/invoice.ts': PROJECT['src/invoice.ts'].replace(
      "{ currency, label } from './goods'\r\n",
      `{ currency } from './goods'\r\nimport { label } from "./label"\n`,
    ),
    'src/mail.ts': PROJECT['src/mail.ts'].replace("'./goods'", '"./label"'),
    'src/print.ts': PROJECT['src/print.ts'].replace(
      "{ label as text, currency } from './goods'\n",
      `{ currency } from './goods'\nimport { label as text } from "./label"\n`,
    ),
    'src/shelf.ts': PROJECT['src/shelf.ts'].replace("'./goods'\r\n", '"./label"\n'),
    'src/web.ts': PROJECT['src/web.ts'].replace("'./goods'", '"./label"'),
  })
  // It was there, and empty, before the edit came: what the server did by itself is not undone.
  expect(Buffer.from(stage.files()['src/label.ts']!)).toHaveLength(0)
})

test.concurrent('“Extract to constant” is journaled', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const title = /^Extract to constant in enclosing scope$/
  const changed = await refactor(stage, SERVER, title, async (client) => {
    await client.open(stage.path('src/goods.ts'))
    const range = rangeOf(PROJECT, 'src/goods.ts', '(price + 1) * 2')
    await pick(client, stage.path('src/goods.ts'), range, title, '_typescript.applyRefactoring')
  })
  expect(changed).toEqual({
    'src/goods.ts': PROJECT['src/goods.ts'].replace(
      "  return name + ' 🏷 ' + (price + 1) * 2 + ' €'\n",
      "    const newLocal = (price + 1) * 2\n  return name + ' 🏷 ' + newLocal + ' €'\n",
    ),
  })
})

test.concurrent('organized imports are journaled', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const changed = await refactor(stage, SERVER, /^_typescript\.organizeImports$/, async (client) => {
    await client.open(stage.path('src/web.ts'))
    await client.executeCommand('_typescript.organizeImports', [stage.path('src/web.ts')])
  })
  expect(changed).toEqual({
    'src/web.ts': [
      "import { cart } from './cart'",
      "import { label } from './goods'",
      '',
      "export const web = label('x', 7) + cart.length",
      '',
    ].join('\n'),
  })
})

test.concurrent('a rename is journaled over seven files', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const rename = async (client: HeadlessClient) => {
    await client.open(stage.path('src/goods.ts'))
    await client.open(stage.path('src/mail.ts'))
    const { start } = rangeOf(PROJECT, 'src/goods.ts', 'label(')
    await client.rename(stage.path('src/goods.ts'), start, 'tag', { files: 7 })
  }
  const road = { road: 'textDocument/rename' }
  const changed = await refactor(stage, SERVER, /^Rename `label` → `tag`$/, rename, road)
  expect(changed).toEqual({
    'src/goods.ts': PROJECT['src/goods.ts'].replace('label(', 'tag('),
    'src/cart.ts': PROJECT['src/cart.ts'].replaceAll('label', 'tag'),
    'src/invoice.ts': PROJECT['src/invoice.ts'].replaceAll('label', 'tag'),
    'src/mail.ts': PROJECT['src/mail.ts'].replaceAll('label', 'tag'),
    'src/print.ts': PROJECT['src/print.ts'].replace('label', 'tag'),
    'src/shelf.ts': PROJECT['src/shelf.ts'].replaceAll('label', 'tag'),
    'src/web.ts': PROJECT['src/web.ts'].replaceAll('label', 'tag'),
  })
})

test.concurrent('a file moves with the imports of it, and back', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const move = async (client: HeadlessClient) => {
    await client.open(stage.path('src/web.ts'))
    // Which files import it, the server knows once the project is loaded.
    await client.waitForDiagnostics(stage.path('src/web.ts'))
    await client.renameFile(stage.path('src/cart.ts'), stage.path('src/shop/basket.ts'))
  }
  const road = { road: 'workspace/willRenameFiles' }
  const changed = await refactor(stage, SERVER, /^Move `cart.ts` → `basket.ts`$/, move, road)
  expect(changed).toEqual({
    'src/shop/basket.ts': PROJECT['src/cart.ts'].replace("'./goods'", "'../goods'"),
    'src/web.ts': PROJECT['src/web.ts'].replace("'./cart'", "'./shop/basket'"),
  })
})

const isMistake = ({ message }: { message: unknown }) => String(message).includes('Did you mean')

test.concurrent('a quick fix, whose edit stands in the menu, is journaled when it is picked', {
  timeout,
}, async () => {
  const broken = { ...PROJECT, 'src/web.ts': PROJECT['src/web.ts'].replace("label('x'", "labal('x'") }
  using stage = new Stage(broken)
  const title = /^Change spelling to 'label'$/
  const fix = async (client: HeadlessClient) => {
    await client.open(stage.path('src/web.ts'))
    await client.waitForDiagnostics(stage.path('src/web.ts'), (found) => found.some(isMistake))
    const range = rangeOf(broken, 'src/web.ts', 'labal')
    const action = await client.findCodeAction(stage.path('src/web.ts'), range, (each) =>
      title.test(each.title),
    )
    expect(action).not.toHaveProperty('edit')
    await client.runCodeAction(action)
  }
  const road = { road: 'codeAction/resolve' }
  expect(await refactor(stage, SERVER, title, fix, road)).toEqual({ 'src/web.ts': PROJECT['src/web.ts'] })
})

test.concurrent('imports that are organized on saving stay in the menu, journaled', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const organize = async (client: HeadlessClient) => {
    await client.open(stage.path('src/web.ts'))
    const range = rangeOf(PROJECT, 'src/web.ts', 'import')
    const options = { only: ['source.organizeImports'] }
    const action = await client.findCodeAction(stage.path('src/web.ts'), range, () => true, options)
    expect(action).toHaveProperty('edit')
    await client.runCodeAction(action)
  }
  const road = { road: 'textDocument/codeAction' }
  expect(Object.keys(await refactor(stage, SERVER, /^Organize Imports$/, organize, road))).toEqual([
    'src/web.ts',
  ])
})

test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
  const untidy = PROJECT['src/invoice.ts'].replace('invoice = ', 'invoice    =   ')
  using stage = new Stage({ ...PROJECT, 'src/invoice.ts': untidy })
  const format = async (client: HeadlessClient) => {
    await client.open(stage.path('src/invoice.ts'))
    await client.format(stage.path('src/invoice.ts'))
  }
  const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
  const changed = await refactor(stage, SERVER, /^Format `invoice.ts`$/, format, road)
  expect(changed).toEqual({ 'src/invoice.ts': PROJECT['src/invoice.ts'] })
})

test.concurrent('a session without an edit passes as if the proxy were not there', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const { start } = rangeOf(PROJECT, 'src/goods.ts', 'label(')
  await expectUntouched(stage, SERVER, {
    name: 'src/goods.ts',
    languageId: 'typescript',
    position: start,
    pushes: true,
  })
})

test.concurrent('the native server ends with status 1, and so does the proxy', { timeout }, async () => {
  using stage = new Stage(PROJECT)
  const command = [ownCommand('tsc'), '--lsp', '--stdio'] as const
  const exit = await expectUntouched(
    stage,
    { name: 'tsc', command },
    {
      name: 'src/goods.ts',
      languageId: 'typescript',
      position: rangeOf(PROJECT, 'src/goods.ts', 'label(').start,
      pushes: false,
    },
  )
  expect(exit).toEqual({ code: 1, signal: null })
})
