/**
 * A text that is looked for at a place where it nearly always stands. It is compared four bytes at a time: this is
 * done for every message that passes, and byte by byte it would cost as much as everything else together.
 */
export class FixedText {
  /** In bytes: a multiple of four. */
  readonly length: number
  readonly #words: Int32Array

  constructor(text: string) {
    if (text.length % 4 !== 0) throw new Error(`not a multiple of four bytes: ${text}`)
    this.length = text.length
    this.#words = Int32Array.from(wordsOf(text))
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

/** The words that a text fills, four bytes each, one byte a character. What is left at its end is not among them. */
export function wordsOf(text: string): number[] {
  const bytes = Buffer.from(text, 'latin1')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readInt32LE(4 * i))
}

/** The same, eight bytes each. */
export function doublesOf(text: string): number[] {
  const bytes = Buffer.from(text, 'latin1')
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => bytes.readDoubleLE(8 * i))
}
