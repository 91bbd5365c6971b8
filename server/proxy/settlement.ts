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
  type Outcome,
  REFUSED,
  UNANSWERED,
  UNDONE,
} from '../journal/outcomes.ts'
import { makeDurable, pathsByBytes } from '../recovery/make-durable.ts'
import { holdsAfter, imageAt, type Observation, observe } from '../recovery/observe.ts'
import { observeWithheld } from '../recovery/withheld.ts'
import type { Known, Workspace } from '../recovery/workspace.ts'
import type { Mirror } from './mirror.ts'
import { NearImages } from './near-images.ts'

/** What the settlement tells whoever follows an intent. */
export interface Follower {
  note(outcome: Outcome): void
  /** The editor refused the edit, and so many paths changed all the same, on the disk or in a buffer. */
  torn?(intent: Intent, changed: number): void
}

/** An intent that has been forwarded and has no end yet. */
interface Open {
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
  /** Paths that are known, to a later start too, to have been taken back. */
  readonly takenBack: Set<string>
  tornTold: boolean
  lateTold: boolean
  dropTold: boolean
  troubleTold: boolean
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
const SECOND_NS = 1_000_000_000n
/** Of the clock that most file systems take their times from: 10 ms where the kernel has 100 Hz. */
const LONGEST_TICK_NS = 20_000_000n
/** Editors tell of a buffer's change up to a second after they have answered (Emacs when it is idle). */
const LATE_CHANGE_MS = 2000
/** How long an edit that the editor asked for may leave no trace until it counts as declined. */
const TAKEN_UP_WITHIN_MS = 10_000

/**
 * Follows intents to their end, by what buffers and disk hold and not by what editors say.
 * Looks when something happened that may have changed it, and with growing pauses while a buffer holds an edit.
 */
export class Settlement {
  readonly #env: Env
  readonly #mirror: Mirror
  readonly #disk: Pick<Workspace, 'look'>
  readonly #tell: (problem: unknown) => void
  readonly #open = new Map<string, Open>()
  /** Of the files in which somebody typed last. */
  readonly #near = new NearImages()
  #timer: NodeJS.Timeout | undefined
  #pause = FIRST_PAUSE_MS
  #looking: Promise<void> = Promise.resolve()
  #finishing = false
  #leaving = false

  constructor(
    env: Env,
    mirror: Mirror,
    disk: Pick<Workspace, 'look'>,
    tell: (problem: unknown) => void = () => {},
  ) {
    this.#tell = tell
    this.#env = env
    this.#mirror = mirror
    this.#disk = disk
  }

  /** `answer`: what the editor has said already; `none`: it will not say anything, the edit being an answer itself. */
  follow(intent: Intent, follower: Follower, answer?: 'applied' | 'none'): void {
    const images = intent.images.filter((image) => this.#changesSomething(image))
    const open: Open = {
      intent,
      images,
      changed: new Set(images.map(({ path }) => path)),
      follower,
      since: this.#env.host.now().getTime(),
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
    this.#open.set(intent.id, open)
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
      if (open.answer === undefined && !this.#isDropped(open)) this.#note(open, 'forwarded', UNANSWERED)
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

  async #lookAt(open: Open, later: readonly Intent[]): Promise<void> {
    let seen = await this.#see(open, later, 'times')
    // Times can be set back: what ends an intent is seen in the bytes.
    if (seen.some(isTold) && this.#endOf(open, seen) !== undefined)
      seen = await this.#see(open, later, 'bytes')
    for (const { image, state } of seen) if (state === 'landed') open.landed.add(image.path)
    if (!this.#leaving) for (const path of open.closing) open.discarded.add(path)
    open.closing.clear()
    await this.#makeDurable(open)
    const event = this.#endOf(open, seen)
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
  #orTell(open: Open, act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#tellOnce(open, error)
    }
  }

  #tellOnce(open: Open, error: DiskError): void {
    if (!open.troubleTold) this.#tell(error)
    open.troubleTold = true
  }

  /** What the paths of an intent that change hold; `by`: whether a file whose size and time tell it is read. */
  async #see(open: Open, later: readonly Intent[], by: 'times' | 'bytes'): Promise<Observation[]> {
    const look = (path: string, known?: Known | Unkept) =>
      this.#disk.look(path, known ?? (by === 'times' ? knownOf(open.intent, path) : undefined))
    const found = await observe({ look }, open.intent, later, this.#env.hasher)
    return found.filter(({ image }) => open.changed.has(image.path))
  }

  /** For a later start: what was undone in its buffer or closed unsaved is not to be written back unasked. */
  #noteTakenBack(open: Open): void {
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
  async #makeDurable({ images, landed }: Open): Promise<void> {
    if (!images.every(({ path }) => landed.has(path))) return
    const { kept, bare } = pathsByBytes(images)
    await makeDurable(this.#env.disk, kept, [...kept, ...bare].map(dirname), bare)
  }

  /** An intent of an earlier session may have paths of which hashes alone are known: what they hold counts, too. */
  async #isContradicted(open: Open, event: Event | undefined): Promise<boolean> {
    if (event === undefined || open.intent.withheld === undefined) return false
    const withheld = await observeWithheld(this.#disk, open.intent, this.#env.hasher)
    return withheld.some(({ state }) => (state === 'landed') !== (event === 'landed'))
  }

  #judge(open: Open, event: Event | undefined): void {
    if (event !== undefined) {
      this.#note(open, event)
      return
    }
    this.#noteTakenBack(open)
    if (!open.lateTold && this.#isUnseenFor(LATE_CHANGE_MS, open)) {
      // Nor is one to be replayed unasked that was only looked at: editors resolve actions to show what they do.
      open.lateTold = true
      this.#note(open, 'forwarded', NOT_SEEN)
    }
    if (!open.dropTold && this.#isDropped(open)) {
      // A session that is killed now must not have it replayed: who declines an edit does not want it tomorrow.
      open.dropTold = true
      this.#note(open, 'forwarded', NOT_TAKEN_UP)
    }
    const changed = open.answer === 'refused' ? this.#changedIn(open) : 0
    if (changed > 0 && changed < open.images.length && !open.tornTold) {
      open.tornTold = true
      open.follower.torn?.(open.intent, changed)
    }
  }

  /** How many paths hold an edit that was refused. What buffers hold may still be on its way for a while. */
  #changedIn({ buffered, discarded, images, landed, refusedAt }: Open): number {
    const isLate = this.#env.host.now().getTime() - refusedAt >= LATE_CHANGE_MS
    const isInBuffer = (image: Image) =>
      buffered.has(image.path) && !discarded.has(image.path) && !this.#isBackAt(image, image.before)
    return images.filter((image) => landed.has(image.path) || (isLate && isInBuffer(image))).length
  }

  #endOf(open: Open, seen: readonly Observation[]): Event | undefined {
    if (seen.length > 0 && seen.every(({ image }) => open.landed.has(image.path))) return 'landed'
    if (!seen.every(({ state }) => state === 'untouched' || state === 'restored')) return undefined
    const waited = this.#env.host.now().getTime() - open.refusedAt
    const refused = open.answer === 'refused' && (this.#finishing || waited >= LATE_CHANGE_MS)
    const ends = seen.map((each) => this.#endOfPath(open, each, refused))
    // Nothing to see: only folders change, or nothing at all.
    if (ends.length === 0) return open.answer === 'refused' ? 'rejected' : 'landed'
    if (ends.includes(undefined)) return undefined
    return ends.includes('abandoned') ? 'abandoned' : ends.includes('reverted') ? 'reverted' : 'rejected'
  }

  /** Whether the editor asked for the edit, and it was seen since in no buffer, nor on the disk. */
  #isUnseenFor(ms: number, { answer, isAnswer, landed, since }: Open): boolean {
    const age = this.#env.host.now().getTime() - since
    return isAnswer && answer === undefined && landed.size === 0 && age >= ms
  }

  #isDropped(open: Open): boolean {
    return !open.maybeTakenUp && this.#isUnseenFor(TAKEN_UP_WITHIN_MS, open)
  }

