import { describe, expect, test } from 'vitest'
import { Message } from '../../server/proxy/message.ts'
import { OwnCommands } from '../../server/proxy/own-commands.ts'

const IDS = ['undo', 'redo', 'log', 'show', 'status', 'recover'].map((name) => `"lsp-wal.${name}"`).join(',')

function offered(body: string, commands = new OwnCommands('cafe')): string {
  const header = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  const frame = commands.offered(new Message(Buffer.from(header + body), header.length)).toString('utf8')
  const [length, text] = frame.split('\r\n\r\n') as [string, string]
  expect(length).toBe(`Content-Length: ${Buffer.byteLength(text)}`)
  return text
}

const answer = (capabilities: string) => `{"id": 1 ,"result":{"capabilities":${capabilities}, "x":1e400}}`

describe('the commands that a server offers', () => {
  test.each([
    ['none', '{}', `{"executeCommandProvider":{"commands":[${IDS}]}}`],
    ['none, beside others', '{"a" : 1.0}', `{"executeCommandProvider":{"commands":[${IDS}]},"a" : 1.0}`],
    ['null', '{"executeCommandProvider": null }', `{"executeCommandProvider": {"commands":[${IDS}]} }`],
    [
      'an empty list',
      '{"executeCommandProvider":{"commands":[ ]}}',
      `{"executeCommandProvider":{"commands":[${IDS} ]}}`,
    ],
    [
      'some',
      '{"executeCommandProvider":{"x":2,"commands":["\\u0061" , "b" ]}}',
      `{"executeCommandProvider":{"x":2,"commands":["\\u0061" , "b",${IDS} ]}}`,
    ],
    [
      'progress alone',
      '{"executeCommandProvider":{"workDoneProgress":true}}',
      `{"executeCommandProvider":{"commands":[${IDS}],"workDoneProgress":true}}`,
    ],
  ])('%s: the proxy’s stand behind them, and the rest is as it was spelled', (_, before, after) => {
    expect(offered(answer(before))).toBe(answer(after))
  })

  test.each([
    ['an error', '{"id":1,"error":{"code":1,"message":"capabilities"}}'],
    ['no capabilities', '{"id":1,"result":{}}'],
    ['capabilities that are none', '{"id":1,"result":{"capabilities":3}}'],
    ['a provider that is none', answer('{"executeCommandProvider":true}')],
    ['a list that is none', answer('{"executeCommandProvider":{"commands":"a"}}')],
    ['no JSON', '{"id":1,"result":{"capabilities":{'],
  ])('%s stays as it is', (_, body) => {
    expect(offered(body)).toBe(body)
  })
})

describe('a command', () => {
  test.each([
    [{ command: 'lsp-wal.undo' }, { command: 'undo', argument: undefined }],
    [
      { command: 'lsp-wal.redo', arguments: [] },
      { command: 'redo', argument: undefined },
    ],
    [
      { command: 'lsp-wal.undo', arguments: ['7c1f', 1] },
      { command: 'undo', argument: '7c1f' },
    ],
    [
      { command: 'lsp-wal.undo', arguments: [{ id: 1 }] },
      { command: 'undo', argument: undefined },
    ],
    [
      { command: 'lsp-wal.undo', arguments: 'x' },
      { command: 'undo', argument: undefined },
    ],
    [{ command: 'lsp-wal.other' }, undefined],
    [{ command: 'undo' }, undefined],
    [{}, undefined],
    [null, undefined],
  ])('%j is %j', (params, expected) => {
    expect(new OwnCommands('cafe').asked(params)).toEqual(expected)
  })

  test('has a name of its own in each session, where the commands of all servers share one list', () => {
    const commands = new OwnCommands('cafe')
    commands.editorSays({ clientInfo: { name: 'Visual Studio Code - Insiders' } })
    expect(commands.asked({ command: 'lsp-wal.undo' })).toBeUndefined()
    expect(commands.asked({ command: 'lsp-wal.undo.cafe' })).toMatchObject({ command: 'undo' })
    expect(offered(answer('{}'), commands)).toContain('"lsp-wal.undo.cafe"')
  })
})
