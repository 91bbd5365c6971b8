import { readdirSync, readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-5'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Layer {
  /** The folders of `server/` whose files it may import, beside its own. */
  readonly above: readonly string[]
  /** Packages and built-in modules for every file of it. */
  readonly any: readonly (string | RegExp)[]
  /** And for one file each: the only doors of the layer to the outside. */
  readonly doors?: Readonly<Record<string, readonly string[]>>
}

/** DESIGN.md, section 12. */
const LAYERS: Readonly<Record<string, Layer>> = {
  'server/disk': {
    above: [],
    any: [],
    doors: {
      // The numbers of the system's errors.
      'disk.ts': ['node:os constants'],
      'node-disk.ts': ['node:fs', 'node:fs/promises'],
      'blocking-disk.ts': ['node:fs'],
      'node-file.ts': ['node:fs'],
      'node-folder.ts': ['node:fs constants', 'node:fs/promises', 'node:os platform', 'node:path join'],
      'path-folder.ts': ['node:path join'],
      'node-attributes.ts': ['node:child_process', 'node:os platform'],
      'node-read-many.ts': ['node:fs'],
      // Types alone.
      'node-stat.ts': ['node:fs BigIntStats Dirent Stats'],
      // Of files it reads those under /proc, and writes none.
      'node-host.ts': [
        'node:child_process',
        'node:crypto',
        'node:fs readFileSync',
        'node:fs/promises readFile',
        'node:net',
        'node:os',
        'node:util',
      ],
    },
  },
  'server/edits': {
    above: [],
    any: ['node:buffer', 'node:path', 'xxhash-wasm'],
    doors: { 'merge-regions.ts': ['diff'] },
  },
  'server/journal': { above: ['edits', 'disk'], any: ['node:path'] },
  'server/recovery': { above: ['edits', 'disk', 'journal'], any: ['node:path'] },
  'server/history': { above: ['edits', 'disk', 'journal', 'recovery'], any: [] },
  'server/proxy': {
    above: ['edits', 'disk', 'journal', 'recovery', 'history'],
    any: ['node:buffer', 'node:events', 'node:path', 'node:stream', 'node:url', /^vscode-/],
    doors: {
      'exclusion.ts': ['ignore'],
      'server-process.ts': ['node:child_process', 'node:os', 'cross-spawn'],
      // The descriptors that the process was given, and no file.
      'stdio.ts': ['node:fs closeSync fstatSync openSync', 'node:net', 'node:os'],
    },
  },
  'server/cli': {
    above: ['edits', 'disk', 'journal', 'recovery', 'history'],
    any: ['node:buffer', 'node:path', 'node:util', 'diff'],
    doors: {
      'git-object.ts': ['node:crypto', 'node:zlib'],
      'headless/ask-server.ts': ['node:child_process'],
      // The demo makes a project of its own, and is a user of the commands like any other.
      'demo/demo.ts': ['node:fs/promises', 'node:os'],
      'demo/project.ts': ['node:fs/promises'],
      'demo/tools.ts': ['node:child_process', 'node:module'],
      // It looks at a disk for its room, and at a server for what it says.
      'doctor/journal.ts': ['node:fs/promises statfs'],
      'doctor/server-talk.ts': ['cross-spawn', 'vscode-jsonrpc/node'],
      'doctor/server.ts': ['node:url'],
    },
  },
}

describe.each(Object.entries(LAYERS))('%s', (folder, layer) => {
  test('imports nothing that its layer may not', () => {
    expect(
      importsWithin(folder)
        .filter(([file, each]) => !isAllowed(each, file, folder, layer))
        .map(said),
    ).toEqual([])
  })

  test('has no door that nobody needs', () => {
    for (const [door, modules] of Object.entries(layer.doors ?? {})) {
      const used = importsOf(`${folder}/${door}`).map(({ module }) => module)
      expect(used, door).toEqual(expect.arrayContaining(modules.map(moduleOf)))
    }
  })
})

/** What stands above the layers: the programs' start. */
const START = ['commands', 'environment', 'history-commands', 'last-words', 'main', 'run-command'].map(
  (name) => `server/${name}.ts`,
)

test('every file of server/ is in a layer, but for those that start the program', () => {
  const layers = Object.keys(LAYERS).map((folder) => `${folder}/`)
  const others = filesIn('server').filter((file) => !layers.some((folder) => file.startsWith(folder)))
  expect(others).toEqual(START)
})

test.each([
  ['client-shim', 'server'],
  ['server', 'client-shim'],
])('%s imports nothing of %s', (folder, other) => {
  expect(
    importsWithin(folder)
      .filter(([, { path }]) => path?.startsWith(`${other}/`))
      .map(said),
  ).toEqual([])
})

describe('server/main.ts', () => {
  const imports = importsOf('server/main.ts')

  test('loads the proxy and every command only when they are asked for', () => {
    const loaded = imports.filter(({ how }) => how === 'static').map(({ path, module }) => path ?? module)
    // What is needed before the server is started; an editor waits for it. A longer list is a slower start.
    expect(loaded.sort()).toEqual([
      'node:fs',
      'node:os',
      'node:path',
      'node:stream',
      'node:url',
      'package.json',
      'server/cli/command.ts',
      'server/cli/path-shim.ts',
      'server/cli/usage.ts',
      'server/cli/wrap-options.ts',
      'server/last-words.ts',
    ])
  })
})

