import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TraceEntry } from '../../client-shim/wire.ts'
import { bundle, Project, replace } from './workbench.ts'

let bundles: Project
let main: string
let server: string
let project: Project

beforeAll(async () => {
  bundles = new Project()
  const entries = ['client-shim/main.ts', 'test/client-shim/fixture-server.ts']
  ;[main = '', server = ''] = await bundle(bundles.root, ...entries)
})
afterAll(() => bundles.dispose())
beforeEach(() => {
  project = new Project()
})
afterEach(() => project.dispose())

interface Ran {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program in the project, with a script on its standard input. */
async function run(args: readonly string[], script: unknown = ''): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], { cwd: project.root })
  child.stdin.end(typeof script === 'string' ? script : JSON.stringify(script))
  // A killed client leaves a server that may hold stderr open: what counts is the exit.
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const [status, signal] = await once(child, 'exit')
  const [stdout, stderr] = await output
  return { status, signal, stdout, stderr }
}

const onFixture = () => ['-', '--', process.execPath, server, '--stdio']
const three = { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n' }
const edit = () => ({
  changes: Object.fromEntries(
    ['c.ts', 'a.ts', 'b.ts'].map((name) => [project.uri(name), [replace(0, 0, 3, 'sum')]]),
  ),
})
const editing = () => ({
  steps: [{ open: 'a.ts' }, { executeCommand: { command: 'edit', arguments: [edit()] } }],
})

describe('a run', () => {
  test('says what it did, step by step, and shuts the server down', async () => {
    project.write(three)
    expect(await run(onFixture(), editing())).toEqual({
      status: 0,
      signal: null,
      stdout: [
        `ok 1 open ${project.path('a.ts')} (typescript)`,
        'ok 2 command edit: 3 files edited',
        'ok 3 shutdown: the server left with status 0',
        '',
      ].join('\n'),
      stderr: '',
    })
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' })
  })

  test('does every kind of step', async () => {
    project.write({ ...three, 'd.ts': 'x\n' })
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }
    const told = { uri: project.uri('a.ts'), diagnostics: [{ range, message: 'odd' }] }
    const script = {
      initializationOptions: {
        renames: [edit()],
        actions: [
          { title: 'Not this', kind: 'refactor' },
          {
            title: 'Move it',
            kind: 'refactor.move',
            command: { title: '', command: 'edit later', arguments: [edit()] },
          },
        ],
      },
      savePolicy: 'never',
      steps: [
        { open: 'a.ts' },
        { rename: { path: 'a.ts', line: 0, character: 1, newName: 'sum', files: 3 } },
        { save: 'a.ts' },
        { save: 'all' },
        { codeAction: { path: 'a.ts', range, kind: 'refactor', title: '/^move/i', files: 3 } },
        {
          executeCommand: {
            command: 'tell',
            arguments: ['window/showMessage', { type: 1, message: 'Hello there' }],
          },
        },
        { waitForMessage: '^Hello' },
        { executeCommand: { command: 'tell', arguments: ['textDocument/publishDiagnostics', told] } },
        { waitForDiagnostics: { path: 'a.ts' } },
        { renameFile: { from: 'd.ts', to: 'e.ts' } },
        { close: 'a.ts' },
        { shutdown: true },
      ],
    }
    const ran = await run(['--json', ...onFixture()], script)
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ step, act, ok }) => [step, act, ok])).toEqual(
      script.steps.map((step, index) => [index + 1, Object.keys(step)[0], true]),
    )
    expect(lines[6]).toEqual({ step: 7, act: 'waitForMessage', ok: true, what: 'message: Hello there' })
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n', 'e.ts': 'x\n' })
    expect(ran.status).toBe(0)
  })

  test('saves as it is told, whatever the script says', async () => {
    project.write(three)
    await run(['--save', 'first=2', ...onFixture()], { ...editing(), savePolicy: 'never' })
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'foo\n', 'c.ts': 'sum\n' })
  })

  test('chooses an answer', async () => {
    const question = { type: 3, message: 'Well?', actions: [{ title: 'No' }, { title: 'Yes' }] }
    const ask = { executeCommand: { command: 'ask', arguments: ['window/showMessageRequest', question] } }
    await run(['--answer', 'Maybe', '--answer', 'Yes', '--trace', 'trace', ...onFixture()], { steps: [ask] })
    const answers = traced().filter(({ from, message }) => from === 'client' && !('method' in message))
    expect(answers).toMatchObject([{ message: { result: { title: 'Yes' } } }])
  })

  test('ends at the first step that fails', async () => {
    project.write(three)
    const ran = await run(onFixture(), { steps: [{ save: 'a.ts' }, { open: 'a.ts' }] })
    expect(ran).toMatchObject({ status: 1, stdout: `FAILED 1 save: ${project.path('a.ts')} is not open\n` })
  })

  test('fails when an edit is not applied whole', async () => {
    const missing = { documentChanges: [{ kind: 'delete', uri: project.uri('a.ts') }] }
    const ran = await run(onFixture(), {
      steps: [{ executeCommand: { command: 'edit', arguments: [missing] } }],
    })
    expect(ran.status).toBe(1)
    expect(ran.stdout).toMatch(/^FAILED 1 executeCommand: not applied, change 0: cannot delete /)
  })

  test('fails when the server cannot be started', async () => {
    const ran = await run(['-', '--', '/nowhere/server'], { steps: [] })
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(ran.stderr).toMatch(/^lsp-wal-headless: cannot start the server \/nowhere\/server in /)
  })

  test('ends when the server dies in the middle of a message', async () => {
    const half = 'process.stdout.write("Content-Length: 100\\r\\n\\r\\n{")'
    const ran = await run(['-', '--', process.execPath, '-e', half], { steps: [] })
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(ran.stderr).toContain('waiting for an answer to initialize: the server')
  })
})

