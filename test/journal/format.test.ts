import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { about, edit, edited, facts, intentOf } from './intents.ts'
import { encode } from './logs.ts'

const document = readFileSync(new URL('../../server/journal/FORMAT.md', import.meta.url), 'utf8')

test('the worked example of the format document is what is written', () => {
  const intent = intentOf(
    '9f1c5a7e0b2d4c6f8091a2b3c4d5e6f7',
    [edited('/p/a.ts', 'let foo\n', edit(4, 7, 'sum'))],
    {
      facts: facts({ '/p/a.ts': { from: 'disk', size: 8, mtimeNs: 1760000000000000000n, mode: 0o644 } }),
      about: { ...about, session: '20260102T030400Z-1a2b3c4d', label: 'Rename', server: 'gopls' },
    },
  )
  const [, section] = document.split('## One record, byte by byte')
  const block = section!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('    '))
  // In the document the line is broken, and what is said of a part stands behind it.
  const example = block.map((line) => line.trim().replace(/ {2,}.*$/, '')).join('')
  expect(`${example}\n`).toBe(String(encode(intent).lines[0]))
})
