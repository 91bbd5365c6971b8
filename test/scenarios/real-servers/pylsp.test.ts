import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PYTHON } from './python-project.ts'
import { PATIENCE_MS, pick, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = { name: 'pylsp', command: ['pylsp'], version: ['--version'] }

const PYLSP = {
  name: 'pylsp',
  version: ['--version'],
  install: 'apt-get install python3-pylsp python3-pylsp-rope',
}

const timeout = 3 * PATIENCE_MS

const opened = async (client: HeadlessClient, stage: Stage) => {
  for (const name of ['main.py', 'shop/goods.py', 'shop/report.py']) await client.open(stage.path(name))
}

describeWith([PYLSP], 'pylsp', () => {
  test.concurrent('a rename, which replaces whole texts, is journaled over three files', {
    timeout,
  }, async () => {
    using stage = new Stage(PYTHON)
    const rename = async (client: HeadlessClient) => {
      await opened(client, stage)
      const { start } = rangeOf(PYTHON, 'shop/goods.py', 'describe')
      await client.rename(stage.path('shop/goods.py'), start, 'summary', { files: 3 })
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `describe` → `summary`$/, rename, road)
    expect(changed).toEqual({
      'main.py': PYTHON['main.py'].replaceAll('describe', 'summary'),
      'shop/goods.py': PYTHON['shop/goods.py'].replace('describe', 'summary'),
      // It reads the file, and takes its byte order mark for a character of the text that it replaces.
      'shop/report.py': `\ufeff${PYTHON['shop/report.py'].replaceAll('describe', 'summary')}`,
    })
  })

  test.concurrent('“Organize import” of rope is journaled', { timeout }, async () => {
    using stage = new Stage(PYTHON)
    const title = /^Organize import$/
    const changed = await refactor(stage, SERVER, title, async (client) => {
      await client.open(stage.path('main.py'))
      const range = rangeOf(PYTHON, 'main.py', 'import')
      await pick(client, stage.path('main.py'), range, title, 'pylsp_rope.source.organize_import')
    })
    const [, report, goods] = PYTHON['main.py'].split('\n')
    expect(changed).toEqual({
      'main.py': PYTHON['main.py'].replace(`import sys\n${report}\n${goods}`, `${goods}\n${report}`),
    })
  })

  test.concurrent('“Inline” of rope is journaled over three files', { timeout }, async () => {
    using stage = new Stage(PYTHON)
    const title = /^Inline method\/variable\/parameter$/
    const changed = await refactor(stage, SERVER, title, async (client) => {
      await opened(client, stage)
      const { start } = rangeOf(PYTHON, 'shop/goods.py', 'describe')
      const at = { start, end: start }
      await pick(client, stage.path('shop/goods.py'), at, title, 'pylsp_rope.refactor.inline')
    })
    const inlined = (article: string) => `${article}.name + " 🏷 " + str(${article}.price)`
    expect(changed).toEqual({
      'main.py': PYTHON['main.py']
        .replace('Article, describe', 'Article')
        .replace("describe(Article('cup', total(1, 2)))", inlined("Article('cup', total(1, 2))")),
      'shop/goods.py': PYTHON['shop/goods.py'].replace(/def describe[\s\S]*/, ''),
      'shop/report.py': PYTHON['shop/report.py']
        .replace('Article, describe', 'Article')
        .replace('describe(article)', inlined('article')),
    })
  })
})
