import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROWS, type Row } from './rows.ts'
import { tableOf } from './table.ts'

const TABLE = fileURLToPath(new URL('TABLE.md', import.meta.url))

const HEAD = `# Real servers, on every road

Made by \`npm run servers\`: each line is a test of this folder, in which a real server sends a real edit to the headless client through \`lsp-wal\`.

- _recorded exactly_: when the edit reached the client, the log had the original of every file that it touches, and the after-image that it had for each is what the client then wrote, byte for byte. The client shares no code with the proxy.
- _undone to the byte_: after \`lsp-wal undo\` every file of the project is as it was.
- _road_: how the edit reached the client. What stood in a menu of code actions is taken out of it and handed back for the one that was picked.

None of these servers answers \`workspace/willCreateFiles\` or \`willDeleteFiles\`; those roads have their tests in \`test/scenarios/roads\`.

Texts have what moves positions: characters beyond the basic plane, CRLF, byte order marks, no newline at the end.

`

/** Makes the table of a run of the tests in this folder. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-servers-'))
  const path = join(folder, 'rows')
  writeFileSync(path, '')
  process.env[ROWS] = path
  return () => {
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    rmSync(folder, { recursive: true })
    const kept = lines.map((line) => JSON.parse(line) as Row | { readonly missing: string })
    const rows = kept.filter((each) => 'server' in each)
    const missing = kept.filter((each) => 'missing' in each).map((each) => each.missing)
    // A run of some of the tests, or without a server, says nothing of the rest.
    if (missing.length > 0)
      process.stderr.write(`the table stays as it is, for want of ${missing.join('; ')}\n`)
    else writeFileSync(TABLE, HEAD + tableOf(rows))
  }
}
