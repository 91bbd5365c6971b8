import type { Intent } from '../journal/intent.ts'
import type { Session } from '../journal/session.ts'
import type { Severity } from './conversation.ts'
import { frameAround } from './frames.ts'
import type { Housekeeper } from './housekeeper.ts'
import type { Follower } from './open-intent.ts'
import type { Recorder, Travelling } from './recorder.ts'
import type { Settlement } from './settlement.ts'

/** What exists once the editor has said who it is. */
export interface Records {
  readonly session: Session
  readonly recorder: Recorder
  readonly settlement: Settlement
  readonly housekeeper: Housekeeper
  /** The editor has taken an edit up; told once of each. */
  readonly happened: (intent: Intent) => void
  /** The editor refused an edit, and so many of its paths changed all the same; told once of each. */
  readonly torn: (intent: Intent, changed: number) => void
}

/** Whether an edit may go on to the editor. `intent`: what it is recorded as; undefined: there was nothing to record. */
export type Passage =
  | { readonly kind: 'passes'; readonly intent: Intent | undefined }
  | { readonly kind: 'refused'; readonly reason: string }

/** LSP's RequestFailed: the request was valid, and came to nothing. */
const REQUEST_FAILED = -32803

/** Lets an edit through once it is recorded, whatever its road. What cannot be recorded does not pass. */
export class Gate {
  readonly #onFailure: 'refuse' | 'forward'
  readonly #show: (severity: Severity, text: string) => void
  readonly #problem: (error: unknown) => void
  #records: Records | undefined

  constructor(
    onFailure: 'refuse' | 'forward',
    show: (severity: Severity, text: string) => void,
    problem: (error: unknown) => void,
  ) {
    this.#onFailure = onFailure
    this.#show = show
    this.#problem = problem
  }

  open(records: Records): void {
    this.#records = records
  }

  /** `asked`: the editor is asked to carry it out, and will answer; `told`: it is an answer itself. Never rejects. */
  async admit(travelling: Travelling, how: 'asked' | 'told'): Promise<Passage> {
    if (this.#records === undefined) return this.refuse('the server sent it before it was initialized')
    const { housekeeper, recorder, settlement } = this.#records
    const recording = await recorder.record(travelling)
    if (recording.kind === 'failed') return this.refuse(recording.reason)
    if (recording.kind === 'nothing') return { kind: 'passes', intent: undefined }
    housekeeper.recorded()
    try {
      settlement.follow(
        recording.intent,
        this.#followerOf(recording.intent),
        how === 'asked' ? undefined : 'none',
      )
    } catch (error) {
      this.#problem(error) // it is recorded, and so it may pass: the next start finds what became of it
    }
    return { kind: 'passes', intent: recording.intent }
  }

  /** What is not recorded does not pass, unless the user said that it may. */
  refuse(reason: string): Passage {
    if (this.#onFailure === 'forward') {
      this.#show('warning', `this edit is not recorded: ${reason}`)
      return { kind: 'passes', intent: undefined }
    }
    this.#show('error', `this edit is refused, since it could not be recorded: ${reason}`)
    return { kind: 'refused', reason }
  }

  #followerOf(intent: Intent): Follower {
    let isTold = false
    return {
      note: (outcome) => {
        const { session, happened } = this.#records!
        session.note(outcome)
        if (isTold || (outcome.event !== 'applied' && outcome.event !== 'landed')) return
        isTold = true
        happened(intent)
      },
      torn: (_, changed) => this.#records!.torn(intent, changed),
    }
  }
}

/** The answer to a server whose `workspace/applyEdit` is refused; `id` as the server wrote it. */
export function notApplied(id: string, reason: string): Buffer {
  const result = { applied: false, failureReason: `lsp-wal: ${reason}` }
  return frameAround(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`)
}

/** The answer to an editor's request whose edit is refused; `id` as the editor, or the server, wrote it. */
export function notGiven(id: string, reason: string): Buffer {
  const error = { code: REQUEST_FAILED, message: `lsp-wal: ${reason}` }
  return frameAround(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`)
}
