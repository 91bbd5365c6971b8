import { frameOf } from './wire.ts'

/** A direction: named after who receives. */
export type Direction = 'to editor' | 'to server'

/** What servers and editors send most of: an entry of a list, its text escaped in places. */
const ENTRY = JSON.stringify({
  label: 'toString',
  kind: 2,
  detail: '(method) Object.toString(): string',
  documentation: 'Returns a "string" representation of an object.\n\n@since 1.0',
  sortText: '11',
})

// Every id has as many digits as this one, so that all frames of a kind are equally long.
const FIRST_ID = 1_000_000
export const ID_DIGITS = String(FIRST_ID).length
/** Where the digits of an id stand in a body, of requests and of answers alike. */
export const ID_AT = '{"jsonrpc":"2.0","id":'.length

/** Stands at one place in every request that is to be echoed, so that nothing need be parsed to find it. */
export const ECHO = '"method":"bench/echo"'
export const ECHO_AT = ID_AT + ID_DIGITS + ','.length

/** A request for an answer of the same size, with a body of `size` bytes. */
export function echoRequest(size: number): Buffer {
  return sized(`{"jsonrpc":"2.0","id":${FIRST_ID},${ECHO},"params":`, size)
}

/** The answer to it. */
export function echoAnswer(size: number): Buffer {
  return sized(`{"jsonrpc":"2.0","id":${FIRST_ID},"result":`, size)
}

/** A notification with a body of `size` bytes, of a kind that is sent in its direction, and that no proxy acts upon. */
export function notification(direction: Direction, size: number): Buffer {
  const method = direction === 'to editor' ? 'window/logMessage' : 'workspace/didChangeConfiguration'
  return sized(`{"jsonrpc":"2.0","method":"${method}","params":`, size)
}

/**
 * A frame with a body of `size` bytes: `head`, a value, and a closing brace.
 * JSON as JSON.stringify writes it, in ASCII: who parses it and writes it again gets the same bytes.
 */
function sized(head: string, size: number): Buffer {
  const [before, between, after] = [`${head}{"entries":[`, '],"rest":"', '"}}']
  const room = size - before.length - between.length - after.length
  const entries = Math.max(0, Math.floor((room + 1) / (ENTRY.length + 1)))
  const list = entries === 0 ? '' : `${`${ENTRY},`.repeat(entries - 1)}${ENTRY}`
  const body = Buffer.from(before + list + between + 'x'.repeat(room - list.length) + after, 'latin1')
  if (body.length !== size) throw new Error(`a body of ${body.length} bytes where ${size} were asked for`)
  return frameOf(body)
}
