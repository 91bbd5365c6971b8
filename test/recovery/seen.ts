import type { FileBytes } from '../../server/edits/file-bytes.ts'
import type { Image } from '../../server/edits/images.ts'
import type { Observation, PathState } from '../../server/recovery/observe.ts'
import type { Sight } from '../../server/recovery/workspace.ts'

export const sightOf = (bytes: FileBytes | undefined): Sight =>
  bytes === undefined ? { kind: 'absent' } : { kind: 'file', bytes, stat: undefined }

/** An image and what stands at its path in that state. */
export function seenAs(image: Image, state: PathState): Observation {
  const after = image.after.kind === 'file' ? image.after.bytes : undefined
  const sights: Record<PathState, Sight> = {
    landed: sightOf(image.after.kind === 'unknown' ? Buffer.from('edited') : after),
    halfway: sightOf(Buffer.from('half')),
    untouched: sightOf(image.before),
    restored: sightOf(image.before),
    drifted: sightOf(Buffer.from('theirs')),
  }
  return { image, state, sight: sights[state] }
}
