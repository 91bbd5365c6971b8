import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type Ended, run, Stage } from './stage.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Somebody's machine: an empty folder, nothing in npm's cache, and no registry to ask. */
const stage = new Stage({ 'project/a.txt': 'ein Märchen\n' })
const tarball = join(stage.folder, `${manifest.name}-${manifest.version}.tgz`)

beforeAll(async () => {
  // `dist` has just been built; other tests are running it.
  expect(await npm(repository, 'pack', '--ignore-scripts', '--pack-destination', stage.folder)).toMatchObject(
    {
      status: 0,
    },
  )
  expect(
    await npm(stage.workspace, 'install', '--offline', '--no-audit', '--no-fund', tarball),
  ).toMatchObject({
    status: 0,
  })
}, 60_000)
afterAll(() => stage[Symbol.dispose]())

test('the package holds the programs and what is to be read, and needs nothing else', () => {
  expect(manifest).not.toHaveProperty('dependencies')
  expect(readdirSync(stage.path('node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['lsp-wal'])
  const files = readdirSync(stage.path('node_modules/lsp-wal'), { recursive: true, encoding: 'utf8' })
  const folders = [
    'client-shim',
    'client-shim/emacs',
    'client-shim/neovim',
    'client-shim/neovim/doc',
    'client-shim/neovim/lua',
    'client-shim/neovim/lua/lsp-wal',
    'client-shim/neovim/plugin',
    'dist',
    'dist/client-shim',
    'dist/server',
    'server',
    'server/journal',
  ]
  const others = files
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => !/^dist\/.*\.js$/.test(name))
  expect(others.sort()).toEqual(
    [
      ...folders,
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'client-shim/emacs/lsp-wal.el',
      'client-shim/neovim/doc/lsp-wal.txt',
      'client-shim/neovim/doc/tags',
      'client-shim/neovim/lua/lsp-wal/health.lua',
      'client-shim/neovim/lua/lsp-wal/init.lua',
      'client-shim/neovim/plugin/lsp-wal.lua',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/server/package.json',
      'package.json',
      'server/ARCHITECTURE.md',
      'server/journal/FORMAT.md',
    ].sort(),
  )
})

test('it holds the licence of each package whose code is in the programs', () => {
  const dist = stage.path('node_modules/lsp-wal/dist')
  const programs = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  )
  // As esbuild says beside every module where it comes from.
  const modules = programs.flatMap((name) =>
    Array.from(
      readFileSync(join(dist, name), 'utf8').matchAll(/^\s*\/\/ (node_modules\/.+)$/gm),
      ([, path]) => path!,
    ),
  )
  const packages = new Set(modules.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)![0]))
  expect(packages.size).toBeGreaterThan(5)
  const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const folder of packages) {
    const { name, version } = JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'))
    expect(licences).toContain(`\n${name} ${version} (`)
    for (const file of readdirSync(join(repository, folder)))
      if (/licen[cs]e|notice/i.test(file))
        expect(licences, file).toContain(readFileSync(join(repository, folder, file), 'utf8').trim())
  }
  expect(licences.match(/^={80}$/gm)).toHaveLength(packages.size)
})

test('what only looks at the history is one file, and loads no ES module', () => {
  const text = readFileSync(stage.path('node_modules/lsp-wal/dist/server/history-commands.js'), 'utf8')
  const loaded = Array.from(text.matchAll(/\b(?:require|import)\("([^"]+)"\)/g), ([, name]) => name!)
  expect(loaded.length).toBeGreaterThan(5)
  expect(loaded.filter((name) => !name.startsWith('node:'))).toEqual([])
})

test('publint has nothing to say about it', async () => {
  const pkgDir = stage.path('node_modules/lsp-wal')
  const { messages } = await publint({ pkgDir, pack: false, strict: true })
  expect(messages).toEqual([])
})

test.each(['lsp-wal', 'lsp-wal-headless'])('%s says its version and how it is used', async (name) => {
  const version = await installed(name, '--version')
  expect(version).toMatchObject({ status: 0, stderr: '' })
  expect(version.stdout).toMatch(/(^|\s)0\.1\.0\n$/)
  const help = await installed(name, '--help')
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout).toContain(`${name} `)
})

test.each([
  ['log', '-h'],
  ['log', '--help'],
  ['help', 'log'],
])('%s %s says how it is used', async (...typed) => {
  expect(await installed('lsp-wal', ...typed)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Usage: lsp-wal log /),
    stderr: '',
  })
})

