import { describe, expect, it } from 'vitest'
import { Conversation } from '../../server/proxy/conversation.ts'
import { idOf as idOfBody } from '../../server/proxy/envelope.ts'
import { FrameCutter } from '../../server/proxy/frames.ts'

interface Message {
  readonly id?: string
  readonly method?: string
  readonly params?: unknown
}

/** A conversation, and what editor and server got of it. */
class Talk {
  readonly toEditor: Message[] = []
  readonly toServer: Message[] = []
  /** Which of those to the editor may not go out while a message is held. */
  readonly asked: number[] = []
  readonly conversation = new Conversation(
    {
      inject: (frame) => this.toEditor.push(messageIn(frame)),
      injectUnheld: (frame) => {
        this.asked.push(this.toEditor.push(messageIn(frame)) - 1)
      },
    },
    { inject: (frame) => this.toServer.push(messageIn(frame)) },
    'cafe',
  )
}

function messageIn(frame: Buffer): Message {
  const cutter = new FrameCutter()
  cutter.push(frame)
  expect([cutter.next(), cutter.kind, cutter.to]).toEqual([true, 'frame', frame.length])
  return JSON.parse(frame.toString('utf8', cutter.body)) as Message
}

const opened = () => {
  const talk = new Talk()
  talk.conversation.open()
  return talk
}
const idOf = (json: string) => idOfBody(Buffer.from(json))!

describe('before the editor may be spoken to', () => {
  it('everything waits, and is said in order once it may', () => {
    const { conversation, toEditor } = new Talk()
    conversation.show('error', 'one')
    void conversation.ask('warning', 'two?', ['Yes'])
    conversation.log('info', 'three')
    expect(toEditor).toEqual([])
    conversation.open()
    conversation.show('log', 'four')
    expect(toEditor.map(({ method, params }) => [method, params])).toEqual([
      ['window/showMessage', { type: 1, message: 'lsp-wal: one' }],
      ['window/showMessageRequest', { type: 2, message: 'lsp-wal: two?', actions: [{ title: 'Yes' }] }],
      ['window/logMessage', { type: 3, message: 'lsp-wal: three' }],
      ['window/showMessage', { type: 4, message: 'lsp-wal: four' }],
    ])
  })

  it('is over at the first `initialized`, and nothing is said twice', () => {
    const { conversation, toEditor } = new Talk()
    conversation.show('info', 'once')
    conversation.open()
    conversation.open()
    expect(toEditor).toHaveLength(1)
  })

  it('the server may be told things all the same', () => {
    const { conversation, toEditor, toServer } = new Talk()
    conversation.notifyServer('workspace/didChangeWatchedFiles', { changes: [] })
    expect(toServer).toEqual([
      { jsonrpc: '2.0', method: 'workspace/didChangeWatchedFiles', params: { changes: [] } },
    ])
    expect(toEditor).toEqual([])
  })
})

describe('own requests', () => {
  it('carry ids of their own, each another one', () => {
    const { conversation, toEditor } = opened()
    void conversation.request('workspace/applyEdit', { edit: {} })
    void conversation.request('workspace/applyEdit', { edit: {} })
    expect(toEditor).toEqual([
      { jsonrpc: '2.0', id: 'lsp-wal:cafe:1', method: 'workspace/applyEdit', params: { edit: {} } },
      { jsonrpc: '2.0', id: 'lsp-wal:cafe:2', method: 'workspace/applyEdit', params: { edit: {} } },
    ])
  })

  it.each<[string, string]>([
    ['as they were sent', '{"id":"lsp-wal:cafe:1","result":null}'],
    ['with white space around', '{ "result" : null,\n"id" : "lsp-wal:cafe:1" }'],
    ['with characters escaped', '{"id":"lsp\\u002dwal:cafe\\u003a1","result":null}'],
    ['to a request that was never sent', '{"id":"lsp-wal:cafe:77","result":null}'],
    ['that are errors', '{"id":"lsp-wal:cafe:1","error":{"code":-32601,"message":""}}'],
  ])('are recognised by the ids of their answers: %s', (_title, answer) => {
    expect(opened().conversation.isOwn(idOf(answer))).toBe(true)
  })

  it.each(['1', '"1"', 'null', '"lsp-wal"', '"lsp-wal:beef:1"', '"x lsp-wal:cafe:1"'])(
    'are told from those of a server, and of another proxy around this one: %s',
    (id) => {
      expect(opened().conversation.isOwn(idOf(`{"id":${id},"result":null}`))).toBe(false)
    },
  )

  it('get each their own answer, in whatever order', async () => {
    const { conversation } = opened()
    const [a, b] = [conversation.request('a', {}), conversation.request('b', {})]
    conversation.answered('"lsp-wal:cafe:2"', { result: 'for b' })
    conversation.answered('"lsp-wal:cafe:1"', { error: 'for a' })
    expect([await a, await b]).toEqual([{ error: 'for a' }, { result: 'for b' }])
  })

  it('are all answered when the editor is gone, and those that come later are not', async () => {
    const { conversation } = opened()
    const [a, b] = [conversation.request('a', {}), conversation.ask('info', 'b?', ['Yes'])]
    conversation.end()
    conversation.answered('"lsp-wal:cafe:2"', { result: { title: 'Yes' } })
    expect([await a, await b]).toEqual([{ error: 'the editor is gone' }, undefined])
  })

  it('take no answer twice, and none that nobody waits for', async () => {
    const { conversation, toEditor, toServer } = opened()
    const answer = conversation.request('a', {})
    conversation.answered('"lsp-wal:cafe:1"', { result: 1 })
    conversation.answered('"lsp-wal:cafe:1"', { result: 2 })
    conversation.answered('"lsp-wal:cafe:99"', { result: 3 })
    expect(await answer).toEqual({ result: 1 })
    expect([toEditor.length, toServer.length]).toEqual([1, 0])
  })
})

describe('a question', () => {
  it.each<[string, unknown, string | undefined]>([
    ['the item', { title: 'Forget it' }, 'Forget it'],
    ['the item with more in it', { title: 'Forget it', command: 'x', isCloseAffordance: false }, 'Forget it'],
    ['nothing', null, undefined],
    ['no result', undefined, undefined],
    ['an item that was not offered', { title: 'forget it' }, undefined],
    ['an item without a title', {}, undefined],
    ['the bare title', 'Forget it', undefined],
    ['a list', [{ title: 'Forget it' }], undefined],
  ])('is answered by title alone: %s', async (_title, result, choice) => {
    const { conversation } = opened()
    const answer = conversation.ask('warning', 'What now?', ['Bring it back', 'Forget it'])
    conversation.answered('"lsp-wal:cafe:1"', { result })
    expect(await answer).toBe(choice)
  })

  it('that the editor cannot ask was not asked', async () => {
    const { conversation } = opened()
    const answer = conversation.ask('warning', 'What now?', ['Bring it back'])
    conversation.answered('"lsp-wal:cafe:1"', { error: { code: -32601, message: 'unknown' } })
    expect(await answer).toBe('unasked')
  })
})
