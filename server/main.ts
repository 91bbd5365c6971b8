#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import about from '../package.json' with { type: 'json' }
import { type Command, EXIT, type Surroundings, UsageError } from './cli/command.ts'
import { USAGE } from './cli/usage.ts'
import { wrapOptions } from './cli/wrap-options.ts'
import { DiskError } from './disk/disk.ts'
import { nodeDisk } from './disk/node-disk.ts'
import { nodeHost } from './disk/node-host.ts'
import { createHasher } from './edits/hash.ts'
import { type Env, JournalError } from './journal/env.ts'
import { rootAt } from './journal/root.ts'
import type { End } from './proxy/server-process.ts'

// Loaded when they are asked for: an editor starts this file with every server, and waits for it.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  log: () => import('./cli/log.ts').then(({ log }) => log),
  show: () => import('./cli/show.ts').then(({ show }) => show),
  status: () => import('./cli/status.ts').then(({ status }) => status),
  undo: () => import('./cli/undo.ts').then(({ undo }) => undo),
  recover: () => import('./cli/recover.ts').then(({ recover }) => recover),
  demo: () => import('./cli/demo/demo.ts').then(({ demo }) => demo),
}

/** 128 and the signal's number is what a shell reports; this is for a signal that cannot be taken over. */
const KILLED = 128 + 9

async function main(argv: readonly string[]): Promise<void> {
  const split = argv.indexOf('--')
  const [name] = argv
  if (name === '--version') return print(`${about.version}\n`, EXIT.done)
  if (name === '--help' || name === '-h' || name === 'help') return print(USAGE, EXIT.done)
  const command = name === undefined ? undefined : COMMANDS[name]
  if (command !== undefined) {
    // Whoever reads the output may have seen enough (`lsp-wal log | head`).
    process.stdout.on('error', () => process.exit(EXIT.done))
    const { journal, rest } = journalOption(argv.slice(1))
    const run = await command()
    process.exitCode = await run(await surroundings(journal), rest)
    return
  }
  if (split < 0) {
    const what =
      name === undefined
        ? 'no server to wrap'
        : name.startsWith('-')
          ? 'no `--` before the server'
          : `no command ${name}`
    throw new UsageError(`${what}; see: lsp-wal --help`)
  }
  const server = argv.slice(split + 1)
  if (server.length === 0) throw new UsageError('no server after `--`')
  await wrap(argv.slice(0, split), server)
}

async function wrap(args: readonly string[], server: readonly string[]): Promise<void> {
  const { journal, ...options } = wrapOptions(args)
  const [{ runProxy }, { startServer }] = await Promise.all([
    import('./proxy/proxy.ts'),
    import('./proxy/server-process.ts'),
  ])
  const child = startServer(server, process.env, process.cwd())
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  try {
    await child.started
  } catch (error) {
    // Asynchronous stderr would make a descriptor that the server shares non-blocking.
    warn((error as Error).message)
    process.exitCode = 127
    return
  }
  const env = await environment()
  const editor = { input: process.stdin, output: process.stdout }
  const end = await runProxy(env, editor, child, {
    ...options,
    root: rootAt(journal ?? defaultRoot()),
    command: server,
    cwd: process.cwd(),
  })
  leaveAs(end)
}

/** Ends as the server ended, once everything it wrote has been taken by the editor. */
function leaveAs(end: End): void {
  process.stdin.destroy()
  const leave = () => {
    if ('code' in end) process.exit(end.code)
    process.removeAllListeners(end.signal)
    process.kill(process.pid, end.signal)
    setTimeout(() => process.exit(KILLED), 100)
  }
  if (process.stdout.writable) process.stdout.write('', leave)
  else leave()
}

async function environment(): Promise<Env> {
  return { disk: nodeDisk, host: nodeHost(process), hasher: await createHasher() }
}

async function surroundings(journal: string | undefined): Promise<Surroundings> {
  const { NO_COLOR, TERM } = process.env
  return {
    env: await environment(),
    root: rootAt(journal ?? defaultRoot()),
    cwd: process.cwd(),
    programs: {
      node: process.execPath,
      lspWal: [process.execPath, fileURLToPath(import.meta.url)],
      headless: [process.execPath, fileURLToPath(new URL('../client-shim/main.js', import.meta.url))],
    },
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb',
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  }
}

/** `--journal DIR` is understood by every subcommand. */
function journalOption(args: readonly string[]): { journal: string | undefined; rest: string[] } {
  const rest = [...args]
  const end = rest.indexOf('--')
  const at = rest.findIndex(
    (arg, i) => (end < 0 || i < end) && (arg === '--journal' || arg.startsWith('--journal=')),
  )
  if (at < 0) return { journal: undefined, rest }
  const [option, next] = rest.slice(at, at + 2)
  const inline = option!.startsWith('--journal=')
  const value = inline ? option!.slice('--journal='.length) : next
  if (!value) throw new UsageError('--journal takes a folder')
  rest.splice(at, inline ? 1 : 2)
  return { journal: resolve(value), rest }
}

function defaultRoot(): string {
  const { LSP_WAL_DIR, XDG_STATE_HOME, LOCALAPPDATA } = process.env
  if (LSP_WAL_DIR) return resolve(LSP_WAL_DIR)
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'lsp-wal')
  if (process.platform === 'darwin' && !XDG_STATE_HOME)
    return join(homedir(), 'Library', 'Application Support', 'lsp-wal')
  return join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'lsp-wal')
}

function print(text: string, status: number): void {
  process.stdout.write(text)
  process.exitCode = status
}

function warn(text: string): void {
  try {
    writeSync(2, `lsp-wal: ${text}\n`)
  } catch {
    // stderr is closed or full: there is nowhere left to say it
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const known = error instanceof UsageError || error instanceof JournalError || error instanceof DiskError
  warn(known ? error.message : String((error as Error)?.stack ?? error))
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.error
})
