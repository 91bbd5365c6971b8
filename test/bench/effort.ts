/** How much of everything is done. */
export interface Effort {
  readonly rounds: number
  readonly echoes: number
  /** How long a stream is to flow while it is measured, and before. */
  readonly streamMs: number
  readonly warmUpMs: number
  readonly starts: number
  readonly stallMs: number
  readonly stalledMiB: number
  /** The rounds that have the largest messages, which take long. */
  readonly heavyRounds: number
  /** Of one session, after its first. */
  readonly laterEdits: number
}

/** Enough to compare. */
export const FULL: Effort = {
  rounds: 4,
  echoes: 1000,
  streamMs: 320,
  warmUpMs: 150,
  starts: 5,
  stallMs: 2000,
  stalledMiB: 128,
  heavyRounds: 3,
  laterEdits: 4,
}

/** Enough to see whether it works. */
export const QUICK: Effort = {
  rounds: 1,
  echoes: 300,
  streamMs: 120,
  warmUpMs: 150,
  starts: 3,
  stallMs: 800,
  stalledMiB: 128,
  heavyRounds: 1,
  laterEdits: 2,
}