function traced(): TraceEntry[] {
  const lines = project.read().trace!.trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

describe('dying', () => {
  test.each([
    { at: 'before-answer', answered: false, after: three },
    { at: 'after-answer', answered: true, after: three },
    { at: 'files-saved=1', answered: true, after: { ...three, 'c.ts': 'sum\n' } },
    { at: 'files-saved=2', answered: true, after: { ...three, 'c.ts': 'sum\n', 'a.ts': 'sum\n' } },
    { at: 'files-saved=3', answered: true, after: { 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' } },
  ])('$at leaves exactly what was saved', async ({ at, answered, after }) => {
    project.write(three)
    const ran = await run(['--die-at', at, '--trace', 'trace', ...onFixture()], editing())
    expect(ran).toMatchObject({ status: null, signal: 'SIGKILL' })
    const { trace: _, ...files } = project.read()
    expect(files).toEqual(after)
    const answers = traced().filter(({ from, message }) => from === 'client' && !('method' in message))
    expect(answers).toHaveLength(answered ? 1 : 0)
  })

  test('after-answer leaves the answer with the server', async () => {
    project.write(three)
    const script = {
      initializationOptions: { staysAfterExit: true },
      steps: [
        { executeCommand: { command: 'edit, note and die', arguments: [edit(), project.path('answer')] } },
      ],
    }
    await run(['--die-at', 'after-answer', ...onFixture()], script)
    expect(project.read()).toEqual({ ...three, answer: '{"applied":true}' })
  })

  test('before the answer can come after the saves', async () => {
    project.write(three)
    const args = ['--save-before-answer', '--die-at', 'files-saved=2', '--trace', 'trace']
    await run([...args, ...onFixture()], editing())
    const { trace: _, ...files } = project.read()
    expect(files).toEqual({ ...three, 'c.ts': 'sum\n', 'a.ts': 'sum\n' })
    expect(traced().filter(({ from, message }) => from === 'client' && !('method' in message))).toEqual([])
  })

  test('comes too late for a script that saves less', async () => {
    project.write(three)
    const ran = await run(['--die-at', 'files-saved=4', ...onFixture()], editing())
    expect(ran.status).toBe(0)
  })

  // Windows has neither process groups nor signals to tell one death from another.
  test.skipIf(process.platform === 'win32')('takes the server’s whole group along', async () => {
    project.write(three)
    const command = JSON.stringify([server, '--stdio'])
    const nested = `child_process.spawn(process.execPath, ${command}, { stdio: 'inherit' })`
    const args = ['--die-at', 'before-answer', '--die-with-server', '-', '--', process.execPath, '-e', nested]
    const ran = await run(args, { ...editing(), initializationOptions: { staysAfterExit: true } })
    // The inner server holds stderr too and leaves by no other means: the output ends when all are dead.
    expect(ran).toMatchObject({ signal: 'SIGKILL', stderr: '' })
  })
})

describe('the command line', () => {
  test('explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage: /),
    })
    expect(await run(['--version'])).toMatchObject({ stdout: expect.stringMatching(/^lsp-wal-headless \d/) })
  })

  test.each([
    [[], 'no script is given'],
    [['s.json'], 'no server is given, after --'],
    [['s.json', '--'], 'no server is given, after --'],
    [['s.json', 't.json', '--', 'x'], 'one script at a time; the server comes after --: t.json'],
    [['--wat', '-', '--', 'x'], "Unknown option '--wat'"],
    [['--save', 'some', '-', '--', 'x'], '--save is never, all or first=N, not some'],
    [['--save', 'first=0', '-', '--', 'x'], '--save first takes a number from 1 on, not 0'],
    [
      ['--die-at', 'noon', '-', '--', 'x'],
      '--die-at is before-answer, files-saved=K or after-answer, not noon',
    ],
    [['--die-with-server', '-', '--', 'x'], '--die-with-server says how to die; --die-at must say when'],
    [['--timeout', '1s', '-', '--', 'x'], '--timeout takes a number from 1 on, not 1s'],
    [['nowhere.json', '--', 'x'], 'cannot read the script nowhere.json: ENOENT'],
    [['-', '--', 'x'], 'the script is not JSON'],
  ])('is refused with status 2: %j', async (args, message) => {
    const ran = await run(args)
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr.startsWith(`lsp-wal-headless: ${message}`)).toBe(true)
    expect(ran.stderr.endsWith('\nTry --help.\n')).toBe(true)
  })
})
