import { isBare } from '../edits/images.ts'
import type { Intent } from '../journal/intent.ts'
import { imageAt, type Observation } from '../recovery/observe.ts'
import type { Known } from '../recovery/workspace.ts'

const SECOND_NS = 1_000_000_000n
/** Of the clock that most file systems take their times from: 10 ms where the kernel has 100 Hz. */
const LONGEST_TICK_NS = 20_000_000n

/** What is known of a file that still holds its original; undefined: its size and time would not tell it. */
export function knownOf(intent: Intent, path: string): Known | undefined {
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
export function isTold({ image, sight }: Observation): boolean {
  return sight.kind === 'file' && sight.bytes === image.before && !isBare(image)
}
