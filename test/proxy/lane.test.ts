import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameAround, frameOf } from '../../server/proxy/frames.ts'
import { type Faults, Lane } from '../../server/proxy/lane.ts'
import type { Message } from '../../server/proxy/message.ts'
import { NO_ANSWERS, type Route, type Watched } from '../../server/proxy/routes.ts'

const frame = (n: number | string): Buffer => frameOf({ method: String(n) })
const text = (n: number | string): string => frame(n).toString()
const bodyOf = (n: number | string): string => JSON.stringify({ method: String(n) })

/** Keeps what it is given; takes each write only when it is told to. */
class SlowSink extends Writable {
  readonly taken: Buffer[] = []
  #waiting: (() => void)[] = []
  #open = false

  constructor(highWaterMark = 1) {
    super({ highWaterMark })
  }

  get text(): string {
    return Buffer.concat(this.taken).toString()
  }

  /** From now on everything is taken at once. */
  open(): void {
    this.#open = true
    for (const take of this.#waiting.splice(0)) take()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk)
    if (this.#open) done()
    else this.#waiting.push(done)
  }
}

function openSink(): SlowSink {
  const sink = new SlowSink(1 << 20)
  sink.open()
  return sink
}

interface Gate<T> {
  readonly promise: Promise<T>
  open(value: T): void
}

function gate<T>(): Gate<T> {
  let open: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    open = done
  })
  return { promise, open }
}

/** Lets everything run that needs no more input. */
async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((done) => setImmediate(done))
}

/** Watches these methods and nothing else. */
const watching = (calls: Record<string, Route>): Watched => ({
  calls,
  answers: NO_ANSWERS,
  undecided: () => 'pass',
})
const NOTHING = watching({})
const hold = (settle: (message: Message) => Promise<Buffer | undefined>): Route => ({
  kind: 'hold',
  settle,
  tooLong: () => 'pass',
})
const observe = (look: (message: Message) => unknown): Route => ({ kind: 'observe', look })

const failing: Faults = {
  garbled: () => {},
  failed: (error) => {
    throw error
  },
}
const laneOf = (source: Readable, sink: Writable, watched = NOTHING, faults = failing) =>
  new Lane(source, sink, watched, faults)

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

describe('own messages', () => {
  it('go out at once, while a frame is held', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const edit = gate<Buffer | undefined>()
    const lane = laneOf(source, sink, watching({ edit: hold(() => edit.promise) }))
    const run = lane.run()
    source.write(Buffer.concat([frame(1), frame('edit'), frame(2)]))
    await turns()
    lane.inject(frame('own'))
    expect(sink.text).toBe(`${text(1)}${text('own')}`)
    edit.open(frame('edit'))
    source.end()
    await run
    expect(sink.text).toBe(`${text(1)}${text('own')}${text('edit')}${text(2)}`)
  })

  it('never stand inside a frame, however it comes in', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    const run = lane.run()
    const [a, b] = [frame('a'.repeat(50)), frame('b'.repeat(50))]
    const bytes = Buffer.concat([a, b])
    for (let at = 0; at < bytes.length; at += 7) {
      source.write(bytes.subarray(at, at + 7))
      await turns(2)
      lane.inject(frame('own'))
    }
    source.end()
    await run
    const own = text('own')
    const [before, rest] = sink.text.split(a.toString())
    const [between, after] = rest!.split(b.toString())
    expect([before, between, after].map((text) => text?.replaceAll(own, ''))).toEqual(['', '', ''])
    expect(between).not.toBe('')
  })

  it('go out from within a look', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane: Lane = laneOf(
      source,
      sink,
      watching({
        2: observe(() => lane.inject(frame('own'))),
      }),
    )
    source.end(Buffer.concat([frame('1'), frame('2')]))
    await lane.run()
    expect(sink.text.replace(text('own'), '')).toBe(`${text('1')}${text('2')}`)
  })

  it('do no harm to what is still on its way to a sink that has ended', async () => {
    const source = new PassThrough()
    const sink = new SlowSink(1 << 20)
    const lane = laneOf(source, sink)
    const run = lane.run()
    for (const n of [1, 2]) {
      source.write(frame(n))
      await turns()
    }
    sink.end()
    lane.inject(frame('own'))
    await turns()
    sink.open()
    await run
    expect(sink.text).toBe(text(1) + text(2))
  })

  it('are dropped once nobody takes them', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    sink.end()
    lane.inject(frame('own'))
    source.end()
    await lane.run()
    expect(sink.text).toBe('')
  })
})

