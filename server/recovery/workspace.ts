import { DiskError, type Stat } from '../disk/disk.ts'
import type { FileBytes, Unkept } from '../edits/file-bytes.ts'
import type { Intent } from '../journal/intent.ts'

/**
 * Where recovery and undo look and write: the disk, or an editor's buffers in front of it.
 * Nothing above this knows which.
 */
export interface Workspace {
  /**
   * What stands at `path` now. `known`: what it was once seen to hold; a file that has its size and its time yet need
   * not be read. With an `Unkept` no file is read, nor a link followed: whatever file stands there holds that.
   */
  look(path: string, known?: Known | Unkept): Promise<Sight>
  /**
   * Of each pair of paths which of them it is by which a file is listed that both name, since the case of names does not
   * count. Undefined: they are not one.
   * @throws DiskError
   */
  spellings(pairs: Pairs): Promise<Spellings>
  /**
   * Gives each file the other spelling of its name, and first that of the folders which the intent spells otherwise.
   * Tells of each what became of it; what was done is durable.
   */
  respell(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]>
  /**
   * Puts each `change.after` where `change.before` stands, each all or nothing, in no particular order; tells of each
   * what became of it. What has gone to a `buffer` is not durable yet.
   */
  place(changes: readonly Change[], temporaryNameOf: (path: string) => string): Promise<readonly Placed[]>
  /**
   * Gives each file its other name, as it is: a folder as a whole where nothing else is in it, else one file after the
   * other. Never over another file. Tells of each what became of it; what was done is durable.
   */
  move(moves: readonly Move[], folders: Intent['folders']): Promise<readonly Placed[]>
  /** Makes the folders that an intent made, and removes those it removed if they are empty by now. */
  settleFolders(made: readonly string[], removed: readonly string[]): Promise<void>
}

/** What it takes to see how things stand. */
export type Lookout = Pick<Workspace, 'look' | 'spellings'>

/** Paths that differ in case alone, if at all. */
export type Pairs = readonly (readonly [string, string])[]
export type Spellings = readonly (string | undefined)[]

/**
 * `unseen`: the editor has said that it took it, and has told of no such change yet.
 * `left`: it was left alone, since something else stands there, it may not be written, or the system refused.
 */
export type Placed =
  | { readonly where: 'disk' }
  | { readonly where: 'buffer'; readonly unseen?: true }
  | { readonly where: 'left'; readonly problem: Problem }

export type Sight =
  | { readonly kind: 'absent' }
  /** `stat` is undefined for a buffer; `isGone`: there is no file under it. */
  | {
      readonly kind: 'file'
      readonly bytes: FileBytes
      readonly stat: Stat | undefined
      readonly isGone?: true
    }
  /** A folder, a device, something that cannot be read: never written over. */
  | { readonly kind: 'other'; readonly reason: string }

/** The bytes of a file, and its size and time when it held them. */
export interface Known {
  readonly bytes: FileBytes
  readonly size: number
  readonly mtimeNs: bigint
}

/** One path's change; undefined stands for absent. */
export interface Change {
  readonly path: string
  readonly before: FileBytes | undefined
  readonly after: FileBytes | undefined
  /** Permission bits for a file that comes back; one that stays keeps its own. */
  readonly mode: number | undefined
  /** What was changed since stays in it. */
  readonly merged?: true
  /** Where the intent that is taken back has it: it was moved since. */
  readonly was?: string
  /** Of a file that is made: it is moved, and goes there. What that one carries beside its bytes stays with it. */
  readonly cameFrom?: Origin
  /** Of a removal: a path that is to hold a file, and may be this very one where the case of names does not count. */
  readonly respelt?: string
}

/** `isOpen`: in an editor, which may go on writing to it there: it is not to have two names, for however short. */
interface Origin {
  readonly path: string
  readonly isOpen?: true
}

/** A file that is given another name, whatever it holds. */
export interface Move {
  readonly from: string
  readonly to: string
}

/** A path that was left alone, and why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** A write in place that failed, and the original could not be put back: what carries it out is to be gone on with. */
export class HalfWritten extends Error {
  override readonly name = 'HalfWritten'
}

/** A write in place that failed, and the original stands there again: written since, and by nobody else. */
export class PutBack extends Error {
  override readonly name = 'PutBack'
}

/** Why one path could not be written, which is no reason to leave the others half done. */
export type Problem = Refused | HalfWritten | PutBack | DiskError

export function isProblem(value: unknown): value is Problem {
  return (
    value instanceof Refused ||
    value instanceof HalfWritten ||
    value instanceof PutBack ||
    value instanceof DiskError
  )
}
