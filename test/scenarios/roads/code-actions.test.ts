import { writeFileSync } from 'node:fs'
import { describe } from 'vitest'
import { difference, frame, message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import type { Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { logged, OWN_COMMANDS, RESOLVING, started, workspaceEdit } from './desk.ts'

/** A server that makes code actions, and does not resolve them. */
const SERVER = { codeActionProvider: true }
const ASK = message({ id: 1, method: 'textDocument/codeAction', params: {} })

/** The JSON of an action, in a spelling that nobody writes twice. */
const quickFix = (edit: object, more = '') =>
  `{"title" : "Fix\\u0021", "kind":"quickfix", "isPreferred":true,"edit": ${JSON.stringify(edit)} ,"data":{"n":9007199254740993},"diagnostics":[{"code":1.0}]${more}}`
const LINT =
  '{"title":"Fix\\u0021 2", "x":18446744073709551616,"command":{"command":"lint","title":"Lint","arguments":[1e2]}}'
const BARE = '{"title":"Bare", "command":"bare"}'

function list(...actions: readonly string[]): Buffer {
  return frame(`{"jsonrpc":"2.0","id":1,"result":[ ${actions.join(' , ')} ]}`)
}

/** Has the editor ask for actions; gives the body of what it gets. */
async function shown(session: Session, answer: Buffer): Promise<string> {
  await session.exchange({ fromEditor: [ASK] })
  const { toEditor } = await session.exchange({ fromServer: [answer] })
  return body(toEditor.bytes)
}

function body(bytes: Buffer): string {
  return bytes.toString('utf8', bytes.indexOf('\r\n\r\n') + 4)
}

function itemsIn(menu: string): { readonly data?: unknown; readonly title: string }[] {
  return (JSON.parse(menu) as { result: { title: string }[] }).result
}

/** Has the editor ask for the action that was picked; gives what it gets, and what the server hears of it. */
async function resolve(session: Session, action: object, id = '2'): Promise<[string, string]> {
  const asked = frame(
    `{"jsonrpc":"2.0","id":${id},"method":"codeAction/resolve","params":${JSON.stringify(action)}}`,
  )
  let { toEditor, toServer } = await session.exchange({ fromEditor: [asked] })
  const heard = toServer.bytes.toString()
  while (heard === '' && toEditor.bytes.length + toEditor.own.length === 0)
    ({ toEditor } = await session.exchange({}))
  const said =
    toEditor.bytes.length > 0 ? body(toEditor.bytes) : toEditor.own.map(({ text }) => text).join('\n')
  return [said, heard]
}

describe.concurrent('a menu of code actions', () => {
  test('comes without edits, and otherwise as the server spelled it', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const menu = await shown(session, list(LINT, quickFix(workspaceEdit(stage, 'a.ts', 'bar')), BARE))
    const token = itemsIn(menu)[1]?.data
    expect(menu).toBe(
      `{"jsonrpc":"2.0","id":1,"result":[ ${LINT} , {"title" : "Fix\\u0021","kind":"quickfix","isPreferred":true,"diagnostics":[{"code":1.0}],"data":${JSON.stringify(token)}} , ${BARE} ]}`,
    )
    expect(logged(stage.journal)).toEqual([])
  })

  test.for<[string, (stage: Stage) => Buffer]>([
    ['with no edit in it', () => list(LINT, BARE)],
    ['that is empty', () => list()],
    ['that is none', () => message({ id: 1, result: null })],
    ['that is an error', () => message({ id: 1, error: { code: 1, message: 'edit' } })],
    ['with an edit that is none', () => list('{"title":"a","edit":null}', '{"title":"b","edit":1}')],
  ])('%s passes as it came', async ([, answer], { stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [ASK] })
    const { toEditor } = await session.exchange({ fromServer: [answer(stage)] })
    expect(difference(toEditor.bytes, answer(stage))).toBeUndefined()
  })

  test.for<[string, object]>([
    ['does not resolve', { workspace: { applyEdit: true } }],
    ['keeps no data', codeAction({ resolveSupport: { properties: ['edit', 'command'] } })],
    ['resolves no edits', codeAction({ dataSupport: true, resolveSupport: { properties: ['command'] } })],
  ])(
    'passes as it came, and so does what is offered, to an editor that %s',
    async ([, editor], { stage, processes, expect }) => {
      const { session, offered } = await started(stage, processes, { editor, server: SERVER })
      expect(offered.bytes.toString()).toContain('"codeActionProvider":true')
      const answer = list(quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
      expect(await shown(session, answer)).toBe(body(answer))
    },
  )

  test('keeps the command, and loses the edit, with an editor that resolves edits alone', async ({
    stage,
    processes,
    expect,
  }) => {
    const editor = codeAction({ dataSupport: true, resolveSupport: { properties: ['edit'] } })
    const { session } = await started(stage, processes, { editor, server: SERVER })
    const command = '"command":{"command":"c","title":"t","arguments":[1e2]}'
    const action = quickFix(workspaceEdit(stage, 'a.ts', 'bar'), `,${command}`)
    const menu = await shown(session, list(action))
    expect(menu).toContain(command)
    expect(menu).not.toContain('changes')
    const [answer] = await resolve(session, itemsIn(menu)[0]!)
    expect(answer).toBe(`{"jsonrpc":"2.0","id":2,"result":${action}}`)
    expect(logged(stage.journal)).toMatchObject([{ edits: [{ NewText: 'bar' }] }])
  })

  test('is asked for in one piece', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const asked = (token: string) =>
      frame(
        `{"jsonrpc":"2.0","id":1,"method":"textDocument/codeAction","params":{ "a" : 1e2${token}, "c":{"partialResultToken":1}}}`,
      )
    const { toServer } = await session.exchange({ fromEditor: [asked(', "partialResultToken":"x"')] })
    expect(body(toServer.bytes)).toBe(
      '{"jsonrpc":"2.0","id":1,"method":"textDocument/codeAction","params":{"a" : 1e2,"c":{"partialResultToken":1}}}',
    )
    const plain = await session.exchange({ fromEditor: [asked('')] })
    expect(difference(plain.toServer.bytes, asked(''))).toBeUndefined()
  })

  test('that keeps its edits is named once', async ({ stage, processes, expect }) => {
    const editor = { workspace: { applyEdit: true } }
    const { session } = await started(stage, processes, { editor, server: SERVER })
    const answer = list(quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
    await session.exchange({ fromEditor: [ASK] })
    await session.server.send(answer)
    const words = await session.words()
    expect(words.map(({ params }) => params?.message)).toEqual([expect.stringContaining('pass unrecorded')])
    await session.exchange({ fromEditor: [ASK] })
    await session.exchange({ fromServer: [answer] })
    expect((await session.exchange({})).toEditor.own).toEqual([])
  })
})

describe.concurrent('a menu of source actions alone', () => {
  const asked = (...only: readonly string[]) =>
    message({ id: 1, method: 'textDocument/codeAction', params: { context: { diagnostics: [], only } } })

  test('keeps the only edit in it, which is recorded before', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [asked('source.organizeImports')] })
    const answer = list(LINT, quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
    const before = session.recordedBefore(answer, stage.journal)
    const { toEditor } = await session.exchange({ fromServer: [answer] })
    expect(difference(toEditor.bytes, answer)).toBeUndefined()
    expect(before()).toEqual(['bar'])
  })

  test('does not come where that cannot be recorded', async ({ stage, processes, expect }) => {
    writeFileSync(stage.journal, 'in the way')
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [asked('source.organizeImports')] })
    const answer = list(quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
    const { toEditor } = await session.exchange({ fromServer: [answer] })
    const text = toEditor.bytes.toString() + toEditor.own.map((own) => own.text).join('')
    expect(text).toContain('"id":1,"error":{"code":-32803')
    expect(text).not.toContain('changes')
  })

  test.for<[string, readonly string[], number]>([
    ['of which one is to be picked', ['source.fixAll', 'source.organizeImports'], 2],
    ['of every kind', ['source'], 1],
    ['among others', ['source.fixAll', 'quickfix'], 1],
  ])('%s comes without edits', async ([, only, count], { stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [asked(...only)] })
    const actions = Array.from({ length: count }, () => quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
    const { toEditor } = await session.exchange({ fromServer: [list(...actions)] })
    expect(toEditor.bytes.toString()).not.toContain('changes')
    expect(logged(stage.journal)).toEqual([])
  })
})

