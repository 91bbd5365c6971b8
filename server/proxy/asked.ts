import type { Message } from './message.ts'
import type { Mirror } from './mirror.ts'
import type { Road } from './roads.ts'

/** A request of the editor whose answer may carry an edit. */
export interface Question {
  readonly method: string
  readonly road: Road
  readonly params: unknown
  readonly label: string
}

/** The requests that the editor has sent and the server has not answered, of those whose answers are waited for. */
export class Asked {
  readonly #mirror: Mirror
  readonly #questions = new Map<string, Question>()

  constructor(mirror: Mirror) {
    this.#mirror = mirror
  }

  get any(): boolean {
    return this.#questions.size > 0
  }

  has(id: string): boolean {
    return this.#questions.has(id)
  }

  ask(method: string, road: Road, { id, params }: Message): void {
    if (id === undefined) return // nobody answers what is no request
    // Now, while the text is the one that the question is about.
    this.#questions.set(id, { method, road, params, label: this.#labelOf(method, road, params) })
  }

  /** An edit is recorded, however little sense the question makes that it answers. */
  #labelOf(method: string, road: Road, params: unknown): string {
    try {
      return road.label(params, this.#mirror)
    } catch {
      return method
    }
  }

  take(id: string): Question | undefined {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    return question
  }
}
