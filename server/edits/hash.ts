import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm'
import { isNormalized, joinNormalized, normalize } from './normalize.ts'
import { normalizeSlices } from './normalize-slices.ts'
import { type ByteEdit, splicedParts } from './splice.ts'

/** xxHash64 with seed 0, as 16 lower-case hex digits. */
export interface Hasher {
  hash(bytes: Uint8Array): string
  /** Law: `digest()` after any number of `update`s is `hash` of their bytes put together. */
  stream(): HashStream
}

interface HashStream {
  update(bytes: Uint8Array): void
  /** May be asked for again, and more bytes may follow. */
  digest(): string
}

// The bytes are copied into the module's memory, which only ever grows: in chunks that fit its first page
// (64 KiB, beside the state of 88 bytes) a single large file does not hold memory for the rest of the session.
const CHUNK_BYTES = 32 * 1024

/** Above this, new memory for all of it takes longer than what is done with it. */
const LARGE_BYTES = 1024 * 1024

let ready: Promise<Hasher> | undefined

/** Compiles the hash function, once for the whole process. */
export function createHasher(): Promise<Hasher> {
  ready ??= xxhash().then(hasherOf)
  return ready
}

/**
 * The hash of the bytes, and that of the normalized bytes: what line endings, blanks at line ends and byte order
 * marks do not change.
 */
export interface Hashes {
  readonly raw: string
  readonly norm: string
}

export function hashesOf(hasher: Hasher, bytes: Uint8Array): Hashes {
  const raw = hasher.hash(bytes)
  if (bytes.length > LARGE_BYTES)
    return { raw, norm: isNormalized(bytes) ? raw : hashOfNormalized(hasher, [bytes]) }
  const normalized = normalize(bytes)
  // Nearly all files are their own normalized bytes: those are not hashed twice.
  return { raw, norm: normalized === bytes ? raw : hasher.hash(normalized) }
}

/**
 * Law: `hashesOf` of the original with its edits carried out. The bytes are normalized only where edits may have
 * made that needed: hashing them is a part of the time that an edit is held.
 * `hashes`: of the original.
 */
export function hashesOfEdited(
  hasher: Hasher,
  original: Uint8Array,
  hashes: Hashes,
  edits: readonly ByteEdit[],
): Hashes {
  const parts = splicedParts(original, edits)
  const areNormalized = hashes.raw === hashes.norm && joinNormalized(parts, (part) => part % 2 === 1)
  if (!areNormalized && original.length <= LARGE_BYTES) return hashesOf(hasher, Buffer.concat(parts))
  const raw = hashOfParts(hasher, parts)
  return { raw, norm: areNormalized ? raw : hashOfNormalized(hasher, parts) }
}

function hashOfNormalized(hasher: Hasher, slices: Iterable<Uint8Array>): string {
  const stream = hasher.stream()
  for (const slice of normalizeSlices(slices)) stream.update(slice)
  return stream.digest()
}

// Each piece of a stream costs more than to copy a few kilobytes: most files are put together after all, in memory
// that is used again.
const scratch = Buffer.allocUnsafeSlow(CHUNK_BYTES)

function hashOfParts(hasher: Hasher, parts: readonly Buffer[]): string {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > scratch.length) {
    const stream = hasher.stream()
    for (const part of parts) stream.update(part)
    return stream.digest()
  }
  let at = 0
  for (const part of parts) at += part.copy(scratch, at)
  return hasher.hash(scratch.subarray(0, length))
}

function hasherOf(api: XXHashAPI): Hasher {
  return {
    hash(bytes) {
      if (bytes.length <= CHUNK_BYTES) return hexDigits(api.h64Raw(bytes))
      const state = api.create64()
      updateInChunks(state, bytes)
      return hexDigits(state.digest())
    },
    stream() {
      const state = api.create64()
      return {
        update: (bytes) => updateInChunks(state, bytes),
        digest: () => hexDigits(state.digest()),
      }
    },
  }
}

function updateInChunks(state: XXHash<bigint>, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) state.update(bytes.subarray(at, at + CHUNK_BYTES))
}

function hexDigits(hash: bigint): string {
  return hash.toString(16).padStart(16, '0')
}
