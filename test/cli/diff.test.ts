import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffOf } from '../../server/cli/diff.ts'
import { patchText } from '../../server/cli/patch.ts'
import { statText } from '../../server/cli/stat.ts'
import type { FileChange } from '../../server/history/changes.ts'

const piped = { cwd: '/w', colour: false, width: undefined }

describe('a patch', () => {
  test('is what git applies, whatever the names and the bytes are', () => {
    const files: Record<string, { before?: string; after?: string; from?: string }> = {
      'plain.txt': { before: 'a\nb\nc\nd\ne\nf\ng\nh\n', after: 'a\nB\nc\nd\ne\nf\ng\nH\n' },
      'crlf and cr.txt': { before: 'a\r\nb\rc\r\n', after: 'a\r\nb\rX\r\n' },
      'no newline': { before: 'a', after: 'b' },
      'now with newline': { before: 'a', after: 'a\n' },
      'bom.txt': { before: '\ufeffa\n', after: '\ufeffb\n' },
      'escapes.txt': { before: '\x1b[31mred\n', after: '\x1b[32mgreen\u2028\n' },
      'deep/new.txt': { after: 'x\ny\n' },
      'empty-new.txt': { after: '' },
      'gone.txt': { before: 'x\n' },
      'quote" tab\t back\\slash é漢.txt': { before: 'a\n', after: 'b\n' },
      'to/moved here.txt': { from: 'from here.txt', before: 'a\nb\nc\n', after: 'a\nb\nC\n' },
      'emptied.txt': { before: 'x\n', after: '' },
    }
    const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-patch-'))
    try {
      const changes = Object.entries(files).map(([name, { before, after, from }]) => {
        if (before !== undefined) put(join(folder, from ?? name), before)
        return change(join(folder, name), before, after, from === undefined ? undefined : join(folder, from))
      })
      const patch = patchText({ ...around(), cwd: folder }, changes)
      execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: folder, input: patch })
      for (const [name, { after, from }] of Object.entries(files)) {
        const path = join(folder, name)
        expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined, name).toBe(after)
        if (from !== undefined) expect(existsSync(join(folder, from))).toBe(false)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('on a terminal lets no line move the cursor', () => {
    const file = change('/w/a\x1b[2J.txt', '\tx\x1b[2J\r\n', '\ty\x9b2J\n')
    expect(patchText({ ...around(), width: 80 }, [file])).toBe(
      [
        'diff --git "a/a\\033[2J.txt" "b/a\\033[2J.txt"',
        '--- "a/a\\033[2J.txt"',
        '+++ "b/a\\033[2J.txt"',
        '@@ -1 +1 @@',
        '-\tx\\x1b[2J\\r',
        '+\ty\\x9b2J',
        '',
      ].join('\n'),
    )
  })

  test('says of bytes that are no text how many they are', () => {
    const nul = { ...change('/w/a.bin', undefined, undefined), before: Buffer.from([0, 1]) }
    const latin = { ...change('/w/b', '', ''), before: Buffer.from([0xe9]) }
    expect(patchText(around(), [nul, { ...latin, kind: 'edited' }])).toBe(
      'diff --git a/a.bin b/a.bin\ndeleted file mode 100644\nbinary, 2 → 0 bytes\n' +
        'diff --git a/b b/b\nbinary, 1 → 0 bytes\n',
    )
  })

  test('says why it does not know what the edits make of a file', () => {
    const after = { kind: 'unknown', reason: 'not UTF-8\x07' } as const
    expect(patchText(around(), [{ ...change('/w/a', 'x'), kind: 'unknown', after }])).toBe(
      'diff --git a/a b/a\nwhat the edits make of it is not known: not UTF-8\\x07\n',
    )
  })

  test('keeps the executable bit of a deleted file, and names what lies elsewhere in full', () => {
    const file = { ...change('/elsewhere/run.sh', 'x\n'), mode: 0o755 }
    expect(patchText(around(), [file])).toBe(
      'diff --git a/elsewhere/run.sh b/elsewhere/run.sh\ndeleted file mode 100755\n' +
        '--- a/elsewhere/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
    )
  })

  test('is coloured as git does it', () => {
    const text = patchText({ ...around(), colour: true }, [change('/w/a', 'x\n', 'y\n')])
    expect(text).toBe(
      '\x1b[1mdiff --git a/a b/a\x1b[22m\n\x1b[1m--- a/a\x1b[22m\n\x1b[1m+++ b/a\x1b[22m\n' +
        '\x1b[36m@@ -1 +1 @@\x1b[39m\n\x1b[31m-x\x1b[39m\n\x1b[32m+y\x1b[39m\n',
    )
  })

  test('comes in time for files that have nothing in common', () => {
    const lines = (what: string) => Array.from({ length: 20_000 }, (_, i) => `${what}${i}\n`).join('')
    const diff = diffOf(change('/w/a', lines('a'), `${lines('b')}end`))
    expect(diff).toMatchObject({ kind: 'text', hunks: [{ oldLines: 20_000, newLines: 20_001 }] })
    expect(diff.kind === 'text' && diff.hunks[0]!.lines.at(-1)).toBe('\\ No newline at end of file')
  })
})

test('hunks turn before into after', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '\n', '\n', '\r', 'é')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = diffOf(change('/w/a', before, after))
      expect(diff.kind === 'text' && applied(before, diff.hunks)).toBe(after)
    }),
  )
})

