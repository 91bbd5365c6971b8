import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../server/proxy/frames.ts'
import { Lane, PASS, type Verdict } from '../../server/proxy/lane.ts'

const frame = (n: number | string): Buffer => frameOf({ n })
const text = (n: number | string): string => frame(n).toString()
const bodyOf = (n: number | string): string => JSON.stringify({ n })

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

/** A judge that has its own verdict on some bodies and lets all others pass. */
const judging = (verdicts: Record<string, () => Verdict>) => (body: Buffer) =>
  verdicts[(JSON.parse(body.toString()) as { n: string }).n]?.() ?? PASS
const hold = (settle: () => Promise<Buffer | undefined>): Verdict => ({ kind: 'hold', settle })

describe('what passes', () => {
  it('is judged by body and frame, and goes on as the bytes that came', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const judged: [string, string][] = []
    const lane = new Lane(source, sink, (body, whole) => {
      judged.push([body.toString(), whole.toString()])
      return PASS
    })
    const text = 'noise\ncontent-length:2\r\nX: y\r\n\r\n{}more noise'
    source.end(text)
    await lane.run()
    expect(judged).toEqual([['{}', 'content-length:2\r\nX: y\r\n\r\n{}']])
    expect(sink.text).toBe(text)
  })

  it('is delivered to the last byte, of a frame cut short too', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = new Lane(source, sink, () => PASS)
    source.end(`${text(1)}Content-Length: 100\r\n\r\n{"n":`)
    await lane.run()
    expect(sink.text).toBe(`${text(1)}Content-Length: 100\r\n\r\n{"n":`)
  })

  it('law: any traffic in any chunks, held here and there, comes out in order and unchanged', async () => {
    const part = fc.oneof(
      fc.record({
        text: fc.nat().map((n) => frame(n).toString()),
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
          const bytes = Buffer.from(parts.map(({ text }) => text).join(''))
          const verdicts = parts.filter(({ verdict }) => verdict !== 'noise').map(({ verdict }) => verdict)
          const ends = [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
          const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
          const source = Readable.from(chunks.filter(({ length }) => length > 0))
          const sink = new SlowSink(highWaterMark)
          let looks = 0
          const lane = new Lane(source, sink, (_body, whole) => {
            const verdict = verdicts.shift()
            if (verdict === 'observe') return { kind: 'observe', look: () => looks++ }
            return verdict === 'hold' ? hold(() => new Promise((done) => setImmediate(done, whole))) : PASS
          })
          setImmediate(() => sink.open())
          await lane.run()
          sink.end()
          if (!sink.writableFinished) await once(sink, 'finish')
          expect(Buffer.concat(sink.taken).equals(bytes)).toBe(true)
          expect(verdicts).toEqual([])
          expect(looks).toBe(parts.filter(({ verdict }) => verdict === 'observe').length)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('may be 200,000 small frames', async () => {
    const chunk = Buffer.concat(Array.from({ length: 1000 }, (_, n) => frame(n)))
    let judged = 0
    let written = 0
    const sink = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        written += bytes.length
        setImmediate(done)
      },
    })
    const lane = new Lane(Readable.from(Array.from({ length: 200 }, () => chunk)), sink, () => {
      judged++
      return PASS
    })
    await lane.run()
    expect([judged, written]).toEqual([200_000, 200 * chunk.length])
  })

  it('goes out as one write where its frames stand side by side', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = new Lane(source, sink, () => PASS)
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
    const observe =
      (n: string): (() => Verdict) =>
      () => ({ kind: 'observe', look: look(n) })
    const lane = new Lane(source, sink, judging({ a: observe('a'), c: observe('c') }))
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
    const lane = new Lane(
      source,
      openSink(),
      judging({
        open: () => ({ kind: 'observe', look: () => order.push('look') }),
        edit: () =>
          hold(() => {
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
    const lane = new Lane(source, sink, () => ({ kind: 'observe', look: () => looks++ }))
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
    const lane = new Lane(source, sink, judging({ edit: () => hold(() => edit.promise) }))
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
      new Lane(server, toEditor, judging({ edit: () => hold(() => edit.promise) })).run(),
      new Lane(editor, toServer, () => PASS).run(),
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
    const settle = (n: string) => () =>
      hold(async () => {
        order.push(`${n} begins`)
        await turns(3)
        order.push(`${n} ends`)
        return frame(n)
      })
    const sink = openSink()
    const lane = new Lane(source, sink, judging({ a: settle('a'), b: settle('b') }))
    source.end(Buffer.concat([frame('a'), frame('b')]))
    await lane.run()
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    expect(sink.text).toBe(`${text('a')}${text('b')}`)
  })

  it('may be dropped, and only it', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const drop = () => hold(() => Promise.resolve(undefined))
    const lane = new Lane(source, sink, judging({ own: drop }))
    source.end(Buffer.concat([frame(1), frame('own'), Buffer.from('noise\n'), frame('own'), frame(2)]))
    await lane.run()
    expect(sink.text).toBe(`${text(1)}noise\n${text(2)}`)
  })

  it('is judged no earlier than what stands before it is settled', async () => {
    const source = new PassThrough()
    const judged: string[] = []
    const edit = gate<Buffer | undefined>()
    const lane = new Lane(source, openSink(), (body) => {
      judged.push(body.toString())
      return judged.length === 1 ? hold(() => edit.promise) : PASS
    })
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
    const lane = new Lane(source, openSink(), judging({ edit: () => hold(() => edit.promise) }))
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
    const lane = new Lane(source, sink, judging({ edit: () => hold(() => edit.promise) }))
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
    const lane = new Lane(source, sink, () => PASS)
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

  it('go out from within a judgement', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane: Lane = new Lane(
      source,
      sink,
      judging({
        2: () => {
          lane.inject(frame('own'))
          return PASS
        },
      }),
    )
    source.end(Buffer.concat([frame('1'), frame('2')]))
    await lane.run()
    expect(sink.text.replace(text('own'), '')).toBe(`${text('1')}${text('2')}`)
  })

  it('do no harm to what is still on its way to a sink that has ended', async () => {
    const source = new PassThrough()
    const sink = new SlowSink(1 << 20)
    const lane = new Lane(source, sink, () => PASS)
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
    const lane = new Lane(source, sink, () => PASS)
    sink.end()
    lane.inject(frame('own'))
    source.end()
    await lane.run()
    expect(sink.text).toBe('')
  })
})

describe('a slow sink', () => {
  it('slows the source down, and memory stays bounded', async () => {
    const chunk = Buffer.concat(Array.from({ length: 100 }, (_, n) => frame(n)))
    let read = 0
    const source = new Readable({
      highWaterMark: chunk.length,
      read() {
        this.push(read++ === 1000 ? null : chunk)
      },
    })
    const sink = new SlowSink(1)
    const run = new Lane(source, sink, () => PASS).run()
    await turns(50)
    expect(sink.writableNeedDrain).toBe(true)
    expect(read).toBeLessThan(6)
    expect(sink.writableLength + source.readableLength).toBeLessThan(6 * chunk.length)
    sink.open()
    await run
    expect(Buffer.concat(sink.taken)).toHaveLength(1000 * chunk.length)
  })

  it('does not hold up the other direction', async () => {
    const [editor, server] = [new PassThrough(), new PassThrough()]
    const [toEditor, toServer] = [new SlowSink(), openSink()]
    const stuck = new Lane(server, toEditor, () => PASS).run()
    server.write(frame('much'))
    await turns()
    const other = new Lane(editor, toServer, () => PASS).run()
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
    const run = new Lane(source, sink, () => ({ kind: 'observe', look: () => looks++ })).run()
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
    const run = new Lane(source, sink, () => PASS).run()
    source.write(frame(1))
    await turns()
    expect(sink.writableNeedDrain).toBe(true)
    end(sink)
    await run
    expect(source.destroyed).toBe(true)
  })

  it.each(gone)('ends the run when it %s while the lane waits for its source', async (_title, end) => {
    const source = new PassThrough()
    const sink = openSink()
    const run = new Lane(source, sink, () => PASS).run()
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
    const run = new Lane(source, sink, () => hold(() => edit.promise)).run()
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
    const run = new Lane(source, sink, () => PASS).run()
    source.write(frame(1))
    await run
    expect(source.destroyed).toBe(true)
  })

  it('ends the run when a write fails, even if it never closes, as a standard output', async () => {
    const source = new PassThrough()
    const sink = new Writable({
      autoDestroy: false,
      write: (_chunk, _encoding, done) => done(new Error('write EPIPE')),
    })
    const run = new Lane(source, sink, () => PASS).run()
    source.write(frame(1))
    await run
    expect(source.destroyed).toBe(true)
  })

  it('ends the run when it was gone from the start', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const lane = new Lane(source, sink, () => PASS)
    sink.destroy()
    source.write(frame(1))
    await lane.run()
    expect(sink.text).toBe('')
  })

  it('ends the run when it has ended and its last bytes are taken', async () => {
    const source = new PassThrough()
    const sink = openSink()
    const run = new Lane(source, sink, () => PASS).run()
    sink.end()
    await run
    expect(source.destroyed).toBe(true)
  })

  it('leaves no listener behind for each time that it was waited for', async () => {
    const source = new PassThrough()
    const sink = new SlowSink()
    sink.open()
    const lane = new Lane(source, sink, () => PASS)
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
    const run = new Lane(source, sink, () => PASS).run()
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
    const run = new Lane(source, sink, judging({ edit: () => hold(() => edit.promise) })).run()
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

  it.each<[string, () => Verdict]>([
    ['judging', bug],
    ['settling', () => hold(() => Promise.reject(new Error('broken invariant')))],
    ['looking', () => ({ kind: 'observe', look: bug })],
  ])('is not taken for the end of the stream: %s', async (_title, verdict) => {
    const source = new PassThrough()
    const sink = openSink()
    const run = new Lane(source, sink, judging({ bad: verdict })).run()
    source.write(Buffer.concat([frame(1), frame('bad')]))
    await expect(run).rejects.toThrow('broken invariant')
    expect(sink.text.startsWith(text(1))).toBe(true)
  })
})
