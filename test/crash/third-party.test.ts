import { expect, it } from 'vitest'
import { die, once } from '../disk/memory-disk.ts'
import { EDITORS_OWN } from './editor.ts'
import { faultsAfterCrash } from './oracle.ts'
import { Run } from './run.ts'
import { Dice, SEED } from './seed.ts'
import { WORKSPACE } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

/** What somebody else wrote after the crash is never written over. */

const workload = WORKLOADS[0]!
const THEIRS = { b: 'theirs' }

async function killed(): Promise<Run> {
  const run = new Run(workload)
  await run.record()
  run.crash('killed', new Dice())
  return run
}

/** Without what the editor left of its own when it died. */
function files(run: Run): Record<string, string> {
  const all = Object.entries(run.machine.platter.tree(WORKSPACE))
  return Object.fromEntries(all.filter(([path]) => !path.endsWith(EDITORS_OWN)))
}

it('stays, and the other files are finished once the user says so, whatever the moment of a crash', async () => {
  for (let n = 1, went = 'died'; went === 'died'; n++) {
    const run = await killed()
    run.machine.platter.put('/w/b', THEIRS.b)
    went = await run.recover('auto', once(n, die('half')), 'finish')
    run.crash(n % 2 === 0 ? 'without power' : 'half of it written', new Dice(n))
    expect(faultsAfterCrash(run, THEIRS), `operation ${n}, LSP_WAL_TEST_SEED=${SEED}`).toEqual([])
    await run.recover('auto', undefined, 'finish')
    expect(files(run)).toEqual({ a: 'let sum\n', b: 'theirs', 'sub/c': 'no sum\n' })
  }
})

it('stays where it comes in the middle of a recovery, up to the very rename', async () => {
  for (let n = 1; ; n++) {
    const run = await killed()
    let at: string | undefined
    await run.recover('auto', (operation) => {
      if (operation.n === n) {
        run.machine.platter.put('/w/b', THEIRS.b)
        at = `${operation.name} ${operation.path}`
      }
      return undefined
    })
    if (at === undefined) return
    // Between the last look and the rename no system offers a way to look: one operation wide.
    if (!at.startsWith('rename /w/.')) expect([n, files(run).b]).toEqual([n, 'theirs'])
    expect(Object.keys(files(run)).sort()).toEqual(['a', 'b', 'sub/c'])
  }
})

it('stays where it comes in the middle of an undo, up to the very rename', async () => {
  for (let n = 1; ; n++) {
    const run = await killed()
    await run.recover()
    let at: string | undefined
    await run.undo((operation) => {
      if (operation.n === n) {
        run.machine.platter.put('/w/b', THEIRS.b)
        at = `${operation.name} ${operation.path}`
      }
      return undefined
    })
    if (at === undefined) return
    if (!at.startsWith('rename /w/.')) expect([n, files(run).b]).toEqual([n, 'theirs'])
    expect(Object.keys(files(run)).sort()).toEqual(['a', 'b', 'sub/c'])
  }
})
