import type { Outline } from '../edits/images.ts'
import { pathsOf, type Step } from '../edits/steps.ts'
import type { Env } from '../journal/env.ts'
import type { About, Intent } from '../journal/intent.ts'
import { TO_BE_CONFIRMED } from '../journal/outcomes.ts'
import type { Session } from '../journal/session.ts'
import { withBothEnds } from '../journal/withhold.ts'
import type { DiskWorkspace } from '../recovery/disk-workspace.ts'
import { ChangedMeanwhile, composeIntent } from './compose-intent.ts'
import type { Conversation } from './conversation.ts'
import type { Excluded } from './exclusion.ts'
import type { Mirror } from './mirror.ts'
import { fromWorkspaceEdit, type Lowered } from './workspace-edit.ts'

/** What came of recording an edit. `nothing`: it touches no file, so there is nothing to record. */
export type Recording =
  /** `intent`: with what was kept out of the log, to follow it by. */
  | { readonly kind: 'recorded'; readonly intent: Intent }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly reason: string }

/** An edit on its way to the editor: the road it takes and what it is called. */
export interface Travelling {
  readonly road: string
  readonly label: string
  readonly edit: unknown
  /** What the editor does by itself once it has carried out the edit of these paths. */
  readonly then?: (edited: readonly string[]) => Promise<readonly Step[]>
}

const MOST_TRIES = 3

/** Lowers edits and makes their intents durable, whatever road they came. */
export class Recorder {
  readonly #env: Env
  readonly #mirror: Mirror
  readonly #conversation: Conversation
  readonly #session: Session
  readonly #disk: DiskWorkspace
  readonly #server: string
  readonly #maxIntent: number
  readonly #excluded: (() => Promise<Excluded | undefined>) | undefined
  readonly #confirmsParts: boolean
  #recording: Promise<unknown> = Promise.resolve()

  constructor(
    env: Env,
    mirror: Mirror,
    conversation: Conversation,
    session: Session,
    disk: DiskWorkspace,
    about: {
      readonly server: string
      readonly maxIntent: number
      readonly excluded?: () => Promise<Excluded | undefined>
      /** Whether the editor asks its user to confirm parts of an edit. */
      readonly confirmsParts?: boolean
    },
  ) {
    this.#env = env
    this.#mirror = mirror
    this.#conversation = conversation
    this.#session = session
    this.#disk = disk
    this.#server = about.server
    this.#maxIntent = about.maxIntent
    this.#excluded = about.excluded
    this.#confirmsParts = about.confirmsParts === true
  }

  /** Once this resolves with `recorded`, the edit may be forwarded. */
  record(travelling: Travelling): Promise<Recording> {
    const recording = this.#record(travelling)
    this.#recording = recording
    return recording
  }

  /** Resolves once no edit is being recorded: what can wait would only hold it up. */
  async idle(): Promise<void> {
    for (let last: unknown; last !== this.#recording; ) {
      last = this.#recording
      await last
    }
  }

  async #record({ road, label, edit, then }: Travelling): Promise<Recording> {
    try {
      const read = fromWorkspaceEdit(edit)
      for (const uri of read.unrecorded) this.#warn(`${uri} is no file: its edits pass unrecorded`)
      if (read.steps.length === 0) return { kind: 'nothing' }
      const at = this.#env.host.now().toISOString()
      const about = { at, session: this.#session.id, road, label, server: this.#server, edit }
      const withMoves = async () => {
        const behind = (await then?.(pathsOf(read.steps))) ?? []
        if (behind.length === 0) return undefined
        return this.#append({ ...read, steps: [...read.steps, ...behind] }, about)
      }
      // A move loses nothing: where it cannot be recorded (a large file), its edit need not be refused for that.
      return (await withMoves().catch(() => undefined)) ?? (await this.#append(read, about))
    } catch (error) {
      // Whatever it is: an edit that is not recorded must not pass for recorded, nor end the session.
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async #append(lowered: Lowered, about: About): Promise<Recording> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#appendAsItIs(lowered, about)
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile) || tries === MOST_TRIES) throw error
      }
    }
  }

  async #appendAsItIs(lowered: Lowered, about: About): Promise<Recording> {
    const composed = await composeIntent(this.#env, this.#mirror, lowered, about, this.#maxIntent)
    // Of an empty folder that comes or goes there is nothing to be lost.
    if (composed.outlines.length === 0) {
      this.#warnOfSkipped(composed.skipped)
      return { kind: 'nothing' }
    }
    // What is only moved keeps its bytes to itself: there is nothing to be kept out of the log.
    const kept = composed.outlines.filter(({ path }) => !composed.isBare(path))
    composed.withhold(await this.#excludedAmong(kept))
    const recorded = await this.#session.append(composed)
    void this.#warnOf(recorded, composed.skipped)
    const { withheld: _, ...intent } = recorded
    const reason = lowered.isConfirmed && this.#confirmsParts ? { reason: TO_BE_CONFIRMED } : {}
    const at = this.#env.host.now().toISOString()
    this.#session.note({ id: intent.id, at, event: 'forwarded', ...reason })
    return { kind: 'recorded', intent: { ...intent, images: [...intent.images, ...composed.withheldImages] } }
  }

  async #excludedAmong(outlines: readonly Outline[]): Promise<ReadonlySet<string>> {
    const excluded = await this.#excluded?.()
    if (excluded === undefined) return new Set()
    const verdicts = await Promise.all(outlines.map(({ path }) => excluded(path)))
    const chosen = new Set(outlines.filter((_, i) => verdicts[i]).map(({ path }) => path))
    return withBothEnds(outlines, (path) => chosen.has(path))
  }

  /** Nothing of this is needed to record the edit: it comes behind it. */
  async #warnOf({ images, withheld = [] }: Intent, skipped: readonly string[]): Promise<void> {
    await new Promise((forwarded) => setImmediate(forwarded))
    try {
      this.#warnOfSkipped(skipped)
      for (const { path } of withheld)
        this.#warn(`${path} is kept out of the log: its edit is never recovered or undone`)
      for (const { path, after } of images)
        if (after.kind === 'unknown')
          this.#warn(
            `${path}: its original is kept, but what the edit makes of it is not known: ${after.reason}`,
          )
      await this.idle()
      for await (const refusal of this.#disk.refusalsOf({ images })) {
        if (refusal !== undefined)
          this.#warn(`${refusal}: its edit is recorded, but never recovered or undone`)
        await this.idle()
      }
    } catch (error) {
      this.#warn(error instanceof Error ? error.message : String(error))
    }
  }

  #warnOfSkipped(skipped: readonly string[]): void {
    for (const path of skipped)
      this.#warn(`${path} is no ordinary file, or its name is not UTF-8: it is not recorded`)
  }

  #warn(text: string): void {
    this.#conversation.log('warning', text)
  }
}
