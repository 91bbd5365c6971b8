import { resolve } from 'node:path'
import { type Command, EXIT, type Surroundings, UsageError } from './cli/command.ts'
import { ProgressLine } from './cli/progress-line.ts'
import { plainLines } from './cli/text.ts'
import { blockingDisk } from './disk/blocking-disk.ts'
import { environment, rootOf } from './environment.ts'
import { fail } from './last-words.ts'

/** Runs a command for the process, and sets its exit status. */
export async function runCommand(
  load: () => Promise<Command>,
  args: readonly string[],
  programs: Surroundings['programs'],
): Promise<void> {
  try {
    await run(load, args, programs)
  } catch (error) {
    fail(error, plainLines)
  }
}

async function run(
  load: () => Promise<Command>,
  args: readonly string[],
  programs: Surroundings['programs'],
): Promise<void> {
  // Whoever reads the output may have seen enough (`lsp-wal log | head`).
  process.stdout.on('error', () => process.exit(EXIT.done))
  const { journal, rest } = journalOption(withHelp(args))
  const [command, around] = await Promise.all([load(), surroundings(journal, rest, programs)])
  try {
    process.exitCode = await command(around, rest)
  } finally {
    around.progress('')
  }
}

async function surroundings(
  journal: string | undefined,
  args: readonly string[],
  programs: Surroundings['programs'],
): Promise<Surroundings> {
  const { NO_COLOR, TERM } = process.env
  const line = progressLine(args)
  const written = (stream: NodeJS.WriteStream, text: string) => {
    line?.clear()
    stream.write(text)
  }
  return {
    env: await environment(blockingDisk),
    root: rootOf(journal),
    journal,
    cwd: process.cwd(),
    programs,
    variables: process.env,
    out: (text) => written(process.stdout, text),
    err: (text) => written(process.stderr, plainLines(text)),
    progress: (text) => line?.show(text),
    colour: process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb',
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
  }
}

/** Where somebody looks on; programs are told nothing beside what they asked for. */
function progressLine(args: readonly string[]): ProgressLine | undefined {
  const { stderr } = process
  const end = args.indexOf('--')
  const isJson = args.slice(0, end < 0 ? undefined : end).includes('--json')
  if (!stderr.isTTY || process.env.TERM === 'dumb' || isJson) return undefined
  return new ProgressLine(
    (text) => stderr.write(text),
    () => stderr.columns,
  )
}

/** `-h` is what many type first. */
function withHelp(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return args.map((arg, i) => (arg === '-h' && (end < 0 || i < end) ? '--help' : arg))
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
