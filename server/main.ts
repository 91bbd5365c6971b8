#!/usr/bin/env node
import { accessSync, closeSync, constants as fs, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { basename } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import about from '../package.json' with { type: 'json' }
import { EXIT, type Surroundings, UsageError } from './cli/command.ts'
import { installedProgram, isInstalled, serverBehind } from './cli/path-shim.ts'
import { USAGE } from './cli/usage.ts'
import { type WrapOptions, wrapOptions } from './cli/wrap-options.ts'
import type { Env } from './journal/env.ts'
import type { Root } from './journal/root.ts'
import { fail, say, warn } from './last-words.ts'
import type { ProxyOptions } from './proxy/proxy-options.ts'
import type { Editor } from './proxy/relay.ts'
import type { End, ServerProcess } from './proxy/server-process.ts'

async function main(argv: readonly string[]): Promise<void> {
  const [, script = ''] = process.argv
  if (!OWN_NAMES.test(basename(script)))
    return wrap([], [serverBehind(script, process.env, isAnother), ...argv])
  const split = argv.indexOf('--')
  const [name] = argv
  if (name === '--version') return print(`${about.version}\n`, EXIT.done)
  if (name === 'help' && argv[1] !== undefined) return command(argv[1], ['--help'])
  if (name === '--help' || name === '-h' || name === 'help') return print(USAGE, EXIT.done)
  if (name !== undefined && !name.startsWith('-')) return command(name, argv.slice(1))
  if (split < 0)
    throw new UsageError(
      `${name === undefined ? 'no server to wrap' : 'no `--` before the server'}; see: lsp-wal --help`,
    )
  const server = argv.slice(split + 1)
  if (server.length === 0) throw new UsageError('no server after `--`')
  await wrap(argv.slice(0, split), server)
}

// Loaded when it is asked for: an editor starts this file with every server, and waits for it.
async function command(name: string, args: readonly string[]): Promise<void> {
  if (name === 'log' || name === 'show' || name === 'status' || name === 'files') {
    const { runHistoryCommand } = await import('./history-commands.ts')
    return runHistoryCommand(name, args, programs())
  }
  const [{ commandNamed }, { runCommand }] = await Promise.all([
    import('./commands.ts'),
    import('./run-command.ts'),
  ])
  return runCommand(commandNamed(name), args, programs())
}

/** Called by any other name, as through a link or a copy, it stands for the server of that name. */
const OWN_NAMES = /^(lsp-wal|main)(\.[a-z]+)?$/i

/** Whether a program is at a path that is not this one, nor a copy of it: two that stand for each other never end. */
function isAnother(path: string): boolean {
  const file = realPath(path)
  return file !== undefined && !startOf(file).includes(MARK)
}

/** What this program's file starts with, in a build of whatever version (build.mjs). */
const MARK = '/* lsp-wal */'

function startOf(file: string): Buffer {
  const start = Buffer.alloc(64)
  try {
    const descriptor = openSync(file, 'r')
    try {
      readSync(descriptor, start)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // It may be run and not read: Node could not run it.
  }
  return start
}

/** A program's file, links resolved; undefined: there is none. */
function realPath(path: string): string | undefined {
  try {
    accessSync(path, fs.X_OK)
    return statSync(path).isFile() ? realpathSync(path) : undefined
  } catch {
    return undefined
  }
}

/** A proxy tells the servers below it that they are wrapped, and by which process. */
const OUTER = 'LSP_WAL_OUTER'
/** And below how many. */
const DEPTH = 'LSP_WAL_DEPTH'
/** A server that starts others is wrapped twice, or three times; further down this program starts itself. */
const DEEPEST = 8

async function wrap(args: readonly string[], command: readonly string[]): Promise<void> {
  const options = wrapOptions(args, process.env)
  const outer = outerProxy()
  const depth = outer === undefined ? 1 : (Number(process.env[DEPTH]) || 0) + 1
  if (depth > DEEPEST)
    throw new UsageError(`the server ${command[0]} starts lsp-wal again and again, and no server of its own`)
  leaveStderrAlone()
  const [{ startServer }, { isOnePipe, openInput, openOutput }] = await Promise.all([
    import('./proxy/server-process.ts'),
    import('./proxy/stdio.ts'),
  ])
  const cwd = process.cwd()
  const parent = process.ppid
  const signals = heardSignals()
  const server = startServer(command, {
    env: { ...process.env, [OUTER]: String(outer ?? process.pid), [DEPTH]: String(depth) },
    cwd,
    stderr: isOnePipe(1, 2) ? 'pipe' : 'inherit',
  })
  // Everything else is loaded while the server starts.
  const relay = outer === undefined ? recording(command, cwd, options) : piping(outer)
  relay.catch(() => {}) // it is awaited below
  try {
    await server.started
  } catch (error) {
    warn((error as Error).message)
    process.exitCode = 127
    return
  }
  try {
    const run = await relay
    const editor = {
      input: openInput(0, () => process.stdin),
      output: openOutput(1, () => process.stdout),
      signals,
      isOrphan: () => process.ppid !== parent,
    }
    leaveAs(await run(editor, server))
  } catch (error) {
    fail(error)
    // Whatever went wrong here: no server is left behind.
    server.kill('SIGKILL')
    process.exit()
  }
}

/** Listens from now on; who asks for the signals later gets those that came meanwhile. */
function heardSignals(): Editor['signals'] {
  const early: NodeJS.Signals[] = []
  let heed = (signal: NodeJS.Signals): void => void early.push(signal)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => heed(signal))
  return (listener) => {
    heed = listener
    for (const signal of early.splice(0)) listener(signal)
  }
}

type Run = (editor: Editor, server: ServerProcess) => Promise<End>

async function recording(command: readonly string[], cwd: string, options: WrapOptions): Promise<Run> {
  const [{ runProxy }, { nodeDisk }, { environment, rootOf }] = await Promise.all([
    import('./proxy/proxy.ts'),
    import('./disk/node-disk.ts'),
    import('./environment.ts'),
  ])
  const env = await environment(nodeDisk)
  const root = rootOf(options.journal)
  const commandLine = printedBy(env, root)
  return (editor, server) =>
    runProxy(env, editor, server, { ...options, root, command, cwd, variables: process.env, commandLine })
}

/** Runs a command for somebody who reads what it prints later, and elsewhere. */
function printedBy(env: Env, root: Root): ProxyOptions['commandLine'] {
  return async (name, args, cwd) => {
    let text = ''
    const print = (more: string) => {
      text += more
    }
    const { COMMANDS } = await import('./commands.ts')
    const run = await COMMANDS[name]!()
    const quiet = { progress: () => {}, colour: false, width: undefined }
    await run({ env, root, cwd, programs: programs(), variables: {}, out: print, err: print, ...quiet }, args)
    return text
  }
}

async function piping(outer: number): Promise<Run> {
  warn(`process ${outer} wraps this server already: everything is passed on, and recorded there`)
  const { runPipe } = await import('./proxy/relay.ts')
  return runPipe
}

/**
 * Node makes stderr non-blocking when anything looks at it: a warning, `console`, even the closing of a socket
 * (`net.js` compares each with it). The server shares it, and would have its own large writes fail.
 */
function leaveStderrAlone(): void {
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      say(chunk)
      done()
    },
  })
  Object.defineProperty(process, 'stderr', { value: stderr })
}

