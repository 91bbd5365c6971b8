import type { Env } from '../journal/env.ts'
import { chainOf, type Intent, newestOn, type Purpose } from '../journal/intent.ts'
import { type Event, isFinal } from '../journal/outcomes.ts'
import { editorLives, type FoundSession, lifeOf } from '../journal/session-folder.ts'
import { DiskWorkspace } from '../recovery/disk-workspace.ts'
import { type Observation, observe, type PathState } from '../recovery/observe.ts'
import { observeWithheld } from '../recovery/withheld.ts'
import type { Lookout } from '../recovery/workspace.ts'
import { changesOf, type FileChange } from './changes.ts'
import { type Followed, followed } from './followed.ts'
import type { DamagedLog, Entry, History } from './history.ts'
import { type Taker, Takers } from './takers.ts'

/** What became of an intent, as far as can be told now. */
export type State =
  /** Its own log says how it ended. */
  | { readonly kind: 'settled'; readonly event: Event }
  /** A later intent took it forward or back, `whole` or only some of its files. */
  | { readonly kind: 'taken'; readonly purpose: Purpose; readonly whole: boolean; readonly by: Entry }
  /** It has no end yet. On another host's disk nothing can be looked at: no files are given then. */
  | { readonly kind: 'pending'; readonly owner: Owner; readonly files: readonly FileState[] }

/**
 * Who a pending intent belongs to: a session that runs, a dead one whose editor still runs (its buffers hold what
 * the disk does not), a dead one, or one of another host.
 */
export type Owner = 'session' | 'editor' | 'nobody' | 'elsewhere'

/** One file of an intent and what stands there now. */
export interface FileState {
  readonly file: FileChange
  readonly state: PathState
}

/** How many files of an intent are in which state. */
export type Counts = Readonly<Record<PathState, number>> & { readonly total: number }

/** Tells what became of the intents of a history; each session is asked once whether it lives. */
export class States {
  readonly #env: Env
  readonly #entries: readonly Entry[]
  readonly #byId: ReadonlyMap<string, Intent>
  readonly #takers: Takers
  readonly #owners = new Map<string, Promise<Owner>>()

  constructor(env: Env, { entries }: Pick<History, 'entries'>) {
    this.#env = env
    this.#entries = entries
    this.#byId = new Map(entries.map(({ recorded: { intent } }) => [intent.id, intent]))
    this.#takers = new Takers(entries)
  }

  /** Looks at the disk only for an intent that is pending. */
  async of(entry: Entry): Promise<State> {
    const { recorded, session } = entry
    const taken = this.#takers.lastOf(entry) ?? (recorded.settled ? this.#takers.besideOf(entry) : undefined)
    if (taken !== undefined) return taken
    const event = recorded.outcomes.findLast((outcome) => isFinal(outcome.event))?.event
    const inVain = event === 'rolled-back' ? this.#takers.rollBackInVain(entry) : undefined
    if (inVain !== undefined)
      return this.#takers.isOfHalf(inVain)
        ? { kind: 'taken', purpose: 'roll-back', whole: false, by: inVain }
        : { kind: 'settled', event: 'landed' }
    if (event !== undefined) return { kind: 'settled', event }
    const owner = await this.#ownerOf(session)
    return { kind: 'pending', owner, files: owner === 'elsewhere' ? [] : await this.filesOf(entry) }
  }

