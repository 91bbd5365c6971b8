import { parseArgs } from 'node:util'
import { CONTENDERS } from './contenders.ts'
import { type Effort, FULL, QUICK } from './effort.ts'
import type { Measurement } from './measurement.ts'

/** What `--help` prints. */
export function usage(measurements: readonly Measurement[]): string {
  return `npm run bench -- [options]

    --quick                 fewer and shorter runs: to see whether it works
    --rounds N              how often everything is run
    --only NAME,...         ${measurements.map(({ name }) => name).join(', ')}
    --contenders NAME,...   ${CONTENDERS.map(({ name }) => name).join(', ')}
`
}

/** What was asked for cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command line, read. */
export interface Options {
  readonly help: boolean
  readonly effort: Effort
  /** Names of measurements, and of contenders. */
  readonly only: readonly string[]
  readonly contenders: readonly string[]
  /** Whether a second copy of the floor runs in lsp-wal's place: what the bench says of it is noise. */
  readonly selfCheck: boolean
}

/** @throws UsageError */
export function optionsOf(argv: readonly string[], measurements: readonly Measurement[]): Options {
  const { values } = parsed(argv)
  const effort = values.quick ? QUICK : FULL
  const rounds = values.rounds === undefined ? effort.rounds : Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a number from 1')
  return {
    help: values.help ?? false,
    effort: { ...effort, rounds },
    only: named('--only', values.only, measurements),
    contenders: named('--contenders', values.contenders, CONTENDERS),
    selfCheck: values['self-check'] ?? false,
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean' },
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        only: { type: 'string' },
        contenders: { type: 'string' },
        'self-check': { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** The names in a list that is separated by commas; all there are, where none is given. */
function named(
  option: string,
  value: string | undefined,
  all: readonly { readonly name: string }[],
): readonly string[] {
  const known = all.map(({ name }) => name)
  const names = value?.split(',') ?? known
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`${option}: no ${unknown}; there are ${known.join(', ')}`)
  return names
}
