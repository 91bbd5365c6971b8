import { parseArgs } from 'node:util'
import type { Limits } from '../journal/retention.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import { orUsage, UsageError, type Variables } from './command.ts'
import { limitsOf } from './limits.ts'
import { bytesOf } from './measures.ts'

/** How a server is wrapped: the options before `--`. */
export interface WrapOptions {
  readonly journal: string | undefined
  readonly recover: RecoverMode
  readonly onJournalFailure: 'refuse' | 'forward'
  /** Bytes. */
  readonly maxIntent: number
  /** What of the history is kept. */
  readonly limits: Limits
  /** Globs of files that are kept out of the log. */
  readonly exclude: readonly string[]
  readonly journalFormatting: boolean
}

const RECOVER_MODES: readonly RecoverMode[] = ['auto', 'replay', 'ask', 'rollback', 'report']

/** @throws UsageError */
export function wrapOptions(args: readonly string[], variables: Variables): WrapOptions {
  const values = parse(args)
  const recover = RECOVER_MODES.find((mode) => mode === (values.recover ?? 'auto'))
  if (recover === undefined)
    throw new UsageError(`--recover takes ${RECOVER_MODES.join(', ')}: not ${values.recover}`)
  const onFailure = values['on-journal-failure'] ?? 'refuse'
  if (onFailure !== 'refuse' && onFailure !== 'forward')
    throw new UsageError(`--on-journal-failure takes refuse or forward: not ${onFailure}`)
  return {
    journal: values.journal,
    recover,
    onJournalFailure: onFailure,
    maxIntent: bytesOf(values['max-intent'] ?? '256M', '--max-intent', '256M'),
    limits: limitsOf(values, variables),
    exclude: excludeOf(values.exclude ?? [], variables),
    journalFormatting: values['journal-formatting'] ?? false,
  }
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const
  const options = {
    journal: string,
    recover: string,
    'on-journal-failure': string,
    'max-intent': string,
    keep: string,
    'max-size': string,
    exclude: { type: 'string', multiple: true },
    'journal-formatting': { type: 'boolean' },
  } as const
  return orUsage(() => parseArgs({ args: [...args], options, allowPositionals: false }).values)
}

/** Those of the environment hold for every server; an option adds to them. */
export function excludeOf(options: readonly string[], variables: Variables): string[] {
  const globs = (variables.LSP_WAL_EXCLUDE ?? '').split(',').filter((glob) => glob.trim() !== '')
  return [...globs, ...options].map(globOf)
}

/** What would quietly match nothing, or everything but, is not what somebody with a secret has meant. */
function globOf(glob: string): string {
  if (glob.trim() === '' || glob.startsWith('#'))
    throw new UsageError(`--exclude takes a glob such as '**/.env*': not '${glob}'`)
  return glob
}
