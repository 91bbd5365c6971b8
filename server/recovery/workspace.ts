import type { Stat } from '../disk/disk.ts'

/**
 * Where recovery and undo look and write: the disk, or an editor's buffers in front of it.
 * Nothing above this knows which.
 */
export interface Workspace {
  /**
   * What stands at `path` now. `known`: what it was once seen to hold; a file that has its size and its time yet need
   * not be read.
   */
  look(path: string, known?: Known): Promise<Sight>
  /**
   * Puts `change.after` where `change.before` stands, all or nothing.
   * Resolves with where it was put: in a `buffer` it is not durable yet.
   * @throws Refused where something else stands there by now, or it may not be written
   */
  place(change: Change, temporaryName: string): Promise<'disk' | 'buffer'>
  /** Makes the folders that an intent made, and removes those it removed if they are empty by now. */
  settleFolders(made: readonly string[], removed: readonly string[]): Promise<void>
}

export type Sight =
  | { readonly kind: 'absent' }
  /** `stat` is undefined for a buffer. */
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly stat: Stat | undefined }
  /** A folder, a device, something that cannot be read: never written over. */
  | { readonly kind: 'other'; readonly reason: string }

/** The bytes of a file, and its size and time when it held them. */
export interface Known {
  readonly bytes: Uint8Array
  readonly size: number
  readonly mtimeNs: bigint
}

/** One path's change; undefined stands for absent. */
export interface Change {
  readonly path: string
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
  /** Permission bits for a file that comes back; one that stays keeps its own. */
  readonly mode: number | undefined
}

/** A path that was left alone, and why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
