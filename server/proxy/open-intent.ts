import type { Image } from '../edits/images.ts'
import type { Intent } from '../journal/intent.ts'
import type { Outcome } from '../journal/outcomes.ts'

/** What the settlement tells whoever follows an intent. */
export interface Follower {
  note(outcome: Outcome): void
  /** The editor refused the edit, and so many paths changed all the same, on the disk or in a buffer. */
  torn?(intent: Intent, changed: number): void
}

/** An intent that has been forwarded and has no end yet. */
export interface OpenIntent {
  readonly intent: Intent
  /** Those of its images that change something: of the others nobody can tell whether they landed. */
  readonly images: readonly Image[]
  /** Their paths. */
  readonly changed: ReadonlySet<string>
  readonly follower: Follower
  /** When it was forwarded; milliseconds since 1970. */
  readonly since: number
  /** The editor never says what it did with it: it asked for the edit. */
  readonly isAnswer: boolean
  /** What the editor said to it, if anything. */
  answer: 'applied' | 'refused' | undefined
  /** When it refused; milliseconds since 1970. */
  refusedAt: number
  /** A buffer changed soon after the edit, if not to what it should be: its user may have typed on meanwhile. */
  maybeTakenUp: boolean
  /** Paths whose after-image a buffer was seen to hold. */
  readonly buffered: Set<string>
  /** Paths that are done with: seen on the disk, whatever comes later. */
  readonly landed: Set<string>
  /** Paths that were closed while only their buffer held the edit. */
  readonly discarded: Set<string>
  /** Closed just now: discarded only if the editor stays, since many close every document on their way out. */
  readonly closing: Set<string>
  /** Paths that are known, to a later start too, to have been taken back, or never to have been there. */
  readonly takenBack: Set<string>
  tornTold: boolean
  lateTold: boolean
  dropTold: boolean
  troubleTold: boolean
}

/** As it is when it is followed first; `answer`: what the editor has said already, `none`: it will not say anything. */
export function openFrom(
  intent: Intent,
  {
    images,
    follower,
    answer,
    nowMs,
  }: Pick<OpenIntent, 'images' | 'follower'> & {
    readonly answer: 'applied' | 'none' | undefined
    readonly nowMs: number
  },
): OpenIntent {
  return {
    intent,
    images,
    changed: new Set(images.map(({ path }) => path)),
    follower,
    since: nowMs,
    isAnswer: answer === 'none',
    answer: answer === 'none' ? undefined : answer,
    refusedAt: 0,
    maybeTakenUp: false,
    buffered: new Set(),
    landed: new Set(),
    discarded: new Set(),
    closing: new Set(),
    takenBack: new Set(),
    tornTold: false,
    lateTold: false,
    dropTold: false,
    troubleTold: false,
  }
}
