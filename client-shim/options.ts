import type { ClientCapabilities, PositionEncodingKind } from 'vscode-languageserver-protocol/node'
import type { DieAt, SavePolicy } from './edit-queue.ts'
import type { Answers } from './server-requests.ts'
import type { TraceEntry } from './wire.ts'

/** What a headless client is started with; only the command and the folders have no default. */
export interface HeadlessOptions {
  readonly command: readonly [string, ...string[]]
  /** Workspace folders, absolute; the first is also `rootUri`. */
  readonly folders: readonly [string, ...string[]]
  /** The server's; the first folder by default. */
  readonly cwd?: string
  /** This process's by default. */
  readonly env?: NodeJS.ProcessEnv
  readonly initializationOptions?: unknown
  /** Section to value, for `workspace/configuration`; sent as a whole by `didChangeConfiguration`. */
  readonly configuration?: Readonly<Record<string, unknown>>
  /** Changes what the client says it can do. */
  readonly capabilities?: (defaults: ClientCapabilities) => ClientCapabilities
  /** In order of preference; only `utf-16` by default. */
  readonly positionEncodings?: readonly PositionEncodingKind[]
  readonly clientInfo?: { readonly name: string; readonly version?: string }
  /** The `processId` of `initialize`, which servers watch; this process by default. */
  readonly processId?: number | null
  /** Edits go into buffers alone, file operations too, and nothing is ever saved by itself. */
  readonly holdsEdits?: boolean
  /** `all` by default. */
  readonly savePolicy?: SavePolicy
  /** Saves come before the answer to `workspace/applyEdit`; after it, as a user's do, by default. */
  readonly saveBeforeAnswer?: boolean
  /** None is chosen by default. */
  readonly answers?: Answers
  readonly onRequest?: (method: string, params: unknown) => unknown
  /** Hears what the server says of its own work, as often as it does. */
  readonly onProgress?: (what: string) => void
  readonly trace?: (entry: TraceEntry) => void
  readonly dieAt?: DieAt
  /** Ends this process at once, and the server's if it is to go with it. Needed with `dieAt`. */
  readonly die?: (serverPid: number) => never
  /** What becomes of the server's stderr: shown as it comes by default; kept for error messages. */
  readonly stderr?: 'inherit' | 'capture'
  /** The server leads its own process group (POSIX), so that `die` can end all of it. */
  readonly ownProcessGroup?: boolean
  /** For every answer and every condition that is not given another; 30 s by default. */
  readonly timeoutMs?: number
  /** How long the server may take to leave after `exit`; 5 s by default. */
  readonly exitPauseMs?: number
}
