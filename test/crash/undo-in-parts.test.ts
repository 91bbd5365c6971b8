import { expect, it } from 'vitest'
import { die, once } from '../disk/memory-disk.ts'
import { edit, edited, intentOf } from '../journal/intents.ts'
import { EDITORS_OWN } from './editor.ts'
import { END_NAMES, Run } from './run.ts'
import { Dice, limitMs, SCALE, SEED } from './seed.ts'
import type { Workload } from './workload.ts'
import { WORKSPACE } from './workload.ts'

/** Undos that do not simply put back what was there: of one file, and of what somebody has worked on since. */

const before = 'let total = 0\n\nfunction add(n) {\n  total += n\n}\n'
const after = before.replaceAll('total', 'sum')
const theirs = (text: string) => `${text}\nadd(1) // theirs\n`

const edits = [...before.matchAll(/total/g)].map(({ index }) => edit(index, index + 5, 'sum'))
const workload: Workload = {
  name: 'two files edited and saved',
  before: { '/w/a': before, '/w/b': before },
  steps: [
    {
      intent: intentOf('c0000000', [edited('/w/a', before, ...edits), edited('/w/b', before, ...edits)]),
      saves: ['/w/a', '/w/b'],
    },
  ],
}

async function landed(): Promise<Run> {
  const run = new Run(workload)
  await run.record()
  run.crash('killed', new Dice())
  await run.recover()
  expect(files(run)).toEqual({ a: after, b: after })
  return run
}

/** Without what the editor left of its own when it died. */
function files(run: Run): Record<string, string> {
  const all = Object.entries(run.machine.platter.tree(WORKSPACE))
  return Object.fromEntries(all.filter(([path]) => !path.endsWith(EDITORS_OWN)))
}

/** An undo in which a crash comes at each of its operations, and what a start makes of it. */
async function cutShort(
  make: (run: Run) => void,
  args: readonly string[],
  judge: (run: Run, where: string) => Promise<void>,
): Promise<void> {
  for (let n = 1, isDone = false; !isDone; n++) {
    for (const end of SCALE > 1 ? END_NAMES : [END_NAMES[n % END_NAMES.length]!]) {
      const run = await landed()
      make(run)
      isDone = (await run.undo(once(n, die('half')), args)) !== 'died'
      run.crash(end, new Dice(n))
      expect(await run.recover()).toBe('done')
      expect(run.waiting).toEqual([])
      run.machine.crash()
      await judge(run, `operation ${n}, ${end}, LSP_WAL_TEST_SEED=${SEED}`)
      await run.recover()
      expect(run.cases).toBe(0)
    }
  }
}

it(
  'of one file is there or not, and the rest can be undone then, whatever the moment of a crash',
  async () => {
    const seen = new Set<string>()
    await cutShort(
      () => {},
      ['--file', '/w/a'],
      async (run, where) => {
        expect(files(run).b, where).toBe(after)
        expect([before, after], where).toContain(files(run).a)
        seen.add(files(run).a!)
        expect(await run.undo()).toBe('done')
        expect(files(run), where).toEqual({ a: before, b: before })
      },
    )
    expect(seen).toEqual(new Set([before, after]))
  },
  limitMs(60_000),
)

it(
  'keeps what was written since, in each file as a whole, whatever the moment of a crash',
  async () => {
    const seen = new Set<string>()
    await cutShort(
      (run) => run.machine.platter.put('/w/a', theirs(after)),
      [],
      async (run, where) => {
        const wholes = [
          { a: theirs(after), b: after },
          { a: theirs(before), b: before },
        ]
        expect(wholes, where).toContainEqual(files(run))
        seen.add(files(run).b!)
        if (files(run).b === after) expect(await run.undo()).toBe('done')
        expect(files(run), where).toEqual({ a: theirs(before), b: before })
      },
    )
    expect(seen).toEqual(new Set([before, after]))
  },
  limitMs(60_000),
)

it(
  'brings it all back when it is taken back, with what was written since',
  async () => {
    for (let n = 1, isDone = false; !isDone; n++) {
      const run = await landed()
      run.machine.platter.put('/w/a', theirs(after))
      await run.undo()
      isDone = (await run.redo(once(n, die('half')))) !== 'died'
      run.crash(END_NAMES[n % END_NAMES.length]!, new Dice(n))
      await run.recover()
      if (files(run).b === before) await run.redo()
      expect(files(run), `operation ${n}`).toEqual({ a: theirs(after), b: after })
    }
  },
  limitMs(60_000),
)
