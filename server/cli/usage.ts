export const USAGE = `lsp-wal keeps a write-ahead log of every workspace edit between an editor and its language server.

    lsp-wal [options] -- SERVER [ARG...]   wrap a server: what an editor runs
    lsp-wal log                            what was recorded here, the newest first
    lsp-wal show      [ID]                 one recorded edit
    lsp-wal files     [ID]                 its files, for a quickfix list or xargs
    lsp-wal export    [ID]                 the same edit as a patch for git apply
    lsp-wal status                         what is pending here
    lsp-wal recover   [ID]                 finish, or roll back, what a crash cut short
    lsp-wal undo      [ID]                 take a recorded edit back, in all its files
    lsp-wal redo      [ID]                 take an undo back
    lsp-wal rename    FILE:LINE:COLUMN NEWNAME -- SERVER [ARG...]
                                           rename a symbol from the shell, in all files or in none
    lsp-wal action    PLACE -- SERVER [ARG...]
                                           list code actions, or run one, in the same way
    lsp-wal verify                         read every log, check every sum and hash
    lsp-wal forget    [ID]                 take what a file held out of recorded edits
    lsp-wal gc                             remove old sessions from the history
    lsp-wal config    EDITOR -- SERVER     what to paste into an editor's configuration
    lsp-wal doctor    [-- SERVER]          whether this set-up is sound
    lsp-wal demo                           a crash and its recovery, on a throw-away project

lsp-wal help COMMAND tells more of each. IDs may be shortened; @ is the newest, @- the one before.

Options before \`--\`:
    --journal DIR                where the log is kept (also for every command;
                                 default: $LSP_WAL_DIR, else the system's place for state)
    --recover MODE               what a start does about an edit that a crash left pending:
                                 auto (default), replay, ask, rollback, report
    --on-journal-failure WHAT    an edit that cannot be recorded is refused (default: refuse),
                                 or passed with a warning (forward)
    --exclude GLOB               files that are kept out of the log, and so are never recovered or undone:
                                 as in a .gitignore; several times (also: $LSP_WAL_EXCLUDE, with commas)
    --keep TIME                  settled sessions older than this are removed
                                 (default: $LSP_WAL_KEEP, else 14d; 12h, 2w, 0, none)
    --max-size SIZE              beyond this size of all together the oldest are removed
                                 (default: $LSP_WAL_MAX_SIZE, else 512M; 1G, 0, none)
    --journal-formatting         also record what formats one document, which the editor's own undo takes back
    --max-intent SIZE            above this size of original files an edit is not recorded (default: 256M)
    --version, --help

Called by another name, as through a link or a copy, lsp-wal wraps the next program of that name in $PATH, or the one
that $LSP_WAL_SERVER names: for tools that take a server's path and no arguments.

Exit status: 0 done, 1 error, 2 usage, 3 partly done or conflicts, 4 something is waiting to be recovered.
`
