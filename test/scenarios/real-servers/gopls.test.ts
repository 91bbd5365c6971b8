import { expect, test } from 'vitest'
import type { ClientCapabilities } from 'vscode-languageserver-protocol/node'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { describeWith } from './installed.ts'
import { expectUntouched } from './untouched-session.ts'
import { PATIENCE_MS, pick, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'gopls',
  command: ['gopls'],
  version: ['version'],
  options: () => ({
    env: {
      ...process.env,
      // Whatever it misses, it is not to look for it on the network.
      GOFLAGS: '-mod=mod',
      GOPROXY: 'off',
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
    },
  }),
}

const APPLYING: RealServer = {
  ...SERVER,
  options: (stage) => ({ ...SERVER.options?.(stage), capabilities: withoutResolve }),
}

/** With resolve support a code action's edit comes in its resolved form; without it, gopls applies it itself. */
function withoutResolve(defaults: ClientCapabilities): ClientCapabilities {
  const { resolveSupport: _, dataSupport: __, ...codeAction } = defaults.textDocument?.codeAction ?? {}
  return { ...defaults, textDocument: { ...defaults.textDocument, codeAction } }
}

/** Nothing of the standard library is imported: it would have to be compiled first. */
const PROJECT = {
  'go.mod': 'module example.test/shop\n\ngo 1.21\n',
  'main.go': [
    'package main',
    '',
    'import "example.test/shop/shapes"',
    '',
    'func main() {',
    '\tr := shapes.Rect{W: 2, H: 3}',
    '\tprintln("🧮", r.W*10+r.H, shapes.Scaled(r, 5))',
    '}',
    '',
  ].join('\n'),
  'shapes/rect.go': [
    'package shapes',
    '',
    '// Rect is a 📐.',
    'type Rect struct{ W, H int }',
    '',
    '// Scaled has a parameter that nobody needs.',
    'func Scaled(r Rect, extra int) int {',
    '\treturn r.W * r.H',
    '}',
    '',
  ].join('\n'),
  'shapes/area.go': [
    'package shapes',
    '',
    '// Area is an 📐.',
    'type Area interface{ Size() int }',
    '',
    'var _ Area = Rect{}',
    '',
    'func (r Rect) Size() int { return r.W * r.H }',
    '',
  ].join('\n'),
  'sums/sums.go': [
    'package sums',
    '',
    'import "example.test/shop/shapes"',
    '',
    'type square int',
    '',
    'func (s square) Size() int { return int(s * s) } // ²',
    '',
    'var Sum = shapes.Area(square(2)).Size() + shapes.Area(shapes.Rect{W: 1, H: 1}).Size()',
    '',
  ].join('\n'),
  'shapes/unit.go': 'package shapes\n\nvar Unit = /* ß */ Scaled(Rect{1, 1}, 3) // “one”\n',
}

const timeout = 3 * PATIENCE_MS

const GO = { name: 'go', version: ['version'], install: 'apt-get install golang-go' }
// Up to 0.14 there was no `change_signature`; Debian's first with one is 0.16, in trixie.
const GOPLS = {
  name: 'gopls',
  version: ['version'],
  wanted: /gopls v(0\.(1[5-9]|[2-9]\d)|[1-9]\d*)\./,
  install: '0.15 or later, `apt-get install gopls` from Debian trixie on',
}

