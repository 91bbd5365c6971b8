import { type Image, imageOf, type Outlines, outlinesOf } from '../../server/edits/images.ts'
import type { PositionEncoding } from '../../server/edits/line-index.ts'
import type { Standing, Step } from '../../server/edits/steps.ts'

/** What stands at a path before the first step, with a file's bytes. */
export type Original =
  | Exclude<Standing, { kind: 'file' | 'absent' }>
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly bytes: Uint8Array }

export interface Images extends Omit<Outlines, 'outlines'> {
  readonly images: readonly Image[]
}

/** What steps come to, where all files are at hand. */
export function imagesOf(
  steps: readonly Step[],
  originals: ReadonlyMap<string, Original>,
  encoding: PositionEncoding,
): Images {
  const { outlines, ...folders } = outlinesOf(steps, originals)
  const originalOf = (path: string): Uint8Array => {
    const original = originals.get(path)
    if (original?.kind !== 'file') throw new Error(`${path} is no file`)
    return original.bytes
  }
  return { images: outlines.map((outline) => imageOf(outline, originalOf, encoding)), ...folders }
}