describe.concurrent('the action that is picked', () => {
  test('is handed back as the server sent it, once its edit is recorded', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const action = quickFix(workspaceEdit(stage, 'a.ts', 'bar'), ',"command":{"command":"c","title":"t"}')
    const [item] = itemsIn(await shown(session, list(action, quickFix(workspaceEdit(stage, 'c.ts', 'no')))))
    const [answer, heard] = await resolve(session, item!, '"\\u0061"')
    expect(answer).toBe(`{"jsonrpc":"2.0","id":"\\u0061","result":${action}}`)
    expect(heard).toBe('')
    expect(logged(stage.journal)).toMatchObject([
      {
        edits: [{ Path: stage.path('a.ts'), NewText: 'bar' }],
        meta: { road: 'codeAction/resolve', label: 'Fix!' },
      },
    ])
  })

  test('is not handed back where it cannot be recorded', async ({ stage, processes, expect }) => {
    writeFileSync(stage.journal, 'in the way')
    const { session } = await started(stage, processes, { server: SERVER })
    const [item] = itemsIn(await shown(session, list(quickFix(workspaceEdit(stage, 'a.ts', 'bar')))))
    const [answer] = await resolve(session, item!)
    expect(answer).toContain('"id":2,"error":{"code":-32803,"message":"lsp-wal: ')
    expect(answer).not.toContain('changes')
  })

  test('from a menu long gone is refused', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const answer = list(quickFix(workspaceEdit(stage, 'a.ts', 'bar')))
    const [first] = itemsIn(await shown(session, answer))
    for (let menu = 0; menu < 100; menu++) await shown(session, answer)
    const [late] = await resolve(session, first!)
    expect(late).toContain('"error":{"code":-32801,')
    expect(logged(stage.journal)).toEqual([])
  })

  test('without an edit is the server’s to resolve, where it does', async ({ stage, processes, expect }) => {
    const resolving = { codeActionProvider: { resolveProvider: true, codeActionKinds: ['quickfix'] } }
    const { session, offered } = await started(stage, processes, { server: resolving })
    expect(body(offered.bytes)).toContain(JSON.stringify(resolving).slice(1, -1))
    const [answer, heard] = await resolve(session, { title: 'a', data: { 'lsp-wal': 'x:1' } })
    expect(answer).toBe('')
    expect(heard).toContain('"data":{"lsp-wal":"x:1"}')
  })

  test('without an edit is complete where the server resolves none', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const action = { title: 'a', command: { command: 'c', title: 't' } }
    expect(await resolve(session, action)).toEqual([
      message({ id: 2, result: action }).toString().split('\r\n\r\n')[1],
      '',
    ])
  })
})

