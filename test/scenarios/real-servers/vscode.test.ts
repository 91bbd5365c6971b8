import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { ownCommand } from './npm.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const server = (language: string): RealServer => ({
  name: `vscode-${language}-language-server`,
  command: [ownCommand(`vscode-${language}-language-server`), '--stdio'],
  options: () => ({ configuration: {}, initializationOptions: { provideFormatter: true } }),
})

const PROJECT = {
  'style.css':
    ':root { --colour: #369; /* 🎨 */ }\na { color: var(--colour); }\r\nb { background: var(--colour) }',
  'index.html': '<!doctype html>\n<body>🏷<span class="a">text</span></body>',
  'data.json': '\ufeff{ "b": 1,   "🏷": { "z": true, "y": [3,1] } }',
}

const timeout = 3 * PATIENCE_MS

const RENAMES = [
  ['css', 'style.css', '--colour', '--hue', PROJECT['style.css'].replaceAll('--colour', '--hue')],
  ['html', 'index.html', 'span', 'em', PROJECT['index.html'].replaceAll('span', 'em')],
] as const

test.concurrent.for(RENAMES)(
  'a rename is journaled: %s',
  { timeout },
  async ([language, name, from, to, text]) => {
    using stage = new Stage(PROJECT)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path(name))
      const { start } = rangeOf(PROJECT, name, from)
      await client.rename(stage.path(name), start, to)
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, server(language), /^Rename /, rename, road)
    expect(changed).toEqual({ [name]: text })
  },
)

const LAYOUTS = [
  [
    'css',
    'style.css',
    ':root {\n  --colour: #369;\n  /* 🎨 */\n}\n\na {\n  color: var(--colour);\n}\n\nb {\n  background: var(--colour)\n}',
  ],
  ['html', 'index.html', '<!doctype html>\n\n<body>🏷<span class="a">text</span></body>'],
  [
    'json',
    'data.json',
    '\ufeff{\n  "b": 1,\n  "🏷": {\n    "z": true,\n    "y": [\n      3,\n      1\n    ]\n  }\n}',
  ],
] as const

test.concurrent.for(LAYOUTS)('a layout is journaled: %s', { timeout }, async ([language, name, text]) => {
  using stage = new Stage(PROJECT)
  const format = async (client: HeadlessClient) => {
    await client.open(stage.path(name))
    await client.format(stage.path(name))
  }
  const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
  const changed = await refactor(stage, server(language), /^Format/, format, road)
  expect(changed).toEqual({ [name]: text })
})
