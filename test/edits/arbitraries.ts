import fc from 'fast-check'
import type { ByteEdit } from '../../server/edits/splice.ts'

/** Valid text, rich in line endings, byte order marks and characters of every length. */
export const text = fc
  .array(
    fc.constantFrom('a', 'b', ' ', '\t', '\n', '\r', '\r\n', 'é', '漢', '😀', '\ufeff', '\0', '\u2028'),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''))

/** Bytes of which many are not UTF-8: characters, cut ones and strays. */
export const bytes = fc
  .array(
    fc.oneof(
      fc
        .constantFrom('a', ' ', '\n', '\r\n', '\r', 'é', '漢', '😀', '\ufeff')
        .map((part) => Buffer.from(part)),
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      fc
        .constantFrom('c3', 'e6bc', 'f09f98', 'e0a0', 'eda080', 'f48fbf', 'f490', 'c080', 'ff', '80')
        .map((hex) => Buffer.from(hex, 'hex')),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.concat(parts))

/** Sorted, disjoint edits between given offsets, many of them touching. */
export function byteEdits(boundaries: readonly number[]): fc.Arbitrary<ByteEdit[]> {
  const offset = fc.constantFrom(...boundaries)
  return fc.array(fc.tuple(offset, offset, text), { maxLength: 6 }).map((drafts) => {
    const edits: ByteEdit[] = []
    const inOrder = drafts
      .map(([a, b, inserted]) => ({ start: Math.min(a, b), end: Math.max(a, b), text: inserted }))
      .sort((a, b) => a.start - b.start || a.end - b.end)
    for (const edit of inOrder) {
      if (edit.start >= (edits.at(-1)?.end ?? 0)) edits.push(edit)
    }
    return edits
  })
}
