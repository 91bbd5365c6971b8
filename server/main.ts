#!/usr/bin/env node
import { accessSync, constants as fs, realpathSync, statSync, writeSync } from 'node:fs'
import { constants, homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import about from '../package.json' with { type: 'json' }
import { type Command, EXIT, nearest, type Surroundings, UsageError } from './cli/command.ts'
import type { HeadlessTools } from './cli/headless/tools.ts'
import type { ProgressLine } from './cli/progress-line.ts'
import { USAGE } from './cli/usage.ts'
import { type WrapOptions, wrapOptions } from './cli/wrap-options.ts'
import { DiskError } from './disk/disk.ts'
import { type Env, JournalError } from './journal/env.ts'
import { type Root, rootAt } from './journal/root.ts'
import type { ProxyOptions } from './proxy/proxy.ts'
import type { Editor } from './proxy/relay.ts'
import type { End, ServerProcess } from './proxy/server-process.ts'

// Loaded when they are asked for: an editor starts this file with every server, and waits for it.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  log: () => import('./cli/log.ts').then(({ log }) => log),
  show: () => import('./cli/show.ts').then(({ show }) => show),
  status: () => import('./cli/status.ts').then(({ status }) => status),
  files: () => import('./cli/files.ts').then(({ files }) => files),
  export: () => import('./cli/export.ts').then(({ exportPatch }) => exportPatch),
  rename: async () => (await import('./cli/headless/rename.ts')).renameWith(await headlessTools()),
  action: async () => (await import('./cli/headless/action.ts')).actionWith(await headlessTools()),
  undo: () => import('./cli/undo.ts').then(({ undo }) => undo),
  redo: () => import('./cli/redo.ts').then(({ redo }) => redo),
  recover: () => import('./cli/recover.ts').then(({ recover }) => recover),
  verify: () => import('./cli/verify.ts').then(({ verify }) => verify),
  forget: () => import('./cli/forget.ts').then(({ forget }) => forget),
  gc: () => import('./cli/gc.ts').then(({ gc }) => gc),
  config: () => import('./cli/config/config.ts').then(({ config }) => config),
  doctor: () => import('./cli/doctor/doctor.ts').then(({ doctor }) => doctor),
  demo: () => import('./cli/demo/demo.ts').then(({ demo }) => demo),
}

async function main(argv: readonly string[]): Promise<void> {
  const [, script = ''] = process.argv
  if (!OWN_NAMES.test(basename(script))) {
    const { serverBehind } = await import('./cli/path-shim.ts')
    return wrap([], [serverBehind(script, process.env, realPath), ...argv])
  }
  const split = argv.indexOf('--')
  const [name] = argv
  if (name === '--version') return print(`${about.version}\n`, EXIT.done)
  if (name === '--help' || name === '-h' || name === 'help') return print(USAGE, EXIT.done)
  const command = name === undefined ? undefined : COMMANDS[name]
  if (command !== undefined) {
    // Whoever reads the output may have seen enough (`lsp-wal log | head`).
    process.stdout.on('error', () => process.exit(EXIT.done))
    const { journal, rest } = journalOption(argv.slice(1))
    const [run, around] = await Promise.all([command(), surroundings(journal, rest)])
    try {
      process.exitCode = await run(around, rest)
    } finally {
      around.progress('')
    }
    return
  }
  if (split < 0) {
    const what =
      name === undefined
        ? 'no server to wrap'
        : name.startsWith('-')
          ? 'no `--` before the server'
          : `no command ${name}`
    const meant = name === undefined ? undefined : nearest(name, Object.keys(COMMANDS))
    throw new UsageError(`${what}${meant === undefined ? '' : ` (is it ${meant}?)`}; see: lsp-wal --help`)
  }
  const server = argv.slice(split + 1)
  if (server.length === 0) throw new UsageError('no server after `--`')
  await wrap(argv.slice(0, split), server)
}

/** Called by any other name, as through a link, it stands for the server of that name. */
const OWN_NAMES = /^(lsp-wal|main)(\.[a-z]+)?$/i

/** A file as it is, links resolved; undefined: there is none. */
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

