/**
 * The language server of the bench: answers `initialize` at once, and does what a measurement asks of it.
 * Blocking, and nothing is built while a clock runs.
 */
import { type Direction, ECHO, ECHO_AT, echoAnswer, ID_AT, ID_DIGITS, notification } from './messages.ts'
import { pauseMs } from './pause.ts'
import { editRequest, stamp } from './stamped-edit.ts'
import { type Json, Wire } from './wire.ts'

const wire = new Wire(0, 1)
/** By size: what was built once. */
const answers = new Map<number, Buffer>()
let notifications: Buffer = Buffer.alloc(0)

const METHODS: Readonly<Record<string, (params: Json) => unknown>> = {
  initialize: () => ({ capabilities: {}, serverInfo: { name: 'bench-server' } }),
  shutdown: () => null,
  'bench/prepare': ({ direction, size }) => {
    notifications = notification(direction as Direction, size as number)
    return null
  },
  'bench/send': ({ count }) => {
    wire.pour(notifications, count as number)
    return null
  },
  'bench/take': ({ count, afterMs }) => {
    pauseMs(afterMs as number)
    wire.drain(notifications, count as number)
    return null
  },
  'bench/edit': ({ folder, files, number }) => {
    const id = `edit ${number as number}`
    const request = editRequest(id, folder as string, files as number)
    stamp(request)
    wire.write(request)
    return wire.receiveAnswer(id).result
  },
}

function echo(request: Buffer): void {
  let answer = answers.get(request.length)
  if (answer === undefined) {
    answer = echoAnswer(request.length)
    answers.set(request.length, answer)
  }
  const body = answer.length - request.length
  request.copy(answer, body + ID_AT, ID_AT, ID_AT + ID_DIGITS)
  wire.write(answer)
}

for (;;) {
  const body = wire.tryReceive()
  if (body === undefined) break
  if (body.toString('latin1', ECHO_AT, ECHO_AT + ECHO.length) === ECHO) {
    echo(body)
    continue
  }
  const { id, method, params } = JSON.parse(body.toString('utf8')) as Json
  if (method === 'exit') break
  const answer = METHODS[method as string]
  if (answer !== undefined) wire.send({ jsonrpc: '2.0', id, result: answer((params ?? {}) as Json) })
}
