/** `vscode-jsonrpc COMMAND…`: the reader and the writer of vscode-jsonrpc, one pair a direction. */
import { spawn } from 'node:child_process'
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

const [file, ...args] = process.argv.slice(2)
const server = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
server.stdin.on('error', () => {}) // it has ended, and `close` says so
const toServer = new StreamMessageWriter(server.stdin)
const toEditor = new StreamMessageWriter(process.stdout)
new StreamMessageReader(process.stdin).listen((message) => void toServer.write(message))
new StreamMessageReader(server.stdout).listen((message) => void toEditor.write(message))
process.stdin.once('end', () => server.stdin.end())
server.once('close', () => process.stdin.destroy())
