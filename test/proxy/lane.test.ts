import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../server/proxy/frames.ts'
import type { Message } from '../../server/proxy/message.ts'
import {
  bodyOf,
  frame,
  gate,
  hold,
  laneOf,
  observe,
  openSink,
  SlowSink,
  text,
  turns,
  watching,
} from './lanes.ts'

describe('what passes', () => {
  it('goes on as the bytes that came, whatever they are', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const bytes = `noise\ncontent-length:2\r\nX: y\r\n\r\n{}more noise${text(1)}`
    source.end(bytes)
    await laneOf(source, sink).run()
    expect(sink.text).toBe(bytes)
  })

  it('is seen by its method or its id, as the bytes that came', async () => {
    const source = new PassThrough()
    const seen: string[] = []
    const route = observe(({ frame: whole, body, id }) => seen.push([whole, body, id].join(' | ')))
    const asked: string[] = []
    const answers = {
      none: false,
      route: (id: string) => {
        asked.push(id)
        return id === '7' ? route : undefined
      },
    }
    const messages = [
      'content-length:29\r\nX: y\r\n\r\n{"id":1.0,"method":"a\\/b"}   ',
      'Content-Length: 25\n\n{"id":7,"result":"a\\/b"} ',
      'Content-Length: 19\n\n{"result":1,"id":8}',
    ]
    source.end(`${messages[0]}${text('x')}${messages[1]}${messages[2]}`)
    await laneOf(source, openSink(), { ...watching({ 'a/b': route }), answers }).run()
    expect(seen).toEqual([
      `${messages[0]} | {"id":1.0,"method":"a\\/b"}    | 1`,
      `${messages[1]} | {"id":7,"result":"a\\/b"}  | 7`,
    ])
    expect(asked).toEqual(['7', '8'])
  })

  it('is delivered to the last byte, of a frame cut short too', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    source.end(`${text(1)}Content-Length: 100\r\n\r\n{"n":`)
    await lane.run()
    expect(sink.text).toBe(`${text(1)}Content-Length: 100\r\n\r\n{"n":`)
  })

  it('law: any traffic in any chunks, held here and there, comes out in order and unchanged', async () => {
    const part = fc.oneof(
      fc.record({
        // What tells it may stand in the middle of it.
        text: fc.nat(400).map((n) => 'x'.repeat(n)),
        verdict: fc.constantFrom('pass', 'observe', 'hold'),
      }),
      fc.record({
        text: fc.constantFrom('noise\n', 'INFO: x\n', '\r\n', 'é'),
        verdict: fc.constant('noise'),
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 30 }),
        fc.array(fc.nat(2000), { maxLength: 10 }),
        fc.integer({ min: 1, max: 200 }),
        async (parts, cuts, highWaterMark) => {
          const written = parts.map(({ text: params, verdict }) =>
            verdict === 'noise' ? params : frameOf({ params, method: verdict, id: params }).toString(),
          )
          const bytes = Buffer.from(written.join(''))
          const ends = [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
          const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
          const source = Readable.from(chunks.filter(({ length }) => length > 0))
          const sink = new SlowSink(highWaterMark)
          const seen: string[] = []
          const see = ({ frame: whole }: Message) => seen.push(whole.toString())
          const settle = async (message: Message) => {
            see(message)
            return new Promise<Buffer>((done) => setImmediate(done, message.frame))
          }
          const lane = laneOf(source, sink, watching({ observe: observe(see), hold: hold(settle) }))
          setImmediate(() => sink.open())
          await lane.run()
          sink.end()
          if (!sink.writableFinished) await once(sink, 'finish')
          expect(Buffer.concat(sink.taken).equals(bytes)).toBe(true)
          const watched = written.filter((_, i) => ['observe', 'hold'].includes(parts[i]!.verdict))
          // A log line that could be one of a header counts as one.
          expect(seen.map((whole) => whole.slice(whole.indexOf('Content-Length')))).toEqual(watched)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('may be 200,000 small frames', async () => {
    const chunk = Buffer.concat(Array.from({ length: 1000 }, (_, n) => frame(n % 10)))
    let seen = 0
    let written = 0
    const sink = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        written += bytes.length
        setImmediate(done)
      },
    })
    const source = Readable.from(Array.from({ length: 200 }, () => chunk))
    await laneOf(source, sink, watching({ 7: observe(() => seen++) })).run()
    sink.end()
    await once(sink, 'finish')
    expect([seen, written]).toEqual([20_000, 200 * chunk.length])
  })

  it('goes out as one write where its frames stand side by side', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    source.end(Buffer.concat([frame(1), Buffer.from('noise\n'), frame(2), frame(3)]))
    await lane.run()
    expect(sink.taken.map(String)).toEqual([`${text(1)}noise\n${text(2)}${text(3)}`])
  })
})

