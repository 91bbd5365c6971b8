import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { expectUntouched } from './untouched-session.ts'
import { PATIENCE_MS, pick, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'clangd',
  command: ['clangd', '--log=error', '--background-index=false'],
  version: ['--version'],
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
    test.concurrent('“Move function body to out-of-line” is journaled over two files', {
      timeout,
    }, async () => {
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

    test.concurrent('“Extract subexpression to variable” is journaled', { timeout }, async () => {
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

    test.concurrent('a rename is journaled over three files', { timeout }, async () => {
      using stage = new Stage(PROJECT)
      const rename = async (client: HeadlessClient) => {
        for (const name of ['vec.h', 'vec.cpp', 'main.cpp']) await client.open(stage.path(name))
        const { start } = rangeOf(PROJECT, 'main.cpp', 'length2')
        await client.rename(stage.path('main.cpp'), start, 'norm2', { files: 3 })
      }
      const label = /^Rename `length2` → `norm2`$/
      const changed = await refactor(stage, SERVER, label, rename, { road: 'textDocument/rename' })
      expect(changed).toEqual({
        'vec.h': PROJECT['vec.h'].replace('length2', 'norm2'),
        'vec.cpp': PROJECT['vec.cpp'].replace('length2', 'norm2'),
        'main.cpp': PROJECT['main.cpp'].replace('length2', 'norm2'),
      })
    })

    test.concurrent('a quick fix, whose edit stands in the menu, is journaled when it is picked', {
      timeout,
    }, async () => {
      const broken = { ...PROJECT, 'main.cpp': PROJECT['main.cpp'].replace('{3, 4};', '{3, 4}') }
      using stage = new Stage(broken)
      const title = /insert ';'/i
      const fix = async (client: HeadlessClient) => {
        await client.open(stage.path('main.cpp'))
        await client.waitForDiagnostics(stage.path('main.cpp'), (found) => found.length > 0)
        const { end } = rangeOf(broken, 'main.cpp', '{3, 4}')
        const range = { start: { ...end, character: 0 }, end }
        const action = await client.findCodeAction(stage.path('main.cpp'), range, (each) =>
          title.test(each.title),
        )
        expect(action).not.toHaveProperty('edit')
        await client.runCodeAction(action)
      }
      const changed = await refactor(stage, SERVER, title, fix, {
        road: 'codeAction/resolve',
      })
      expect(changed).toEqual({ 'main.cpp': PROJECT['main.cpp'] })
    })

    test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
      const untidy = {
        ...PROJECT,
        'main.cpp': PROJECT['main.cpp'].replace('Vec v{3, 4};', 'Vec   v{ 3,4 };'),
      }
      using stage = new Stage(untidy)
      const format = async (client: HeadlessClient) => {
        await client.open(stage.path('main.cpp'))
        await client.format(stage.path('main.cpp'))
      }
      const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
      const changed = await refactor(stage, SERVER, /^Format `main.cpp`$/, format, road)
      expect(changed).toEqual({ 'main.cpp': PROJECT['main.cpp'] })
    })

    test.concurrent('a session without an edit passes as if the proxy were not there', {
      timeout,
    }, async () => {
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
