import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'yaml-language-server',
  command: ['yaml-language-server', '--stdio'],
  options: () => ({
    // No schema is looked for on the network.
    configuration: { yaml: { schemaStore: { enable: false }, format: { enable: true } } },
  }),
}

const PROJECT = {
  'shop.yaml': 'base: &base # 🏷\n    name: "tea 🍵"\nchild:\n    <<: *base\n    extra:   [3,   1]',
}

const timeout = 3 * PATIENCE_MS

describeWith(
  [{ name: 'yaml-language-server', install: 'npm install -g yaml-language-server' }],
  'yaml-language-server',
  () => {
    test.concurrent('the rename of an anchor is journaled', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const rename = async (client: HeadlessClient) => {
        await client.open(stage.path('shop.yaml'))
        const { start } = rangeOf(PROJECT, 'shop.yaml', 'base #')
        await client.rename(stage.path('shop.yaml'), start, 'root')
      }
      const road = { road: 'textDocument/rename' }
      const changed = await refactor(stage, SERVER, /^Rename `base` → `root`$/, rename, road)
      expect(changed).toEqual({
        'shop.yaml': PROJECT['shop.yaml'].replace('&base', '&root').replace('*base', '*root'),
      })
    })

    test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const format = async (client: HeadlessClient) => {
        await client.open(stage.path('shop.yaml'))
        await client.format(stage.path('shop.yaml'))
      }
      const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
      const changed = await refactor(stage, SERVER, /^Format `shop.yaml`$/, format, road)
      expect(changed).toEqual({
        'shop.yaml': 'base: &base # 🏷\n  name: "tea 🍵"\nchild:\n  <<: *base\n  extra: [3, 1]\n',
      })
    })
  },
)
