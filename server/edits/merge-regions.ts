import { diffArrays } from 'diff'

/** The first of some items, and the one behind the last. */
type Span = readonly [from: number, to: number]

/** A stretch of all three lists, and who changed it; `ours` also where nobody did, or both alike. */
export interface Region {
  readonly from: 'ours' | 'theirs' | 'both'
  readonly base: Span
  readonly ours: Span
  readonly theirs: Span
}

/** Two lists to be compared, item by item. */
export interface Pair {
  readonly base: readonly string[]
  readonly now: readonly string[]
  /** The second one as the other side spells its items, to see where both did the same. */
  readonly respelt?: readonly string[]
}

/** Whether changes that touch each other are one, or only those that overlap. */
export type Closeness = 'touching' | 'overlapping'

/** How much may differ: the search takes the square of it, and nobody is served meanwhile. */
const MOST_DIFFERENT = { lines: 1500, words: 200 }

/** What is compared: the lines of a file, or the words of a line, of which there may be as many lines. */
export type Items = keyof typeof MOST_DIFFERENT

/**
 * Divides three lists into regions, in their order. The base may be spelt differently for either side, as long as it
 * has the same items. Undefined: too much differs.
 */
export function regionsOf(
  ours: Pair,
  theirs: Pair,
  closeness: Closeness,
  items: Items,
): Region[] | undefined {
  const [own, other] = [changesOf(ours, items), changesOf(theirs, items)]
  if (own === undefined || other === undefined) return undefined
  const regions: Region[] = []
  let [b, o, t] = [0, 0, 0]
  const region = (from: Region['from'], end: number, ourEnd: number, theirEnd: number) => {
    if (end > b || ourEnd > o || theirEnd > t)
      regions.push({ from, base: [b, end], ours: [o, ourEnd], theirs: [t, theirEnd] })
    ;[b, o, t] = [end, ourEnd, theirEnd]
  }
  const unchanged = (end: number) => region('ours', end, o + end - b, t + end - b)
  for (const cluster of clustersOf(own, other, closeness)) {
    unchanged(cluster.start)
    const length = cluster.end - cluster.start
    const [ourEnd, theirEnd] = [o + length + growth(cluster.own), t + length + growth(cluster.other)]
    const isAlike = same(ours.now.slice(o, ourEnd), (theirs.respelt ?? theirs.now).slice(t, theirEnd))
    const isOurs = cluster.other.length === 0 || (cluster.own.length > 0 && isAlike)
    const from = isOurs ? 'ours' : cluster.own.length === 0 ? 'theirs' : 'both'
    region(from, cluster.end, ourEnd, theirEnd)
  }
  unchanged(ours.base.length)
  return regions
}

/** Items of the base that are replaced by `count` others. */
interface Replaced {
  start: number
  end: number
  count: number
}

function changesOf({ base, now }: Pair, items: Items): Replaced[] | undefined {
  let start = 0
  const shorter = Math.min(base.length, now.length)
  while (start < shorter && base[start] === now[start]) start++
  let end = 0
  while (end < shorter - start && base.at(-1 - end) === now.at(-1 - end)) end++
  const [old, fresh] = [base.slice(start, base.length - end), now.slice(start, now.length - end)]
  const runs = diffArrays(old, fresh, { maxEditLength: MOST_DIFFERENT[items] })
  // A renaming may change very many, each in its place.
  if (runs === undefined) return oneForOne(old, fresh, start)
  const changes: Replaced[] = []
  let at = start
  let open: Replaced | undefined
  for (const { added, removed, count } of runs) {
    if (!added && !removed) {
      open = undefined
      at += count
      continue
    }
    if (open === undefined) {
      open = { start: at, end: at, count: 0 }
      changes.push(open)
    }
    if (added) open.count += count
    else {
      at += count
      open.end = at
    }
  }
  return changes
}

/** Undefined: they are not as many, or nearly all are others. */
function oneForOne(old: readonly string[], fresh: readonly string[], from: number): Replaced[] | undefined {
  const isOther = (item: string, i: number) => item !== fresh[i]
  if (old.length !== fresh.length || old.filter(isOther).length * 2 > old.length) return undefined
  const changes: Replaced[] = []
  for (const [i, item] of old.entries()) {
    const at = from + i
    if (!isOther(item, i)) continue
    const last = changes.at(-1)
    if (last?.end === at) {
      last.end++
      last.count++
    } else changes.push({ start: at, end: at + 1, count: 1 })
  }
  return changes
}

/** Changes that get in each other's way, those of each side in their order. */
interface Cluster {
  readonly start: number
  end: number
  readonly own: Replaced[]
  readonly other: Replaced[]
}

function clustersOf(own: readonly Replaced[], other: readonly Replaced[], closeness: Closeness): Cluster[] {
  const all = [
    ...own.map((change) => ({ change, side: 'own' as const })),
    ...other.map((change) => ({ change, side: 'other' as const })),
  ].sort((a, b) => a.change.start - b.change.start || a.change.end - b.change.end)
  const clusters: Cluster[] = []
  for (const { change, side } of all) {
    let cluster = clusters.at(-1)
    if (cluster === undefined || !isPartOf(cluster, change, closeness)) {
      cluster = { start: change.start, end: change.end, own: [], other: [] }
      clusters.push(cluster)
    }
    cluster.end = Math.max(cluster.end, change.end)
    cluster[side].push(change)
  }
  return clusters
}

function isPartOf(cluster: Cluster, { start, end }: Replaced, closeness: Closeness): boolean {
  if (start < cluster.end) return true
  if (closeness === 'touching') return start === cluster.end
  // Both put something into the same place: which of them comes first?
  return start === end && cluster.start === cluster.end && start === cluster.start
}

function growth(changes: readonly Replaced[]): number {
  return changes.reduce((sum, { start, end, count }) => sum + count - (end - start), 0)
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
