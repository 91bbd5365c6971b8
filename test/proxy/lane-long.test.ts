import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { frameAround, frameOf } from '../../server/proxy/frames.ts'
import { Lane } from '../../server/proxy/lane.ts'
import type { Message } from '../../server/proxy/message.ts'
import type { Route, Watched } from '../../server/proxy/routes.ts'
import { failing, frame, hold, laneOf, NOTHING, observe, openSink, text, turns, watching } from './lanes.ts'

describe('a long message', () => {
  const long = (method: string) => frameOf({ method, params: 'x'.repeat(200_000) })
  const halves = (bytes: Buffer) => [bytes.subarray(0, 100_000), bytes.subarray(100_000)] as const

  it('that nobody wants to see goes on as it comes', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink).run()
    const [first, second] = halves(long('m'))
    source.write(first)
    await turns()
    expect(sink.text).toBe(first.toString())
    source.end(second)
    await run
    expect(sink.text).toBe(long('m').toString())
  })

  it('that is only looked at goes on as it comes, too, and is looked at when it is whole', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const seen: Message[] = []
    const run = laneOf(source, sink, watching({ m: observe((message) => seen.push(message)) })).run()
    const [first, second] = halves(long('m'))
    source.write(first)
    await turns()
    expect([sink.text, seen]).toEqual([first.toString(), []])
    source.end(second)
    await run
    expect(seen.map((message) => message.frame.toString())).toEqual([long('m').toString()])
  })

  it('that does not tell its kind yet is kept until it does', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink).run()
    const bytes = frameOf({ params: 'x'.repeat(50_000), method: 'm', more: 'y'.repeat(100_000) })
    for (let at = 0; at < bytes.length; at += 10_000) {
      source.write(bytes.subarray(at, at + 10_000))
      await turns(2)
      if (at < 40_000) expect(sink.text).toBe('')
    }
    expect(sink.text).toBe(bytes.toString())
    source.end()
    await run
  })

  it('leaves nothing behind it out when it is dropped, not even noise', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const route: Route = { kind: 'hold', settle: async () => undefined, tooLong: () => 'drop' }
    const lane = new Lane(source, sink, watching({ edit: route }), failing, 100)
    const run = lane.run()
    source.end(
      Buffer.concat([frameOf({ method: 'edit', x: 'x'.repeat(200) }), Buffer.from('[info] noise\n')]),
    )
    await run
    expect(sink.text).toBe('[info] noise\n')
  })

  it.each(['pass', 'drop'] as const)('may be spoken of before it', async (fate) => {
    const source = new PassThrough()
    const sink = openSink()
    const route: Route = {
      kind: 'hold',
      settle: async () => undefined,
      tooLong: () => {
        lane.inject(frame('own'))
        return fate
      },
    }
    const lane = new Lane(source, sink, watching({ edit: route }), failing, 100)
    const run = lane.run()
    const edit = frameOf({ method: 'edit', x: 'x'.repeat(200) })
    source.write(Buffer.concat([frame(1), edit.subarray(0, 100)]))
    await turns()
    source.end(edit.subarray(100))
    await run
    expect(sink.text).toBe(`${text(1)}${text('own')}${fate === 'pass' ? edit.toString() : ''}`)
  })

  it.each(['pass', 'drop'] as const)(
    'that is more than can be held may %s; others are not touched',
    async (fate) => {
      const source = new PassThrough()
      const sink = openSink()
      const asked: unknown[] = []
      const route: Route = {
        kind: 'hold',
        settle: () => Promise.reject(new Error('it is not settled')),
        tooLong: (id) => {
          asked.push(id)
          return fate
        },
      }
      const lane = new Lane(source, sink, watching({ edit: route }), failing, 100_000)
      const run = lane.run()
      const edit = frameOf({ id: 5, method: 'edit', params: 'x'.repeat(200_000) })
      const [first, second] = halves(edit)
      source.write(Buffer.concat([frame(1), first]))
      await turns()
      lane.inject(frame('own'))
      source.end(Buffer.concat([second, frame(2)]))
      await run
      expect(asked).toEqual(['5'])
      const own = text('own')
      expect(sink.text).toBe(
        fate === 'pass' ? [text(1), edit, own, text(2)].join('') : `${text(1)}${own}${text(2)}`,
      )
    },
  )
})

