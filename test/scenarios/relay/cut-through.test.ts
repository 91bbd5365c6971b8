import { describe, type ExpectStatic } from 'vitest'
import { difference, FEW, sized } from './messages.ts'
import { test } from './processes.ts'
import { Session, type Side } from './session.ts'

const MIB = 2 ** 20

const NOTIFICATION = ['{"jsonrpc":"2.0","method":"x","params":"', '"}'] as const

/** What stands before and behind much text. */
const MESSAGES: readonly (readonly [string, string, string])[] = [
  ['a notification', ...NOTIFICATION],
  ['a request', '{"jsonrpc":"2.0","id":1,"method":"x","params":["', '"]}'],
  ['a response', '{"jsonrpc":"2.0","id":1,"result":{"items":["', '"]}}'],
  ['a response that ends with its id', '{"jsonrpc":"2.0","result":{"items":["', '"]},"id":1}'],
]

describe.concurrent('a frame of 64 MiB that stops after the first', () => {
  test.for(MESSAGES)(
    '%s: the editor has nearly all that the server has sent',
    async ([, start, end], { stage, processes, expect }) => {
      const session = await Session.start(stage, processes)
      await session.initialize(stage)
      await expectNearlyAll(expect, session.server, session.editor, start, end)
    },
  )

  test('a notification of the editor: the server has nearly all of it', async ({
    stage,
    processes,
    expect,
  }) => {
    const session = await Session.start(stage, processes)
    await session.initialize(stage)
    await expectNearlyAll(expect, session.editor, session.server, ...NOTIFICATION)
  })
})

async function expectNearlyAll(
  expect: ExpectStatic,
  from: Side,
  { inbox }: Side,
  start: string,
  end: string,
): Promise<void> {
  const sent = sized(64 * MIB, start, end).subarray(0, MIB)
  await from.send(sent)
  await inbox.reach(MIB - FEW)
  expect(difference(inbox.bytes, sent.subarray(0, inbox.length))).toBeUndefined()
}
