import { expect, it } from 'vitest'
import { UsageError } from '../../server/cli/command.ts'
import type { Disk } from '../../server/disk/disk.ts'
import { once, short } from '../disk/memory-disk.ts'
import { BROKEN } from './broken-disks.ts'
import { runChain } from './chain.ts'
import { faultsAfterCrash } from './oracle.ts'
import { END_NAMES, Run } from './run.ts'
import { Dice, SEED } from './seed.ts'
import { settle } from './settle.ts'
import type { Workload } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

/** The battery against programs that do lose edits: each has to be found out, or what stands beside proves nothing. */

const ROUNDS = 400

type Broken = (disk: Disk) => Disk

/** Faults that chains of crashes find, round by round. */
async function* byCrashes(broken: Broken): AsyncGenerator<readonly string[]> {
  for (let n = 0; n < ROUNDS; n++) yield await faultsOf(WORKLOADS[n % WORKLOADS.length]!, n, broken)
}

async function faultsOf(workload: Workload, n: number, broken: Broken): Promise<readonly string[]> {
  try {
    return (await runChain(workload, new Dice(n), broken)).faults
  } catch (error) {
    // A program that loses what it wrote may find that nothing fits together any more, and say so.
    if (error instanceof UsageError) return [error.message]
    throw error
  }
}

/** Faults that an error at each operation of a recording, and then a crash, find. */
async function* byErrors(broken: Broken): AsyncGenerator<readonly string[]> {
  const workload = WORKLOADS.find(({ steps }) => steps.length > 2)!
  for (let n = 1, isDone = false; !isDone; n++) {
    for (const code of ['EIO', 'ENOSPC']) {
      const run = new Run(workload, broken)
      await run.record(once(n, short(code)))
      isDone = run.operations < n
      run.crash(END_NAMES[n % END_NAMES.length]!, new Dice(n))
      yield [...faultsAfterCrash(run), ...(await settle(run))]
    }
  }
}

async function first(rounds: AsyncGenerator<readonly string[]>, wanted: RegExp): Promise<string | undefined> {
  for await (const faults of rounds) {
    const found = faults.find((fault) => wanted.test(fault))
    if (found !== undefined) return found
  }
  return undefined
}

const SEEDED = `LSP_WAL_TEST_SEED=${SEED}`
const LOST = /was acknowledged, and is not in the log/
const TORN = /the files are those of no edit as a whole|\bholds\b/

it('finds nothing wrong with the program as it is', async () => {
  expect(
    await first(
      byCrashes((disk) => disk),
      /./,
    ),
  ).toBeUndefined()
  expect(
    await first(
      byErrors((disk) => disk),
      /./,
    ),
  ).toBeUndefined()
})

it.each([
  { name: 'without any fsync', wanted: LOST },
  { name: 'without any fsync', wanted: TORN },
  { name: 'without an fsync of files', wanted: LOST },
  { name: 'without an fsync of files', wanted: TORN },
  { name: 'without an fsync of folders', wanted: LOST },
  { name: 'without an fsync of folders', wanted: TORN },
  { name: 'without a log', wanted: LOST },
  { name: 'whose recovery syncs none of the files that it writes', wanted: TORN },
  { name: 'whose recovery syncs none of the folders that it writes in', wanted: TORN },
] as const)('finds a program $name out, by crashes: $wanted', async ({ name, wanted }) => {
  expect(await first(byCrashes(BROKEN[name]), wanted), SEEDED).toBeDefined()
})

it.each([
  { name: 'that asks again after a failed fsync' },
  { name: 'that ignores a short write' },
  { name: 'that appends after a torn tail' },
] as const)('finds a program $name out, by errors', async ({ name }) => {
  expect(await first(byErrors(BROKEN[name]), LOST), SEEDED).toBeDefined()
})