describe('a slow sink', () => {
  it('slows the source down, and memory stays bounded', async () => {
    const chunk = Buffer.concat(Array.from({ length: 1000 }, (_, n) => frame(n)))
    let read = 0
    const source = new Readable({
      highWaterMark: chunk.length,
      read() {
        this.push(read++ === 1000 ? null : chunk)
      },
    })
    const sink = new SlowSink(1)
    const run = laneOf(source, sink).run()
    await turns(100)
    expect(sink.writableNeedDrain).toBe(true)
    expect(sink.writableLength).toBeGreaterThan(256 * 1024)
    expect(sink.writableLength + source.readableLength).toBeLessThan(256 * 1024 + 4 * chunk.length)
    sink.open()
    await run
    expect(Buffer.concat(sink.taken)).toHaveLength(1000 * chunk.length)
  })

  it('does not hold up the other direction', async () => {
    const [editor, server] = [new PassThrough(), new PassThrough()]
    const [toEditor, toServer] = [new SlowSink(), openSink()]
    const stuck = laneOf(server, toEditor).run()
    server.write(frame('much'))
    await turns()
    const other = laneOf(editor, toServer).run()
    editor.end(frame('typing'))
    await other
    expect(toServer.text).toBe(text('typing'))
    toEditor.destroy()
    await stuck
  })

  it('has looks done at once, since the bytes are on their way', async () => {
    const source = new PassThrough()
    const sink = new SlowSink()
    let looks = 0
    const run = laneOf(source, sink, watching({ 1: observe(() => looks++) })).run()
    source.write(frame(1))
    await turns()
    expect([looks, sink.writableNeedDrain]).toEqual([1, true])
    sink.open()
    source.end()
    await run
  })
})

describe('a sink that is gone', () => {
  const gone: [string, (sink: Writable) => void][] = [
    ['breaks', (sink) => sink.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))],
    ['is closed', (sink) => sink.destroy()],
  ]

  it.each(gone)('ends the run when it %s while the lane waits for it to drain', async (_title, end) => {
    const source = new PassThrough()
    const sink = new SlowSink()
    const run = laneOf(source, sink).run()
    source.write(frame(1))
    await turns()
    expect(sink.writableNeedDrain).toBe(true)
    end(sink)
    expect(await run).toBe('unwanted')
    source.write(frame(2))
    await turns()
    expect([source.destroyed, source.readableLength]).toEqual([false, 0]) // it is read on
  })

  it.each(gone)('ends the run when it %s while the lane waits for its source', async (_title, end) => {
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink).run()
    source.write(frame(1))
    await turns()
    end(sink)
    await run
    expect(sink.text).toBe(text(1))
  })

  it.each(gone)('ends the run when it %s while a frame is held', async (_title, end) => {
    const source = new PassThrough()
    const sink = openSink()
    const edit = gate<Buffer | undefined>()
    const run = laneOf(source, sink, watching({ edit: hold(() => edit.promise) })).run()
    source.write(frame('edit'))
    await turns()
    end(sink)
    await turns()
    edit.open(frame('edit'))
    await run
    expect(sink.text).toBe('')
  })

  it('ends the run when a write fails', async () => {
    const source = new PassThrough()
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write EPIPE')) })
    const run = laneOf(source, sink).run()
    source.write(frame(1))
    expect(await run).toBe('unwanted')
    source.write(frame(2))
    await turns()
    expect([source.destroyed, source.readableLength]).toEqual([false, 0]) // it is read on
  })

  it('ends the run when a write fails, even if it never closes, as a standard output', async () => {
    const source = new PassThrough()
    const sink = new Writable({
      autoDestroy: false,
      write: (_chunk, _encoding, done) => done(new Error('write EPIPE')),
    })
    const run = laneOf(source, sink).run()
    source.write(frame(1))
    expect(await run).toBe('unwanted')
    source.write(frame(2))
    await turns()
    expect([source.destroyed, source.readableLength]).toEqual([false, 0]) // it is read on
  })

  it('ends the run when it was gone from the start', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    sink.destroy()
    source.write(frame(1))
    await lane.run()
    expect(sink.text).toBe('')
  })

  it('ends the run when it has ended and its last bytes are taken', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink).run()
    sink.end()
    expect(await run).toBe('unwanted')
    source.write(frame(2))
    await turns()
    expect([source.destroyed, source.readableLength]).toEqual([false, 0]) // it is read on
  })

  it('leaves no listener behind for each time that it was waited for', async () => {
    const source = new PassThrough()
    const sink = new SlowSink()
    sink.open()
    const lane = laneOf(source, sink)
    const before = ['drain', 'close', 'error'].map((event) => sink.listenerCount(event))
    const run = lane.run()
    for (let n = 0; n < 100; n++) {
      source.write(frame(n))
      await turns(1)
    }
    source.end()
    await run
    expect(['drain', 'close', 'error'].map((event) => sink.listenerCount(event))).toEqual(before)
  })
})

