import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from './session.ts'
import { sentAt } from './stamped-edit.ts'
import type { Json } from './wire.ts'

const REQUEST = 1

/** Has the server send an edit, and answers it. Returns the milliseconds from its sending to its arrival. */
export function heldMs(session: Session, folder: string, files: number, number: number): number {
  const { wire } = session
  wire.send({ jsonrpc: '2.0', id: REQUEST, method: 'bench/edit', params: { folder, files, number } })
  for (;;) {
    const body = wire.receive()
    const arrived = process.hrtime.bigint()
    const sent = sentAt(body)
    const { id } = JSON.parse(body.toString('utf8')) as Json
    if (id === REQUEST) throw new Error('an edit was not forwarded')
    if (sent === undefined) continue // a word of the proxy's own
    wire.send({ jsonrpc: '2.0', id, result: { applied: true } })
    const result = wire.receiveAnswer(REQUEST).result as Json
    if (result.applied !== true) throw new Error(`another answer arrived: ${JSON.stringify(result)}`)
    return Number(arrived - sent) / 1e6
  }
}

/** What earlier runs left for the file system's journal to write would otherwise go out with the first fsync. */
export function settleDisk(folder: string): void {
  writeFileSync(join(folder, 'settled'), 'x', { flush: true })
}
