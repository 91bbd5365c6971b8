/** What a disk writes whole or not at all. */
const SECTOR = 512

/**
 * Whether a file that was being written in place, `after` over `before`, was cut short.
 *
 * A program that was killed leaves the new bytes up to some point and the old ones from there on; it shortens the
 * file last. A loss of power leaves each sector old or new, in any order, and zeros where the file had grown already
 * and its bytes had not come.
 */
export function isCutShort(before: Uint8Array, after: Uint8Array, now: Uint8Array): boolean {
  if (!isLengthOnTheWay(before.length, after.length, now.length)) return false
  let cuts = 0
  for (let start = 0; start < now.length; start += SECTOR) {
    const end = Math.min(start + SECTOR, now.length)
    const written = commonEnd(now, after, start, end)
    if (written === end || commonEnd(now, before, start, end) === end) continue
    if (commonEnd(now, before, written, end) < end) return false
    cuts++
  }
  return cuts <= 1
}

function isLengthOnTheWay(before: number, after: number, now: number): boolean {
  return now === before || now === after || (now > before && now < after)
}

/** How far two files agree from `start` on; behind its end a file counts as zeros. */
function commonEnd(a: Uint8Array, b: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && a[at] === (b[at] ?? 0)) at++
  return at
}
