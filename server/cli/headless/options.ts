import { resolve } from 'node:path'
import { UsageError } from '../command.ts'
import { plainText } from '../text.ts'

/** What every headless command takes beside what it asks for. */
export interface HeadlessOptions {
  /** The workspace folder, absolute. */
  readonly folder: string
  readonly timeoutMs: number
  readonly settleMs: number
  readonly initializationOptions: unknown
  readonly configuration: unknown
  readonly dryRun: boolean
  readonly json: boolean
  readonly server: readonly [string, ...string[]]
}

const flag = { type: 'boolean', default: false } as const
const text = { type: 'string' } as const

/** For `parseArgs`. */
export const HEADLESS_OPTIONS = {
  folder: text,
  timeout: text,
  settle: text,
  init: text,
  settings: text,
  'dry-run': flag,
  json: flag,
  help: flag,
} as const

/** The same in words, for `--help`. */
export const OPTIONS_USAGE = `    --dry-run        show it as a patch, and write nothing
    --json           for programs: {written, id, server, label, files: [{path, change, edits, from?}],
                     left: [{path, reason}], patch? (with --dry-run), error? (where it was not done)}
    --folder DIR     the workspace folder, as an editor would open it (default: the working directory)
    --timeout SEC    for all of it, loading the project included (default: 120)
    --settle SEC     a server that never says what it is loading is believed after so long (default: 5)
    --init JSON      initializationOptions for the server
    --settings JSON  what the server is told when it asks for its configuration, by section
`

const USUAL_SECONDS = 120
const USUAL_SETTLE_SECONDS = 5

interface Values {
  readonly folder?: string | undefined
  readonly timeout?: string | undefined
  readonly settle?: string | undefined
  readonly init?: string | undefined
  readonly settings?: string | undefined
  readonly 'dry-run': boolean
  readonly json: boolean
}

/** Options and arguments on one side of `--`, the server's command on the other. */
export function splitServer(args: readonly string[]): {
  readonly own: readonly string[]
  readonly server: readonly string[]
} {
  const at = args.indexOf('--')
  return at < 0 ? { own: args, server: [] } : { own: args.slice(0, at), server: args.slice(at + 1) }
}

/** @throws UsageError */
export function headlessOptions(values: Values, server: readonly string[], cwd: string): HeadlessOptions {
  const [command, ...args] = server
  if (command === undefined) throw new UsageError('no server: its command comes after `--`')
  return {
    folder: resolve(cwd, values.folder ?? '.'),
    timeoutMs: 1000 * countOf(values.timeout ?? String(USUAL_SECONDS), '--timeout'),
    settleMs: 1000 * countOf(values.settle ?? String(USUAL_SETTLE_SECONDS), '--settle'),
    initializationOptions: jsonOf(values.init, '--init'),
    configuration: jsonOf(values.settings, '--settings'),
    dryRun: values['dry-run'],
    json: values.json,
    server: [command, ...args],
  }
}

export function countOf(value: string, option: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new UsageError(`${option} takes a number from 1 on: not ${plainText(value)}`)
  return Number(value)
}

function jsonOf(value: string | undefined, option: string): unknown {
  if (value === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(value)
  } catch (error) {
    throw new UsageError(`${option} takes JSON: ${plainText((error as Error).message)}`)
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UsageError(`${option} takes a JSON object`)
  return json
}
