import type { Limits } from '../journal/retention.ts'
import type { Variables } from './command.ts'
import { bytesOf, millisecondsOf } from './measures.ts'

/** `--keep` and `--max-size`, as they were given. */
export interface LimitOptions {
  readonly keep?: string | undefined
  readonly 'max-size'?: string | undefined
}

/**
 * What of the history is kept: as the options say, else the environment, else 14 days and 512 MiB.
 * @throws UsageError
 */
export function limitsOf(options: LimitOptions, variables: Variables): Limits {
  const [keep, keepName] = given(options.keep, '--keep', variables, 'LSP_WAL_KEEP', '14d')
  const [most, mostName] = given(options['max-size'], '--max-size', variables, 'LSP_WAL_MAX_SIZE', '512M')
  return {
    keepMs: keep === 'none' ? Number.POSITIVE_INFINITY : millisecondsOf(keep, keepName),
    maxBytes: most === 'none' ? Number.POSITIVE_INFINITY : bytesOf(most, mostName, '512M, 0 or none'),
  }
}

/** The value, and what it is called where it makes no sense. An empty variable is none. */
function given(
  option: string | undefined,
  optionName: string,
  variables: Variables,
  name: string,
  usual: string,
): readonly [value: string, name: string] {
  if (option !== undefined) return [option, optionName]
  return [variables[name] || usual, name]
}
