import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm'
import { normalize } from './normalize.ts'

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
  const normalized = normalize(bytes)
  // Nearly all files are their own normalized bytes: those are not hashed twice.
  return { raw, norm: normalized === bytes ? raw : hasher.hash(normalized) }
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
