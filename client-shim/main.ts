#!/usr/bin/env node
import { openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import manifest from '../package.json' with { type: 'json' }
import { HeadlessClient } from './client.ts'
import { type CommandLine, parseCommandLine, USAGE, UsageError } from './command-line.ts'
import type { HeadlessOptions } from './options.ts'
import type { Answer, Progress } from './request/answer.ts'
import { parseRequest } from './request/request.ts'
import { runRequest } from './request/run-request.ts'
import { parseScript, type Script, type Step } from './script.ts'
import { ScriptError } from './script-fields.ts'
import { runStep } from './script-run.ts'

type Run = Extract<CommandLine, { run: 'script' }>

async function main(): Promise<number> {
  const line = parseCommandLine(process.argv.slice(2))
  switch (line.run) {
    case 'help':
      process.stdout.write(USAGE)
      return 0
    case 'version':
      process.stdout.write(`lsp-wal-headless ${manifest.version}\n`)
      return 0
    case 'request':
      return await answerRequest(line.server)
    case 'script':
      return await runScript(line, parseScript(await readScript(line.script), process.cwd()))
  }
}

async function runScript(line: Run, script: Script): Promise<number> {
  const client = await HeadlessClient.start(optionsOf(line, script))
  const steps =
    script.steps.at(-1)?.act === 'shutdown' ? script.steps : [...script.steps, { act: 'shutdown' } as const]
  for (const [index, step] of steps.entries()) {
    try {
      report(line, index, step, true, await runStep(client, step))
    } catch (error) {
      report(line, index, step, false, messageOf(error))
      // What fails now is a consequence of what was just reported.
      await client.shutdown().catch(() => {})
      return 1
    }
  }
  return 0
}

/** Whoever asks keeps standard input open as long as the answer is wanted. */
async function answerRequest(server: readonly [string, ...string[]]): Promise<number> {
  const say = (line: Answer | Progress) => void process.stdout.write(`${JSON.stringify(line)}\n`)
  const lines = createInterface({ input: process.stdin })
  const json = await new Promise<string>((resolve) => {
    lines.once('line', resolve)
    lines.once('close', () => resolve(''))
  })
  const gone = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  const request = parseRequest(json, process.cwd())
  const running = runRequest(request, { command: server }, gone, (progress) => say({ progress }))
  const answer = await running
  if (answer !== undefined) say(answer)
  lines.close()
  return answer === undefined ? 1 : 0
}

function optionsOf(line: Run, script: Script): HeadlessOptions {
  const { steps: _, ...start } = script
  return {
    ...start,
    command: line.server,
    cwd: process.cwd(),
    answers: line.answers,
    saveBeforeAnswer: line.saveBeforeAnswer,
    ownProcessGroup: line.dieWithServer,
    die: line.dieWithServer ? dieWithServer : die,
    ...(line.savePolicy !== undefined && { savePolicy: line.savePolicy }),
    ...(line.dieAt !== undefined && { dieAt: line.dieAt }),
    ...(line.timeoutMs !== undefined && { timeoutMs: line.timeoutMs }),
    ...(line.trace !== undefined && { trace: traceInto(line.trace) }),
  }
}

/** Each line is written before the message goes on: a trace of a client that dies is whole. */
function traceInto(path: string): NonNullable<HeadlessOptions['trace']> {
  const file = openSync(path, 'a')
  return (entry) => writeSync(file, `${JSON.stringify(entry)}\n`)
}

async function readScript(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`cannot read the script ${path}: ${messageOf(cause)}`, { cause })
  }
}

function report(line: Run, index: number, step: Step, ok: boolean, what: string): void {
  const said = line.json
    ? JSON.stringify({ step: index + 1, act: step.act, ok, what })
    : `${ok ? 'ok' : 'FAILED'} ${index + 1} ${ok ? what : `${step.act}: ${what}`}`
  process.stdout.write(`${said}\n`)
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Not reached: the signal is there before kill returns.
  process.exit(1)
}

function dieWithServer(serverPid: number): never {
  // Windows has no process groups; there the server is killed alone.
  process.kill(process.platform === 'win32' ? serverPid : -serverPid, 'SIGKILL')
  return die()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

try {
  process.exitCode = await main()
} catch (error) {
  const usage = error instanceof UsageError || error instanceof ScriptError
  process.stderr.write(`lsp-wal-headless: ${messageOf(error)}\n${usage ? 'Try --help.\n' : ''}`)
  process.exitCode = usage ? 2 : 1
}