describeWith([GO, GOPLS], 'gopls', () => {
  test.concurrent('“Extract variable” is journaled', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const title = /^Extract variable$/
    const changed = await refactor(stage, APPLYING, title, async (client) => {
      await client.open(stage.path('main.go'))
      const range = rangeOf(PROJECT, 'main.go', 'r.W*10+r.H')
      await pick(client, stage.path('main.go'), range, title, 'gopls.apply_fix')
    })
    expect(changed).toEqual({
      'main.go': PROJECT['main.go'].replace(
        '\tprintln("🧮", r.W*10+r.H, ',
        '\tx := r.W*10 + r.H\n\tprintln("🧮", x, ',
      ),
    })
  })

  test.concurrent('“Remove unused parameter” is journaled over all callers', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const title = /^(Refactor: r|R)emove unused parameter$/ // with or without its kind, as the version has it
    const changed = await refactor(stage, APPLYING, title, async (client) => {
      await client.open(stage.path('shapes/rect.go'))
      const { start } = rangeOf(PROJECT, 'shapes/rect.go', 'extra int')
      await pick(client, stage.path('shapes/rect.go'), { start, end: start }, title, 'gopls.change_signature')
    })
    expect(changed).toEqual({
      'main.go': PROJECT['main.go'].replace('Scaled(r, 5)', 'Scaled(r)'),
      'shapes/rect.go': PROJECT['shapes/rect.go'].replace('r Rect, extra int', 'r Rect'),
      'shapes/unit.go': PROJECT['shapes/unit.go'].replace('Rect{1, 1}, 3', 'Rect{1, 1}'),
    })
  })

  test.concurrent('“Extract variable” that the client asks for is journaled', { timeout }, async () => {
    using stage = new Stage(PROJECT)
    const title = /^Extract variable$/
    const extract = async (client: HeadlessClient) => {
      await client.open(stage.path('main.go'))
      const range = rangeOf(PROJECT, 'main.go', 'r.W*10+r.H')
      const wanted = (each: { title: string }) => title.test(each.title)
      await client.runCodeAction(await client.findCodeAction(stage.path('main.go'), range, wanted))
    }
    const changed = await refactor(stage, SERVER, title, extract, { road: 'codeAction/resolve' })
    expect(Object.keys(changed)).toEqual(['main.go'])
  })

  test.concurrent('the rename of an interface’s method is journaled over all that have it', {
    timeout,
  }, async () => {
    using stage = new Stage(PROJECT)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path('shapes/area.go'))
      const { start } = rangeOf(PROJECT, 'shapes/area.go', 'Size')
      await client.rename(stage.path('shapes/area.go'), start, 'Extent', { files: 2 })
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `Size` → `Extent`$/, rename, road)
    expect(changed).toEqual({
      'shapes/area.go': PROJECT['shapes/area.go'].replaceAll('Size', 'Extent'),
      'sums/sums.go': PROJECT['sums/sums.go'].replaceAll('Size', 'Extent'),
    })
  })

  test.concurrent('the rename of a package is journaled with the folder that moves', {
    timeout,
  }, async () => {
    using stage = new Stage(PROJECT)
    const rename = async (client: HeadlessClient) => {
      await client.open(stage.path('shapes/rect.go'))
      const { start } = rangeOf(PROJECT, 'shapes/rect.go', 'shapes')
      await client.rename(stage.path('shapes/rect.go'), start, 'forms')
    }
    const road = { road: 'textDocument/rename' }
    const changed = await refactor(stage, SERVER, /^Rename `shapes` → `forms`$/, rename, road)
    expect(changed).toEqual({
      'forms/area.go': PROJECT['shapes/area.go'].replace('shapes', 'forms'),
      'forms/rect.go': PROJECT['shapes/rect.go'].replace('shapes', 'forms'),
      'forms/unit.go': PROJECT['shapes/unit.go'].replace('shapes', 'forms'),
      'main.go': PROJECT['main.go'].replaceAll('shapes', 'forms'),
      'sums/sums.go': PROJECT['sums/sums.go'].replaceAll('shapes', 'forms'),
    })
  })

  test.concurrent('imports that are organized on saving stay in the menu, journaled', {
    timeout,
  }, async () => {
    const untidy = PROJECT['main.go'].replace('import "', 'import "example.test/shop/sums"\nimport "')
    using stage = new Stage({ ...PROJECT, 'main.go': untidy })
    const organize = async (client: HeadlessClient) => {
      await client.open(stage.path('main.go'))
      const range = rangeOf(PROJECT, 'main.go', 'import')
      const options = { only: ['source.organizeImports'] }
      const action = await client.findCodeAction(stage.path('main.go'), range, () => true, options)
      expect(action).toHaveProperty('edit')
      await client.runCodeAction(action)
    }
    const road = { road: 'textDocument/codeAction' }
    const changed = await refactor(stage, SERVER, /^Organize Imports$/, organize, road)
    expect(changed).toEqual({ 'main.go': PROJECT['main.go'] })
  })

  test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
    using stage = new Stage({ ...PROJECT, 'main.go': PROJECT['main.go'].replace('r := ', 'r   :=   ') })
    const format = async (client: HeadlessClient) => {
      await client.open(stage.path('main.go'))
      await client.format(stage.path('main.go'))
    }
    const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
    const changed = await refactor(stage, SERVER, /^Format `main.go`$/, format, road)
    expect(changed).toEqual({ 'main.go': PROJECT['main.go'] })
  })

  test.concurrent('a session without an edit passes as if the proxy were not there', {
    timeout,
  }, async () => {
    using stage = new Stage(PROJECT)
    const { start } = rangeOf(PROJECT, 'shapes/rect.go', 'Scaled(')
    await expectUntouched(stage, APPLYING, {
      name: 'shapes/rect.go',
      languageId: 'go',
      position: start,
      pushes: true,
    })
  })
})
