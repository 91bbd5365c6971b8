import type { Disk } from '../disk/disk.ts'
import type { Host } from '../disk/host.ts'
import type { Hasher } from '../edits/hash.ts'

/** What the journal stands on; a test puts its own in place of each. */
export interface Env {
  readonly disk: Disk
  readonly host: Host
  readonly hasher: Hasher
}

/** The journal cannot do what was asked, and says why in words for the user. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
}
