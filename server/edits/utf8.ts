// Characters of bytes that are meant to be UTF-8 and may not be.
// Where they are not, a character is what the WHATWG decoder turns into one U+FFFD: a maximal subpart
// (https://encoding.spec.whatwg.org/#utf-8-decoder), so that columns agree with those of an editor or a
// server that decodes with TextDecoder.

/** The length in bytes of a leading byte order mark: 3 or 0. */
export function bomLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

/** Whether a byte continues a character that an earlier byte began. */
export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/**
 * The length in bytes of the character that begins at `at`.
 * Only a valid character is 4 bytes long; a bad sequence comes to at most 3.
 */
export function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  if (lead < 0xc2 || lead > 0xf4) return 1
  const whole = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  let lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  let highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  for (let length = 1; length < whole; length++) {
    const next = bytes[at + length]
    if (next === undefined || next < lowest || next > highest) return length
    lowest = 0x80
    highest = 0xbf
  }
  return whole
}

/** The start of the character that `offset` lies in: `offset` itself where it lies in none. */
export function characterStart(bytes: Uint8Array, offset: number): number {
  if (!isContinuation(bytes[offset])) return offset
  let lead = offset - 1
  while (lead > offset - 3 && isContinuation(bytes[lead])) lead--
  // A stray continuation byte is a character of its own.
  return lead >= 0 && lead + characterLength(bytes, lead) > offset ? lead : offset
}