  /** What became of an edit to a path whose file is as before; undefined: its buffer may still be saved. */
  #endOfPath(open: Open, { image, sight }: Observation, refused: boolean): Event | undefined {
    const { path } = image
    if (open.discarded.has(path)) return 'abandoned'
    if (!open.buffered.has(path)) {
      if (this.#finishing && this.#isDropped(open)) return 'abandoned'
      return refused ? 'rejected' : undefined
    }
    // Clean, though not as before: the original was a buffer with unsaved work, and that is gone too.
    const isClean = sight.kind === 'file' && this.#isBackAt(image, sight.bytes)
    return isClean || this.#isBackAt(image, image.before) ? 'reverted' : undefined
  }

  /** Whether a path's buffer holds `bytes`, as what was there without the edit. */
  #isBackAt(image: Image, bytes: FileBytes | undefined): boolean {
    const text = this.#mirror.document(image.path)?.text
    if (text === undefined || bytes === undefined || isUnkept(bytes)) return false
    return same(text, bytes) || (looselyEqual(text, bytesOf(bytes)) && !holdsAfter(image, text))
  }

  #seeBuffer(open: Open, image: Image): void {
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

  *#about(path: string): Generator<[Open, Image]> {
    for (const open of this.#open.values()) {
      const image = open.changed.has(path) ? imageAt(open.intent, path) : undefined
      // Of a file that is only moved no buffer tells anything.
      if (image !== undefined && !isBare(image)) yield [open, image]
    }
  }

  #note(open: Open, event: Event, reason?: string, paths?: Readonly<Record<string, string>>): void {
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

/** What is known of a file that still holds its original; undefined: its size and time would not tell it. */
function knownOf(intent: Intent, path: string): Known | undefined {
  const bytes = imageAt(intent, path)?.before
  const { from, size, mtimeNs } = intent.facts.get(path) ?? {}
  if (from !== 'disk' || bytes === undefined || size === undefined || mtimeNs === undefined) return undefined
  // Written again within one tick of its clock a file keeps its time (git, "racy-git"). A time without a fraction
  // is one of a file system that has ticks of a second (HFS+) or two (FAT).
  const tick = mtimeNs % SECOND_NS === 0n ? 2n * SECOND_NS : LONGEST_TICK_NS
  const recordedNs = BigInt(Date.parse(intent.about.at)) * 1_000_000n
  return recordedNs - mtimeNs > tick ? { bytes, size, mtimeNs } : undefined
}

/** Whether a file was taken for its original without having been read. */
function isTold({ image, sight }: Observation): boolean {
  return sight.kind === 'file' && sight.bytes === image.before && !isBare(image)
}
