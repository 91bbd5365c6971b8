import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BlindStart, blindStart } from './blind-start.ts'
import { Stage } from './stage.ts'

const BEFORE = { 'a.ts': 'foo\n', 'b.ts': 'foo\n', 'lib/c.ts': 'foo\n', 'lib/d.ts': 'foo\n' }
const AFTER = { 'a.ts': 'bar\n', 'b.ts': 'bar\n', 'lib/c.ts': 'bar\n', 'lib/d.ts': 'bar\n' }
const TORN = { ...BEFORE, 'a.ts': 'bar\n', 'b.ts': 'bar\n' }

/** More of them find more: LSP_WAL_TEST_ROUNDS=500. */
const ROUNDS = Number(process.env.LSP_WAL_TEST_ROUNDS ?? 8)

let stage: Stage
let template: string

/** A rename that was cut in half; each round begins with a copy of it, times of writing and all. */
beforeAll(async () => {
  stage = new Stage(BEFORE)
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const changes = Object.fromEntries(
    Object.keys(BEFORE).map((name) => [stage.uri(name), [{ range, newText: 'bar' }]]),
  )
  const step = { executeCommand: { command: 'edit', arguments: [{ changes }, 'Rename foo'], edits: 1 } }
  await stage.headless(['--die-at', 'files-saved=2', '--die-with-server'], [step], stage.wrapped())
  template = join(stage.folder, 'template')
  execFileSync('mkdir', [template])
  execFileSync('cp', ['-a', stage.journal, stage.workspace, template])
})

afterAll(() => stage[Symbol.dispose]())

function again(): void {
  rmSync(stage.journal, { recursive: true })
  rmSync(stage.workspace, { recursive: true })
  execFileSync('cp', ['-a', join(template, 'journal'), join(template, 'workspace'), stage.folder])
}

const start = () => blindStart(stage)
const endOf = (proxies: readonly BlindStart[]) => Promise.all(proxies.map(({ ended }) => ended))

/** Every purpose that is recorded anywhere: what recoveries have done. */
function recoveries(): string[] {
  const logs = readdirSync(stage.journal, { recursive: true, encoding: 'utf8' })
  return logs
    .filter((name) => name.endsWith('wal.log'))
    .flatMap((name) => readFileSync(join(stage.journal, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { meta: { purpose?: string } }).meta.purpose ?? [])
}

/** But for what a kill leaves of a session that had recorded nothing. */
const journalFiles = () => stage.journalFiles().filter((name) => !name.startsWith('live/.'))

describe.skipIf(process.platform === 'win32')('proxies that are started at once', () => {
  test('recover what is there once, all of it, and one of them only', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      again()
      expect(stage.files()).toEqual(TORN)
      expect(await endOf([start(), start(), start()])).toEqual([0, 0, 0])
      expect(stage.files(), `round ${round}`).toEqual(AFTER)
      expect(recoveries(), `round ${round}`).toEqual(['finish'])
      expect(stage.journalFiles()).toEqual(
        ['outcomes.log', 'session.json', 'wal.log'].flatMap((name) => [
          `history/S/${name}`,
          `history/S/${name}`,
        ]),
      )
    }
  })

  test('and killed at any time, leave to the next start what it ends in the same bytes', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      again()
      const proxies = [start(), start()]
      for (const { child } of proxies) setTimeout(() => child.kill('SIGKILL'), 100 + Math.random() * 250)
      await endOf(proxies)
      await start().ended
      expect(stage.files(), `round ${round}`).toEqual(AFTER)
      const [files, done] = [journalFiles(), recoveries()]
      expect(
        files.filter((name) => name.startsWith('live')),
        `round ${round}`,
      ).toEqual([])
      // Another start finds nothing to do.
      await start().ended
      expect(stage.files()).toEqual(AFTER)
      expect([journalFiles(), recoveries()]).toEqual([files, done])
    }
  })
})
