import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'vtsls',
  command: ['vtsls', '--stdio'],
  options: () => ({ configuration: {} }),
}

const PROJECT = {
  'tsconfig.json': '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }\n',
  'src/goods.ts':
    '/* 🏷 */ export function label(name: string): string {\n  return `${name} 🏷`\n}\n\nexport const currency = "€"\n',
  'src/cart.ts':
    "import { label } from './goods'\r\n\r\nexport const cart = /* 🛒 */ [label('a'), label('b')]",
}

describeWith([{ name: 'vtsls', install: 'npm install -g @vtsls/language-server' }], 'vtsls', () => {
  test('“Move to a new file”, which makes files that exist, is journaled', {
    timeout: 3 * PATIENCE_MS,
  }, async () => {
    using stage = new Stage(PROJECT)
    const title = /^Move to a new file$/
    const move = async (client: HeadlessClient) => {
      await client.open(stage.path('src/goods.ts'))
      const range = rangeOf(PROJECT, 'src/goods.ts', 'export function label')
      const action = await client.findCodeAction(stage.path('src/goods.ts'), range, (each) =>
        title.test(each.title),
      )
      await client.runCodeAction(action)
    }
    const changed = await refactor(stage, SERVER, title, move, { road: 'codeAction/resolve' })
    expect(changed).toEqual({
      'src/goods.ts': 'export const currency = "€"\n',
      'src/label.ts': '/* 🏷 */ export function label(name: string): string {\n    return `${name} 🏷`;\n}\n',
      'src/cart.ts': PROJECT['src/cart.ts'].replace("'./goods'\r\n", '"./label"\n'),
    })
  })
})
