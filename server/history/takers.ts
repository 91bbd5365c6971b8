import { type Purpose, touchedPaths, wasOf } from '../journal/intent.ts'
import { inNoBuffer, leftIn } from '../journal/outcomes.ts'
import type { Entry } from './history.ts'

/** An intent that was to take another one forward or back. */
export interface Taker {
  readonly entry: Entry
  readonly purpose: Purpose
  /**
   * `whole`: it did what it was to do. `part`: some paths were left, or the editor has not shown them. `not yet`: it is
   * pending, or came to nothing.
   */
  readonly done: 'whole' | 'part' | 'not yet'
  /** The one that took this taker back in turn; undefined while it holds. */
  readonly takenBackBy: Entry | undefined
}

export interface Taken {
  readonly kind: 'taken'
  readonly purpose: Purpose
  readonly whole: boolean
  readonly by: Entry
}

/** Which intents of a history finish, roll back or undo which others. */
export class Takers {
  readonly #byTaken = new Map<string, { readonly entry: Entry; readonly rank: number }[]>()
  readonly #ranks = new Map<Entry, number>()
  readonly #byId = new Map<string, Entry>()
  /** What was told of each: an undo of an undo of an undo asks for the same again and again. */
  readonly #known = new Map<Entry, readonly Taker[]>()
  /** Pending ones that an editor which runs has in its buffers. */
  readonly #inBuffers = new Set<Entry>()

