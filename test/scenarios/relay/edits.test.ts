import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { LiveSession } from './live-session.ts'
import { difference, frame } from './messages.ts'
import { type Arrived, edit, editParams, recorded } from './session.ts'
import { HEADERS, shapes } from './shapes.ts'

const live = new LiveSession({ 'a.ts': 'foo\n' })
afterEach(({ task }) => {
  if (task.result?.state === 'fail') live.drop()
})
afterAll(() => live[Symbol.dispose]())

const MIB = 2 ** 20

/** The body of an edit, made of its params. */
const SPELLINGS: readonly [string, (params: string) => string][] = [
  [
    'as most servers write it',
    (params) => `{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":${params}}`,
  ],
  [
    'with its method first',
    (params) => `{"method":"workspace/applyEdit","params":${params},"id":1,"jsonrpc":"2.0"}`,
  ],
  [
    'with its method last',
    (params) => `{"jsonrpc":"2.0","id":1,"params":${params},"method":"workspace/applyEdit"}`,
  ],
  [
    'with an escaped slash',
    (params) => `{"jsonrpc":"2.0","id":1,"method":"workspace\\/applyEdit","params":${params}}`,
  ],
  [
    'with an escaped letter',
    (params) => `{"jsonrpc":"2.0","id":1,"method":"\\u0077orkspace/apply\\u0045dit","params":${params}}`,
  ],
  [
    'with an escaped key',
    (params) => `{"jsonrpc":"2.0","id":1,"m\\u0065thod":"workspace/applyEdit","params":${params}}`,
  ],
  [
    'with every letter escaped',
    (params) =>
      `{"jsonrpc":"2.0","id":1,"${escaped('method')}":"${escaped('workspace/applyEdit')}","${escaped('params')}":${params}}`,
  ],
  [
    'with white space everywhere',
    (params) =>
      `\r\n\t{ "jsonrpc" : "2.0" ,\n"id"\t: 1 , "method"\r\n:\r\n"workspace/applyEdit" , "params" : ${params}\n} `,
  ],
  [
    'behind a byte order mark',
    (params) => `\ufeff{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":${params}}`,
  ],
  [
    'behind keys that hold what looks like another method',
    (params) =>
      `{"jsonrpc":"2.0","x":{"method":"y"},"z":"\\"method\\":\\"y\\"","id":1,"method":"workspace/applyEdit","params":${params}}`,
  ],
  ['without an id', (params) => `{"jsonrpc":"2.0","method":"workspace/applyEdit","params":${params}}`],
  [
    'with its method behind eight megabytes of params',
    (params) =>
      `{"jsonrpc":"2.0","id":1,"params":${params.slice(0, -1)},"label":"${'x'.repeat(8 * MIB)}"},"method":"workspace/applyEdit"}`,
  ],
  [
    'with eight megabytes of another field between',
    (params) =>
      `{"jsonrpc":"2.0","id":1,"x":["${'x'.repeat(8 * MIB)}"],"method":"workspace/applyEdit","params":${params}}`,
  ],
]

function escaped(text: string): string {
  return Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

type Cut = (bytes: Buffer) => Buffer[]

const NOTHING: Buffer = Buffer.alloc(0)
const WHOLE: Cut = (bytes) => [bytes]
const CUTS: readonly [string, Cut][] = [
  ['whole', WHOLE],
  ['in small pieces', (bytes) => pieces(bytes, Math.max(7, Math.floor(bytes.length / 60)))],
]

function pieces(bytes: Buffer, length: number): Buffer[] {
  const count = Math.ceil(bytes.length / length)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length))
}

describe.each(CUTS)('an edit that comes %s', (how, cut) => {
  test.each(SPELLINGS)('%s: it is recorded before the editor has a byte of it', async (name, body) => {
    const newText = `${name}, ${how}`
    const { own } = await expectRecorded(newText, frame(body(params(newText))), { cut })
    expect(own).toEqual([])
  })
})

test.each(HEADERS)('an edit in a frame with %s is recorded', async (name, head) => {
  await expectRecorded(name, frame(edit(live.stage, 'a.ts', name), head))
})

test.each(shapes(params('no edit')))('an edit right behind %s is recorded', async (name, bytes) => {
  await expectRecorded(name, frame(edit(live.stage, 'a.ts', name)), { behind: bytes })
})

function params(newText: string): string {
  return editParams(live.stage.uri('a.ts'), newText)
}

async function expectRecorded(
  newText: string,
  bytes: Buffer,
  { behind = NOTHING, cut = WHOLE }: { behind?: Buffer; cut?: Cut } = {},
): Promise<Arrived> {
  const session = await live.session()
  const recordedBefore = session.recordedBefore(bytes, live.stage.journal, behind.length)
  const sent = Buffer.concat([behind, bytes])
  const { toEditor } = await session.exchange({ fromServer: cut(sent) })
  expect(difference(toEditor.bytes, sent)).toBeUndefined()
  expect(recordedBefore()).toContain(newText)
  expect(recorded(live.stage.journal).filter((text) => text === newText)).toEqual([newText])
  return toEditor
}
