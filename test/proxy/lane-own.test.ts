import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../server/proxy/frames.ts'
import { Lane } from '../../server/proxy/lane.ts'
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
