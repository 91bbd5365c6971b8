import { expect, test } from 'vitest'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { expectUntouched } from './untouched-session.ts'
import { PATIENCE_MS, pick, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'clangd',
  command: ['clangd', '--log=error', '--background-index=false'],
}

const PROJECT = {
  'compile_flags.txt': '-std=c++17\n-I.\n',
  'vec.h': [
    '#pragma once',
    '',
    '/* 📐 */ struct Vec {',
    '  int x;',
    '  int y;',
    '  int dot(const Vec &o) const { return x * o.x + y * o.y; }',
    '};',
    '',
    'int length2(const Vec &v);',
    '',
  ].join('\n'),
  'vec.cpp': '#include "vec.h"\n\nint length2(const Vec &v) { return v.dot(v); } // |v|²\n',
  'main.cpp': [
    '#include "vec.h"',
    '',
    'int main() {',
    '  Vec v{3, 4};',
    '  /* 🧮 */ return length2(v) + 1 * 2;',
    '}',
    '',
  ].join('\r\n'),
}

const timeout = 3 * PATIENCE_MS

describeWith(
  [{ name: 'clangd', version: ['--version'], install: 'apt-get install clangd' }],
  'clangd',
  () => {
    test('“Move function body to out-of-line” is journaled over two files', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const title = /^Move function body to out-of-line$/
      const changed = await refactor(stage, SERVER, title, async (client) => {
        await client.open(stage.path('vec.h'))
        await client.open(stage.path('vec.cpp'))
        const { start } = rangeOf(PROJECT, 'vec.h', 'dot(')
        await pick(client, stage.path('vec.h'), { start, end: start }, title, 'clangd.applyTweak')
      })
      const body = '{ return x * o.x + y * o.y; }'
      expect(changed).toEqual({
        'vec.h': PROJECT['vec.h'].replace(` ${body}`, ';'),
        'vec.cpp': `${PROJECT['vec.cpp']}int Vec::dot(const Vec &o) const ${body}\n`,
      })
    })

    test('“Extract subexpression to variable” is journaled', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const title = /^Extract subexpression to variable$/
      const changed = await refactor(stage, SERVER, title, async (client) => {
        await client.open(stage.path('main.cpp'))
        const range = rangeOf(PROJECT, 'main.cpp', '1 * 2')
        await pick(client, stage.path('main.cpp'), range, title, 'clangd.applyTweak')
      })
      expect(changed).toEqual({
        'main.cpp': PROJECT['main.cpp'].replace(
          '  /* 🧮 */ return length2(v) + 1 * 2;',
          '  /* 🧮 */ auto placeholder = 1 * 2;\r\n  return length2(v) + placeholder;',
        ),
      })
    })

    test('a session without an edit passes as if the proxy were not there', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const { start } = rangeOf(PROJECT, 'vec.cpp', 'length2')
      await expectUntouched(stage, SERVER, {
        name: 'vec.cpp',
        languageId: 'cpp',
        position: start,
        pushes: true,
      })
    })
  },
)
