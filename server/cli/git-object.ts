import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** What git calls a file that is not there. */
export const NO_BLOB = '0'.repeat(40)

/** The name that git gives to a file of these bytes (gitformat-pack(5), "Object types"). */
export function blobName(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/**
 * A binary patch as git has it: what the file becomes, then what it was, so that it can be taken back. Each is
 * deflated, in lines of up to 52 bytes: their number as a letter, and five characters for every four of them.
 */
export function binaryPatch(before: Uint8Array, after: Uint8Array): string[] {
  return ['GIT binary patch', ...literal(after), '', ...literal(before), '']
}

const LINE_BYTES = 52
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~'

function literal(bytes: Uint8Array): string[] {
  const deflated = deflateSync(bytes)
  const lines = [`literal ${bytes.length}`]
  for (let at = 0; at < deflated.length; at += LINE_BYTES) {
    const line = deflated.subarray(at, at + LINE_BYTES)
    lines.push(lengthLetter(line.length) + base85(line))
  }
  return lines
}

/** A is 1, Z is 26, a is 27, z is 52. */
function lengthLetter(length: number): string {
  return String.fromCharCode(length <= 26 ? 0x40 + length : 0x60 + length - 26)
}

/** Filled up with zeros to a multiple of four bytes. */
function base85(bytes: Buffer): string {
  const padded = Buffer.alloc(4 * Math.ceil(bytes.length / 4))
  bytes.copy(padded)
  let text = ''
  for (let at = 0; at < padded.length; at += 4) {
    let rest = padded.readUInt32BE(at)
    let group = ''
    for (let i = 0; i < 5; i++) {
      group = DIGITS[rest % 85]! + group
      rest = Math.floor(rest / 85)
    }
    text += group
  }
  return text
}
