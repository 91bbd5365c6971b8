/** Of four characters each. Strings of this length are collected cheaply; longer ones are kept apart, each by itself. */
const STEP = 4 * 8 * 1024

/** What so many bytes take in base64, padded. */
export function base64Length(length: number): number {
  return 4 * Math.ceil(length / 3)
}

/** What so many characters of base64 say at most. */
export function decodedLength(length: number): number {
  return 3 * Math.ceil(length / 4)
}

/** Writes what base64 says into `into`, and returns how many bytes that is. What is none is passed over. */
export function decodeBase64(text: Buffer, into: Buffer): number {
  let length = 0
  for (let at = 0; at < text.length; at += STEP)
    length += into.write(text.toString('latin1', at, at + STEP), length, 'base64')
  return length
}

/** The same of base64 as it is written by the book; undefined: it is not. */
export function decodeStrictly(text: Buffer, into: Buffer): number | undefined {
  let length = 0
  for (let at = 0; at < text.length; at += STEP) {
    const part = text.toString('latin1', at, at + STEP)
    const written = into.write(part, length, 'base64')
    // Decoding skips what is not base64, so it is what the bytes encode to that tells; padded is the end alone.
    if (into.toString('base64', length, length + written) !== part) return undefined
    if (at + STEP < text.length && written !== decodedLength(STEP)) return undefined
    length += written
  }
  return length
}
