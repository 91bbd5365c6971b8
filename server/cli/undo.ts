import type { Command } from './command.ts'
import { takeBackCommand } from './take-back.ts'

const USAGE = `Usage: lsp-wal undo [--file PATH]... [--dry-run] [--json] [ID]

Puts back the originals of a recorded edit, in all its files; without an ID, of the newest one that was
not undone yet. One that was put back by other means, by git say, is passed over, and named. Out of a file
that was changed since, only the edit is taken; where the same lines were changed, the file is left alone
and named: put them in order, and undo it again with --file.
While an editor runs with lsp-wal in this folder, it goes through its buffers.

    --file PATH   only this file, whatever is known of it; without an ID, of the newest edit that is not
                  undone in it yet; may be given several times
    --dry-run     show what would be written, as a diff
    --json        a list of {direction, id, label, by (the id of this undo, or null), files: [{path, change
                  (changed, created, removed), where (disk, buffer; null: it would be), merged,
                  unseen? (the editor has said that it took it, and has not shown it yet),
                  was? (where the edit had it: a later one has moved it), movedFrom? (of a file that
                  comes back from there as it is)}],
                  left: [{path, reason, hunks?: [{line, base, ours, theirs}]}],
                  wasHalf? (a crash had cut it off half way: redo brings back no more than single files),
                  passedOver? (there was nothing to write, so an older one was taken, which comes behind it)}

An undo is recorded like any edit: lsp-wal redo takes it back.
Exit status: 0 done, 3 some files were left alone.
`

/** `lsp-wal undo`. */
export const undo: Command = (around, args) => takeBackCommand(around, 'undo', USAGE, args)
