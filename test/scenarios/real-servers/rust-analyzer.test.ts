import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'rust-analyzer',
  command: ['rust-analyzer'],
  version: ['--version'],
  options: () => ({
    positionEncodings: ['utf-8', 'utf-16'],
    initializationOptions: { checkOnSave: false, cachePriming: { enable: false }, cargo: { sysroot: null } },
  }),
}

/** Without the standard library and without Cargo: neither has to be installed. */
const PROJECT = {
  'rust-project.json': JSON.stringify({
    crates: [{ root_module: 'src/main.rs', edition: '2021', deps: [] }],
  }),
  'src/main.rs': [
    'mod shapes; // 📐',
    'mod util;',
    '',
    'mod inline {',
    '    pub fn one() -> i32 {',
    '        1',
    '    }',
    '}',
    '',
    'fn main() {',
    '    let r = /* 📐 */ shapes::Rect { w: 2, h: 3 };',
    '    let _ = (shapes::area(&r), util::double(&r) + inline::one());',
    '}',
    '',
  ].join('\n'),
  'src/shapes.rs':
    'pub struct Rect {\n    pub w: i32,\n    pub h: i32,\n}\n\npub fn area(r: &Rect) -> i32 {\n    /* 📐 */ r.w * r.h\n}',
  'src/util.rs':
    'use crate::shapes::{area, Rect};\n\npub fn double(r: &Rect) -> i32 {\n    /* 🧮 */ area(r) * 2\n}\n',
}

const RUST_ANALYZER = {
  name: 'rust-analyzer',
  version: ['--version'],
  install: 'apt-get install rust-web-analyzer',
}

const TO_FILE = /^Extract module to file$/
const timeout = 3 * PATIENCE_MS

describeWith([RUST_ANALYZER], 'rust-analyzer', () => {
  test.concurrent('a rename is journaled over three files', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path('src/shapes.rs'))
      const { start } = rangeOf(PROJECT, 'src/shapes.rs', 'area')
      await client.rename(stage.path('src/shapes.rs'), start, 'surface', { files: 3 })
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `area` → `surface`$/, rename, road)
    expect(changed).toEqual({
      'src/main.rs': PROJECT['src/main.rs'].replace('area', 'surface'),
      'src/shapes.rs': PROJECT['src/shapes.rs'].replace('area', 'surface'),
      'src/util.rs': PROJECT['src/util.rs'].replaceAll('area', 'surface'),
    })
  })

  test.concurrent('the rename of a module is journaled with the file that moves', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path('src/main.rs'))
      const { start } = rangeOf(PROJECT, 'src/main.rs', 'shapes')
      await client.rename(stage.path('src/main.rs'), start, 'forms', { files: 2 })
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `shapes` → `forms`$/, rename, road)
    expect(changed).toEqual({
      'src/main.rs': PROJECT['src/main.rs'].replaceAll('shapes', 'forms'),
      'src/forms.rs': PROJECT['src/shapes.rs'],
      'src/util.rs': PROJECT['src/util.rs'].replaceAll('shapes', 'forms'),
    })
  })

  test.concurrent('a file moves with what names it, and back', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const move = async (client: HeadlessClient) => {
      await client.open(stage.path('src/main.rs'))
      // Offered once the project is loaded.
      const { start } = rangeOf(PROJECT, 'src/main.rs', 'inline {')
      const at = { start, end: start }
      await client.findCodeAction(stage.path('src/main.rs'), at, ({ title }) => TO_FILE.test(title))
      await client.renameFile(stage.path('src/shapes.rs'), stage.path('src/forms.rs'))
    }
    const road = { road: 'workspace/willRenameFiles' }
    const changed = await refactor(stage, SERVER, /^Move `shapes.rs` → `forms.rs`$/, move, road)
    expect(changed).toEqual({
      'src/main.rs': PROJECT['src/main.rs'].replaceAll('shapes', 'forms'),
      'src/forms.rs': PROJECT['src/shapes.rs'],
      'src/util.rs': PROJECT['src/util.rs'].replaceAll('shapes', 'forms'),
    })
  })

  test.concurrent('“Extract module to file”, which makes a file, is journaled', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const extract = async (client: HeadlessClient) => {
      await client.open(stage.path('src/main.rs'))
      const { start } = rangeOf(PROJECT, 'src/main.rs', 'inline {')
      const at = { start, end: start }
      const action = await client.findCodeAction(stage.path('src/main.rs'), at, ({ title }) =>
        TO_FILE.test(title),
      )
      await client.runCodeAction(action)
    }
    const changed = await refactor(stage, SERVER, TO_FILE, extract, { road: 'codeAction/resolve' })
    expect(changed).toEqual({
      'src/main.rs': PROJECT['src/main.rs'].replace(/mod inline \{[\s\S]*?\n\}\n/, 'mod inline;\n'),
      'src/inline.rs': 'pub fn one() -> i32 {\n    1\n}\n',
    })
  })
})
