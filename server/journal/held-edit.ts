import type { PositionEncoding } from '../edits/line-index.ts'
import type { OwnRoad } from './intent.ts'

/** An edit that a server has sent and nobody has carried out yet: what is recorded without an editor. */
export interface HeldEdit {
  /** A WorkspaceEdit. */
  readonly edit: unknown
  readonly encoding: PositionEncoding
  /** What the edit refers to, of the files that the server was shown. */
  readonly texts: readonly { readonly uri: string; readonly text: string }[]
  /** The command that it was asked for by. */
  readonly road: OwnRoad
  readonly label: string
  readonly server: string
}

/** Where an edit that is held is to be recorded. */
export interface HeldIn {
  readonly session: string
  readonly folders: readonly string[]
  readonly exclude: readonly string[]
  /** Bytes of originals. */
  readonly maxIntent: number
}
