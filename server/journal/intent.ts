import type { Hashes } from '../edits/hash.ts'
import type { Image } from '../edits/images.ts'

/** One recorded workspace edit: what is about to change, with the originals. */
export interface Intent {
  /** Hex; unique among all logs. Foreign intents carry whatever their writer chose. */
  readonly id: string
  readonly images: readonly Image[]
  /** Further paths, of which nothing but hashes is known: never written by a recovery or an undo. */
  readonly withheld?: readonly Withheld[]
  /** How each image's original was known; no entry for a foreign intent. */
  readonly facts: ReadonlyMap<string, PathFacts>
  readonly folders: { readonly made: readonly string[]; readonly removed: readonly string[] }
  /** Written by the Go package: no checksum, no meta. Listed, recovered only when named. */
  readonly foreign: boolean
  readonly about: About
}

/** A path whose bytes, before and after, are kept out of the log. */
export interface Withheld {
  readonly path: string
  /** Of the original; undefined: there was none. */
  readonly before: Hashes | undefined
  readonly after:
    | { readonly kind: 'file'; readonly hashes: Hashes }
    | { readonly kind: 'absent' }
    | { readonly kind: 'unknown'; readonly reason: string }
}

/** Every path that an intent changes, withheld ones too. */
export function touchedPaths({ images, withheld = [] }: Intent): string[] {
  return [...images, ...withheld].map(({ path }) => path)
}

/** When the newest of these was recorded that touches a path of an intent; its own time, where none is newer. */
export function newestOn(intent: Intent, others: Iterable<Intent>): string {
  const paths = new Set(touchedPaths(intent))
  let newest = intent.about.at
  for (const each of others)
    if (each.about.at > newest && touchedPaths(each).some((path) => paths.has(path))) newest = each.about.at
  return newest
}

/** Where the intent that this one takes forward or back has a file that was moved in between. */
export function wasOf({ facts }: Intent, path: string): string {
  return facts.get(path)?.was ?? path
}

/** An intent, what it takes forward or back, what that one does, and so on, as far as they are known. */
export function chainOf(intent: Intent, known: (id: string) => Intent | undefined): readonly Intent[] {
  const chain = new Set<Intent>()
  // Each is met once: what a log claims of itself could go in circles.
  for (let at: Intent | undefined = intent; at !== undefined && !chain.has(at); ) {
    chain.add(at)
    at = at.about.of === undefined ? undefined : known(at.about.of)
  }
  return [...chain]
}

/** Whether an intent takes another one forward: it is a part of that. */
export function isFinishing({ about }: Intent): boolean {
  return about.of !== undefined && about.purpose === 'finish'
}

/** What an intent is about, for people and for recovery. */
export interface About {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly session: string
  /** The way the edit travelled (`workspace/applyEdit`, ...), or the command that made it (`undo`, ...). */
  readonly road: string
  readonly label: string
  readonly server: string
  /** Set when this intent takes another one forward or back: what for, and which one. */
  readonly purpose?: Purpose
  readonly of?: string
  /** That only in files that the user named: the rest of the other one is as it was. */
  readonly named?: true
  /** The edit as it came over the wire; left out where it is too large to keep. */
  readonly edit?: unknown
}

/** Commands that have a server make an edit, and write it themselves. */
export type OwnRoad = 'rename' | 'action'
const OWN_ROADS: readonly string[] = ['rename', 'action'] satisfies OwnRoad[]

/** Whether this program writes an intent's files, as it replaces files; else an editor does. */
export function isWrittenHere({ about: { of, road } }: Intent): boolean {
  return of !== undefined || OWN_ROADS.includes(road)
}

export type Purpose = 'finish' | 'roll-back' | 'undo'

export interface PathFacts {
  /** Where the original was read: the disk, or an editor's buffer that differs from it. */
  readonly from: 'disk' | 'buffer'
  /** The buffer's document version. */
  readonly version?: number
  /** What the disk held beside a buffer: raw hash, or null for nothing. */
  readonly disk?: string | null
  /** That is not what the editor had told that it read or saved last: it may be another program's. */
  readonly stale?: true
  /** Of the file on disk: bytes, nanoseconds since 1970, permission bits. */
  readonly size?: number
  readonly mtimeNs?: bigint
  readonly mode?: number
  /** Where the intent that this one takes forward or back has it: the file was moved in between. */
  readonly was?: string
  /** Of what takes another intent forward or back: the path of the file that is moved here. */
  readonly cameFrom?: string
}
