import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameCutter, frameAround } from '../../server/proxy/frames.ts'
import { PlainFrames } from '../../server/proxy/plain-frames.ts'
import { type Route, Routes } from '../../server/proxy/routes.ts'

const WATCHED = ['workspace/applyEdit', 'textDocument/didOpen', 'textDocument/didChange', 'exit', 'shutdown']
const plain = new PlainFrames(WATCHED)

// Only what stands well before the end of a chunk is looked at.
const BEHIND = Buffer.alloc(200, '.')
/** How far it steps from `from`, with something behind. */
function stepped(text: string | Buffer, { from = 0, answers = true } = {}): number {
  return plain.after(Buffer.concat([Buffer.from(text), BEHIND]), from, answers)
}
const framed = (json: string) => frameAround(json).toString()

describe('steps over', () => {
  it.each<[string, string]>([
    ['a notification', '{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3}}'],
    ['a request', '{"jsonrpc":"2.0","id":12,"method":"workspace/configuration","params":{}}'],
    ['an answer', '{"jsonrpc":"2.0","id":12,"result":{"method":"workspace/applyEdit"}}'],
    ['a method that begins as a watched one', '{"jsonrpc":"2.0","method":"workspace/apply","params":{}}'],
    [
      'a method that a watched one begins as, but for a character',
      '{"jsonrpc":"2.0","method":"textDocument/didClose","params":{}}',
    ],
    ['a watched method in the params', '{"jsonrpc":"2.0","method":"m","params":{"method":"exit"}}'],
  ])('%s', (_title, json) => {
    expect(stepped(framed(json))).toBe(framed(json).length)
    expect(stepped(framed(json).repeat(3))).toBe(framed(json).length * 3)
  })

  it('as many as there are, from where it is told', () => {
    const json = framed('{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3}}')
    const edit = framed('{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":{}}')
    expect(stepped(`${edit}${json}${json}${edit}${json}`, { from: edit.length })).toBe(
      edit.length + 2 * json.length,
    )
  })
})

describe('leaves to the book', () => {
  it.each<[string, string]>([
    ['what is watched', framed('{"jsonrpc":"2.0","id":1,"method":"workspace/applyEdit","params":{}}')],
    ['what is watched and short', framed('{"jsonrpc":"2.0","method":"exit"}')],
    ['what may be watched behind an escape', framed('{"jsonrpc":"2.0","method":"workspace\\/applyEdit"}')],
    ['an escape at the beginning', framed('{"jsonrpc":"2.0","method":"\\u0065xit","params":{}}')],
    ['another order', framed('{"id":1,"jsonrpc":"2.0","method":"m","params":{}}')],
    ['white space', framed('{"jsonrpc":"2.0", "method":"m","params":{}}')],
    ['an id that is a text', framed('{"jsonrpc":"2.0","id":"1","method":"m","params":{}}')],
    ['an id without a number', framed('{"jsonrpc":"2.0","id":,"method":"m","params":{}}')],
    ['a method that is none', framed('{"jsonrpc":"2.0","method":5,"params":{"long":"enough"}}')],
    ['an error', framed('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}')],
    [
      'other headers',
      'Content-Length: 52\r\nA: b\r\n\r\n{"jsonrpc":"2.0","method":"m","params":{"long":"xyz"}}',
    ],
    ['other spelling of the header', framed('{"jsonrpc":"2.0","method":"m","params":{}}').toLowerCase()],
    ['lone line feeds', framed('{"jsonrpc":"2.0","method":"m","params":{}}').replaceAll('\r', '')],
    ['no length', 'Content-Length: \r\n\r\n{"jsonrpc":"2.0","method":"m"}'],
    ['a body that does not end', framed('{"jsonrpc":"2.0","method":"m","params":{} ')],
    ['no body', 'Content-Length: 0\r\n\r\n'],
    ['noise', 'INFO: started\n'],
  ])('%s', (_title, text) => {
    expect(stepped(text)).toBe(0)
  })

  it('answers, where they may be waited for', () => {
    const answer = framed('{"jsonrpc":"2.0","id":12,"result":{"much":"of it"}}')
    expect(stepped(answer, { answers: false })).toBe(0)
  })

  it('a frame of which not all has come', () => {
    const json = `{"jsonrpc":"2.0","method":"m","params":"${'x'.repeat(500)}"}`
    expect(plain.after(Buffer.from(framed(json)).subarray(0, 400), 0, true)).toBe(0)
  })

  it('an id that goes on beyond what is looked at', () => {
    const long = framed(`{"jsonrpc":"2.0","id":${'1'.repeat(100)}}`)
    const short = framed('{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3}}')
    // Right where a look may still begin.
    for (let behind = 0; behind < 140; behind++)
      expect(plain.after(Buffer.from(short + long + '.'.repeat(behind)), 0, true)).toBeLessThanOrEqual(
        short.length,
      )
  })

  it('what stands at the end of a chunk, whatever it is', () => {
    const bytes = Buffer.from(framed('{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3}}'))
    for (let end = 0; end <= bytes.length; end++) expect(plain.after(bytes.subarray(0, end), 0, true)).toBe(0)
  })
})

