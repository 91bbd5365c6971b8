import { bytesOf } from '../edits/file-bytes.ts'
import { type Hasher, hashesOf } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'
import type { Intent, Withheld } from './intent.ts'

/**
 * The intent with nothing in it of what these paths hold or are to hold: their hashes alone, and not the WorkspaceEdit
 * either, which says the new text. The same intent where it touches none of them.
 */
export function withhold(intent: Intent, isToBe: (path: string) => boolean, hasher: Hasher): Intent {
  const paths = withBothEnds(intent.images, isToBe)
  if (paths.size === 0) return intent
  const { edit: _, ...about } = intent.about
  const taken = intent.images.filter(({ path }) => paths.has(path)).map((image) => withheldAs(image, hasher))
  return {
    ...intent,
    images: intent.images.filter(({ path }) => !paths.has(path)),
    withheld: [...(intent.withheld ?? []), ...taken],
    about,
  }
}

/**
 * The paths that are to be withheld, and with each the other end of its move: what is moved holds the bytes of where
 * it came from, and to remove the one without making the other would lose them.
 */
export function withBothEnds(
  images: readonly Pick<Image, 'path' | 'source'>[],
  isToBe: (path: string) => boolean,
): ReadonlySet<string> {
  const paths = new Set(images.map(({ path }) => path).filter(isToBe))
  // A source may have several that grow out of it: until no other one is met.
  for (let size = 0; size !== paths.size; ) {
    size = paths.size
    for (const { path, source } of images) {
      if (source === undefined || source === path || !(paths.has(path) || paths.has(source))) continue
      paths.add(path)
      paths.add(source)
    }
  }
  return paths
}

/** What is written of an image that is kept out of the log. */
export function withheldAs({ path, before, after }: Image, hasher: Hasher): Withheld {
  return {
    path,
    before: before && hashesOf(hasher, bytesOf(before)),
    after: after.kind === 'file' ? { kind: 'file', hashes: hashesOf(hasher, bytesOf(after.bytes)) } : after,
  }
}