describe('stat', () => {
  test('is laid out as git does it', () => {
    const lines = (n: number, what: string) => `${what}\n`.repeat(n)
    const files = [
      change('/w/src/a.ts', lines(3, 'x'), lines(2, 'y')),
      change('/w/new.ts', undefined, lines(12, 'y')),
      change('/w/to.ts', 'x\n', 'x\n', '/w/from.ts'),
      { ...change('/w/bin', ''), before: Buffer.from([0]) },
    ]
    expect(statText(around(), files)).toBe(
      [
        ' src/a.ts         |  5 ++---',
        ' new.ts           | 12 ++++++++++++',
        ' from.ts => to.ts |  0',
        ' bin              | Bin 1 -> 0 bytes',
        ' 4 files changed, 14 insertions(+), 3 deletions(-)',
        '',
      ].join('\n'),
    )
  })

  test('fits the terminal', () => {
    const files = [
      change('/w/a/very/long/path/that/no/narrow/terminal/has/room/for.ts', undefined, 'x\n'.repeat(1000)),
      change('/w/b.ts', undefined, 'x\n'),
    ]
    expect(statText({ ...around(), width: 40 }, files)).toBe(
      [
        ' …inal/has/room/for.ts | 1000 +++++++++',
        ' b.ts                  |    1 +',
        ' 2 files changed, 1001 insertions(+)',
        '',
      ].join('\n'),
    )
  })

  test('says so when nothing changed', () => {
    expect(statText(around(), [])).toBe(' 0 files changed, 0 insertions(+), 0 deletions(-)\n')
  })
})

function around(): Parameters<typeof patchText>[0] {
  return piped as Parameters<typeof patchText>[0]
}

function change(path: string, before?: string, after?: string, from?: string): FileChange {
  return {
    kind:
      from !== undefined
        ? 'moved'
        : after === undefined
          ? 'deleted'
          : before === undefined
            ? 'created'
            : 'edited',
    path,
    from,
    edits: 0,
    before: before === undefined ? undefined : Buffer.from(before),
    after: after === undefined ? { kind: 'absent' } : { kind: 'file', bytes: Buffer.from(after) },
    withheld: false,
    bare: false,
    paths: [],
    mode: undefined,
  }
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** An applier of its own: takes hunks by their lines alone. */
function applied(
  before: string,
  hunks: readonly { oldStart: number; oldLines: number; lines: string[] }[],
): string {
  const old = before.split(/(?<=\n)/)
  let result = ''
  let at = 0
  for (const { oldStart, lines } of hunks) {
    while (at < oldStart - 1) result += old[at++]
    for (const [i, line] of lines.entries()) {
      if (line[0] === '\\') continue
      const end = lines[i + 1]?.[0] === '\\' ? '' : '\n'
      if (line[0] !== '-') result += line.slice(1) + end
      if (line[0] !== '+') at++
    }
  }
  return result + old.slice(at).join('')
}
