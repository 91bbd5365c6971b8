import { type Image, unkeptOf } from '../edits/images.ts'
import type { Intent } from '../journal/intent.ts'
import { isFinal, leftIn } from '../journal/outcomes.ts'
import { isWithin } from '../journal/root.ts'
import { imageAt } from '../recovery/observe.ts'
import type { Lookout } from '../recovery/workspace.ts'
import type { Entry } from './history.ts'

/**
 * An intent with those of its files that were moved since where they are now. Also one that takes another one back says
 * of those that it moved where they came from.
 */
export interface Followed {
  readonly intent: Intent
  /** Where the intent itself has them, by where they are. */
  readonly was: ReadonlyMap<string, string>
  /**
   * Where later ones have moved the file of a bare move to, by where the intent has it; undefined: they deleted it.
   * Another one stands there now.
   */
  readonly replaced: ReadonlyMap<string, string | undefined>
}

type Moves = ReadonlyMap<string, string>

/**
 * Follows the files that an intent left to where later ones moved them. `later`: those that count as later edits, in the
 * order in time; `byId`: the whole history. A file is followed only where the record says of every step where it
 * went, nothing stands in its old place, and a file in its new one; and none to where the intent has another one.
 */
export async function followed(
  recorded: Intent,
  later: readonly Entry[],
  byId: ReadonlyMap<string, Intent>,
  workspace: Lookout,
): Promise<Followed> {
  const intent = withMoves(recorded, movesOf(recorded, byId))
  const steps = stepsOf(later, byId)
  const paths = new Set(intent.images.map(({ path }) => path))
  const was = new Map<string, string>()
  const replaced = new Map<string, string | undefined>()
  if (steps.some(({ moves, gone }) => moves.size > 0 || gone.size > 0))
    for (const image of intent.images) {
      const bytes = unkeptOf(image)
      if (bytes !== undefined && isDeleted(image, steps)) {
        if ((await workspace.look(image.path, bytes)).kind === 'file') replaced.set(image.path, undefined)
        continue
      }
      const to = whereTo(image, steps)
      if (to === undefined || paths.has(to) || was.has(to)) continue
      // Where case does not count, it is the old spelling of what stands there.
      const [spelling] = await workspace.spellings([[image.path, to]])
      const isRespelt = spelling === to
      const here = isRespelt ? 'absent' : (await workspace.look(image.path, bytes)).kind
      // Bytes would tell another file from the one that was moved there; of a bare move there are none.
      if (here !== 'absent' && (here !== 'file' || bytes === undefined)) continue
      if ((await workspace.look(to, bytes)).kind !== 'file') continue
      if (here === 'absent') was.set(to, image.path)
      else replaced.set(image.path, to)
    }
  if (was.size === 0) return { intent, was, replaced }
  const madeSince = new Set(steps.flatMap((step) => step.intent.folders.made))
  return { intent: withPaths(intent, was, madeSince), was, replaced }
}

/** What an intent moved, where it was carried out. */
interface Step {
  readonly intent: Intent
  readonly moves: Moves
  /** What it deleted, and did not move. */
  readonly gone: ReadonlySet<string>
}

function stepsOf(later: readonly Entry[], byId: ReadonlyMap<string, Intent>): Step[] {
  return later.filter(isDone).map(({ recorded: { intent, outcomes } }) => {
    const left = leftIn(outcomes)
    const moves = [...movesOf(intent, byId)].filter(([from, to]) => !left.has(from) && !left.has(to))
    const deleted = intent.images.filter(({ path, after }) => after.kind === 'absent' && !left.has(path))
    const gone = new Set(deleted.map(({ path }) => path))
    for (const [from] of moves) gone.delete(from)
    return { intent, moves: new Map(moves), gone }
  })
}

/** As far as the log tells: what stands there is looked at in the end. */
function isDone({ recorded: { outcomes } }: Entry): boolean {
  const end = outcomes.findLast(({ event }) => isFinal(event))?.event
  if (end === undefined) return outcomes.some(({ event }) => event === 'applied')
  return end === 'landed' || end === 'recovered' || end === 'superseded'
}

