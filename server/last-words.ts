import { writeSync } from 'node:fs'
import { EXIT } from './cli/command.ts'

/** Errors that say all that there is to say. By their names: the programs of the build have a class each. */
const KNOWN = ['UsageError', 'JournalError', 'DiskError']

export function warn(text: string): void {
  say(`lsp-wal: ${text}\n`)
}

/** On stderr, past Node's stream. */
export function say(text: string | Buffer): void {
  try {
    if (typeof text === 'string') writeSync(2, text)
    else writeSync(2, text)
  } catch {
    // stderr is closed or full: there is nowhere left to say it
  }
}

/**
 * Says why this program could not do what it was asked to, and sets its exit status.
 * `plain`: what a log, a session or a file name brought is not for the terminal to obey.
 */
export function fail(error: unknown, plain = (text: string) => text): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  warn(plain(KNOWN.includes(name) ? message : (stack ?? message)))
  process.exitCode = name === 'UsageError' ? EXIT.usage : EXIT.error
}
