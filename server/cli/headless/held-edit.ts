import type { PositionEncoding } from '../../edits/line-index.ts'
import type { Env } from '../../journal/env.ts'
import type { Intent, OwnRoad } from '../../journal/intent.ts'
import type { Left } from '../../recovery/ways.ts'

/** An edit that a server has sent and nobody has carried out yet. */
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

/** What the headless commands are given beside their surroundings. */
export interface HeadlessTools {
  /** Of this package. */
  readonly version: string
  readonly compose: Compose
  /** Does what is not to be left half done: signals that would end this process end it afterwards. */
  readonly unbroken: <T>(work: () => Promise<T>) => Promise<T>
}

/** Makes an intent of an edit; `obstacles`: why it cannot be carried out as a whole. What LSP is, is not known here. */
type Compose = (
  env: Env,
  held: HeldEdit,
  about: {
    readonly session: string
    readonly folders: readonly string[]
    readonly exclude: readonly string[]
    /** Bytes of originals. */
    readonly maxIntent: number
  },
) => Promise<{ readonly intent: Intent | undefined; readonly obstacles: readonly Left[] }>
