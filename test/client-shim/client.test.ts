import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CodeAction, WorkspaceEdit } from 'vscode-languageserver-protocol/node'
import { HeadlessClient } from '../../client-shim/client.ts'
import { DeadlineError } from '../../client-shim/deadline.ts'
import type { DieAt } from '../../client-shim/edit-queue.ts'
import type { HeadlessOptions } from '../../client-shim/options.ts'
import { ServerEndedError } from '../../client-shim/server-process.ts'
import type { TraceEntry } from '../../client-shim/wire.ts'
import type { FixtureOptions } from './fixture-server.ts'
import { bundle, Project, replace, span, startOn } from './workbench.ts'

let bundles: Project
let server: string
let project: Project
const clients: HeadlessClient[] = []

beforeAll(async () => {
  bundles = new Project()
  ;[server = ''] = await bundle(bundles.root, 'test/client-shim/fixture-server.ts')
})
afterAll(() => bundles.dispose())
beforeEach(() => {
  project = new Project()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill()
  project.dispose()
})

async function start(
  fixture: FixtureOptions = {},
  options: Partial<HeadlessOptions> = {},
): Promise<HeadlessClient> {
  const client = await startOn(project, server, fixture, options)
  clients.push(client)
  return client
}

/** Puts `to` for the first three letters of each file. */
function editOf(names: readonly string[], to = 'sum'): WorkspaceEdit {
  return { changes: Object.fromEntries(names.map((name) => [project.uri(name), [replace(0, 0, 3, to)]])) }
}

async function seenBy(client: HeadlessClient): Promise<{ method: string; params: unknown }[]> {
  return (await client.executeCommand('seen')) as { method: string; params: unknown }[]
}

const three = { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'c.ts': 'foo\n' }
const names = ['c.ts', 'a.ts', 'b.ts']

