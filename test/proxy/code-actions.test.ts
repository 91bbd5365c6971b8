import { describe, expect, it } from 'vitest'
import { CodeActions } from '../../server/proxy/code-actions.ts'
import { Message } from '../../server/proxy/message.ts'

const message = (json: object) => new Message(Buffer.from(JSON.stringify(json)), 0)

describe('an action that is taken out of a menu', () => {
  it('keeps none of the menu around it in memory', () => {
    const actions = new CodeActions('0a')
    const codeAction = { dataSupport: true, resolveSupport: { properties: ['edit'] } }
    actions.editorSays({ capabilities: { textDocument: { codeAction } } })
    actions.offered(message({ id: 1, result: { capabilities: { codeActionProvider: true } } }))
    const action = { title: 'small', edit: { changes: {} } }
    const menu = [action, { title: 'x'.repeat(1 << 20), command: {} }]
    actions.withoutEdits(message({ id: 2, result: menu }))
    const taken = actions.resolved({ title: 'small', data: { 'lsp-wal': '0a:1' } })
    if (typeof taken === 'string') throw new Error(`it is ${taken}`)
    expect(taken.json).toEqual(action)
    expect(taken.bytes.buffer.byteLength).toBeLessThan(1 << 20)
  })
})
