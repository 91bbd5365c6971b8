const SHOWN_WITHIN_MS = 5000
const LOOK_AGAIN_MS = 50
const LOOK_SELDOM_MS = 1000

/** What an editor has answered so far. */
export class Heard {
  applied: boolean | undefined
  #over = Number.POSITIVE_INFINITY
  #problem: unknown

  constructor(answer: Promise<boolean>, wake: () => void = () => {}) {
    const heard = (applied: boolean | undefined, problem?: unknown) => {
      this.applied = applied
      this.#problem = problem
      this.#over = Date.now() + SHOWN_WITHIN_MS
      wake()
    }
    answer.then(heard, (problem: unknown) => heard(undefined, problem))
  }

  /** For how many milliseconds the editor may still do what it was asked. @throws what it did not live to answer */
  left(): number {
    if (this.#problem !== undefined) throw this.#problem
    return this.#over - Date.now()
  }
}

/**
 * Waits until what an editor was asked for is seen; what it answers proves nothing. Resolves with what it has answered
 * where it is not seen soon after that, or with nothing. @throws what the editor did not live to answer
 */
export async function seenWithin(
  answer: Promise<boolean>,
  isSeen: () => Promise<boolean>,
): Promise<Heard | undefined> {
  const heard = new Heard(answer)
  for (let pause = LOOK_AGAIN_MS; !(await isSeen()); ) {
    if (heard.left() <= 0) return heard
    await new Promise((done) => setTimeout(done, pause))
    // Its user may be asked first, and be away.
    if (heard.applied === undefined) pause = Math.min(pause * 2, LOOK_SELDOM_MS)
  }
  return undefined
}
