/** How many times as much as usual is tried. */
export const SCALE = Number(process.env.LSP_WAL_TEST_RUNS ?? 1)

/** How long a test may take: in the long form, as long as it takes, on whatever machine. */
export const limitMs = (usual: number): number => (SCALE > 1 ? 0 : usual)

/** What a run of the battery is made from: printed by each test that fails, and set to have the same run again. */
export const SEED = Number(process.env.LSP_WAL_TEST_SEED ?? Date.now() % 1_000_000)

/** Random in appearance only: the same numbers for the same seed (mulberry32, public domain). */
export class Dice {
  #state: number

  /** `salts` tell apart what has the seed in common. */
  constructor(...salts: readonly number[]) {
    this.#state = [SEED, ...salts].reduce((state, salt) => Math.imul(state ^ salt, 0x9e3779b1) >>> 0, 1)
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }
}
