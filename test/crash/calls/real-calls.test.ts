import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith } from '../../scenarios/real-servers/installed.ts'
import { Dice, limitMs, SEED } from '../seed.ts'
import { Tally } from '../tally.ts'
import { chosen, deaths, failures } from './cases.ts'
import { buildPreload, COMPILER } from './preload.ts'
import { type Act, Scene } from './scene.ts'
import { REAL_WORKLOADS } from './workloads.ts'

const ACTS: readonly Act[] = ['recording', 'recovery', 'undo', 'redo']
// Each takes about a second, and the machine may be busy.
const LIMIT_MS = limitMs(60_000)

const tally = new Tally()
afterAll(() => tally.print('real system calls'))

/** `recording` leaves to chance whether the edit is there; a recovery carries it out, the others may not have begun. */
function placesAfter(act: Act, edits: number): number[] {
  if (act === 'recovery') return [edits]
  if (act !== 'recording') return [edits - 1, edits]
  return Array.from({ length: edits + 1 }, (_, place) => place)
}

// Other systems preload in other ways, or not at all.
const describeOnLinux: (title: string, body: () => void) => void =
  process.platform === 'linux' ? onLinux : describe.skip

function onLinux(title: string, body: () => void): void {
  describeWith([COMPILER], title, body)
}

describeOnLinux('the real program', () => {
  beforeAll(buildPreload)

  describe.concurrent.each(ACTS)('killed or failing at a system call of its %s', (act) => {
    const isCommand = act === 'undo' || act === 'redo'
    it.each(REAL_WORKLOADS)(
      'loses nothing of $name',
      async (workload) => {
        using scene = await Scene.set(workload, act)
        const calls = await scene.calls()
        const salt = 10 * REAL_WORKLOADS.indexOf(workload) + ACTS.indexOf(act)

        for (const fault of chosen(deaths(calls), 1, new Dice(salt))) {
          const where = `${JSON.stringify(fault)}, LSP_WAL_TEST_SEED=${SEED}`
          const { status } = await scene.go(fault)
          if (isCommand) expect(status, where).toBe('SIGKILL')
          // What only unsaved files hold when the proxy is killed is offered, not done.
          expect(await scene.settle(act === 'recording' ? 'may ask' : 'asks nothing'), where).toEqual([])
          expect(placesAfter(act, scene.edits), where).toContain(scene.place)
          tally.add(`kills in ${act}`)
        }

        for (const fault of chosen(failures(calls), 1, new Dice(salt, 1))) {
          const where = `${JSON.stringify(fault)}, LSP_WAL_TEST_SEED=${SEED}`
          const { status } = await scene.go(fault)
          if (act === 'recording' && scene.place !== scene.edits)
            expect(scene.told, where).toContain('could not be recorded')
          // Asked again, it goes on with what it has named as left.
          if (isCommand && status !== 0) await scene.again()
          expect(await scene.settle('may ask'), where).toEqual([])
          tally.add(`errors in ${act}`)
        }
      },
      LIMIT_MS,
    )
  })
})
