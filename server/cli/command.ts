import type { Env } from '../journal/env.ts'
import type { Root } from '../journal/root.ts'

/** What a subcommand is given; nothing of the process is touched beside it. */
export interface Surroundings {
  readonly env: Env
  readonly root: Root
  /** The folder that the user has named for it by --journal. */
  readonly journal?: string | undefined
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

/** Runs `node:util`'s parseArgs; what it complains of is the user's usage. `options`: those that there are. */
export function orUsage<T>(parse: () => T, options: object = {}): T {
  try {
    return parse()
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    // "Unknown option '-x'. To specify a positional argument starting with a '-', ..."
    const [short] = /^Unknown option '-[^-']'/.exec(line!) ?? []
    if (short !== undefined) throw new UsageError(short)
    // "Unknown option '--stta'. To specify a positional argument starting with a '-', ..."
    const [what, unknown] = /^Unknown option '--([^']+)'/.exec(line!) ?? []
    if (unknown === undefined) throw new UsageError(line!)
    const meant = nearest(unknown, Object.keys(options))
    throw new UsageError(meant === undefined ? what! : `${what}: is it --${meant}?`)
  }
}

/** The one of the words that a mistyped one is most like, if it is like one at all. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, distance: distanceOf(typed, word) }))
    .filter(({ word, distance }) => distance <= Math.ceil(Math.min(typed.length, word.length) / 3))
    .sort((a, b) => a.distance - b.distance)
  return best?.word
}

/** How many letters are to be put in, left out, changed, or exchanged with the next one (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1]!
      const changed = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
