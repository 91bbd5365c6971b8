import { dirname } from 'node:path'
import { DiskError } from '../disk/disk.ts'
import { bytesOf, type FileBytes, isUnkept, same, type Unkept } from '../edits/file-bytes.ts'
import { type Image, isBare } from '../edits/images.ts'
import { looselyEqual } from '../edits/normalize.ts'
import type { Env } from '../journal/env.ts'
import type { Intent } from '../journal/intent.ts'
import {
  CLOSED,
  type Event,
  isFinal,
  NOT_SEEN,
  NOT_TAKEN_UP,
  REFUSED,
  UNANSWERED,
  UNDONE,
  UNSEEN,
} from '../journal/outcomes.ts'
import { makeDurable, pathsByBytes } from '../recovery/make-durable.ts'
import { holdsAfter, imageAt, type Observation, observe } from '../recovery/observe.ts'
import { observeWithheld } from '../recovery/withheld.ts'
import type { Known, Lookout, Pairs } from '../recovery/workspace.ts'
import { changedIn, endOf, isDropped, isUnseenFor, LATE_CHANGE_MS, type Moment } from './intent-end.ts'
import { isTold, knownOf } from './known-file.ts'
import type { Mirror } from './mirror.ts'
import { NearImages } from './near-images.ts'
import { type Follower, type OpenIntent, openFrom } from './open-intent.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/**
 * Follows intents to their end, by what buffers and disk hold and not by what editors say.
 * Looks when something happened that may have changed it, and with growing pauses while a buffer holds an edit.
 */
export class Settlement {
  readonly #env: Env
  readonly #mirror: Mirror
  readonly #disk: Lookout
  readonly #tell: (problem: unknown) => void
  readonly #open = new Map<string, OpenIntent>()
  /** Of the files in which somebody typed last. */
  readonly #near = new NearImages()
  #timer: NodeJS.Timeout | undefined
  #pause = FIRST_PAUSE_MS
  #looking: Promise<void> = Promise.resolve()
  #finishing = false
  #leaving = false

  constructor(env: Env, mirror: Mirror, disk: Lookout, tell: (problem: unknown) => void = () => {}) {
    this.#tell = tell
    this.#env = env
    this.#mirror = mirror
    this.#disk = disk
  }

