import { appendFileSync } from 'node:fs'

/** One edit of a real server, as the table of them shows it. */
export interface Row {
  readonly server: string
  readonly version: string
  /** What the log calls it. */
  readonly label: string
  /** How it came to the client. */
  readonly road: string
  readonly edit: unknown
  /** How many paths it is about; a file that moves has two. */
  readonly paths: number
  /** Whether the log had it as the client then wrote it, byte for byte. */
  readonly recorded: boolean
  /** Whether `lsp-wal undo` put every byte back. */
  readonly undone: boolean
}

/** The file that rows are kept in, where a table is to be made of them. */
export const ROWS = 'LSP_WAL_SERVERS_ROWS'

/** A row of a test, or the line that says why its server is not there. */
export function keep(row: Row | { readonly missing: string }): void {
  const path = process.env[ROWS]
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(row)}\n`)
}
