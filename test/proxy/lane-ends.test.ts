import { PassThrough, Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Route } from '../../server/proxy/routes.ts'
import {
  failing,
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