  /** `entries`: in the order in time. */
  constructor(entries: readonly Entry[]) {
    for (const [rank, entry] of entries.entries()) {
      this.#ranks.set(entry, rank)
      const { id } = entry.recorded.intent
      if (!this.#byId.has(id)) this.#byId.set(id, entry)
      const { of } = entry.recorded.intent.about
      if (of !== undefined) this.#byTaken.set(of, [...(this.#byTaken.get(of) ?? []), { entry, rank }])
    }
  }

  /** From now on a pending taker counts as having done what is in the buffers: whoever looks at them sees that. */
  countBuffered(entry: Entry): void {
    this.#inBuffers.add(entry)
    this.#known.clear()
  }

  /** In the order in time. Only later intents: what a log claims of itself could go in circles. */
  of(taken: Entry): readonly Taker[] {
    const known = this.#known.get(taken) ?? this.#find(taken)
    this.#known.set(taken, known)
    return known
  }

  #find(taken: Entry): readonly Taker[] {
    const rank = this.#ranks.get(taken) ?? Number.POSITIVE_INFINITY
    const all = this.#byTaken.get(taken.recorded.intent.id) ?? []
    const later = all.filter((each) => each.rank > rank)
    return later.flatMap(
      ({ entry }) =>
        this.#taker(
          entry,
          later.map((each) => each.entry),
        ) ?? [],
    )
  }

  /** What the last of its takers that still holds made of an intent; undefined where none did. */
  lastOf(taken: Entry): Taken | undefined {
    const held = this.of(taken).filter(
      ({ done, takenBackBy }) => done !== 'not yet' && takenBackBy === undefined,
    )
    const last = held.at(-1)
    if (last === undefined) return undefined
    const { purpose, entry } = last
    const whole = purpose === 'undo' ? this.#isCovered(taken, held) : last.done === 'whole'
    // Of a pending one that was only partly taken on, the disk tells more.
    return whole || taken.recorded.settled ? { kind: 'taken', purpose, whole, by: entry } : undefined
  }

  /**
   * What took a redo back in another way: the edit that it had brought back was undone again, and not the redo itself.
   * Undefined: all that it did holds, as far as that goes.
   */
  besideOf(redo: Entry): Taken | undefined {
    const rank = this.#ranks.get(redo) ?? Number.POSITIVE_INFINITY
    const backs = this.#broughtBackBy(redo)
      .flatMap((edit) => this.of(edit))
      .filter(({ purpose, takenBackBy }) => purpose !== 'finish' && takenBackBy === undefined)
      .filter(({ entry }) => this.#ranks.get(entry)! > rank)
    const paths = new Set(backs.flatMap((back) => this.#pathsOf(back)))
    const own = pathsDone(doneOf(redo, undefined), redo)
    const gone = own.filter((path) => paths.has(path))
    if (gone.length === 0) return undefined
    return { kind: 'taken', purpose: 'undo', whole: gone.length === own.length, by: backs.at(-1)!.entry }
  }

  /** The edits whose undos an intent, or the one that it brought back, took back: each by two steps. */
  #broughtBackBy(redo: Entry): readonly Entry[] {
    const found: Entry[] = []
    let at: Entry | undefined = redo
    // Only earlier ones: what a log claims of itself could go in circles.
    while (at !== undefined) {
      const undone = this.#takenBy(at)
      at = undone && this.#takenBy(undone)
      if (at !== undefined) found.push(at)
    }
    return found
  }

  /** The earlier intent that this one took back; undefined where it did no such thing. */
  #takenBy(taker: Entry): Entry | undefined {
    const { of, purpose } = taker.recorded.intent.about
    const taken = of === undefined || purpose === 'finish' ? undefined : this.#byId.get(of)
    return taken !== undefined && this.#ranks.get(taken)! < this.#ranks.get(taker)! ? taken : undefined
  }

  /** The paths of an intent that are left to be taken back, also as the one that it takes forward or back has them. */
  pathsLeft(entry: Entry): ReadonlySet<string> {
    return new Set(this.#pathsOf({ done: 'whole', entry }))
  }

  /** What was to roll an intent back that is in the files again, or still: it was taken back in turn, or came to nothing. */
  rollBackInVain(taken: Entry): Entry | undefined {
    return this.of(taken).find(
      ({ done, entry, purpose, takenBackBy }) =>
        purpose === 'roll-back' && (takenBackBy !== undefined || (done === 'not yet' && isGivenUp(entry))),
    )?.entry
  }

  /** Whether an intent rolled another one back that was half done: taken back, it would leave that half. */
  isOfHalf(taker: Entry): boolean {
    const { of, purpose } = taker.recorded.intent.about
    const taken = of === undefined ? undefined : this.#byId.get(of)
    return purpose === 'roll-back' && taken !== undefined && !isWholeOf(taker, taken)
  }

  #taker(entry: Entry, siblings: readonly Entry[]): Taker | undefined {
    const { purpose } = entry.recorded.intent.about
    if (purpose === undefined) return undefined
    const then = this.lastOf(entry)
    const takenBackBy = then !== undefined && then.purpose !== 'finish' && then.whole ? then.by : undefined
    const done = this.#inBuffers.has(entry) ? inBuffers(entry) : doneOf(entry, then)
    if (takenBackBy !== undefined || purpose === 'finish' || siblings.length === 1)
      return { entry, purpose, done, takenBackBy }
    return { entry, purpose, done, takenBackBy: this.#takenBackBeside(entry, done, siblings) }
  }

  /** Undos of single files add up. */
  #isCovered(taken: Entry, takers: readonly Taker[]): boolean {
    const paths = new Set(
      takers.filter(({ purpose }) => purpose !== 'finish').flatMap((each) => this.#pathsOf(each)),
    )
    const left = leftIn(taken.recorded.outcomes)
    const rollBacks = this.of(taken).filter(({ purpose }) => purpose === 'roll-back')
    const met = rollBacks.map(({ entry }) => metBy(entry))
    const isThere = (path: string) => !left.has(path) && met.every((paths) => paths.has(path))
    return taken.recorded.intent.images.every(({ path }) => paths.has(path) || !isThere(path))
  }

  /** What a taker did, but for what was taken back of it in turn: of single files that is a part. */
  #pathsOf({ done, entry }: Pick<Taker, 'done' | 'entry'>): readonly string[] {
    const backs = this.of(entry).filter(
      ({ purpose, takenBackBy }) => purpose !== 'finish' && takenBackBy === undefined,
    )
    const gone = new Set(backs.flatMap((back) => this.#pathsOf(back)))
    return pathsDone(done, entry).filter((path) => !gone.has(path))
  }

  /**
   * Two that were asked for at once do the same: what takes one of them back takes that much of the other back, too.
   * Undefined: some of it holds.
   */
  #takenBackBeside(entry: Entry, done: Taker['done'], siblings: readonly Entry[]): Entry | undefined {
    const rank = this.#ranks.get(entry)!
    const backs = siblings
      .filter(({ recorded }) => recorded.intent.about.purpose !== 'finish')
      .flatMap((each) => this.of(each))
      .filter((each) => each.purpose !== 'finish' && each.takenBackBy === undefined)
      .filter((each) => this.#ranks.get(each.entry)! > rank)
    const paths = new Set(backs.flatMap((back) => pathsDone(back.done, back.entry)))
    const own = pathsDone(done, entry)
    return own.length > 0 && own.every((path) => paths.has(path)) ? backs.at(-1)?.entry : undefined
  }
}

function inBuffers(entry: Entry): Taker['done'] {
  const missing = missingIn(entry)
  if (missing.size === 0) return 'whole'
  return touchedPaths(entry.recorded.intent).every((path) => missing.has(path)) ? 'not yet' : 'part'
}

/** What an intent was to write and did not: left, or, as long as it is open, in no buffer. */
function missingIn({ recorded: { outcomes, settled } }: Entry): ReadonlySet<string> {
  return settled ? leftIn(outcomes) : new Set([...leftIn(outcomes), ...inNoBuffer(outcomes)])
}

/** Whether nothing is to come of a taker any more that has done nothing, as far as its session has told. */
function isGivenUp(entry: Entry): boolean {
  return entry.recorded.settled || inBuffers(entry) === 'not yet'
}

function doneOf({ recorded }: Entry, then: Taken | undefined): Taker['done'] {
  if (recorded.outcomes.some(({ event }) => event === 'landed' || event === 'recovered')) return 'whole'
  if (then?.purpose === 'finish' && then.whole) return 'whole'
  if (!recorded.outcomes.some(({ event }) => event === 'superseded')) return 'not yet'
  const left = leftIn(recorded.outcomes)
  return touchedPaths(recorded.intent).every((path) => left.has(path)) ? 'not yet' : 'part'
}

/** The paths that a roll back found changed: others had not come to be. */
function metBy({ recorded: { intent, outcomes } }: Entry): ReadonlySet<string> {
  return new Set([...touchedPaths(intent), ...leftIn(outcomes)])
}

/** Whether a taker found every path of an intent changed. */
function isWholeOf(taker: Entry, taken: Entry): boolean {
  const met = metBy(taker)
  return taken.recorded.intent.images.every(({ path }) => met.has(path))
}

/** Also what was forgotten since: it was done all the same. Logs that do not tell what was left count for nothing. */
function pathsDone(done: Taker['done'], entry: Entry): readonly string[] {
  const { intent } = entry.recorded
  const missing = missingIn(entry)
  if (done === 'not yet' || (done !== 'whole' && missing.size === 0)) return []
  return touchedPaths(intent)
    .filter((path) => !missing.has(path))
    .flatMap((path) => [path, wasOf(intent, path)])
}
