import { bytesOf } from '../edits/file-bytes.ts'
import type { Image } from '../edits/images.ts'

/** How many files' bytes are kept in memory for the next key. */
const MOST = 8

/** Images with their bytes in memory, of files in which somebody types: each key asks for them. */
export class NearImages {
  readonly #images = new Map<Image, Image>()

  /** @throws what keeps the bytes from being loaded */
  get(image: Image): Image {
    const known = this.#images.get(image)
    if (known !== undefined) return known
    const { before, after } = image
    const near: Image = {
      ...image,
      before: before && bytesOf(before),
      after: after.kind === 'file' ? { kind: 'file', bytes: bytesOf(after.bytes) } : after,
    }
    const [oldest] = this.#images.keys()
    if (this.#images.size === MOST) this.#images.delete(oldest!)
    this.#images.set(image, near)
    return near
  }

  clear(): void {
    this.#images.clear()
  }
}
