import { bytesOf, type FileBytes } from '../edits/file-bytes.ts'
import { type Hasher, type Hashes, hashesOf, hashesOfEdited } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'

/** The originals of a batch, each loaded and hashed once where it is asked for twice in a row. */
export class Originals {
  readonly #hasher: Hasher
  readonly #before: ReadonlyMap<string, FileBytes | undefined>
  readonly #hashes = new Map<string, Hashes>()
  /** Those that stand in the log already, or will. */
  readonly stored = new Map<string, FileBytes>()
  #last: { readonly path: string; readonly bytes: Uint8Array } | undefined

  constructor(images: readonly Image[], hasher: Hasher) {
    this.#hasher = hasher
    this.#before = new Map(images.map(({ path, before }) => [path, before]))
  }

  at(path: string): { readonly bytes: Uint8Array; readonly hashes: Hashes } | undefined {
    const before = this.#before.get(path)
    if (before === undefined) return undefined
    const bytes = this.#last?.path === path ? this.#last.bytes : bytesOf(before)
    this.#last = { path, bytes }
    const hashes = this.#hashes.get(path) ?? hashesOf(this.#hasher, bytes)
    this.#hashes.set(path, hashes)
    return { bytes, hashes }
  }

  hashesAfter({ after, edits, source }: Image): Hashes {
    if (after.kind !== 'file') throw new Error('broken invariant: there is no after-image to be hashed')
    const original = source === undefined ? undefined : this.at(source)
    if (original === undefined) return hashesOf(this.#hasher, bytesOf(after.bytes))
    return hashesOfEdited(this.#hasher, original.bytes, original.hashes, edits)
  }
}
