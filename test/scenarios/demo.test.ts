import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LSP_WAL, run } from './stage.ts'

test('the demo tears a project, mends it, takes it back, and leaves nothing behind', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lsp-wal-test-'))
  try {
    // Its temporary folders go there, so that what it leaves shows.
    const ended = await run(['env', `TMPDIR=${folder}`, ...LSP_WAL, 'demo'], folder, '', 110_000)
    expect(ended.status, ended.stdout).toBe(0)
    const checks = ended.stdout.split('\n').filter((line) => /^ {2}[✓✗]/.test(line))
    expect(checks).toEqual([
      '  ✓ The project compiles.',
      '  ✓ Editor, proxy and server are dead.',
      '  ✓ On disk: 5 files are changed, 7 are not.',
      '  ✓ The project does not compile: 7 errors, such as',
      '  ✓ On disk: all 12 files are changed.',
      '  ✓ The project compiles.',
      '  ✓ On disk: every byte of all 12 files is what it was in the beginning.',
      '  ✓ The project compiles.',
    ])
    // The killed server leaves files of its own.
    expect(readdirSync(folder).filter((name) => name.includes('wal'))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