describe.concurrent('that actions are resolved is offered', () => {
  test.for<[string, object, object]>([
    [
      'by a server that makes some',
      { codeActionProvider: true },
      { codeActionProvider: { resolveProvider: true } },
    ],
    [
      'by one that says more of them',
      { codeActionProvider: { codeActionKinds: ['a'] } },
      { codeActionProvider: { resolveProvider: true, codeActionKinds: ['a'] } },
    ],
    [
      'by one that says it does not',
      { codeActionProvider: { resolveProvider: false } },
      { codeActionProvider: { resolveProvider: true } },
    ],
    ['by none that makes none', { codeActionProvider: false }, { codeActionProvider: false }],
    ['by none that says nothing of them', {}, {}],
  ])('%s', async ([, server, expected], { stage, processes, expect }) => {
    const { offered } = await started(stage, processes, { server })
    const capabilities = { executeCommandProvider: { commands: OWN_COMMANDS }, ...expected }
    expect(body(offered.bytes)).toBe(
      JSON.stringify({ jsonrpc: '2.0', id: 'initialize', result: { capabilities } }),
    )
  })

  test('by a server that says later that it makes some', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const asked = (...options: readonly (object | undefined)[]) =>
      message({
        id: 5,
        method: 'client/registerCapability',
        params: {
          registrations: options.map((registerOptions, id) => ({
            id: `${id}`,
            method: 'textDocument/codeAction',
            ...(registerOptions && { registerOptions }),
          })),
        },
      })
    const other = message({
      id: 4,
      method: 'client/registerCapability',
      params: { registrations: [{ id: 'x' }] },
    })
    const { toEditor } = await session.exchange({
      fromServer: [other, asked(undefined, { documentSelector: null })],
    })
    const resolveProvider = true
    const sent = Buffer.concat([
      other,
      message({
        id: 5,
        method: 'client/registerCapability',
        params: {
          registrations: [
            { registerOptions: { resolveProvider }, id: '0', method: 'textDocument/codeAction' },
            {
              id: '1',
              method: 'textDocument/codeAction',
              registerOptions: { resolveProvider, documentSelector: null },
            },
          ],
        },
      }),
    ])
    expect(difference(toEditor.bytes, sent)).toBeUndefined()
  })
})

function codeAction(says: object): object {
  return { ...RESOLVING, textDocument: { codeAction: says } }
}
