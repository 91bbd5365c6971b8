import { beforeEach, describe, expect, test } from 'vitest'
import type { Undone } from '../../server/history/undone.ts'
import { isOwnAction, Offer, withItem } from '../../server/proxy/offer.ts'
import { intentOf, replaced } from '../journal/intents.ts'

const intent = intentOf('01', [replaced('/w/a.ts', 'a', 'b'), replaced('/w/b.ts', 'a', 'b')])
const idOf = (command: string) => `lsp-wal.${command}`
const asked = (name: string, context: object = {}) => ({
  textDocument: { uri: `file:///w/${name}` },
  context,
})

let offer: Offer
beforeEach(() => {
  offer = new Offer()
  offer.happened(intent)
})

const itemFor = (params: unknown) => {
  const item = offer.itemFor(params, true, idOf)
  return item === undefined ? undefined : (JSON.parse(item) as { title: string })
}

describe('the last edit is offered', () => {
  test('in the files that it touched, with all that it takes to undo it', () => {
    const title = 'Undo: Rename `total` → `sum` (2 files)'
    const command = { title, command: 'lsp-wal.undo', arguments: ['01'] }
    expect(itemFor(asked('a.ts'))).toEqual({
      title,
      kind: 'refactor.lsp-wal',
      command,
      data: { 'lsp-wal': 'own' },
    })
    expect(isOwnAction(itemFor(asked('a.ts')))).toBe(true)
    expect(offer.itemFor(asked('a.ts'), false, idOf)).toBe(JSON.stringify(command))
  })

  test.each<[string, object, boolean]>([
    ['elsewhere', asked('c.ts'), false],
    ['when nobody asked for a menu', asked('a.ts', { triggerKind: 2 }), false],
    ['when somebody did', asked('a.ts', { triggerKind: 1 }), true],
    ['among refactorings', asked('a.ts', { only: ['quickfix', 'refactor'] }), true],
    ['among kinds of no name', asked('a.ts', { only: [''] }), true],
    ['among none in particular', asked('a.ts', { only: [] }), true],
    ['among fixes', asked('a.ts', { only: ['quickfix'] }), false],
    ['among what only begins so', asked('a.ts', { only: ['ref', 'refactor.lsp'] }), false],
    ['in what is no file', { textDocument: { uri: 'untitled:a' } }, false],
    ['to nonsense', {}, false],
  ])('%s', (_, params, is) => {
    expect(itemFor(params) !== undefined).toBe(is)
  })

  test('the other way round once it is undone, and back', () => {
    const done = (direction: Undone['direction'], id: string, more: Partial<Undone> = {}): Undone => ({
      direction,
      id,
      label: '',
      by: 'u1',
      files: [{ path: '/w/a.ts', change: 'changed', where: 'disk', merged: false }],
      left: [],
      ...more,
    })
    const title = () => itemFor(asked('a.ts'))!.title.split(':')[0]
    offer.takenBack(done('undo', '02'))
    offer.takenBack(done('undo', '01', { by: null, files: [] }))
    offer.takenBack(
      done('undo', '01', { files: done('undo', '01').files.map((file) => ({ ...file, unseen: true })) }),
    )
    expect(title()).toBe('Undo')
    offer.takenBack(done('undo', '01'))
    expect(title()).toBe('Redo')
    offer.takenBack(done('redo', 'u1'))
    expect(title()).toBe('Undo')
  })
})

describe('a menu with the offer in it', () => {
  const framed = (body: string) => Buffer.from(`X: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  const bodyOf = (frame: Buffer) => frame.toString().split('\r\n\r\n')[1]
  const into = (body: string) => {
    const frame = framed(body)
    return bodyOf(withItem(frame, frame.length - body.length, '{"o":1}'))
  }

  test.each([
    ['{"id":1,"result":[ {"a":1.0} , 2 ]}', '{"id":1,"result":[ {"a":1.0} , 2,{"o":1} ]}'],
    ['{"id":1,"result":[ ]}', '{"id":1,"result":[{"o":1} ]}'],
    ['{"id":1,"result": null }', '{"id":1,"result": [{"o":1}] }'],
    ['{"id":1,"error":{"code":1}}', '{"id":1,"error":{"code":1}}'],
    ['{"id":1,"result":{"a":[]}}', '{"id":1,"result":{"a":[]}}'],
    ['{"id":1,"result":[', '{"id":1,"result":['],
  ])('%s becomes %s', (body, expected) => {
    expect(into(body)).toBe(expected)
  })
})
