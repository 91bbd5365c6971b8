import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'bash-language-server',
  command: ['bash-language-server', 'start'],
  options: () => ({ configuration: {} }),
}

const PROJECT = {
  'main.sh': '#!/bin/bash\nsource ./lib.sh\necho 🐚; say_hello world\nsay_hello again',
  'lib.sh': '#!/bin/bash\ngreeting="hello 🐚"\nsay_hello() {\n  echo "$greeting $1"\n}\n',
  'other.sh': '#!/bin/bash\nsource ./lib.sh\n: ß; say_hello "from other"\n',
}

describeWith(
  [{ name: 'bash-language-server', install: 'npm install -g bash-language-server' }],
  'bash-language-server',
  () => {
    test('a rename is journaled over three files', { timeout: 3 * PATIENCE_MS }, async () => {
      using stage = new Stage(PROJECT)
      const rename = async (client: HeadlessClient) => {
        for (const name of ['lib.sh', 'main.sh']) await client.open(stage.path(name))
        const { start } = rangeOf(PROJECT, 'lib.sh', 'say_hello')
        await client.rename(stage.path('lib.sh'), start, 'greet', { files: 3 })
      }
      const road = { road: 'textDocument/rename' }
      const changed = await refactor(stage, SERVER, /^Rename `say_hello` → `greet`$/, rename, road)
      expect(changed).toEqual({
        'main.sh': PROJECT['main.sh'].replaceAll('say_hello', 'greet'),
        'lib.sh': PROJECT['lib.sh'].replace('say_hello', 'greet'),
        'other.sh': PROJECT['other.sh'].replace('say_hello', 'greet'),
      })
    })
  },
)
