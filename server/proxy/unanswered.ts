import { JournalError } from '../journal/env.ts'

/**
 * The files that the editor was asked to change and has not said a word about, nor shown the change: its user is asked,
 * say. An edit of the text that is there now would come on top, and take the same out twice.
 */
export class Unanswered {
  readonly #asked = new Set<readonly string[]>()

  get any(): boolean {
    return this.#asked.size > 0
  }

  has(path: string): boolean {
    return [...this.#asked].some((paths) => paths.includes(path))
  }

  /** `signs`: the answer, and that the change was seen; the first that comes to something counts. */
  add(paths: readonly string[], signs: readonly Promise<unknown>[]): void {
    this.#asked.add(paths)
    const remove = () => void this.#asked.delete(paths)
    Promise.any(signs).then(remove, remove)
  }

  /** @throws JournalError where one of these files is among them */
  refuse(paths: readonly string[]): void {
    const path = paths.find((each) => this.has(each))
    if (path !== undefined) throw new JournalError(stillAt(path))
  }
}

export function stillAt(path: string): string {
  return `${path} is still being changed by the editor, which has yet to answer: see what it asks, and try again then`
}
