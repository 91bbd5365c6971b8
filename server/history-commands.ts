import type { Command, Surroundings } from './cli/command.ts'
import { files } from './cli/files.ts'
import { log } from './cli/log.ts'
import { show } from './cli/show.ts'
import { status } from './cli/status.ts'
import { runCommand } from './run-command.ts'

/**
 * The commands that only look: what is typed most. The build makes one file of these and all that they need, since to
 * find thirty files takes longer than to run what is in them; with the other commands in it, it would be twice as large.
 */
const COMMANDS: Readonly<Record<'log' | 'show' | 'status' | 'files', Command>> = { log, show, status, files }

export function runHistoryCommand(
  name: keyof typeof COMMANDS,
  args: readonly string[],
  programs: Surroundings['programs'],
): Promise<void> {
  return runCommand(() => Promise.resolve(COMMANDS[name]), args, programs)
}