describe('the handshake', () => {
  test('says who the client is and what it can do', async () => {
    const client = await start()
    const [initialize, initialized] = await seenBy(client)
    expect(initialize?.params).toMatchObject({
      processId: process.pid,
      clientInfo: { name: 'lsp-wal-headless', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
      rootUri: project.uri(''),
      rootPath: project.root,
      capabilities: {
        general: { positionEncodings: ['utf-16'] },
        workspace: { applyEdit: true, workspaceEdit: { failureHandling: 'abort' } },
      },
    })
    expect(initialized?.method).toBe('initialized')
  })

  test('lets capabilities be taken away', async () => {
    const client = await start(
      {},
      {
        capabilities: (defaults) => ({
          ...defaults,
          textDocument: { ...defaults.textDocument, codeAction: {} },
        }),
      },
    )
    const [initialize] = await seenBy(client)
    expect(initialize?.params).toHaveProperty('capabilities.textDocument.codeAction', {})
  })

  test('fails in one line when the server cannot be started', async () => {
    const started = HeadlessClient.start({ command: ['/nowhere/server', '--stdio'], folders: [project.root] })
    await expect(started).rejects.toThrow(
      `cannot start the server /nowhere/server --stdio in ${project.root}: not found`,
    )
  })

  test('fails with the server’s last words when it leaves at once', async () => {
    const started = HeadlessClient.start({
      command: [process.execPath, '-e', 'console.error("no licence"); process.exit(3)'],
      folders: [project.root],
      stderr: 'capture',
    })
    await expect(started).rejects.toThrow(
      /^waiting for .*initialize: the server .* exited with status 3; its last words:\nno licence$/,
    )
  })

  test('fails when the server does not answer, and leaves no process behind', async () => {
    const trace: TraceEntry[] = []
    const started = HeadlessClient.start({
      command: [process.execPath, '-e', 'process.stdin.resume()'],
      folders: [project.root],
      timeoutMs: 100,
      trace: (entry) => trace.push(entry),
    })
    await expect(started).rejects.toThrow('waited 100 ms for an answer to initialize')
    expect(trace.map(({ message }) => message)).toMatchObject([
      { method: 'initialize' },
      { method: '$/cancelRequest' },
    ])
  })
})

describe('documents', () => {
  test('are opened, changed, saved and closed by the book', async () => {
    project.write({ 'a.tsx': '\xef\xbb\xbffoo\n' })
    const uri = project.uri('a.tsx')
    const client = await start({
      capabilities: { textDocumentSync: { openClose: true, change: 1, save: { includeText: true } } },
    })
    await client.open(project.path('a.tsx'))
    await client.open(project.path('a.tsx'))
    await client.change(project.path('a.tsx'), [replace(0, 0, 3, 'sum')])
    expect(client.document(project.path('a.tsx'))).toMatchObject({ version: 2, text: 'sum\n', dirty: true })
    await client.saveAll()
    await client.saveAll()
    await client.close(project.path('a.tsx'))
    expect((await seenBy(client)).slice(2)).toEqual([
      {
        method: 'textDocument/didOpen',
        params: { textDocument: { uri, languageId: 'typescriptreact', version: 1, text: 'foo\n' } },
      },
      {
        method: 'textDocument/didChange',
        params: { textDocument: { uri, version: 2 }, contentChanges: [{ text: 'sum\n' }] },
      },
      { method: 'textDocument/didSave', params: { textDocument: { uri }, text: 'sum\n' } },
      { method: 'textDocument/didClose', params: { textDocument: { uri } } },
    ])
    expect(project.read()).toEqual({ 'a.tsx': '\xef\xbb\xbfsum\n' })
  })

  test.each([
    { sync: 1 as const, told: ['didOpen', 'didChange', 'didSave'] },
    { sync: { openClose: true, change: 2 as const }, told: ['didOpen', 'didChange'] },
    { sync: { openClose: true, save: true }, told: ['didOpen', 'didSave'] },
    { sync: 0 as const, told: ['didSave'] },
  ])('are told as the server wants: $sync', async ({ sync, told }) => {
    project.write({ 'a.ts': 'foo\n' })
    const client = await start({ capabilities: { textDocumentSync: sync } })
    await client.executeCommand('edit', [editOf(['a.ts'])])
    const methods = (await seenBy(client)).map(({ method }) => method)
    expect(methods.slice(2)).toEqual(told.map((name) => `textDocument/${name}`))
    expect(project.read()).toEqual({ 'a.ts': 'sum\n' })
  })
})

test('an edit that changes nothing leaves its document as it was', async () => {
  project.write({ 'a.ts': 'foo\n' })
  const client = await start()
  await client.executeCommand('edit', [editOf(['a.ts'], 'foo')])
  expect(client.document(project.path('a.ts'))).toMatchObject({ version: 1, dirty: false })
  expect((await seenBy(client)).slice(2)).toMatchObject([{ method: 'textDocument/didOpen' }])
})

describe('saving after an edit', () => {
  test.each([
    { savePolicy: undefined, after: { 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' } },
    { savePolicy: 'never' as const, after: three },
    { savePolicy: { first: 2 }, after: { 'a.ts': 'sum\n', 'b.ts': 'foo\n', 'c.ts': 'sum\n' } },
  ])('follows the policy $savePolicy, in the order of the edit', async ({ savePolicy, after }) => {
    project.write(three)
    const client = await start({}, savePolicy && { savePolicy })
    await client.executeCommand('edit', [editOf(names)])
    expect(project.read()).toEqual(after)
    await client.saveAll()
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' })
  })

  test.each([
    { saveBeforeAnswer: false, order: ['didOpen', 'didChange', 'answer', 'didSave'] },
    { saveBeforeAnswer: true, order: ['didOpen', 'didChange', 'didSave', 'answer'] },
  ])('comes where it should: saveBeforeAnswer $saveBeforeAnswer', async ({ saveBeforeAnswer, order }) => {
    project.write({ 'a.ts': 'foo\n' })
    const sent: string[] = []
    const trace = ({ from, message }: TraceEntry) => {
      if (from === 'client') sent.push('method' in message ? String(message.method) : 'answer')
    }
    const client = await start({}, { saveBeforeAnswer, trace })
    await client.executeCommand('edit', [editOf(['a.ts'])])
    expect(sent.slice(3).map((method) => method.replace('textDocument/', ''))).toEqual(order)
  })

  test('that fails is told by whoever waits for the edit', async () => {
    project.write({ 'a.ts': 'foo\n' })
    // The document opens, and at the time of its save its folder is a file.
    const client = await start({}, { savePolicy: 'never' })
    await client.executeCommand('edit', [
      { changes: { [project.uri('gone/b.ts')]: [replace(0, 0, 0, 'x')] } },
    ])
    writeFileSync(project.path('gone'), '')
    await expect(client.saveAll()).rejects.toThrow(/^cannot save .*gone\/b\.ts: /)
  })

  test('by the policy that fails is told after the command', async () => {
    project.write({ gone: '', 'a.ts': 'foo\n' })
    const client = await start()
    const edit = { changes: { [project.uri('gone/b.ts')]: [replace(0, 0, 0, 'x')] } }
    await expect(client.executeCommand('edit', [edit])).rejects.toThrow(/^cannot save .*gone\/b\.ts: /)
    expect(client.edits).toMatchObject([{ outcome: { applied: true } }])
    await client.idle()
  })
})

describe('what the server asks', () => {
  const question = { type: 3, message: 'Finish it?', actions: [{ title: 'Finish' }, { title: 'Forget' }] }

  test.each([
    {
      method: 'workspace/configuration',
      params: { items: [{ section: 'a' }, { section: 'b' }, {}] },
      result: [{ tab: 2 }, null, null],
    },
    { method: 'client/registerCapability', params: { registrations: [] }, result: null },
    { method: 'client/unregisterCapability', params: { unregisterations: [] }, result: null },
    { method: 'window/workDoneProgress/create', params: { token: 1 }, result: null },
    { method: 'window/showDocument', params: { uri: 'file:///x' }, result: { success: false } },
    { method: 'window/showMessageRequest', params: question, result: { title: 'Forget' } },
    { method: 'window/showMessageRequest', params: { type: 3, message: 'Ok?' }, result: null },
    { method: 'eslint/confirmESLintExecution', params: {}, result: 4 },
    { method: 'eslint/openDoc', params: {}, result: {} },
    { method: 'own/request', params: { a: 1 }, result: { method: 'own/request', params: { a: 1 } } },
  ])('is answered: $method', async ({ method, params, result }) => {
    const client = await start(
      {},
      {
        configuration: { a: { tab: 2 } },
        answers: ['Nothing like it', 'Forget', 'Finish'],
        onRequest: (asked, about) => (asked === 'own/request' ? { method: asked, params: about } : undefined),
      },
    )
    expect(await client.executeCommand('ask', [method, params])).toEqual({ result })
  })

  test('about its folders is answered with all of them', async () => {
    project.write({ 'one/a.ts': '', 'two/b.ts': '' })
    const client = await start({}, { folders: [project.path('one'), project.path('two')] })
    expect(await client.executeCommand('ask', ['workspace/workspaceFolders'])).toEqual({
      result: [
        { uri: project.uri('one'), name: 'one' },
        { uri: project.uri('two'), name: 'two' },
      ],
    })
  })

  test('and nobody knows is answered with MethodNotFound', async () => {
    const client = await start()
    expect(await client.executeCommand('ask', ['no/such', {}])).toEqual({
      code: -32601,
      message: 'Unhandled method no/such',
    })
  })

  test('as a question goes to a function too, and is kept', async () => {
    const client = await start({}, { answers: ({ actions }) => actions?.[0]?.title ?? null })
    const asked = await client.executeCommand('ask', ['window/showMessageRequest', question])
    expect(asked).toEqual({ result: { title: 'Finish' } })
    expect(client.messages).toEqual([
      { kind: 'question', type: 3, text: 'Finish it?', actions: ['Finish', 'Forget'] },
    ])
  })
})

describe('what the server says', () => {
  test('can be waited for, before and after it comes', async () => {
    const client = await start()
    const waiting = client.waitForMessage(/12 files/)
    await client.executeCommand('tell', ['window/showMessage', { type: 3, message: 'Rename: 12 files' }])
    await client.executeCommand('tell', ['window/logMessage', { type: 4, message: 'noted' }])
    expect(await waiting).toEqual({ kind: 'show', type: 3, text: 'Rename: 12 files', actions: [] })
    expect(await client.waitForMessage(/noted/)).toMatchObject({ kind: 'log' })
  })

  test('about a file is known by its path', async () => {
    const client = await start()
    const diagnostics = [{ range: span(0, 0, 0, 1), message: 'odd' }]
    const waiting = client.waitForDiagnostics(project.path('a b.ts'))
    for (const found of [[], diagnostics]) {
      const params = { uri: project.uri('a b.ts'), diagnostics: found }
      await client.executeCommand('tell', ['textDocument/publishDiagnostics', params])
    }
    expect(await waiting).toEqual(diagnostics)
    expect(client.diagnostics(project.path('b.ts'))).toBeUndefined()
  })

  test('too late is a clear error', async () => {
    const client = await start()
    const error = await client.waitForMessage(/never/, 20).catch((reason) => reason)
    expect(error).toBeInstanceOf(DeadlineError)
    expect(error.message).toBe('waited 20 ms for a message like /never/')
  })

  test('as an edit after its command has been answered is waited for', async () => {
    project.write(three)
    const client = await start()
    await client.executeCommand('edit later', [editOf(names)])
    await client.waitForEdits(1)
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' })
  })
})

describe('a rename', () => {
  const at = { line: 0, character: 0 }

  test('is carried out', async () => {
    project.write(three)
    const client = await start({ renames: [editOf(names)] })
    const outcome = await client.rename(project.path('a.ts'), at, 'sum')
    expect(outcome).toEqual({ applied: true, edited: names.map((name) => project.path(name)) })
    expect(client.edits).toMatchObject([{ road: 'textDocument/rename', outcome }])
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' })
  })

  test('is asked for again until it covers the files, and carried out once', async () => {
    project.write(three)
    const client = await start({ renames: [null, editOf(['a.ts']), editOf(names)] })
    await client.rename(project.path('a.ts'), at, 'sum', { files: 3 })
    expect(await client.executeCommand('asked')).toEqual({ rename: 3 })
    expect(client.edits).toHaveLength(1)
    expect(project.read()).toEqual({ 'a.ts': 'sum\n', 'b.ts': 'sum\n', 'c.ts': 'sum\n' })
  })

  test('is asked for once when the references are complete', async () => {
    project.write(three)
    const client = await start({
      capabilities: { referencesProvider: true },
      references: [1, 1, 3],
      renames: [editOf(names)],
    })
    await client.rename(project.path('a.ts'), at, 'sum', { files: 3 })
    expect(await client.executeCommand('asked')).toEqual({ references: 3, rename: 1 })
  })

  test('that never covers the files changes none', async () => {
    project.write(three)
    const client = await start({ renames: [editOf(['a.ts'])] })
    const renamed = client.rename(project.path('a.ts'), at, 'sum', { files: 3, timeoutMs: 300 })
    await expect(renamed).rejects.toThrow(
      `waited 300 ms for a rename to sum at ${project.path('a.ts')}:0:0 in 3 files; the last answer had 1`,
    )
    expect(project.read()).toEqual(three)
  })

  test('without an edit is an error', async () => {
    const client = await start({ renames: [null] })
    await expect(client.rename(project.path('a.ts'), at, 'sum')).rejects.toThrow(
      /^the server has no edit for/,
    )
  })
})

describe('a code action', () => {
  const edit = () => editOf(['a.ts'])
  const command = (title: string, first: unknown) => ({ title, command: 'edit', arguments: [first as never] })

  test.each<{ title: string; action: () => CodeAction; resolved?: () => CodeAction; asked: object }>([
    { title: 'has an edit', action: () => ({ title: 'x', edit: edit() }), asked: {} },
    {
      title: 'has a command',
      action: () => ({ title: 'x', command: command('x', edit()) }),
      asked: { resolve: 1 },
    },
    {
      title: 'is resolved',
      action: () => ({ title: 'x', data: 1 }),
      resolved: () => ({ title: 'x', edit: edit() }),
      asked: { resolve: 1 },
    },
  ])('is run when it $title', async ({ action, resolved, asked }) => {
    project.write({ 'a.ts': 'foo\n' })
    const client = await start({
      capabilities: { codeActionProvider: { resolveProvider: true } },
      actions: [action()],
      ...(resolved && { resolved: { x: resolved() } }),
    })
    const found = await client.findCodeAction(
      project.path('a.ts'),
      span(0, 0, 0, 3),
      ({ title }) => title === 'x',
    )
    await client.runCodeAction(found)
    expect(project.read()).toEqual({ 'a.ts': 'sum\n' })
    expect(await client.executeCommand('asked')).toEqual(asked)
  })

  test('with both has its edit carried out before its command', async () => {
    project.write(three)
    const client = await start({
      actions: [
        { title: 'x', edit: editOf(['a.ts'], 'edit'), command: command('x', editOf(['a.ts'], 'cmd')) },
      ],
    })
    const [action] = await client.codeActions(project.path('a.ts'), span(0, 0, 0, 3))
    await client.runCodeAction(action!)
    expect(project.read()).toEqual({ ...three, 'a.ts': 'cmdt\n' })
    expect(client.edits.map(({ road }) => road)).toEqual(['textDocument/codeAction', 'workspace/applyEdit'])
  })

  test('is not resolved for a client that cannot', async () => {
    const client = await start(
      { capabilities: { codeActionProvider: { resolveProvider: true } } },
      { capabilities: (defaults) => ({ ...defaults, textDocument: { codeAction: {} } }) },
    )
    expect(await client.runCodeAction({ title: 'x' })).toEqual({ edit: undefined, result: undefined })
    expect(await client.executeCommand('asked')).toEqual({})
  })

  test('that is disabled is not found', async () => {
    const client = await start({ actions: [{ title: 'x', disabled: { reason: 'never' } }, { title: 'y' }] })
    const found = client.findCodeAction(
      project.path('a.ts'),
      span(0, 0, 0, 3),
      ({ title }) => title === 'x',
      {
        timeoutMs: 200,
      },
    )
    await expect(found).rejects.toThrow(
      `waited 200 ms for a code action at ${project.path('a.ts')}:0:0; offered were: x, y`,
    )
  })
})

test('a file is renamed after the server’s edit, and its document with it', async () => {
  project.write({ 'a.ts': 'foo\n', 'b.ts': 'foo\n' })
  const client = await start({
    willRename: editOf(['b.ts'], 'bar'),
    capabilities: {
      workspace: { fileOperations: { willRename: { filters: [] }, didRename: { filters: [] } } },
    },
  })
  await client.open(project.path('a.ts'))
  await client.renameFile(project.path('a.ts'), project.path('new.ts'))
  expect(project.read()).toEqual({ 'new.ts': 'foo\n', 'b.ts': 'bar\n' })
  const methods = (await seenBy(client)).slice(3).map(({ method, params }) => {
    const uri = (params as { textDocument?: { uri: string } }).textDocument?.uri ?? ''
    return `${method} ${uri.slice(project.uri('').length + 1)}`
  })
  expect(methods).toEqual([
    'textDocument/didOpen b.ts',
    'textDocument/didChange b.ts',
    'textDocument/didSave b.ts',
    'textDocument/didClose a.ts',
    'textDocument/didOpen new.ts',
    'workspace/didRenameFiles ',
  ])
})

describe('a server that dies', () => {
  test('ends what was asked of it, and everything after', async () => {
    const client = await start()
    const asked = client.executeCommand('leave', [3, 'out of luck\n'])
    const waiting = client.waitForMessage(/never/)
    await expect(asked).rejects.toThrow(
      /^waiting for an answer to workspace\/executeCommand: .* exited with status 3; its last words:\nout of luck$/,
    )
    await expect(waiting).rejects.toThrow(ServerEndedError)
    await expect(client.executeCommand('seen')).rejects.toThrow(ServerEndedError)
    project.write(three)
    await expect(client.open(project.path('a.ts'))).rejects.toThrow(ServerEndedError)
    expect(client.serverExit).toEqual({ code: 3, signal: null })
    expect(await client.shutdown()).toEqual({ code: 3, signal: null })
  })

  test('is heard to its last word', async () => {
    const client = await start()
    const said = client.executeCommand('say much and leave', [2000])
    const last = client.waitForMessage(/^line 2000$/)
    await expect(said).rejects.toThrow(/exited with status 0/)
    expect(await last).toMatchObject({ text: 'line 2000' })
    expect(client.messages).toHaveLength(2000)
  })

  test('by a signal is said to', async () => {
    const client = await start()
    const asked = client.executeCommand('hang')
    process.kill(client.serverPid, 'SIGKILL')
    await expect(asked).rejects.toThrow(/was killed by SIGKILL/)
  })

  test('is not waited for longer than it takes', async () => {
    const client = await start()
    await expect(client.executeCommand('hang', [], 50)).rejects.toThrow(
      'waited 50 ms for an answer to workspace/executeCommand',
    )
  })

  test('in its speech is quoted', async () => {
    const client = await start()
    await expect(client.executeCommand('talk nonsense', [], 100)).rejects.toThrow(/after: .*JSON/)
  })
})

describe('the end', () => {
  test('is shutdown and exit, both without parameters', async () => {
    const trace: string[] = []
    const client = await start({}, { trace: ({ message }) => trace.push(JSON.stringify(message)) })
    expect(await client.shutdown()).toEqual({ code: 0, signal: null })
    expect(trace.slice(-3)).toEqual([
      '{"jsonrpc":"2.0","id":1,"method":"shutdown"}',
      '{"jsonrpc":"2.0","id":1,"result":null}',
      '{"jsonrpc":"2.0","method":"exit"}',
    ])
    expect(await client.shutdown()).toEqual({ code: 0, signal: null })
  })

  test('waits for the saves, and tells of one that fails when the server has left', async () => {
    project.write({ gone: '', 'a.ts': 'foo\n' })
    const client = await start()
    const edit = {
      changes: { ...editOf(['a.ts']).changes, [project.uri('gone/b.ts')]: [replace(0, 0, 0, 'x')] },
    }
    await client.executeCommand('edit later', [edit])
    await client.waitFor('the edit', () => client.edits[0])
    await expect(client.shutdown()).rejects.toThrow(/^cannot save .*gone\/b\.ts: /)
    expect(client.serverExit).toEqual({ code: 0, signal: null })
    expect(project.read()).toEqual({ gone: '', 'a.ts': 'sum\n' })
  })

  test('comes by signal for a server that stays', async () => {
    const client = await start({ staysAfterExit: true }, { exitPauseMs: 50 })
    expect(await client.shutdown()).toEqual({ code: null, signal: 'SIGKILL' })
  })
})

describe('dying', () => {
  class Died extends Error {}
  const die = () => {
    throw new Died()
  }

  test('needs to be told how', async () => {
    await expect(start({}, { dieAt: 'before-answer' })).rejects.toThrow('dieAt needs die')
  })

  test.each<{ dieAt: DieAt; after: Record<string, string> }>([
    { dieAt: 'before-answer', after: three },
    { dieAt: 'after-answer', after: three },
    { dieAt: { filesSaved: 1 }, after: { ...three, 'c.ts': 'sum\n' } },
    { dieAt: { filesSaved: 2 }, after: { ...three, 'c.ts': 'sum\n', 'a.ts': 'sum\n' } },
  ])('comes for a rename at $dieAt', async ({ dieAt, after }) => {
    project.write(three)
    const client = await start({ renames: [editOf(names)] }, { dieAt, die })
    await expect(client.rename(project.path('a.ts'), { line: 0, character: 0 }, 'sum')).rejects.toThrow(Died)
    expect(project.read()).toEqual(after)
  })
})
