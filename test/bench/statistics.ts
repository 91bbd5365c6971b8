/** The middle of some numbers; undefined of none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]
  return sorted.length === 0 ? undefined : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The mean of a share of them, the largest. For rates: whatever disturbs makes one smaller, never larger. */
export function meanOfLargest(numbers: readonly number[], share: number): number {
  const largest = numbers.toSorted((a, b) => b - a).slice(0, Math.ceil(numbers.length * share))
  return largest.reduce((sum, number) => sum + number, 0) / largest.length
}

/** The mean of a share of them, the smallest. For times, likewise. */
export function meanOfSmallest(numbers: readonly number[], share: number): number {
  return -meanOfLargest(
    numbers.map((number) => -number),
    share,
  )
}

/** The number that a share of them does not exceed, by nearest rank. */
export function percentile(numbers: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(numbers).sort()
  const rank = Math.max(1, Math.ceil(sorted.length * share))
  return sorted[rank - 1]!
}
