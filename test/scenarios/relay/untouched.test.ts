import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { LiveSession } from './live-session.ts'
import { difference, frame } from './messages.ts'
import { editParams, type Own, recorded } from './session.ts'
import { hover, shapes } from './shapes.ts'

const MIB = 2 ** 20

const live = new LiveSession({ 'a.ts': 'foo\n' })
afterEach(({ task }) => {
  if (task.result?.state === 'fail') live.drop()
})
afterAll(() => live[Symbol.dispose]())

const SHAPES = shapes(editParams(live.stage.uri('a.ts'), 'x'))

describe('both ways every byte arrives as it was sent', () => {
  test.each(SHAPES)('%s', async (_, bytes) => {
    await expectUntouched([Buffer.concat([bytes, frame(hover)])])
  })

  test('everything that is short, in chunks of one byte', async () => {
    const short = SHAPES.map(([, shape]) => shape).filter(({ length }) => length < 1000)
    const bytes = Buffer.concat([...short, frame(hover)])
    await expectUntouched(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))
  })

  test.each([
    ['with its method first', '{"jsonrpc":"2.0","method":"x","params":"', 'x', '"}'],
    ['with its method last', '{"jsonrpc":"2.0","params":"', 'x', '","method":"x"}'],
    ['of many small objects', '{"jsonrpc":"2.0","id":1,"result":[', '{"a":"b"},', '{}]}'],
    ['of no JSON', 'no ', 'x', 'JSON'],
  ])('a frame of 64 MiB %s', async (_, start, filling, end) => {
    const body = start + filling.repeat(64 * (MIB / filling.length)) + end
    await expectUntouched([frame(hover), frame(body), frame(hover)])
  })

  test('none of it is taken for an edit', () => {
    expect(recorded(live.stage.journal)).toEqual([])
  })

  test('that a server writes what is no message is said at most once', () => {
    expect(words.length).toBeLessThanOrEqual(1)
    for (const { message } of words)
      expect(message).toMatchObject({ method: 'window/logMessage', params: { type: 2 } })
  })
})

const words: Own[] = []

async function expectUntouched(chunks: readonly Buffer[]): Promise<void> {
  const session = await live.session()
  const { toEditor, toServer } = await session.exchange({ fromServer: chunks, fromEditor: chunks })
  const sent = Buffer.concat(chunks)
  expect(difference(toEditor.bytes, sent)).toBeUndefined()
  expect(difference(toServer.bytes, sent)).toBeUndefined()
  expect(toServer.own).toEqual([])
  words.push(...toEditor.own)
}
