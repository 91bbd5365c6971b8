import { parseArgs } from 'node:util'
import type { RecoverMode } from '../recovery/plan.ts'
import { orUsage, UsageError } from './command.ts'

/** How a server is wrapped: the options before `--`. */
export interface WrapOptions {
  readonly journal: string | undefined
  readonly recover: RecoverMode
  readonly onJournalFailure: 'refuse' | 'forward'
  /** Bytes. */
  readonly maxIntent: number
}

const RECOVER_MODES: readonly RecoverMode[] = ['auto', 'replay', 'ask', 'rollback', 'report']

/** @throws UsageError */
export function wrapOptions(args: readonly string[]): WrapOptions {
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
    maxIntent: bytesOf(values['max-intent'] ?? '256M', '--max-intent'),
  }
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const
  const options = { journal: string, recover: string, 'on-journal-failure': string, 'max-intent': string }
  return orUsage(() => parseArgs({ args: [...args], options, allowPositionals: false }).values)
}

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** A size such as `256M`, in bytes. */
function bytesOf(text: string, option: string): number {
  const match = /^(\d{1,12})([KMG]?)i?B?$/i.exec(text)
  if (match === null) throw new UsageError(`${option} takes a size such as 256M: not ${text}`)
  return Number(match[1]) * UNIT[match[2]!.toUpperCase()]!
}
