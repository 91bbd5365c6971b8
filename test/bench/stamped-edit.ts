import { frameOf } from './wire.ts'
import { editOf } from './workspace.ts'

const LABEL = 'Rename; sent at '
const DIGITS = 20

/** A `workspace/applyEdit` whose label has room for the time at which it is sent. */
export function editRequest(id: string, folder: string, files: number): Buffer {
  const params = { label: LABEL + '0'.repeat(DIGITS), edit: editOf(folder, files) }
  return frameOf(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'workspace/applyEdit', params })))
}

/** Writes the time into it. The clock is the machine's monotonic one, the same in every process. */
export function stamp(request: Buffer): void {
  const at = request.indexOf(LABEL) + LABEL.length
  request.write(String(process.hrtime.bigint()).padStart(DIGITS, '0'), at, 'latin1')
}

/** When a `workspace/applyEdit` was sent, in nanoseconds; undefined for another message. */
export function sentAt(body: Buffer): bigint | undefined {
  if (!body.subarray(0, 200).includes('"workspace/applyEdit"')) return undefined
  const at = body.indexOf(LABEL) + LABEL.length
  return BigInt(body.toString('latin1', at, at + DIGITS))
}
