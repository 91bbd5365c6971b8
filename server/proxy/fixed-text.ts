/**
 * A text that is looked for at a place where it nearly always stands. It is compared four bytes at a time: this is
 * done for every message that passes, and byte by byte it would cost as much as everything else together.
 */
export class FixedText {
  /** In bytes: a multiple of four. */
  readonly length: number
  readonly #words: Int32Array

  constructor(text: string) {
    const bytes = Buffer.from(text, 'latin1')
    if (bytes.length % 4 !== 0) throw new Error(`not a multiple of four bytes: ${text}`)
    this.length = bytes.length
    this.#words = Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i))
  }

  isAt(view: DataView, at: number): boolean {
    if (at + this.length > view.byteLength) return false
    const words = this.#words
    for (let i = 0; i < words.length; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false
    return true
  }
}

/** The bytes of a buffer, as `FixedText` reads them. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
