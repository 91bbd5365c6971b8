import { setTimeout } from 'node:timers/promises'
import { ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver-protocol/node'
import type { Activity } from '../activity.ts'
import type { HeadlessClient } from '../client.ts'
import { DeadlineError } from '../deadline.ts'

/** So long nothing begins before a server counts as at rest: between two jobs there is a pause. */
const REST_MS = 300
/** For what may never come. */
const HOPE_MS = 3_000
const ASK_AGAIN_MS = 200

export interface Question<T> {
  readonly ask: (timeoutMs: number) => Promise<T>
  /** An answer that a server gives, too, which is still loading. */
  readonly isNo: (answer: T) => boolean
  /**
   * What is waited for: an answer that can be relied on, by default; only for any answer; for one that is no "no", as
   * long as there is time.
   */
  readonly until?: 'sure' | 'any' | 'yes'
}

/** Waits on a server that may still be loading, and no longer than until its deadline. */
export class Patience {
  readonly #client: HeadlessClient
  readonly #end: number
  readonly #begun = Date.now()
  readonly #settleMs: number

  /** `settleMs`: so long a server that says nothing of its work may still be at it. */
  constructor(client: HeadlessClient, timeoutMs: number, settleMs: number) {
    this.#client = client
    this.#settleMs = settleMs
    this.#end = Date.now() + timeoutMs
  }

  get leftMs(): number {
    return Math.max(1, this.#end - Date.now())
  }

  get #activity(): Activity {
    return this.#client.activity
  }

  /** Resolves once the server has been at rest for a while. */
  async rest(): Promise<void> {
    for (;;) {
      const idle = () => this.#activity.isIdle || undefined
      await this.#client.waitFor('the server to have loaded the project', idle, this.leftMs)
      const before = this.#activity.changes
      await setTimeout(Math.min(REST_MS, this.leftMs))
      if (this.#activity.isIdle && this.#activity.changes === before) return
    }
  }

  /**
   * Asks until the answer is one that a server gives which has loaded everything. One that has said when it was done
   * is believed; of another one the same answer must come twice, once it has had time to settle: before that, some
   * answer for the files alone that they have read (typescript-language-server's second, syntactic server).
   */
  async ask<T>(what: string, { ask, isNo, until = 'sure' }: Question<T>): Promise<T> {
    let last: string | undefined
    for (;;) {
      await this.rest()
      if (Date.now() >= this.#end) throw new DeadlineError(this.#end - this.#begun, what)
      const before = this.#activity.changes
      const { answer, error } = await tried(() => ask(this.leftMs))
      const disturbed = this.#activity.changes !== before
      const isOpen = disturbed || until === 'yes' || this.#isInDoubt
      if (error !== undefined) {
        if (!isForNow(error) && !isOpen) throw error
      } else if (isNo(answer as T)) {
        if (!isOpen) return answer as T
      } else if (!disturbed) {
        const text = JSON.stringify(answer)
        const isSure = before > 0 || (text === last && !this.#isInDoubt)
        if (isSure || until === 'any') return answer as T
        last = text
      }
      await setTimeout(Math.min(ASK_AGAIN_MS, this.leftMs))
    }
  }

  /** Waits for something that may never come, and not long. */
  async hope(condition: () => boolean, ms = HOPE_MS): Promise<void> {
    try {
      await this.#client.waitFor('it', () => condition() || undefined, Math.min(ms, this.leftMs))
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error
    }
  }

  get #isInDoubt(): boolean {
    return this.#activity.changes === 0 && Date.now() - this.#begun < this.#settleMs
  }
}

async function tried<T>(question: () => Promise<T>): Promise<{ answer?: T; error?: unknown }> {
  try {
    return { answer: await question() }
  } catch (error) {
    if (error instanceof ResponseError) return { error }
    throw error
  }
}

/** What servers say while they load, or while what they were asked about changes. */
function isForNow(error: unknown): boolean {
  const codes: readonly number[] = [
    LSPErrorCodes.ContentModified,
    LSPErrorCodes.ServerCancelled,
    LSPErrorCodes.RequestCancelled,
    ErrorCodes.ServerNotInitialized,
  ]
  return error instanceof ResponseError && codes.includes(error.code)
}