  /** What each file of an intent holds now, whatever became of it. */
  async filesOf(entry: Entry): Promise<FileState[]> {
    const { intent } = entry.recorded
    const disk = new DiskWorkspace(this.#env.disk, entry.session.info.folders)
    const byPath = new Map<string, PathState>()
    for (const { image, state } of await this.pathsOf(entry, disk)) byPath.set(image.path, state)
    for (const { path, state } of await observeWithheld(disk, intent, this.#env.hasher))
      byPath.set(path, state)
    return changesOf(intent).map((file) => ({
      file,
      state: together(file.paths.map((path) => byPath.get(path)!)),
    }))
  }

  /** What each path of an intent holds now. `intent`: it, or what stands for it. */
  pathsOf({ recorded }: Entry, workspace: Lookout, intent = recorded.intent): Promise<Observation[]> {
    const later = this.#after(recorded.intent).map((entry) => entry.recorded.intent)
    return observe(workspace, intent, later, this.#env.hasher)
  }

  /** Whether the folders that an intent removed are there. */
  async hasFolders({ recorded: { intent } }: Entry): Promise<boolean> {
    for (const folder of intent.folders.removed)
      if ((await this.#env.disk.stat(folder))?.kind !== 'folder') return false
    return true
  }

  /** An intent with those of its files that were moved since where they are now. */
  followed({ recorded: { intent } }: Entry, workspace: Lookout): Promise<Followed> {
    return followed(intent, this.#after(intent), this.#byId, workspace)
  }

  /** Every later intent that was to take this one forward or back, in the order in time. */
  takersOf(entry: Entry): readonly Taker[] {
    return this.#takers.of(entry)
  }

  /** An intent, what it takes forward or back, what that one does, and so on. */
  chainOf({ recorded }: Entry): readonly Intent[] {
    return chainOf(recorded.intent, (id) => this.#byId.get(id))
  }

  /** The paths of an intent that are left to be taken back, also as the one that it takes forward or back has them. */
  pathsLeft(entry: Entry): ReadonlySet<string> {
    return this.#takers.pathsLeft(entry)
  }

  /** Whether an intent rolled another one back that was half done: taken back, it would leave that half. */
  isOfHalf(entry: Entry): boolean {
    return this.#takers.isOfHalf(entry)
  }

  /** When the newest intent was recorded that touches a path of this one. */
  newestOn({ recorded: { intent } }: Entry): string {
    return newestOn(
      intent,
      this.#entries.map((entry) => entry.recorded.intent),
    )
  }

  /** Counts undos and redos for done as far as they stand in an editor's buffers, and are not saved yet. */
  async countBuffered(): Promise<void> {
    for (const entry of this.#entries) {
      const { intent, outcomes, settled } = entry.recorded
      if (settled || intent.about.of === undefined || !outcomes.some(({ event }) => event === 'applied'))
        continue
      const owner = await this.#ownerOf(entry.session)
      if (owner === 'session' || owner === 'editor') this.#takers.countBuffered(entry)
    }
  }

  /** A log that is being written ends inside a line as long as the line is written: that is no damage. */
  async damageIn({ damage }: Pick<History, 'damage'>): Promise<DamagedLog[]> {
    const real: DamagedLog[] = []
    for (const each of damage)
      if (each.kind !== 'torn' || (await this.#ownerOf(each.session)) !== 'session') real.push(each)
    return real
  }

  #ownerOf(session: FoundSession): Promise<Owner> {
    const known = this.#owners.get(session.path)
    if (known !== undefined) return known
    const owner = this.#askOwner(session)
    this.#owners.set(session.path, owner)
    return owner
  }

  async #askOwner(session: FoundSession): Promise<Owner> {
    const life = await lifeOf(this.#env, session)
    if (life !== 'dead') return life === 'live' ? 'session' : 'elsewhere'
    return (await editorLives(this.#env, session.info)) ? 'editor' : 'nobody'
  }

  /** The intents after this one, but for those that take it back, and back again: through them it has not landed. */
  #after(intent: Intent): Entry[] {
    const family = new Set([intent.id])
    const later: Entry[] = []
    const at = this.#entries.findIndex(({ recorded }) => recorded.intent === intent)
    for (const entry of this.#entries.slice(at + 1)) {
      const { id, about } = entry.recorded.intent
      if (about.of !== undefined && family.has(about.of)) family.add(id)
      else later.push(entry)
    }
    return later
  }
}

export function countsOf(files: readonly FileState[]): Counts {
  const counts = { landed: 0, halfway: 0, untouched: 0, restored: 0, drifted: 0, total: files.length }
  for (const { state } of files) counts[state]++
  return counts
}

/** Some of it landed and the rest did not, and no editor is at it. */
export function isTorn(state: State): boolean {
  if (state.kind !== 'pending' || state.owner !== 'nobody' || isAllLanded(state)) return false
  return state.files.some((file) => file.state === 'landed' || file.state === 'halfway')
}

/** Pending in the log only: the next start finds it landed and settles it. */
export function isAllLanded(state: State): boolean {
  return (
    state.kind === 'pending' && state.owner !== 'elsewhere' && state.files.every((f) => f.state === 'landed')
  )
}

/** A dead session left it pending, and something is left to do about it. */
export function isWaiting(state: State): boolean {
  return state.kind === 'pending' && state.owner === 'nobody' && !isAllLanded(state)
}

/** Of a moved file both paths count: it landed when both did. */
function together(states: readonly PathState[]): PathState {
  const worst = (['drifted', 'restored', 'halfway'] as const).find((state) => states.includes(state))
  if (worst !== undefined) return worst
  if (states.every((state) => state === 'landed')) return 'landed'
  return states.includes('landed') ? 'halfway' : 'untouched'
}