describe('law', () => {
  const method = fc.oneof(
    fc.constantFrom(...WATCHED, 'workspace/applyEdits', 'workspace', 'e', '', 'window/showMessage'),
    fc.constantFrom(
      'work\\u0073pace/applyEdit',
      'workspace\\/applyEdit',
      '\\u0065xit',
      'exi\\u0074',
      'ex\\"it',
    ),
    fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text).slice(1, -1)),
  )
  const id = fc.constantFrom('1', '123456789', '12345678901', '-1', '1.0', '"1"', 'null', '')
  const json = fc.oneof(
    method.map((name) => `{"jsonrpc":"2.0","method":"${name}","params":{"method":"exit"}}`),
    fc.tuple(id, method).map(([n, name]) => `{"jsonrpc":"2.0","id":${n},"method":"${name}","params":[]}`),
    fc.tuple(id, method).map(([n, name]) => `{"jsonrpc":"2.0","id":${n},"result":"${name}"}`),
    fc.tuple(id, method).map(([n, name]) => `{"jsonrpc":"2.0","id":${n},"error":1,"method":"${name}"}`),
    method.map((name) => `{"method":"${name}"}`),
    fc.string({ maxLength: 60 }),
  )
  // A length that is told wrongly makes the next frame part of this one, or this one part of the noise.
  const frame = fc
    .tuple(json, fc.constantFrom(0, 0, 0, 0, 1, -1, 7, 90))
    .map(([text, off]) => `Content-Length: ${Math.max(0, Buffer.byteLength(text) + off)}\r\n\r\n${text}`)
  const damaged = fc
    .tuple(frame, fc.nat(200), fc.nat(255))
    .map(([text, at, byte]) => text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1))

  it('what it steps over, the book passes', () => {
    const route: Route = { kind: 'observe', look: () => {} }
    let total = 0
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: frame }, damaged), { maxLength: 8 }),
        fc.boolean(),
        (frames, answers) => {
          const bytes = Buffer.from(frames.join(''), 'latin1')
          const to = stepped(bytes, { answers })
          total += to
          const routes = new Routes({
            calls: Object.fromEntries(WATCHED.map((name) => [name, route])),
            answers: { none: answers, route: () => route },
            undecided: () => 'pass',
          })
          const cutter = new FrameCutter()
          cutter.push(bytes)
          while (cutter.from < to && cutter.next()) {
            if (cutter.from >= to) break
            expect(cutter.kind).toBe('frame')
            expect([cutter.left, cutter.to <= to]).toEqual([0, true])
            expect(routes.of(cutter.bytes, cutter.body, cutter.to, true)).toBe('pass')
          }
        },
      ),
      { numRuns: 5000 },
    )
    expect(total).toBeGreaterThan(0)
  })
})
