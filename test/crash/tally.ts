import { SEED } from './seed.ts'

/** How many crash states there were, by what died. */
export class Tally {
  readonly #counts = new Map<string, number>()

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count)
  }

  /** One line, to be printed when all is done: what a table of what was run is made from. */
  print(title: string): void {
    const all = [...this.#counts].map(([what, count]) => `${count} ${what}`).join(', ')
    process.stderr.write(`${title}: ${all} (LSP_WAL_TEST_SEED=${SEED})\n`)
  }
}
