import { describe, type ExpectStatic } from 'vitest'
import { difference, frame } from './messages.ts'
import { test } from './processes.ts'
import { edit, initialized, type OwnMessage, recorded, Session } from './session.ts'

const note = (n: number) => `{"jsonrpc":"2.0","method":"$/note","params":${n}}`
const said = frame(note(1))

/** A frame whose header is wrong by so many bytes. */
const lying = (body: string, by: number) => frame(body, (length) => `Content-Length: ${length + by}\r\n\r\n`)

const LIES: readonly (readonly [string, readonly Buffer[]])[] = [
  ['too short, by the end of the object', [lying(note(2), -1)]],
  ['too short, in the middle of a key', [lying(note(2), -30)]],
  [
    'too short, with a text behind it',
    [frame('{"jsonrpc":"2.0","method":"x","params":"{\\"a\\":1}"}', () => 'Content-Length: 41\r\n\r\n')],
  ],
  ['none, with a body', [lying(note(2), -note(2).length)]],
  ['too long, by the header of the next frame', [lying(note(2), 22), said]],
  ['too long, by part of the next header', [lying(note(2), 9), said]],
  ['too long, by the next frame and some of another', [lying(note(2), said.length + 40), said, said]],
  ['too long, by a single byte', [lying(note(2), 1), said]],
]

describe.concurrent('a server that says a wrong length', () => {
  test.for(LIES)(
    '%s: all bytes arrive, what follows is read again, and it is said once',
    async ([, lie], { stage, processes, expect }) => {
      stage.write('a.ts', 'foo\n')
      const session = await Session.start(stage, processes)
      await session.initialize(stage)
      const words: OwnMessage[] = []
      for (const time of ['first', 'second', 'third']) {
        const honest = [said, frame(edit(stage, 'a.ts', time))]
        const { toEditor } = await session.exchange({ fromServer: [said, ...lie, ...honest] })
        expect(difference(toEditor.bytes, Buffer.concat([said, ...lie, ...honest]))).toBeUndefined()
        // Inside of what is wrong no end of a frame can be told; anywhere else it can.
        const [start, lieStart, lieEnd, ...ends] = boundariesOf([said, Buffer.concat(lie), ...honest])
        for (const { at, message } of toEditor.own) {
          if (at < lieStart! || at > lieEnd!) expect([start, ...ends]).toContain(at)
          words.push(message)
        }
      }
      expect(recorded(stage.journal)).toEqual(['first', 'second', 'third'])
      const { toEditor } = await session.exchange({})
      expect([...words, ...toEditor.own]).toEqual([warning(expect)])
    },
  )

  // What ends as a message does is not looked at any closer.
  test('too long, by exactly the next frame: all bytes arrive, and what follows is read again', async ({
    stage,
    processes,
    expect,
  }) => {
    stage.write('a.ts', 'foo\n')
    const session = await Session.start(stage, processes)
    await session.initialize(stage)
    const sent = [lying(note(2), said.length), said, frame(edit(stage, 'a.ts', 'bar'))]
    const { toEditor } = await session.exchange({ fromServer: sent })
    expect(difference(toEditor.bytes, Buffer.concat(sent))).toBeUndefined()
    expect(recorded(stage.journal)).toEqual(['bar'])
  })

  test('nothing is said of it before the editor has said `initialized`', async ({
    stage,
    processes,
    expect,
  }) => {
    const session = await Session.start(stage, processes)
    await session.initializeOnly(stage)
    const { toEditor } = await session.exchange({ fromServer: [lying(note(2), -1), said] })
    expect(toEditor.own).toEqual([])
    await session.editor.send(initialized)
    expect(await session.words()).toEqual([warning(expect)])
  })

  test.for([
    ['all of the next frame', said.length],
    ['a part of it', 30],
  ] as const)(
    'an edit that swallows %s is recorded, and all bytes arrive as they came',
    async ([, by], { stage, processes, expect }) => {
      stage.write('a.ts', 'foo\n')
      const session = await Session.start(stage, processes)
      await session.initialize(stage)
      const sent = [lying(edit(stage, 'a.ts', 'bar'), by), said]
      const recordedBefore = session.recordedBefore(sent[0]!, stage.journal)
      const { toEditor } = await session.exchange({ fromServer: sent })
      expect(difference(toEditor.bytes, Buffer.concat(sent))).toBeUndefined()
      expect(recordedBefore()).toEqual(['bar'])
    },
  )
})

test('an editor that says wrong lengths is passed on as well', async ({ stage, processes, expect }) => {
  const session = await Session.start(stage, processes)
  await session.initialize(stage)
  const sent = LIES.flatMap(([, lie]) => [...lie, said])
  const { toServer } = await session.exchange({ fromEditor: sent })
  expect(difference(toServer.bytes, Buffer.concat(sent))).toBeUndefined()
})

function boundariesOf(frames: readonly Buffer[]): number[] {
  let end = 0
  return [
    0,
    ...frames.map(({ length }) => {
      end += length
      return end
    }),
  ]
}

function warning(expect: ExpectStatic): object {
  const params = { type: 2, message: expect.stringMatching(/^lsp-wal: /) as string }
  return { jsonrpc: '2.0', method: 'window/logMessage', params }
}
