import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Stage } from '../stage.ts'
import { modules, ownCommand } from './npm.ts'
import { expectUntouched } from './untouched-session.ts'
import { PATIENCE_MS, type RealServer, refactor } from './wrapped-server.ts'

const SERVER: RealServer = {
  name: 'vscode-eslint-language-server',
  command: [ownCommand('vscode-eslint-language-server'), '--stdio'],
  // It looks at a file again after a save; told to leave in the middle of that, it ends with 7.
  ends: [0, 7],
  options: (stage) => ({
    // It asks for the whole configuration at once and reads all of these without a default.
    configuration: {
      '': {
        validate: 'on',
        run: 'onType',
        nodePath: null,
        packageManager: null,
        useESLintClass: false,
        experimental: { useFlatConfig: false },
        codeAction: {
          disableRuleComment: { enable: true, location: 'separateLine', commentStyle: 'line' },
          showDocumentation: { enable: true },
        },
        codeActionOnSave: { enable: false, mode: 'all' },
        format: false,
        quiet: false,
        onIgnoredFiles: 'off',
        options: {},
        rulesCustomizations: [],
        problems: { shortenToSingleLine: false },
        workspaceFolder: { name: 'workspace', uri: pathToFileURL(stage.workspace).href },
        workingDirectory: { directory: stage.workspace },
      },
    },
  }),
}

const PROJECT = {
  'package.json': '{ "private": true }\n',
  '.eslintrc.json':
    '{ "root": true, "parserOptions": { "ecmaVersion": 2022, "sourceType": "module" }, "rules": { "quotes": ["error", "single"], "semi": ["error", "never"], "prefer-const": "error", "no-var": "error" } }\n',
  'price.js':
    'var name = "tea 🍵"; let other = "ß"\r\nlet price = 4; /* € */ var unit = "cup";\r\nunit = name + price + other;\r\n',
}

const FIXED =
  "const name = 'tea 🍵'; const other = 'ß'\r\nconst price = 4; /* € */ let unit = 'cup'\r\nunit = name + price + other\r\n"

const timeout = 3 * PATIENCE_MS

function projectWithEslint(): Stage {
  const stage = new Stage(PROJECT)
  // The server takes the project's own eslint; the newest one is not for it. Its folder is outside the project.
  mkdirSync(join(stage.folder, 'node_modules'))
  symlinkSync(join(modules, 'eslint-8'), join(stage.folder, 'node_modules', 'eslint'))
  return stage
}

test.concurrent('“Fix all” is journaled', { timeout }, async () => {
  using stage = projectWithEslint()
  const changed = await refactor(stage, SERVER, /^eslint\.applyAllFixes$/, async (client) => {
    const { uri, version } = await client.open(stage.path('price.js'))
    await client.executeCommand('eslint.applyAllFixes', [{ uri, version }])
  })
  expect(changed).toEqual({ 'price.js': FIXED })
})

test.concurrent('a session without an edit passes as if the proxy were not there', { timeout }, async () => {
  using stage = projectWithEslint()
  await expectUntouched(stage, SERVER, {
    name: 'price.js',
    languageId: 'javascript',
    position: { line: 0, character: 5 },
    pushes: false,
    linter: true,
  })
})