async function wrap(args: readonly string[], command: readonly string[]): Promise<void> {
  const options = wrapOptions(args, process.env)
  leaveStderrAlone()
  const [{ startServer }, { isOnePipe, openInput, openOutput }] = await Promise.all([
    import('./proxy/server-process.ts'),
    import('./proxy/stdio.ts'),
  ])
  const outer = outerProxy()
  const cwd = process.cwd()
  const parent = process.ppid
  const signals = heardSignals()
  const server = startServer(command, {
    env: { ...process.env, [OUTER]: String(outer ?? process.pid) },
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
  const [{ runProxy }, env] = await Promise.all([import('./proxy/proxy.ts'), environment()])
  const root = rootAt(options.journal ?? defaultRoot())
  const commandLine = printedBy(env, root)
  return (editor, server) => runProxy(env, editor, server, { ...options, root, command, cwd, commandLine })
}

/** Runs a command for somebody who reads what it prints later, and elsewhere. */
function printedBy(env: Env, root: Root): ProxyOptions['commandLine'] {
  return async (name, args, cwd) => {
    let text = ''
    const print = (more: string) => {
      text += more
    }
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

async function environment(): Promise<Env> {
  const [{ nodeDisk }, { nodeHost }, { createHasher }] = await Promise.all([
    import('./disk/node-disk.ts'),
    import('./disk/node-host.ts'),
    import('./edits/hash.ts'),
  ])
  return { disk: nodeDisk, host: nodeHost(process), hasher: await createHasher() }
}

async function surroundings(journal: string | undefined, args: readonly string[]): Promise<Surroundings> {
  const { NO_COLOR, TERM } = process.env
  const [{ plainLines }, env, line] = await Promise.all([
    import('./cli/text.ts'),
    environment(),
    progressLine(args),
  ])
  const written = (stream: NodeJS.WriteStream, text: string) => {
    line?.clear()
    stream.write(text)
  }
  return {
    env,
    root: rootAt(journal ?? defaultRoot()),
    cwd: process.cwd(),
    programs: programs(),
    variables: process.env,
    out: (text) => written(process.stdout, text),
    err: (text) => written(process.stderr, plainLines(text)),
    progress: (text) => line?.show(text),
    colour: process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb',
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  }
}

/** Where somebody looks on; programs are told nothing beside what they asked for. */
async function progressLine(args: readonly string[]): Promise<ProgressLine | undefined> {
  const { stderr } = process
  const end = args.indexOf('--')
  const isJson = args.slice(0, end < 0 ? undefined : end).includes('--json')
  if (!stderr.isTTY || process.env.TERM === 'dumb' || isJson) return undefined
  const { ProgressLine } = await import('./cli/progress-line.ts')
  return new ProgressLine(
    (text) => stderr.write(text),
    () => stderr.columns,
  )
}

function programs(): Surroundings['programs'] {
  return {
    node: process.execPath,
    nodeVersion: process.versions.node,
    lspWal: [process.execPath, fileURLToPath(import.meta.url)],
    headless: [process.execPath, fileURLToPath(new URL('../client-shim/main.js', import.meta.url))],
  }
}

/** What `cli/` has no way to by itself. */
async function headlessTools(): Promise<HeadlessTools> {
  const { composeHeld } = await import('./proxy/compose-held.ts')
  return { version: about.version, compose: composeHeld, unbroken }
}

async function unbroken<T>(work: () => Promise<T>): Promise<T> {
  const heard: NodeJS.Signals[] = []
  const hear = (signal: NodeJS.Signals): void => void heard.push(signal)
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, hear)
  try {
    return await work()
  } finally {
    for (const signal of signals) process.off(signal, hear)
    if (heard[0] !== undefined) process.kill(process.pid, heard[0])
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
  say(`lsp-wal: ${text}\n`)
}

function say(text: string | Buffer): void {
  try {
    if (typeof text === 'string') writeSync(2, text)
    else writeSync(2, text)
  } catch {
    // stderr is closed or full: there is nowhere left to say it
  }
}

/** `plain`: what a log, a session or a file name brought is not for the terminal to obey. */
function fail(error: unknown, plain = (text: string) => text): void {
  const known = error instanceof UsageError || error instanceof JournalError || error instanceof DiskError
  warn(plain(known ? error.message : String((error as Error)?.stack ?? error)))
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.error
}

main(process.argv.slice(2)).catch(async (error: unknown) => {
  const { plainLines } = await import('./cli/text.ts')
  fail(error, plainLines)
})
