import type { Env } from '../journal/env.ts'
import type { Root } from '../journal/root.ts'

/** What a subcommand is given; nothing of the process is touched beside it. */
export interface Surroundings {
  readonly env: Env
  readonly root: Root
  readonly cwd: string
  /** The command lines of the programs of this package, for what runs them as a user would. */
  readonly programs: Programs
  readonly variables: Variables
  /** Writes to stdout. */
  readonly out: (text: string) => void
  /** Writes to stderr. */
  readonly err: (text: string) => void
  /** Shows how far long work has come, in the place of what it showed before, where somebody looks on. */
  readonly progress: (text: string) => void
  /** Whether stdout is a terminal that wants colour. */
  readonly colour: boolean
  /** Columns of the terminal; undefined where there is none. */
  readonly width: number | undefined
}

/** The environment. */
export type Variables = Readonly<Record<string, string | undefined>>

interface Programs {
  readonly node: string
  readonly nodeVersion: string
  readonly lspWal: readonly string[]
  readonly headless: readonly string[]
}

/** A subcommand: takes what follows its name, resolves with the exit status. @throws UsageError */
export type Command = (surroundings: Surroundings, args: readonly string[]) => Promise<number>

export const EXIT = { done: 0, error: 1, usage: 2, partly: 3, waiting: 4 } as const

/** The command line makes no sense: one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Runs `node:util`'s parseArgs; what it complains of is the user's usage. */
export function orUsage<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!)
  }
}
