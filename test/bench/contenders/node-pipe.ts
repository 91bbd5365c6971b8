/** `node-pipe COMMAND…`: the least that a relay in Node is: a child and two pipes. */
import { spawn } from 'node:child_process'

const [file, ...args] = process.argv.slice(2)
const server = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
server.stdin.on('error', () => {}) // it has ended, and `close` says so
process.stdin.pipe(server.stdin)
server.stdout.pipe(process.stdout)
server.once('close', () => process.stdin.destroy())
