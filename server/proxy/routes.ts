import { EnvelopeReader, plainId } from './envelope.ts'
import { textAt } from './json-bytes.ts'
import type { Message } from './message.ts'
import { PlainFrames } from './plain-frames.ts'

/** What is to become of a message that the proxy wants to see. */
export type Route =
  /** Passed on as it comes; looked at once it is whole and on its way. */
  | { readonly kind: 'observe'; readonly look: (message: Message) => void }
  /**
   * Kept back, and everything behind it, until `settle` says what goes on in its place; undefined: nothing.
   * `tooLong`: it is more than can be kept; whether its bytes are dropped or passed on.
   */
  | {
      readonly kind: 'hold'
      readonly settle: (message: Message) => Promise<Buffer | undefined>
      readonly tooLong: (id: string | undefined) => 'drop' | 'pass'
    }

/** The messages of one direction that the proxy wants to see; every other one passes. */
export interface Watched {
  /** By the method of a request or a notification. */
  readonly calls: Readonly<Record<string, Route>>
  /** The answers that are waited for; `id` as `idOf` spells it. */
  readonly answers: {
    /** None at all, at the moment: most of the time. */
    readonly none: boolean
    route(id: string): Route | undefined
  }
  /** What becomes of a message that is too long to be kept and has not told yet what it is: it may be a call. */
  readonly undecided: () => 'drop' | 'pass'
}

/** The route of what is only looked at. */
export function look(handle: (message: Message) => unknown): Route {
  return { kind: 'observe', look: handle }
}

export const NO_ANSWERS: Watched['answers'] = { none: true, route: () => undefined }

/** Finds the route of a message by its first bytes. */
export class Routes {
  readonly #watched: Watched
  readonly #envelope = new EnvelopeReader()
  readonly #plain: PlainFrames
  /** By the first byte of the method. */
  readonly #calls: { readonly method: Buffer; readonly route: Route }[][] = []

  constructor(watched: Watched) {
    this.#watched = watched
    this.#plain = new PlainFrames(Object.keys(watched.calls))
    for (const [method, route] of Object.entries(watched.calls)) {
      this.#calls[method.charCodeAt(0)] ??= []
      this.#calls[method.charCodeAt(0)]!.push({ method: Buffer.from(`${method}"`, 'latin1'), route })
    }
  }

  /** Where the frames that pass, if there are any at `at`, end for certain. */
  afterPassing(bytes: Uint8Array, at: number): number {
    return this.#plain.after(bytes, at, this.#watched.answers.none)
  }

  /** `bytes` from `from` to `to` are what has come of a body; `whole`: that is all of it. */
  of(bytes: Buffer, from: number, to: number, whole: boolean): Route | 'pass' | 'unknown yet' {
    switch (this.#envelope.read(bytes, from, to, whole, !this.#watched.answers.none)) {
      case 'unknown yet':
        return 'unknown yet'
      case 'none':
        return 'pass'
      case 'call':
        return this.#ofCall(bytes, to, whole)
      case 'answer':
        return this.#ofAnswer(bytes) ?? 'pass'
    }
  }

  /** What becomes of a message of which too much has come without a key that tells. */
  undecided(): 'drop' | 'pass' {
    return this.#envelope.isAnswer ? 'pass' : this.#watched.undecided()
  }

  /** The id of the message that `of` looked at last, as far as it had come, in the spelling of its sender. */
  idIn(bytes: Buffer): string | undefined {
    const { idFrom, idTo } = this.#envelope
    const id = bytes.toString('utf8', idFrom, idTo)
    return plainId(id) === undefined ? undefined : id
  }

  #ofCall(bytes: Buffer, to: number, whole: boolean): Route | 'pass' | 'unknown yet' {
    const from = this.#envelope.method
    const cutShort = whole ? 'pass' : 'unknown yet'
    if (from >= to) return cutShort
    if (bytes[from] === BACKSLASH) return this.#ofEscapedCall(bytes, to, whole)
    for (const { method, route } of this.#calls[bytes[from]!] ?? NONE) {
      let i = 0
      while (i < method.length && bytes[from + i] === method[i]) i++
      if (i === method.length && from + i <= to) return route
      if (from + i >= to) return cutShort
      // What is told apart by any other character is another method, whatever comes.
      if (bytes[from + i] === BACKSLASH) return this.#ofEscapedCall(bytes, to, whole)
    }
    return 'pass'
  }

  #ofEscapedCall(bytes: Buffer, to: number, whole: boolean): Route | 'pass' | 'unknown yet' {
    const method = textAt(bytes, this.#envelope.method, to)
    if (method === undefined) return whole ? 'pass' : 'unknown yet'
    const { calls } = this.#watched
    return (Object.hasOwn(calls, method) ? calls[method] : undefined) ?? 'pass'
  }

  #ofAnswer(bytes: Buffer): Route | undefined {
    if (this.#watched.answers.none) return undefined
    const id = this.idIn(bytes)
    return id === undefined ? undefined : this.#watched.answers.route(plainId(id)!)
  }
}

const NONE: readonly never[] = []
const BACKSLASH = 0x5c