describe('what is observed', () => {
  it('is looked at after its bytes are written, and before what comes later', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const seen: string[] = []
    const look = (n: string) => () => seen.push(`look at ${n} after ${sink.text}`)
    const lane = laneOf(source, sink, watching({ a: observe(look('a')), c: observe(look('c')) }))
    const run = lane.run()
    source.write(Buffer.concat([frame('a'), frame('b')]))
    await turns()
    source.end(frame('c'))
    await run
    expect(seen).toEqual([
      `look at a after ${text('a')}${text('b')}`,
      `look at c after ${text('a')}${text('b')}${text('c')}`,
    ])
  })

  it('is looked at before a frame behind it is settled', async () => {
    const source = new PassThrough()
    const order: string[] = []
    const lane = laneOf(
      source,
      openSink(),
      watching({
        open: observe(() => order.push('look')),
        edit: hold(() => {
          order.push('settle')
          return Promise.resolve(undefined)
        }),
      }),
    )
    source.end(Buffer.concat([frame('open'), frame('edit')]))
    await lane.run()
    expect(order).toEqual(['look', 'settle'])
  })

  it('is looked at even where the sink takes nothing any more', async () => {
    const source = new PassThrough()
    const sink = new SlowSink()
    let looks = 0
    const lane = laneOf(source, sink, watching({ 1: observe(() => looks++) }))
    sink.end()
    source.end(frame(1))
    await lane.run()
    expect(looks).toBe(1)
  })
})

describe('what is held', () => {
  it('keeps everything behind it, until it is settled, and nothing before it', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const edit = gate<Buffer | undefined>()
    const lane = laneOf(source, sink, watching({ edit: hold(() => edit.promise) }))
    const run = lane.run()
    source.write(Buffer.concat([frame('before'), frame('edit'), frame('behind')]))
    source.write(frame('later'))
    await turns()
    expect(sink.text).toBe(text('before'))
    edit.open(frame('settled'))
    source.end()
    await run
    expect(sink.text).toBe(`${text('before')}${text('settled')}${text('behind')}${text('later')}`)
  })

  it('keeps nothing of the other direction', async () => {
    const [editor, server] = [new PassThrough(), new PassThrough()]
    const [toEditor, toServer] = [openSink(), openSink()]
    const edit = gate<Buffer | undefined>()
    const runs = [
      laneOf(server, toEditor, watching({ edit: hold(() => edit.promise) })).run(),
      laneOf(editor, toServer).run(),
    ]
    server.write(frame('edit'))
    await turns()
    editor.end(frame('typing'))
    await runs[1]
    expect([toServer.text, toEditor.text]).toEqual([text('typing'), ''])
    edit.open(undefined)
    server.end()
    await runs[0]
  })

  it('is settled one after the other', async () => {
    const source = new PassThrough()
    const order: string[] = []
    const settle = (n: string) =>
      hold(async () => {
        order.push(`${n} begins`)
        await turns(3)
        order.push(`${n} ends`)
        return frame(n)
      })
    const sink = openSink()
    const lane = laneOf(source, sink, watching({ a: settle('a'), b: settle('b') }))
    source.end(Buffer.concat([frame('a'), frame('b')]))
    await lane.run()
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    expect(sink.text).toBe(`${text('a')}${text('b')}`)
  })

  it('may be dropped, and only it', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const drop = hold(() => Promise.resolve(undefined))
    const lane = laneOf(source, sink, watching({ own: drop }))
    source.end(Buffer.concat([frame(1), frame('own'), Buffer.from('noise\n'), frame('own'), frame(2)]))
    await lane.run()
    expect(sink.text).toBe(`${text(1)}noise\n${text(2)}`)
  })

  it('is judged no earlier than what stands before it is settled', async () => {
    const source = new PassThrough()
    const judged: string[] = []
    const edit = gate<Buffer | undefined>()
    const settle = ({ body }: Message) => {
      judged.push(body.toString())
      return edit.promise
    }
    const lane = laneOf(source, openSink(), watching({ 1: hold(settle), 2: hold(settle) }))
    const run = lane.run()
    source.end(Buffer.concat([frame(1), frame(2)]))
    await turns()
    expect(judged).toEqual([bodyOf(1)])
    edit.open(undefined)
    await run
    expect(judged).toEqual([bodyOf(1), bodyOf(2)])
  })

  it('stops the reading', async () => {
    let read = 0
    const source = new Readable({
      highWaterMark: 1,
      read() {
        this.push(++read === 1 ? frame('edit') : frame(read))
      },
    })
    const edit = gate<Buffer | undefined>()
    const lane = laneOf(source, openSink(), watching({ edit: hold(() => edit.promise) }))
    const run = lane.run()
    await turns()
    expect(read).toBeLessThan(5)
    source.destroy()
    edit.open(undefined)
    await run
  })
})
