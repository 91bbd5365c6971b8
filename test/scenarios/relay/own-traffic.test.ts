import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type ExpectStatic } from 'vitest'
import type { Stage } from '../stage.ts'
import { difference, FEW, frame, sized } from './messages.ts'
import { type Processes, test } from './processes.ts'
import { type Arrived, edit, initialized, type Own, pass, Session } from './session.ts'

const MIB = 2 ** 20

const IDS = [
  '7',
  '-1',
  '1.0',
  '1e2',
  '9223372036854775808',
  '"a"',
  '""',
  '"\\u0061\\/b"',
  '"\\ud83d\\ude00"',
  '"\\""',
]

describe.concurrent('an edit that cannot be recorded', () => {
  test.for([
    ['a file is in the way of its journal', ''],
    ['its journal is where no folder can be made', 'below'],
  ])(
    'since %s: it is kept from the editor, who is told, and refused to the server by its own id',
    async ([, below], { stage, processes, expect }) => {
      const session = await refusing(stage, processes, below)
      await session.initialize(stage)
      for (const id of IDS) {
        const first = await session.exchange({ fromServer: [frame(edit(stage, 'a.ts', 'bar', id))] })
        const second = await session.exchange({})
        expect(first.toEditor.bytes.toString()).toBe('')
        expect(messages(first.toEditor, second.toEditor)).toEqual([shown(expect)])
        const [answer, ...others] = [...first.toServer.own, ...second.toServer.own]
        expect(others).toEqual([])
        expect(answer?.message.result?.applied).toBe(false)
        expect(answer?.text).toContain(`"id":${id},`)
      }
    },
  )

  test('is not spoken of before the editor has said `initialized`', async ({ stage, processes, expect }) => {
    const session = await refusing(stage, processes)
    await session.initializeOnly(stage)
    const first = await session.exchange({ fromServer: [frame(edit(stage, 'a.ts', 'bar'))] })
    const second = await session.exchange({})
    expect(messages(first.toServer, second.toServer)).toHaveLength(1)
    for (const { toEditor } of [first, second]) expect(toEditor).toEqual({ bytes: Buffer.alloc(0), own: [] })
    await session.editor.send(initialized)
    expect(await session.words()).toEqual([shown(expect)])
  })
})

describe.concurrent('while a frame of 64 MiB is on its way', () => {
  const large = sized(64 * MIB, '{"jsonrpc":"2.0","method":"x","params":"', '"}')
  const start = large.subarray(0, MIB)
  const rest = large.subarray(MIB)

  test('to the editor, nothing is said to the editor', async ({ stage, processes, expect }) => {
    const session = await refusing(stage, processes)
    const { editor, server } = session
    await session.initializeOnly(stage)
    // Something to be said, as soon as it may be.
    await session.exchange({ fromServer: [frame(edit(stage, 'a.ts', 'bar'))] })
    await server.send(start)
    await editor.inbox.reach(MIB - FEW)
    await pass(editor, [initialized], server)
    expectBehind(expect, await pass(server, [rest], editor), await pass(server, [], editor))
  })

  test('to the server, nothing is said to the server', async ({ stage, processes, expect }) => {
    const session = await refusing(stage, processes)
    const { editor, server } = session
    await session.initialize(stage)
    await editor.send(start)
    await server.inbox.reach(MIB - FEW)
    await pass(server, [frame(edit(stage, 'a.ts', 'bar'))], editor)
    expectBehind(expect, await pass(editor, [rest], server), await pass(editor, [], server))
  })

  function expectBehind(expect: ExpectStatic, frame: Arrived, next: Arrived): void {
    expect(difference(frame.bytes, large)).toBeUndefined()
    for (const { at } of frame.own) expect(at).toBe(large.length)
    expect(next.bytes).toHaveLength(0)
    expect(messages(frame, next)).toHaveLength(1)
  }
})

/** A session whose edits are all refused, so that there is much to be said. */
async function refusing(stage: Stage, processes: Processes, below = ''): Promise<Session> {
  stage.write('a.ts', 'foo\n')
  writeFileSync(stage.journal, 'in the way')
  const options = ['--journal', join(stage.journal, below)]
  return await Session.start(stage, processes, (server) => stage.wrapped(options, server))
}

function messages(...arrived: readonly Arrived[]): Own['message'][] {
  return arrived.flatMap(({ own }) => own.map(({ message }) => message))
}

function shown(expect: ExpectStatic): object {
  const params = { type: 1, message: expect.stringMatching(/^lsp-wal: /) as string }
  return { jsonrpc: '2.0', method: 'window/showMessage', params }
}
