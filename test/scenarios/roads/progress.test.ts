import { readFileSync, writeFileSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import { started, workspaceEdit } from './desk.ts'

describe('an undo that takes long', () => {
  test('is shown as progress, with a token that the editor has agreed to, until it is done', async ({
    stage,
    processes,
    expect,
  }) => {
    const capabilities = { workspace: { applyEdit: true }, window: { workDoneProgress: true } }
    const { session } = await started(stage, processes, { editor: capabilities })
    const uri = stage.uri('a.ts')
    const notify = (method: string, params: object) =>
      session.exchange({ fromEditor: [message({ method, params })] })
    await notify('textDocument/didOpen', {
      textDocument: { uri, languageId: 'x', version: 1, text: 'foo\n' },
    })
    const params = { edit: workspaceEdit(stage, 'a.ts', 'bar') }
    await session.exchange({ fromServer: [message({ id: 'e', method: 'workspace/applyEdit', params })] })
    await notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: 'bar\n' }],
    })
    writeFileSync(stage.path('a.ts'), 'bar\n')
    await session.exchange({ fromEditor: [message({ id: 'e', result: { applied: true } })] })

    const command = { command: 'lsp-wal.undo', arguments: [] }
    const undo = message({ id: 7, method: 'workspace/executeCommand', params: command })
    await session.editor.send(undo)
    // It is asked to change its buffer, and takes its time.
    const asked = idIn(await session.editor.inbox.takeThrough('"label":"lsp-wal"'))
    const created = String(await session.editor.inbox.takeThrough('window/workDoneProgress/create'))
    await session.editor.inbox.takeThrough('}}')
    await session.editor.send(message({ id: idIn(Buffer.from(created)), result: null }))
    const begun = String(await session.editor.inbox.takeThrough('"title":"lsp-wal: undo"'))
    const [, token] = /"token":"(lsp-wal:[^"]+)"/.exec(begun)!
    await session.editor.send(
      message({
        method: 'textDocument/didChange',
        params: { textDocument: { uri, version: 3 }, contentChanges: [{ text: 'foo\n' }] },
      }),
      message({ id: asked, result: { applied: true } }),
    )
    const rest = String(await session.editor.inbox.takeThrough('"id":7,"result"'))
    expect(rest).toContain(`"token":"${token}","value":{"kind":"end"}`)
    expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe('bar\n')
  })
})

/** Of the last request in what came. */
function idIn(bytes: Buffer): string {
  const ids = [...String(bytes).matchAll(/"id":"([^"]+)"/g)]
  return ids.at(-1)![1]!
}