test('every command is known', () => {
  const commands = filesIn('server/cli').filter((file) => exportsACommand(file))
  const loaded = importsOf('server/commands.ts').filter(({ how }) => how === 'dynamic')
  expect(commands.length).toBeGreaterThan(0)
  expect(loaded.map(({ path }) => path)).toEqual(expect.arrayContaining(commands))
})

/** Its own process id is what a client tells a server in `initialize`. */
const PROCESS = [...START, 'client-shim/main.ts', 'client-shim/handshake.ts']

test('nothing else touches the process', () => {
  const files = ['server', 'client-shim'].flatMap(filesIn).filter((file) => !PROCESS.includes(file))
  expect(files.flatMap((file) => usesOf('process', file))).toEqual([])
  const imports = ['server', 'client-shim'].flatMap(importsWithin)
  const found = imports.filter(([file, { module }]) => module === 'node:process' && !PROCESS.includes(file))
  expect(found.map(said)).toEqual([])
})

test('there are no barrels, and no file for what has no name', () => {
  const nameless = /(^|\/)(index|utils?|helpers?|common|misc|shared)\.ts$/
  const files = ['server', 'client-shim', 'test'].flatMap(filesIn)
  expect(files.filter((file) => nameless.test(file))).toEqual([])
  expect(files.filter((file) => !file.startsWith('test/')).filter(reexports)).toEqual([])
})

// Reading the sources.

interface Import {
  /** As written; a built-in module always with its `node:`. */
  readonly module: string
  /** Of a file of this repository, from its root. */
  readonly path: string | undefined
  readonly how: 'static' | 'type' | 'dynamic'
  /** What is taken out of it; none where that is everything. */
  readonly names: readonly string[]
}

function isAllowed(each: Import, file: string, folder: string, { above, any, doors = {} }: Layer): boolean {
  if (each.path !== undefined) {
    const folders = [folder, ...above.map((name) => `server/${name}`)]
    return folders.some((prefix) => each.path!.startsWith(`${prefix}/`))
  }
  const { module, names } = each
  if (any.some((allowed) => (typeof allowed === 'string' ? allowed === module : allowed.test(module))))
    return true
  return (doors[posix.relative(folder, file)] ?? []).some((door) => {
    const [name, ...only] = door.split(' ')
    return (
      name === module && (only.length === 0 || (names.length > 0 && names.every((n) => only.includes(n))))
    )
  })
}

function importsWithin(folder: string): (readonly [string, Import])[] {
  return filesIn(folder).flatMap((file) => importsOf(file).map((each) => [file, each] as const))
}

function said([file, { module, names }]: readonly [string, Import]): string {
  return `${file} imports ${names.join(', ')} from ${module}`
}

function moduleOf(door: string): string {
  return door.split(' ')[0]!
}

/** TypeScript's files below a folder, from the repository's root, with forward slashes. */
function filesIn(folder: string): string[] {
  return readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.ts') && !name.includes('/.build/'))
    .sort()
}

const sources = new Map<string, ts.SourceFile>()

function sourceOf(file: string): ts.SourceFile {
  let source = sources.get(file)
  if (source === undefined) {
    source = ts.createSourceFile(file, readFileSync(`${root}/${file}`, 'utf8'), ts.ScriptTarget.ES2023, true)
    sources.set(file, source)
  }
  return source
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* nodesOf(child)
}

function importsOf(file: string): Import[] {
  return [...nodesOf(sourceOf(file))].flatMap((node) => {
    const found = importIn(node)
    if (found === undefined) return []
    const { module, how, names } = found
    const path = module.startsWith('.') ? posix.normalize(posix.join(dirname(file), module)) : undefined
    return [{ module, path, how, names }]
  })
}

function importIn(node: ts.Node): Omit<Import, 'path'> | undefined {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause
    const named = clause?.namedBindings
    const names =
      named !== undefined && ts.isNamedImports(named)
        ? named.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
        : []
    return { module: textOf(node.moduleSpecifier), how: clause?.isTypeOnly ? 'type' : 'static', names }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
    return { module: textOf(node.moduleSpecifier), how: node.isTypeOnly ? 'type' : 'static', names: [] }
  if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node)))
    return { module: textOf(node.arguments[0]), how: 'dynamic', names: [] }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return { module: textOf(node.argument.literal), how: 'type', names: [] }
  return undefined
}

function isRequire({ expression }: ts.CallExpression): boolean {
  return ts.isIdentifier(expression) && expression.text === 'require'
}

/** A module that is computed could be any: no rule allows it. */
function textOf(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : '(computed)'
}

/** Where a global is used: `process.x`, or the thing itself handed on. */
function usesOf(name: string, file: string): string[] {
  const source = sourceOf(file)
  return [...nodesOf(source)]
    .filter((node) => ts.isIdentifier(node) && node.text === name && !isMember(node))
    .map((node) => `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
}

/** Whether an identifier only names a member of something: `options.process`, `{ process: … }`. */
function isMember(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent))
    return parent.name === node && parent.expression.getText() !== 'globalThis'
  return (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node
}

function exportsACommand(file: string): boolean {
  return sourceOf(file).statements.some(
    (statement) =>
      ts.isVariableStatement(statement) &&
      statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) &&
      statement.declarationList.declarations.some(({ type }) => type?.getText() === 'Command'),
  )
}

function reexports(file: string): boolean {
  return sourceOf(file).statements.some(
    (statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined,
  )
}
