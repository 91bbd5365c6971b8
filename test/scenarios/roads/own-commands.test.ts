import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { frame, message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import type { Session } from '../relay/session.ts'
import { RESOLVING, started } from './desk.ts'

type Said = { readonly id?: unknown; readonly method?: string; readonly params?: Record<string, unknown> }

/** Everything that reaches the editor, its own words and all, until `last` is among it. */
async function until(
  session: Session,
  first: readonly Buffer[],
  last: (said: Said) => boolean,
): Promise<Said[]> {
  const said: Said[] = []
  let { toEditor, toServer } = await session.exchange({ fromEditor: first })
  for (;;) {
    if (toServer.bytes.length > 0) throw new Error(`the server heard ${toServer.bytes.toString()}`)
    const texts = [
      ...toEditor.bytes.toString().split(/Content-Length: \d+\r\n\r\n/),
      ...toEditor.own.map((own) => own.text),
    ]
    said.push(...texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Said))
    if (said.some(last)) return said
    ;({ toEditor, toServer } = await session.exchange({}))
  }
}

const execute = (command: string, params: object = {}, id: unknown = 7) =>
  message({ id, method: 'workspace/executeCommand', params: { command: `lsp-wal.${command}`, ...params } })

describe.concurrent('a command of the proxy', () => {
  test('shows its progress where the editor gave a token for it, and answers by the id as it was written', async ({
    stage,
    processes,
    expect,
  }) => {
    const { session } = await started(stage, processes)
    const params = '{"command":"lsp-wal.undo","workDoneToken":"token"}'
    const asked = frame(`{"jsonrpc":"2.0","id":1e1,"method":"workspace/executeCommand","params":${params}}`)
    const said = await until(session, [asked], ({ id }) => id === 10)
    // What names the proxy is told apart from the rest, so their order is not to be seen here.
    const progress = said.filter(({ method }) => method === '$/progress').map(({ params }) => params)
    expect(new Set(progress)).toEqual(
      new Set([
        { token: 'token', value: { kind: 'begin', title: 'lsp-wal: undo' } },
        { token: 'token', value: { kind: 'end' } },
      ]),
    )
    expect(said.find(({ id }) => id === 10)).toEqual({ jsonrpc: '2.0', id: 10, result: [] })
  })

  test('opens what is long as a document, where the editor shows documents, and clears it away', async ({
    stage,
    processes,
    expect,
  }) => {
    const editor = { ...RESOLVING, window: { showDocument: { support: true } } }
    const { session } = await started(stage, processes, { editor })
    const said = await until(session, [execute('log')], ({ method }) => method === 'window/showDocument')
    const { id, params } = said.find(({ method }) => method === 'window/showDocument')!
    expect(params).toEqual({ uri: expect.stringMatching(/log\.txt$/), takeFocus: true })
    const path = fileURLToPath(String(params!.uri))
    expect(readFileSync(path, 'utf8')).toContain('othing')
    const answer = message({ id, result: { success: true } })
    const after = await until(session, [answer], (each) => each.id === 7)
    expect(after.filter(({ method }) => method === 'window/showMessage')).toEqual([])
    session.proxy.stdin.end()
    await session.proxy.ended
    expect(existsSync(path)).toBe(false)
  })

  test('says it in a message where the editor shows no document after all', async ({
    stage,
    processes,
    expect,
  }) => {
    const editor = { ...RESOLVING, window: { showDocument: { support: true } } }
    const { session } = await started(stage, processes, { editor })
    const said = await until(session, [execute('status')], ({ method }) => method === 'window/showDocument')
    const { id } = said.find(({ method }) => method === 'window/showDocument')!
    const after = await until(session, [message({ id, result: { success: false } })], (each) => each.id === 7)
    expect(after.find(({ method }) => method === 'window/showMessage')).toMatchObject({
      params: { type: 3, message: expect.stringContaining('othing') },
    })
  })

  test('that fails is answered by an error', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const said = await until(session, [execute('undo', { arguments: ['beef'] })], ({ id }) => id === 7)
    expect(said.find(({ id }) => id === 7)).toMatchObject({
      error: { code: -32803, message: 'lsp-wal: no edit is called beef' },
    })
  })

  test('is one only if it is called so: others are the server’s', async ({ stage, processes, expect }) => {
    const { session } = await started(stage, processes)
    const asked = [
      execute('undoing'),
      execute(' undo'),
      message({ id: 9, method: 'workspace/executeCommand' }),
    ]
    const { toServer } = await session.exchange({ fromEditor: asked })
    expect(toServer.bytes.equals(Buffer.concat(asked))).toBe(true)
  })
})