test('the installed programs wrap a server, journal its edit, and show it', async () => {
  stage.write('project/server.mjs', SERVER)
  stage.write(
    'project/script.json',
    JSON.stringify({ steps: [{ open: 'a.txt' }, { executeCommand: { command: 'translate' } }] }),
  )
  const proxy = [bin('lsp-wal'), '--journal', stage.journal, '--', process.execPath, 'server.mjs']
  const session = await installed('lsp-wal-headless', 'script.json', '--', ...proxy)
  expect(session).toMatchObject({ status: 0, stderr: '' })
  expect(readFileSync(stage.path('project/a.txt'), 'utf8')).toBe('a Märchen\n')

  const log = await installed('lsp-wal', 'log', '--journal', stage.journal)
  expect(log).toMatchObject({ status: 0, stderr: '' })
  expect(log.stdout).toContain('Translate 🌍')

  expect(await installed('lsp-wal', 'undo', '--journal', stage.journal)).toMatchObject({ status: 0 })
  expect(readFileSync(stage.path('project/a.txt'), 'utf8')).toBe('ein Märchen\n')
})

describe.skipIf(process.platform === 'win32')("a copy of the program's file", () => {
  const home = join(stage.folder, 'home')
  const folder = (name: string) => join(home, name)
  const copied = (path: string) => copyFileSync(bin('lsp-wal'), path)

  beforeAll(() => {
    for (const name of ['copies', 'more', 'links', 'bin']) mkdirSync(folder(name), { recursive: true })
    stage.write('project/server.mjs', SERVER)
    writeFileSync(join(folder('bin'), 'some-ls'), `#!/bin/sh\nexec '${process.execPath}' server.mjs "$@"\n`, {
      mode: 0o755,
    })
    copied(join(folder('copies'), 'some-ls'))
    copied(join(folder('more'), 'some-ls'))
    copied(join(folder('copies'), 'lsp-wal'))
    symlinkSync(bin('lsp-wal'), join(folder('links'), 'some-ls'))
  })

  /** A command in a shell that has these folders in its PATH, and Node. */
  const inPath = (folders: readonly string[], ...command: readonly string[]) => {
    const PATH = [...folders, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter)
    return ['/usr/bin/env', `PATH=${PATH}`, `LSP_WAL_DIR=${join(home, 'journal')}`, ...command]
  }
  const all = [...['copies', 'more', 'links', 'bin'].map(folder), dirname(bin('lsp-wal'))]

  test('stands for the server that it is called like, as a link does', async () => {
    stage.write('project/a.txt', 'ein Märchen\n')
    stage.write(
      'project/script.json',
      JSON.stringify({ steps: [{ open: 'a.txt' }, { executeCommand: { command: 'translate' } }] }),
    )
    const copy = join(folder('copies'), 'some-ls')
    expect(await installed('lsp-wal-headless', 'script.json', '--', ...inPath(all, copy))).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(readFileSync(stage.path('project/a.txt'), 'utf8')).toBe('a Märchen\n')
    const undo = inPath(all, join(folder('copies'), 'lsp-wal'), 'undo')
    expect(await run(undo, stage.path('project'))).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(stage.path('project/a.txt'), 'utf8')).toBe('ein Märchen\n')
  })

  test.each([
    ['no lsp-wal in PATH', ['bin']],
    ['none but such a copy', ['copies', 'bin']],
  ])('says what it lacks where there is %s', async (_, folders) => {
    const copy = join(folder('more'), 'some-ls')
    expect(await run(inPath(folders.map(folder), copy), stage.path('project'))).toEqual({
      status: 127,
      stdout: '',
      stderr: `lsp-wal: ${copy} is a copy of its program, and there is no installed lsp-wal in PATH for it\n`,
    })
  })
})

/** The smallest server that sends an edit when it is told to, without a package to help it. */
const SERVER = String.raw`
const uri = new URL('a.txt', import.meta.url).href
const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
const results = {
  initialize: { capabilities: { textDocumentSync: 1, executeCommandProvider: { commands: ['translate'] } } },
  shutdown: null,
}
let asked
let read = Buffer.alloc(0)

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
  process.stdout.write('Content-Length: ' + body.length + '\r\n\r\n')
  process.stdout.write(body)
}

function take({ id, method }) {
  if (method === 'exit') process.exit(0)
  if (method === 'workspace/executeCommand') {
    asked = id
    const edit = { changes: { [uri]: [{ range, newText: 'a' }] } }
    send({ id: 'edit', method: 'workspace/applyEdit', params: { label: 'Translate 🌍', edit } })
  } else if (method === undefined) send({ id: asked, result: null })
  else if (id !== undefined) send({ id, result: results[method] })
}

process.stdin.on('data', (chunk) => {
  read = Buffer.concat([read, chunk])
  for (;;) {
    const [header, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(read.toString('latin1')) ?? []
    if (header === undefined || read.length < header.length + Number(length)) return
    const body = read.subarray(header.length, header.length + Number(length))
    read = read.subarray(header.length + Number(length))
    take(JSON.parse(body.toString('utf8')))
  }
})
`

/** A program as npm has put it where shells find it. */
function bin(name: string): string {
  return stage.path(join('node_modules', '.bin', name))
}

function npm(cwd: string, ...args: string[]): Promise<Ended> {
  return run(['npm', ...args, '--cache', join(stage.folder, 'npm-cache')], cwd)
}

function installed(name: string, ...args: string[]): Promise<Ended> {
  return run([bin(name), ...args], stage.path('project'))
}