/** Where an intent moved which file, but for those that took the place of another one. */
function movesOf(intent: Intent, byId: ReadonlyMap<string, Intent>, met = new Set<string>()): Moves {
  const isMove = (from: string, to: string) => {
    const image = imageAt(intent, to)
    const isGone = imageAt(intent, from)?.after.kind === 'absent'
    return isGone && image?.before === undefined && image?.after.kind === 'file'
  }
  const { of, purpose } = intent.about
  const taken = of === undefined || met.has(of) ? undefined : byId.get(of)
  const said =
    taken === undefined || purpose === undefined
      ? intent.images.flatMap(({ path, source }) => (source === undefined ? [] : [[source, path] as const]))
      : // What takes another one forward or back says of each path what it is to hold, and not where that came from.
        [...movesOf(taken, byId, met.add(intent.id))].map(([from, to]) =>
          purpose === 'finish' ? ([from, to] as const) : ([to, from] as const),
        )
  return new Map(said.filter(([from, to]) => from !== to && isMove(from, to)))
}

function withMoves(intent: Intent, moves: Moves): Intent {
  if (intent.about.of === undefined || moves.size === 0) return intent
  const sources = new Map([...moves].map(([from, to]) => [to, from]))
  const images = intent.images.map((image) => {
    const source = sources.get(image.path)
    return source === undefined ? image : { ...image, source }
  })
  return { ...intent, images }
}

/** Where the file that an image left is said to be now; undefined where it was not moved, or is no more. */
function whereTo({ path, after }: Image, steps: readonly Step[]): string | undefined {
  if (after.kind !== 'file') return undefined
  let at = path
  for (const { intent, moves } of steps) {
    const to = moves.get(at)
    const image = imageAt(intent, at)
    if (to !== undefined) at = to
    else if (image !== undefined && (image.after.kind !== 'file' || (image.source ?? at) !== at))
      return undefined
  }
  return at === path ? undefined : at
}

/** Whether the file that an image left was deleted, and no undo of that has brought it back. */
function isDeleted({ path, after }: Image, steps: readonly Step[]): boolean {
  if (after.kind !== 'file') return false
  let at = path
  let isGone = false
  for (const { intent, moves, gone } of steps) {
    const { purpose } = intent.about
    if (gone.has(at)) isGone = true
    else if (!isGone) at = moves.get(at) ?? at
    else if (purpose !== undefined && purpose !== 'finish' && imageAt(intent, at)?.after.kind === 'file')
      isGone = false
  }
  return isGone
}

function withPaths(intent: Intent, was: ReadonlyMap<string, string>, madeSince: ReadonlySet<string>): Intent {
  const to = new Map([...was].map(([now, then]) => [then, now]))
  const facts = new Map(intent.facts)
  const images = intent.images.map((image) => {
    const path = to.get(image.path)
    if (path === undefined) return image
    const { mode, cameFrom } = facts.get(image.path) ?? {}
    // Its size and time were those of another file, as far as names go.
    facts.set(path, {
      from: 'disk',
      ...(mode !== undefined && { mode }),
      ...(cameFrom !== undefined && { cameFrom }),
    })
    return { ...image, path, source: image.source === image.path ? path : image.source }
  })
  const made = intent.folders.made.map((folder) => {
    const place = placeOf(folder, was)
    return madeSince.has(place) ? place : folder
  })
  return { ...intent, images, facts, folders: { ...intent.folders, made } }
}

/** A folder went where all those files went that were in it. */
function placeOf(folder: string, was: ReadonlyMap<string, string>): string {
  const places = new Set<string>()
  for (const [now, then] of was) {
    if (!isWithin(folder, then)) continue
    const rest = then.slice(folder.length)
    places.add(now.endsWith(rest) ? now.slice(0, -rest.length) : folder)
  }
  const [place, ...others] = places
  return place === undefined || others.length > 0 ? folder : place
}
