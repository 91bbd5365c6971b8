import type { Readable } from 'node:stream'

const QUIET_MS = 250
const QUIET_AT_LATEST_MS = 5000

/** Waits until an editor says nothing for a moment: by then it has told which files it holds open. */
export class QuietMoment {
  readonly #input: Readable
  readonly #act: () => void
  #stop: (() => void) | undefined

  constructor(input: Readable, act: () => void) {
    this.#input = input
    this.#act = act
  }

  /** From now on; one that is waited for already is this one, too. */
  wait(): void {
    if (this.#stop !== undefined) return
    const latest = Date.now() + QUIET_AT_LATEST_MS
    const timer = setTimeout(() => {
      this.end()
      this.#act()
    }, QUIET_MS).unref()
    const heard = () => {
      if (Date.now() < latest) timer.refresh()
    }
    this.#input.on('data', heard)
    this.#stop = () => {
      clearTimeout(timer)
      this.#input.off('data', heard)
    }
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#stop?.()
    this.#stop = undefined
  }
}
