import { describe } from 'vitest'
import { frame, message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import { logged, started, workspaceEdit } from './desk.ts'

const SERVER = { codeActionProvider: true }
const ASK = message({ id: 1, method: 'textDocument/codeAction', params: {} })

describe.concurrent('an answer that an editor takes though it is not spelled as asked', () => {
  test.for(['"1"', '1.0', '"\\u0031"'])(
    'has its edit recorded: id %s',
    async (id, { stage, processes, expect }) => {
      const { session } = await started(stage, processes)
      const params = { textDocument: { uri: stage.uri('a.ts') }, newName: 'bar' }
      await session.exchange({ fromEditor: [message({ id: 1, method: 'textDocument/rename', params })] })
      const result = JSON.stringify(workspaceEdit(stage, 'a.ts', 'bar'))
      await session.exchange({ fromServer: [frame(`{"jsonrpc":"2.0","id":${id},"result":${result}}`)] })
      expect(logged(stage.journal)).toMatchObject([{ edits: [{ NewText: 'bar' }] }])
    },
  )

  test('has its edit recorded: a name that is no text', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const params = { textDocument: { uri: stage.uri('a.ts') }, newName: { toString: 1 } }
    await session.exchange({ fromEditor: [message({ id: 1, method: 'textDocument/rename', params })] })
    const result = workspaceEdit(stage, 'a.ts', 'bar')
    await session.exchange({ fromServer: [message({ id: 1, result })] })
    expect(logged(stage.journal)).toMatchObject([{ edits: [{ NewText: 'bar' }] }])
  })
})

describe.concurrent('a menu', () => {
  test('of another session is gone', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    const params = { title: 'a', data: { 'lsp-wal': '0123abcd:1' } }
    const asked = message({ id: 2, method: 'codeAction/resolve', params })
    const { toEditor, toServer } = await session.exchange({ fromEditor: [asked] })
    expect(toServer.bytes.length).toBe(0)
    // What goes the one way does not wait for what came the other.
    let { own } = toEditor
    while (own.length === 0) ({ own } = (await session.exchange({})).toEditor)
    expect(own[0]?.text).toContain('"id":2,"error":{"code":-32801')
  })

  test('behind a byte order mark comes without edits, too', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [ASK] })
    const result = JSON.stringify([{ title: 'a', edit: workspaceEdit(stage, 'a.ts', 'bar') }])
    const { toEditor } = await session.exchange({
      fromServer: [frame(`\uFEFF{"jsonrpc":"2.0","id":1,"result":${result}}`)],
    })
    expect(toEditor.bytes.toString()).not.toContain('changes')
  })

  test('that is no JSON for everybody gives no edit that cannot be recorded', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes, { server: SERVER })
    await session.exchange({ fromEditor: [ASK] })
    // A tab as it is, in a text: Neovim reads it.
    const result = JSON.stringify([{ title: 'a', edit: workspaceEdit(stage, 'a.ts', 'b@r') }]).replace(
      '@',
      '\t',
    )
    const { toEditor } = await session.exchange({
      fromServer: [frame(`{"jsonrpc":"2.0","id":1,"result":${result}}`)],
    })
    const token = /\{"lsp-wal":"[^"]+"\}/.exec(toEditor.bytes.toString())?.[0]
    const asked = frame(
      `{"jsonrpc":"2.0","id":2,"method":"codeAction/resolve","params":{"title":"a","data":${token}}}`,
    )
    let came = await session.exchange({ fromEditor: [asked] })
    let text = ''
    for (let i = 0; i < 20 && !text.includes('"id":2'); i++) {
      text += came.toEditor.bytes.toString() + came.toEditor.own.map((own) => own.text).join('')
      came = await session.exchange({})
    }
    expect(text).toContain('"error":{"code":-32803')
    expect(text).not.toContain('changes')
  })

  test.for<[string, object]>([
    ['says nothing of actions', {}],
    ['makes none', { codeActionProvider: false }],
  ])(
    'keeps its edits where the server %s: the editor would not ask for them',
    async ([, server], { stage, processes, expect }) => {
      const { session } = await started(stage, processes, { server })
      await session.exchange({ fromEditor: [ASK] })
      const answer = message({ id: 1, result: [{ title: 'a', edit: workspaceEdit(stage, 'a.ts', 'bar') }] })
      const { toEditor } = await session.exchange({ fromServer: [answer] })
      expect(toEditor.bytes.equals(answer)).toBe(true)
    },
  )
})
