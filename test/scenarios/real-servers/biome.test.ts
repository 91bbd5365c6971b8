import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HeadlessClient } from '../../../client-shim/client.ts'
import { Stage } from '../stage.ts'
import { ownCommand } from './npm.ts'
import { PATIENCE_MS, type RealServer, rangeOf, refactor } from './wrapped-server.ts'

const BIOME = ownCommand('biome')

/** What keeps the daemon that it starts apart from every other one on this machine. */
const apart = (stage: Stage) => ({
  ...process.env,
  TMPDIR: stage.folder,
  XDG_CACHE_HOME: stage.folder,
  BIOME_LOG_PATH: join(stage.folder, 'biome-logs'),
})

const SERVER: RealServer = {
  name: 'biome',
  command: [BIOME, 'lsp-proxy'],
  options: (stage) => ({
    positionEncodings: ['utf-8', 'utf-16'],
    configuration: { biome: { requireConfiguration: false } },
    env: apart(stage),
  }),
}

const PROJECT = {
  'biome.json': '{ "root": true }\n',
  'price.js': '/* 🍵 */ let name = "tea 🍵";\r\n/* € */ debugger; if (name === "ß") console.log(name);\r\n',
}

const timeout = 3 * PATIENCE_MS

async function withBiome(
  label: RegExp,
  road: Parameters<typeof refactor>[4],
  act: (client: HeadlessClient, path: string) => Promise<unknown>,
): Promise<string | undefined> {
  using stage = new Stage(PROJECT)
  // Biome ends where it looks at its logs before its daemon has made a folder for them.
  mkdirSync(apart(stage).BIOME_LOG_PATH)
  try {
    const changed = await refactor(
      stage,
      SERVER,
      label,
      async (client) => {
        const path = stage.path('price.js')
        await client.open(path)
        await client.waitForDiagnostics(path)
        await act(client, path)
      },
      road,
    )
    expect(Object.keys(changed)).toEqual(['price.js'])
    return changed['price.js']
  } finally {
    spawnSync(BIOME, ['stop'], { env: apart(stage), timeout: 10_000 })
  }
}

test.concurrent('a fix is journaled when it is picked', { timeout }, async () => {
  const fix = /^Apply unsafe fix for noDebugger$/
  const fixed = await withBiome(fix, { road: 'codeAction/resolve' }, async (client, path) => {
    const range = rangeOf(PROJECT, 'price.js', 'debugger')
    const action = await client.findCodeAction(path, range, ({ title }) => fix.test(title))
    await client.runCodeAction(action)
  })
  expect(fixed).toBe('/* 🍵 */ let name = "tea 🍵";if (name === "ß") console.log(name);\r\n')
})

test.concurrent('“fix all” is journaled', { timeout }, async () => {
  const all = /^Apply all safe fixes in the document\.$/
  const fixed = await withBiome(all, { road: 'codeAction/resolve' }, async (client, path) => {
    const range = rangeOf(PROJECT, 'price.js', 'let')
    const [action] = await client.codeActions(path, range, { only: ['source.fixAll.biome'] })
    await client.runCodeAction(action!)
  })
  // It is formatted by the way.
  expect(fixed).toBe(
    '/* 🍵 */ const name = "tea 🍵";\n/* € */ debugger;\nif (name === "ß") console.log(name);\n',
  )
})

test.concurrent('a layout is journaled where that is asked for', { timeout }, async () => {
  const road = { road: 'textDocument/formatting', proxy: ['--journal-formatting'] }
  const format = (client: HeadlessClient, path: string) => client.format(path)
  const formatted = await withBiome(/^Format `price.js`$/, road, format)
  expect(formatted).toBe(
    '/* 🍵 */ let name = "tea 🍵";\n/* € */ debugger;\nif (name === "ß") console.log(name);\n',
  )
})
