import { isUnkept, type Unkept } from '../edits/file-bytes.ts'
import { unkeptOf } from '../edits/images.ts'
import type { Observation } from './observe.ts'
import type { Left } from './ways.ts'
import type { Change, Move } from './workspace.ts'

/** Both ends of a move of which no bytes are kept, as they were seen. */
export interface BareMove {
  readonly bytes: Unkept
  readonly source: Observation
  readonly target: Observation
}

/** What was seen of bare moves, and of everything else. One end alone is nothing that can be carried out. */
export function bareMovesIn(seen: readonly Observation[]): {
  readonly bare: readonly BareMove[]
  readonly rest: readonly Observation[]
} {
  const sources = new Map<Unkept, Observation>()
  const targets = new Map<Unkept, Observation>()
  const rest = seen.filter((each) => {
    const bytes = unkeptOf(each.image)
    if (bytes === undefined) return true
    const ends = each.image.after.kind === 'absent' ? sources : targets
    ends.set(bytes, each)
    return false
  })
  const bare = [...sources].flatMap(([bytes, source]) => {
    const target = targets.get(bytes)
    return target === undefined ? [] : [{ bytes, source, target }]
  })
  return { bare, rest }
}

/**
 * What is to be done so that the file is where one of its two ends is; nothing where it is there alone. Whatever was
 * written to it since goes with it. What stands at both ends is left, unless it is one file by two names: a move that
 * was cut short.
 */
export function bareWay(
  { bytes, source, target }: BareMove,
  towards: 'target' | 'source',
  mode: number | undefined,
): { readonly changes: readonly Change[] } | { readonly left: Left } {
  const [from, to] = towards === 'target' ? [source, target] : [target, source]
  const [here, there] = [from.sight, to.sight]
  const [fromPath, path] = [from.image.path, to.image.path]
  if (there.kind === 'other') return { left: { path, reason: there.reason } }
  if (here.kind === 'other') return { left: { path, reason: `${fromPath}: ${here.reason}` } }
  if (here.kind === 'absent') {
    const reason = `it is not there any more, nor is ${fromPath}, and its bytes are not in the log`
    return there.kind === 'file' ? { changes: [] } : { left: { path, reason } }
  }
  const isOne = there.kind === 'file' && there.stat?.identity === here.stat?.identity
  if (there.kind === 'file' && !isOne) return { left: { path, reason: `it is there, and so is ${fromPath}` } }
  return {
    changes: [
      { path, before: undefined, after: bytes, mode },
      { path: fromPath, before: bytes, after: undefined, mode },
    ],
  }
}

/** The moves among some changes, and all other changes. */
export function movesAmong(changes: readonly Change[]): {
  readonly moves: readonly Move[]
  readonly others: readonly Change[]
} {
  const sources = new Map<Unkept, string>()
  for (const { path, before } of changes) if (isUnkept(before)) sources.set(before, path)
  const moves: Move[] = []
  const others: Change[] = []
  for (const change of changes) {
    const from = isUnkept(change.after) ? sources.get(change.after) : undefined
    if (from !== undefined) moves.push({ from, to: change.path })
    else if (!isUnkept(change.before) && !isUnkept(change.after)) others.push(change)
  }
  return { moves, others }
}