  /**
   * `answer`: what the editor has said already; `none`: it will not say anything, the edit being an answer itself.
   * `unseen`: paths that it said it has, and was not seen to have.
   */
  follow(
    intent: Intent,
    follower: Follower,
    answer?: 'applied' | 'none',
    unseen: readonly string[] = [],
  ): void {
    const images = intent.images.filter((image) => this.#changesSomething(image))
    const nowMs = this.#env.host.now().getTime()
    const open = openFrom(intent, { images, follower, answer, nowMs })
    this.#open.set(intent.id, open)
    this.#noteUnseen(open, unseen)
    // What a recovery put into a buffer was there before anybody followed it.
    this.#orTell(open, () => {
      for (const image of open.images) if (!isBare(image)) this.#seeBuffer(open, image)
    })
    this.#soon()
  }

  answered(id: string, applied: boolean): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    const known = open.answer
    open.answer = applied ? 'applied' : 'refused'
    // Either at once: a session that is killed now must not have its edit replayed as one that never arrived.
    if (!applied) {
      open.refusedAt = this.#env.host.now().getTime()
      this.#note(open, 'forwarded', REFUSED)
    } else if (known !== 'applied') this.#note(open, 'applied')
    this.#soon()
  }

  /** A document changed in the editor. */
  changed(path: string): void {
    const now = this.#env.host.now().getTime()
    for (const [open, image] of this.#about(path))
      this.#orTell(open, () => {
        const near = this.#near.get(image)
        if (now - open.since <= LATE_CHANGE_MS && !this.#isBackAt(near, near.before)) open.maybeTakenUp = true
        this.#seeBuffer(open, near)
      })
  }

  /** A document was saved: what its buffer went through is on the disk, with whatever came on top. */
  saved(path: string): void {
    for (const [open, image] of this.#about(path))
      this.#orTell(open, () => {
        if (open.buffered.has(path) && !this.#isBackAt(image, image.before)) open.landed.add(path)
      })
    this.#soon()
  }

  closed(path: string): void {
    for (const [open] of this.#about(path)) if (open.buffered.has(path)) open.closing.add(path)
    this.#soon()
  }

  /** It was taken back, and that is recorded: what becomes of the files is followed there. */
  takenBack(id: string): void {
    const open = this.#open.get(id)
    if (open !== undefined) this.#note(open, 'landed')
  }

  /** Something happened after which the disk may hold more. */
  nudge(): void {
    if (this.#open.size > 0) this.#soon()
  }

  /** The editor is about to leave: documents that it closes from now on say nothing of what becomes of them. */
  leaving(): void {
    this.#leaving = true
    this.nudge()
  }

  /** Looks at every open intent now; afterwards no timer is left. */
  async finish(): Promise<void> {
    this.#finishing = true
    this.#leaving = true
    for (const open of this.#open.values()) {
      // It was asked and left without an answer: that is no crash before the edit arrived.
      if (open.answer === undefined && !isDropped(open, this.#moment.nowMs))
        this.#note(open, 'forwarded', UNANSWERED)
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.look()
  }

  /** Looks at the disk for every open intent and settles what has come to its end. */
  look(): Promise<void> {
    const turn = this.#looking.then(() => this.#lookNow())
    this.#looking = turn.catch(() => {}) // whoever asked for that look has the error; the next one has its own
    return turn
  }

  async #lookNow(): Promise<void> {
    const all = [...this.#open.values()]
    for (const [i, open] of all.entries()) {
      // But for what takes it back: through that it has not landed.
      const later = all
        .slice(i + 1)
        .map(({ intent }) => intent)
        .filter(({ about }) => about.of !== open.intent.id)
      try {
        await this.#lookAt(open, later)
      } catch (error) {
        // Not settled on what a loss of power may take away, nor on what could not be read; the next look tries again.
        if (!(error instanceof DiskError)) throw error
        this.#tellOnce(open, error)
      }
    }
    if (this.#open.size > 0) this.#soon(Math.min(this.#pause * 2, LONGEST_PAUSE_MS))
  }

  async #lookAt(open: OpenIntent, later: readonly Intent[]): Promise<void> {
    let seen = await this.#see(open, later, 'times')
    // Times can be set back: what ends an intent is seen in the bytes.
    if (seen.some(isTold) && endOf(open, seen, this.#moment) !== undefined)
      seen = await this.#see(open, later, 'bytes')
    for (const { image, state } of seen)
      if (state === 'landed' && !this.#isOnlyClaimed(open, image)) open.landed.add(image.path)
    if (!this.#leaving) for (const path of open.closing) open.discarded.add(path)
    open.closing.clear()
    await this.#makeDurable(open)
    const event = endOf(open, seen, this.#moment)
    this.#judge(open, (await this.#isContradicted(open, event)) ? undefined : event)
  }

  #changesSomething({ before, after }: Image): boolean {
    try {
      return after.kind !== 'file' || before === undefined || !same(before, after.bytes)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#tell(error)
      return true
    }
  }

  /** Bytes that cannot be loaded are no reason to lose a message: what they are asked for is looked at again later. */
  #orTell(open: OpenIntent, act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#tellOnce(open, error)
    }
  }

  #tellOnce(open: OpenIntent, error: DiskError): void {
    if (!open.troubleTold) this.#tell(error)
    open.troubleTold = true
  }

  /** What the paths of an intent that change hold; `by`: whether a file whose size and time tell it is read. */
  async #see(open: OpenIntent, later: readonly Intent[], by: 'times' | 'bytes'): Promise<Observation[]> {
    const look = (path: string, known?: Known | Unkept) =>
      this.#disk.look(path, known ?? (by === 'times' ? knownOf(open.intent, path) : undefined))
    const spellings = (pairs: Pairs) => this.#disk.spellings(pairs)
    const found = await observe({ look, spellings }, open.intent, later, this.#env.hasher)
    return found.filter(({ image }) => open.changed.has(image.path))
  }

  /** For a later start: what the user may have declined is not to be written unasked, unless it is seen after all. */
  #noteUnseen(open: OpenIntent, unseen: readonly string[]): void {
    if (unseen.length === 0) return
    for (const path of unseen) open.takenBack.add(path)
    this.#note(open, 'applied', undefined, Object.fromEntries(unseen.map((path) => [path, UNSEEN])))
  }

  /** Whether a buffer was never seen to hold what it is said to: the disk may have held that all along beneath it. */
  #isOnlyClaimed({ buffered, takenBack }: OpenIntent, image: Image): boolean {
    const { path } = image
    const text = this.#mirror.document(path)?.text
    return text !== undefined && takenBack.has(path) && !buffered.has(path) && !holdsAfter(image, text)
  }

  /** For a later start: what was undone in its buffer or closed unsaved is not to be written back unasked. */
  #noteTakenBack(open: OpenIntent): void {
    const paths: Record<string, string> = {}
    for (const image of open.images.filter(({ path }) => open.buffered.has(path))) {
      const { path, before } = image
      const back = open.discarded.has(path) || this.#isBackAt(image, before)
      if (open.landed.has(path) || open.takenBack.has(path) || !back) continue
      open.takenBack.add(path)
      paths[path] = open.discarded.has(path) ? CLOSED : UNDONE
    }
    if (Object.keys(paths).length > 0) this.#note(open, 'applied', undefined, paths)
  }

  /** Editors need not sync what they save: settled as it is, a loss of power could tear it unseen. */
  async #makeDurable({ images, landed }: OpenIntent): Promise<void> {
    if (!images.every(({ path }) => landed.has(path))) return
    const { kept, bare } = pathsByBytes(images)
    await makeDurable(this.#env.disk, kept, [...kept, ...bare].map(dirname), bare)
  }

  /** An intent of an earlier session may have paths of which hashes alone are known: what they hold counts, too. */
  async #isContradicted(open: OpenIntent, event: Event | undefined): Promise<boolean> {
    if (event === undefined || open.intent.withheld === undefined) return false
    const withheld = await observeWithheld(this.#disk, open.intent, this.#env.hasher)
    return withheld.some(({ state }) => (state === 'landed') !== (event === 'landed'))
  }

  #judge(open: OpenIntent, event: Event | undefined): void {
    if (event !== undefined) {
      this.#note(open, event)
      return
    }
    this.#noteTakenBack(open)
    if (!open.lateTold && isUnseenFor(LATE_CHANGE_MS, open, this.#moment.nowMs)) {
      // Nor is one to be replayed unasked that was only looked at: editors resolve actions to show what they do.
      open.lateTold = true
      this.#note(open, 'forwarded', NOT_SEEN)
    }
    if (!open.dropTold && isDropped(open, this.#moment.nowMs)) {
      // A session that is killed now must not have it replayed: who declines an edit does not want it tomorrow.
      open.dropTold = true
      this.#note(open, 'forwarded', NOT_TAKEN_UP)
    }
    const changed = open.answer === 'refused' ? changedIn(open, this.#moment) : 0
    if (changed > 0 && changed < open.images.length && !open.tornTold) {
      open.tornTold = true
      open.follower.torn?.(open.intent, changed)
    }
  }

  get #moment(): Moment {
    return {
      nowMs: this.#env.host.now().getTime(),
      isFinishing: this.#finishing,
      isBackAt: (image, bytes) => this.#isBackAt(image, bytes),
    }
  }

  /** Whether a path's buffer holds `bytes`, as what was there without the edit. */
  #isBackAt(image: Image, bytes: FileBytes | undefined): boolean {
    const text = this.#mirror.document(image.path)?.text
    if (text === undefined || bytes === undefined || isUnkept(bytes)) return false
    return same(text, bytes) || (looselyEqual(text, bytesOf(bytes)) && !holdsAfter(image, text))
  }

  #seeBuffer(open: OpenIntent, image: Image): void {
    const { path } = image
    const text = this.#mirror.document(path)?.text
    if (text === undefined || !holdsAfter(image, text)) {
      this.#soon()
      return
    }
    open.closing.delete(path)
    open.discarded.delete(path)
    if (open.takenBack.delete(path)) this.#note(open, 'applied', undefined, { [path]: 'buffered' })
    if (open.buffered.has(path)) return
    open.buffered.add(path)
    if (open.answer === undefined) {
      open.answer = 'applied'
      this.#note(open, 'applied')
    }
    this.#soon()
  }

  *#about(path: string): Generator<[OpenIntent, Image]> {
    for (const open of this.#open.values()) {
      const image = open.changed.has(path) ? imageAt(open.intent, path) : undefined
      // Of a file that is only moved no buffer tells anything.
      if (image !== undefined && !isBare(image)) yield [open, image]
    }
  }

  #note(open: OpenIntent, event: Event, reason?: string, paths?: Readonly<Record<string, string>>): void {
    const { id } = open.intent
    if (isFinal(event)) this.#open.delete(id)
    if (this.#open.size === 0) this.#near.clear()
    open.follower.note({
      id,
      at: this.#env.host.now().toISOString(),
      event,
      ...(reason !== undefined && { reason }),
      ...(paths !== undefined && { paths }),
    })
  }

  #soon(pause = FIRST_PAUSE_MS): void {
    if (this.#finishing) return
    if (this.#timer !== undefined && pause >= this.#pause) return
    clearTimeout(this.#timer)
    this.#pause = pause
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.look().catch(this.#tell)
    }, pause).unref()
  }
}