describe('a message that is too long to be kept and has not told what it is', () => {
  const unknown = (last: string) => frameAround(`{"params":"${'x'.repeat(5000)}",${last}}`)

  it.each([100, 1000, 10_000])('is what its lane decides, in chunks of %i', async (size) => {
    const source = new PassThrough()
    const sink = openSink()
    let asked = 0
    const watched: Watched = {
      ...watching({ edit: hold(() => Promise.reject(new Error('it is not settled'))) }),
      undecided: () => {
        asked++
        return 'drop'
      },
    }
    const run = new Lane(source, sink, watched, { ...failing, failed: () => {} }, 1000).run()
    const bytes = Buffer.concat([frame(1), unknown('"method":"m"'), frame(2)])
    for (let at = 0; at < bytes.length; at += size) {
      source.write(bytes.subarray(at, at + size))
      await turns(1)
    }
    source.end()
    await run
    // Where it comes whole it has told.
    expect(asked).toBe(size === 10_000 ? 0 : 1)
    if (asked > 0) expect(sink.text).toBe(`${text(1)}${text(2)}`)
  })

  it('passes where it is an answer, whoever it answers', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const watched: Watched = {
      ...watching({}),
      answers: { none: false, route: () => undefined },
      undecided: () => 'drop',
    }
    const run = new Lane(source, sink, watched, failing, 1000).run()
    const bytes = frameAround(`{"result":"${'x'.repeat(5000)}","id":1}`)
    source.write(bytes.subarray(0, 3000))
    await turns()
    expect(sink.text).toBe(bytes.subarray(0, 3000).toString())
    source.end(bytes.subarray(3000))
    await run
    expect(sink.text).toBe(bytes.toString())
  })
})

describe('what is no message', () => {
  const garbled = async (...chunks: (string | Buffer)[]) => {
    let times = 0
    const faults = { ...failing, garbled: () => times++ }
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink, NOTHING, faults).run()
    for (const chunk of chunks) {
      source.write(chunk)
      await turns(2)
    }
    source.end()
    await run
    expect(sink.text).toBe(chunks.join(''))
    return times
  }
  const sized = (length: number, body: string) => `Content-Length: ${length}\r\n\r\n${body}`

  it.each<[string, string[]]>([
    ['a length told too small', [sized(10, '{"method":"m"}')]],
    ['a length told too small by one bracket', [sized(25, '{"method":"m","params":{}}')]],
    ['a length told too large', [sized(20, `{"method":"m"}${text(1)}`)]],
    ['a body that is none', [sized(5, 'hello')]],
    ['a body that is none, in pieces', ['Content-Length: 5\r\n\r\nhe', 'll', 'o']],
  ])('is told: %s', async (_title, chunks) => {
    expect(await garbled(...chunks)).toBe(1)
  })

  it('is told once', async () => {
    expect(await garbled(sized(5, 'hello'), frame(1), sized(5, 'hello'))).toBe(1)
  })

  it.each<[string, string[]]>([
    ['log lines', ['INFO: x\n', text(1), 'done {\n', text(2), '\n', '[info] x\n']],
    ['white space around a body', [sized(8, ' {"a":1}'), sized(10, '{"a":1}\r\n ')]],
    ['an empty body', [sized(0, '')]],
    ['a batch', [sized(4, '[{}]')]],
    ['a body in pieces', [text(1).slice(0, -1), '}', text(2)]],
  ])('is not: %s', async (_title, chunks) => {
    expect(await garbled(...chunks)).toBe(0)
  })
})
