import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measured } from './measured.ts'
import { run, Stage } from './stage.ts'

// LSP_WAL_TEST_RUNS=16 makes it a log of 2 GiB.
const MEBIBYTES = 128 * Number(process.env.LSP_WAL_TEST_RUNS ?? 1)
/** Gigabytes are written and read, on a disk that others use too. */
const LONG_MS = 1_200_000
/** Node itself takes 50 to 60; the rest is what a collection of garbage comes late for. */
const MOST_MIB = 170
const MAIN = join(import.meta.dirname, '../../dist/server/main.js')
const FIXTURES = join(import.meta.dirname, '../.build/fixtures')

describe('a log that is larger than the memory of who reads it', () => {
  let stage: Stage
  let count: number

  beforeAll(async () => {
    stage = new Stage({})
    const fixture = [process.execPath, join(FIXTURES, 'large-log.js')]
    const ended = await run(
      [...fixture, stage.workspace, stage.journal, `${MEBIBYTES}`],
      stage.folder,
      '',
      LONG_MS,
    )
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    count = Number(ended.stdout)
    const names = readdirSync(stage.journal, { recursive: true, encoding: 'utf8' })
    const log = names.find((name) => name.endsWith('wal.log'))!
    expect(statSync(join(stage.journal, log)).size).toBeGreaterThan(MEBIBYTES * 2 ** 20)
  }, LONG_MS)

  afterAll(() => stage[Symbol.dispose]())

  const commands: readonly (readonly [args: readonly string[], says: () => string, status: number])[] = [
    [['log', '-n', '0'], () => `version ${count}`, 0],
    [['log', '-n', '3', '-p'], () => `+file 0 of version ${count}`, 0],
    [['status'], () => 'Waiting to be recovered', 4],
    [['show'], () => `version ${count}`, 0],
    [['verify'], () => `${count} edits`, 0],
    [['forget', '--file', 'file-7.txt', '--dry-run'], () => 'file-7.txt', 0],
    [['gc'], () => 'Kept', 0],
    // The last two write.
    [['recover'], () => '40 files written', 0],
    [['forget', '--file', 'file-7.txt'], () => 'file-7.txt', 0],
  ]

  it.each(commands)(
    'is gone through by %j',
    async (args, says, status) => {
      const [command, ...others] = args
      const ended = await measured(stage, MAIN, command!, '--journal', stage.journal, ...others)
      expect(ended.stderr).toBe('')
      expect(ended.stdout).toContain(says())
      expect(ended.status).toBe(status)
      expect(ended.mib).toBeLessThan(MOST_MIB)
    },
    600_000,
  )

  it(
    'is as it should be after all that',
    async () => {
      const { stdout } = await measured(stage, MAIN, 'verify', '--journal', stage.journal)
      expect(stdout).toContain('all sound')
      const [first] = readFileSync(stage.path('file-39.txt'), 'latin1').split('\n')
      expect(first).toBe(`file 39 of version ${count}`)
    },
    LONG_MS,
  )
})

describe('an edit whose files are larger than the memory of who records it', () => {
  const names = Array.from({ length: 200 }, (_, i) => `file-${i}.txt`)
  const textOf = (name: string) =>
    `old text of ${name}\n${'and so on, line by line, until the end\n'.repeat(12_000)}`

  it('is recorded, finished after a crash, and undone', async () => {
    using stage = new Stage(Object.fromEntries(names.map((name) => [name, textOf(name)])))
    const recorded = await measured(stage, join(FIXTURES, 'record-many.js'), stage.workspace, stage.journal)
    expect(recorded).toMatchObject({ status: 0, stdout: 'recorded\n', stderr: '' })
    expect(recorded.mib).toBeLessThan(MOST_MIB)
    for (const [command, word] of [
      ['recover', 'longer'],
      ['undo', 'old'],
    ] as const) {
      const ended = await measured(stage, MAIN, command, '--journal', stage.journal)
      expect(ended).toMatchObject({ status: 0, stderr: '' })
      expect(ended.stdout).toContain('200 files written')
      for (const name of names)
        expect(readFileSync(stage.path(name), 'latin1') === textOf(name).replace('old', word)).toBe(true)
      expect(ended.mib).toBeLessThan(MOST_MIB)
    }
  }, 120_000)
})
