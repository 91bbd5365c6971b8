/**
 * What an applyEdit costs at least, where it is made durable: the files are read, one write of as many bytes as
 * went to the log, and one fsync. Answers `floor` requests with the milliseconds that took.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { type Json, Wire } from './wire.ts'
import { pathsIn } from './workspace.ts'

const wire = new Wire(0, 1)
const [log] = process.argv.slice(2)
let file: number | undefined

for (;;) {
  const body = wire.tryReceive()
  if (body === undefined) break
  const { id, method, params } = JSON.parse(body.toString('utf8')) as Json
  if (method === 'exit') break
  const { folder, files, bytes } = params as { folder: string; files: number; bytes: number }
  const record = Buffer.alloc(bytes, 'x')
  const paths = pathsIn(folder, files)
  const start = process.hrtime.bigint()
  for (const path of paths) readFileSync(path)
  // Made with the first record, as the log of a session is.
  file ??= openSync(log!, 'ax')
  for (let at = 0; at < record.length; ) at += writeSync(file, record, at)
  fsyncSync(file)
  const ms = Number(process.hrtime.bigint() - start) / 1e6
  wire.send({ jsonrpc: '2.0', id, result: ms })
}
if (file !== undefined) closeSync(file)
