/** `vscode-ws-jsonrpc COMMAND…`: `forward` of vscode-ws-jsonrpc between the editor's streams and the server's. */
import { spawn } from 'node:child_process'
import { createStreamConnection, forward } from 'vscode-ws-jsonrpc/server'

const [file, ...args] = process.argv.slice(2)
const server = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
server.stdin.on('error', () => {}) // it has ended, and `close` says so
const toServer = createStreamConnection(server.stdout, server.stdin, () => server.kill())
const toEditor = createStreamConnection(process.stdin, process.stdout, () => process.stdin.destroy())
forward(toEditor, toServer)
server.once('close', () => process.stdin.destroy())
