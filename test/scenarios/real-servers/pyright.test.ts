import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PYTHON } from './python-project.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'pyright-langserver',
  command: ['pyright-langserver', '--stdio'],
  options: () => ({ configuration: {} }),
}

const timeout = 3 * PATIENCE_MS

describeWith([{ name: SERVER.name, install: 'npm install -g pyright' }], 'pyright', () => {
  test.concurrent('a rename is journaled over three files', { timeout }, async () => {
    using stage = new Stage(PYTHON)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path('shop/goods.py'))
      // Of a file that is not open it counts the byte order mark as a character.
      await client.open(stage.path('shop/report.py'))
      const { start } = rangeOf(PYTHON, 'shop/goods.py', 'describe')
      await client.rename(stage.path('shop/goods.py'), start, 'summary', { files: 3 })
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `describe` → `summary`$/, rename, road)
    expect(changed).toEqual({
      'main.py': PYTHON['main.py'].replaceAll('describe', 'summary'),
      'shop/goods.py': PYTHON['shop/goods.py'].replace('describe', 'summary'),
      'shop/report.py': PYTHON['shop/report.py'].replaceAll('describe', 'summary'),
    })
  })

  test.concurrent('organized imports are journaled', { timeout }, async () => {
    using stage = new Stage(PYTHON)
    const label = /^Command 'pyright.organizeimports'$/
    const changed = await refactor(stage, SERVER, label, async (client) => {
      const { uri } = await client.open(stage.path('main.py'))
      await client.executeCommand('pyright.organizeimports', [uri])
    })
    expect(changed).toEqual({
      'main.py': PYTHON['main.py'].replace(
        'from shop.report import report\nfrom shop.goods import Article, describe\n',
        '\nfrom shop.goods import Article, describe\nfrom shop.report import report\n',
      ),
    })
  })
})
