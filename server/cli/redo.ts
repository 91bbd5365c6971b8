import type { Command } from './command.ts'
import { takeBackCommand } from './take-back.ts'

const USAGE = `Usage: lsp-wal redo [--file PATH]... [--dry-run] [--json] [ID]

Takes an undo back; without an ID the newest one that still holds. ID is the undo's, or that of the edit
that was undone. Without an ID, an undo that was taken back by other means is passed over, and named. What
was changed since the undo stays, as with undo. An edit that a crash had torn is not redone as a whole,
since that would tear it again.

    --file PATH   only this file; without an ID, of the newest undo that still holds in it; may be given
                  several times
    --dry-run     show what would be written, as a diff
    --json        as lsp-wal undo --json

Exit status: 0 done, 3 some files were left alone.
`

/** `lsp-wal redo`. */
export const redo: Command = (around, args) => takeBackCommand(around, 'redo', USAGE, args)