function outerProxy(): number | undefined {
  const pid = Number(process.env[OUTER])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined // what was wrapped then has outlived its wrapper
  }
}

/** Node ignores the first, and answers the second with its debugger. */
const NOT_FATAL: readonly NodeJS.Signals[] = ['SIGPIPE', 'SIGUSR1']

/** Ends as the server ended; where the signal does not end this process, with the status that a shell has for it. */
function leaveAs(end: End): void {
  if ('code' in end) process.exit(end.code)
  const status = 128 + (constants.signals[end.signal] ?? 0)
  if (NOT_FATAL.includes(end.signal)) process.exit(status)
  process.removeAllListeners(end.signal)
  process.kill(process.pid, end.signal)
  setTimeout(() => process.exit(status), 100)
}

function programs(): Surroundings['programs'] {
  return {
    node: process.execPath,
    nodeVersion: process.versions.node,
    lspWal: [process.execPath, OWN_FILE],
    headless: [process.execPath, fileURLToPath(new URL('../client-shim/main.js', import.meta.url))],
  }
}

function print(text: string, status: number): void {
  process.stdout.write(text)
  process.exitCode = status
}

/** A copy of this file has nothing beside it that it could load: the installed one takes its place. */
async function runInstalled(): Promise<void> {
  const installed = installedProgram(process.env, realPath)
  if (installed === undefined) {
    warn(`${OWN_FILE} is a copy of its program, and there is no installed lsp-wal in PATH for it`)
    process.exitCode = 127
  } else await import(pathToFileURL(installed).href)
}

const OWN_FILE = fileURLToPath(import.meta.url)

if (isInstalled(OWN_FILE))
  main(process.argv.slice(2)).catch(async (error: unknown) => {
    const { plainLines } = await import('./cli/text.ts')
    fail(error, plainLines)
  })
else runInstalled().catch((error: unknown) => fail(error))
