/**
 * What an applyEdit costs at least, where it is made durable. Answers with the milliseconds that took:
 * `floor`: the files are read, one write of as many bytes as went to the log, and one fsync;
 * `bare`: the files are read, hashed, encoded, written and synced, and nothing else.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import xxhash from 'xxhash-wasm'
import { type Json, Wire } from './wire.ts'
import { pathsIn } from './workspace.ts'

const wire = new Wire(0, 1)
const [log] = process.argv.slice(2)
let file: number | undefined
const xxh = await xxhash()
/** Files that share a line: one of some MiB. */
const FILES_A_LINE = 100

const METHODS: Readonly<Record<string, (paths: readonly string[], params: Json) => () => void>> = {
  floor(paths, { bytes }) {
    const record = Buffer.alloc(bytes as number, 'x')
    return () => {
      for (const path of paths) readFileSync(path)
      append(record)
    }
  },
  bare: (paths) => () => {
    for (let at = 0; at < paths.length; at += FILES_A_LINE)
      append(lineOf(paths.slice(at, at + FILES_A_LINE)), 'unsynced')
    fsyncSync(file!)
  },
}

/** Made with the first record, as the log of a session is. */
function append(record: Buffer, synced: 'synced' | 'unsynced' = 'synced'): void {
  file ??= openSync(log!, 'ax')
  for (let at = 0; at < record.length; ) at += writeSync(file, record, at)
  if (synced === 'synced') fsyncSync(file)
}

function lineOf(paths: readonly string[]): Buffer {
  const originals: Record<string, string> = {}
  const raw: Record<string, string> = {}
  for (const path of paths) {
    const bytes = readFileSync(path)
    originals[path] = bytes.toString('base64')
    raw[path] = xxh.h64Raw(bytes).toString(16)
  }
  return Buffer.from(`${JSON.stringify({ originals, expected_raw_hash: raw })}\n`)
}

for (;;) {
  const body = wire.tryReceive()
  if (body === undefined) break
  const { id, method, params } = JSON.parse(body.toString('utf8')) as Json
  if (method === 'exit') break
  const { folder, files } = params as { folder: string; files: number }
  const run = METHODS[method as string]!(pathsIn(folder, files), params as Json)
  const start = process.hrtime.bigint()
  run()
  const ms = Number(process.hrtime.bigint() - start) / 1e6
  wire.send({ jsonrpc: '2.0', id, result: ms })
}
if (file !== undefined) closeSync(file)
