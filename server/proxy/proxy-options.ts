import type { Limits } from '../journal/retention.ts'
import type { Root } from '../journal/root.ts'
import type { RecoverMode } from '../recovery/plan.ts'
import type { CommandLine } from './editor-commands.ts'

export interface ProxyOptions {
  readonly root: Root
  /** The server's command line, as given. */
  readonly command: readonly string[]
  readonly cwd: string
  /** The environment that the editor has given this process. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly recover: RecoverMode
  readonly onJournalFailure: 'refuse' | 'forward'
  /** Bytes of originals above which an edit counts as one that cannot be recorded. */
  readonly maxIntent: number
  /** What of the history is kept. */
  readonly limits: Limits
  /** Globs of files that are kept out of the log. */
  readonly exclude: readonly string[]
  /** Whether edits of one document's layout are recorded, too. */
  readonly journalFormatting: boolean
  /** Runs a command of the command line in a folder, and gives what it prints. */
  readonly commandLine: (...args: [...Parameters<CommandLine>, cwd: string]) => Promise<string>
}