describe('a source that breaks off', () => {
  it.each<[string, (source: PassThrough) => void]>([
    ['with an error', (source) => source.destroy(new Error('read ECONNRESET'))],
    ['without one', (source) => source.destroy()],
  ])('ends the run %s, with what came delivered', async (_title, end) => {
    const source = new PassThrough()
    const sink = openSink()
    const run = laneOf(source, sink).run()
    source.write(Buffer.concat([frame(1), Buffer.from('Content-Length: 9\r\n')]))
    await turns()
    end(source)
    await run
    expect(sink.text).toBe(`${text(1)}Content-Length: 9\r\n`)
  })

  it('ends the run while a frame is held, with that frame delivered', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const edit = gate<Buffer | undefined>()
    const run = laneOf(source, sink, watching({ edit: hold(() => edit.promise) })).run()
    source.write(Buffer.concat([frame('edit'), frame('behind')]))
    await turns()
    source.destroy(new Error('read ECONNRESET'))
    await turns()
    edit.open(frame('edit'))
    await run
    expect(sink.text).toBe(`${text('edit')}${text('behind')}`)
  })
})

describe('a bug in what looks at frames', () => {
  const bug = () => {
    throw new Error('broken invariant')
  }

  it.each<[string, Route]>([
    ['settling', hold(() => Promise.reject(new Error('broken invariant')))],
    ['settling, at once', hold(bug)],
    ['looking', observe(bug)],
  ])('is told, and neither ends the stream nor keeps anything back: %s', async (_title, route) => {
    const source = new PassThrough()
    const sink = openSink()
    const failed: unknown[] = []
    const faults = { ...failing, failed: (error: unknown) => failed.push(error) }
    const run = laneOf(source, sink, watching({ bad: route }), faults).run()
    source.end(Buffer.concat([frame(1), frame('bad'), frame(2)]))
    expect(await run).toBe('ended')
    expect(sink.text).toBe(`${text(1)}${text('bad')}${text(2)}`)
    expect(failed).toEqual([new Error('broken invariant')])
  })
})

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

describe('own messages that wait for an answer', () => {
  it('stay behind what is held, while it comes and while it is settled', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const edit = gate<Buffer | undefined>()
    const lane = laneOf(source, sink, watching({ edit: hold(() => edit.promise) }))
    const run = lane.run()
    const held = frameOf({ method: 'edit', params: {} })
    source.write(held.subarray(0, held.length - 3))
    await turns()
    lane.injectUnheld(frame('ask'))
    lane.inject(frame('say'))
    source.write(Buffer.concat([held.subarray(held.length - 3), frame(2)]))
    await turns()
    lane.injectUnheld(frame('ask more'))
    expect(sink.text).toBe(text('say'))
    edit.open(frame('edit'))
    source.end()
    await run
    expect(sink.text).toBe(['say', 'edit', 'ask', 'ask more', 2].map(text).join(''))
  })

  it('go out at once where nothing is held', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = laneOf(source, sink)
    void lane.run()
    lane.injectUnheld(frame('ask'))
    expect(sink.text).toBe(text('ask'))
  })

  it('go out behind a held message that is dropped for its length', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const route: Route = { kind: 'hold', settle: async () => undefined, tooLong: () => 'drop' }
    const lane = new Lane(source, sink, watching({ edit: route }), failing, 10)
    const run = lane.run()
    const edit = frameOf({ method: 'edit', params: {} })
    source.write(edit.subarray(0, edit.length - 3))
    await turns()
    lane.injectUnheld(frame('ask'))
    expect(sink.text).toBe('')
    source.end(edit.subarray(edit.length - 3))
    await run
    expect(sink.text).toBe(text('ask'))
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
