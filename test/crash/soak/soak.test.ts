import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Stage } from '../../scenarios/stage.ts'
import { readLog } from '../log-reader.ts'
import { Dice, limitMs, SCALE, SEED } from '../seed.ts'
import { Tally } from '../tally.ts'
import { Desk } from './desk.ts'

const ROUNDS = SCALE > 1 ? 30 * SCALE : 3
const WAITING = 4

const tally = new Tally()
afterAll(() => tally.print('two editors, anybody killed at any time'))

/** What is wrong with the journal of a workspace in which nothing runs, and nothing is left to do. */
function faultsOfJournal(stage: Stage): string[] {
  const faults: string[] = []
  if (!existsSync(stage.journal)) return faults // nobody has lived long enough to record anything
  for (const name of stage.journalFiles().filter((file) => file.startsWith('live/S/')))
    faults.push(`${name} stays`)
  for (const name of readdirSync(stage.journal, { recursive: true, encoding: 'utf8' })) {
    if (!/(^|\/)wal(\.\d+)?\.log$/.test(name)) continue
    for (const fault of readLog(readFileSync(join(stage.journal, name))).faults)
      faults.push(`${name}: ${fault}`)
  }
  return faults
}

it(
  'two editors on one workspace lose nothing, whoever is killed, and whenever',
  async () => {
    using stage = new Stage({})
    const desks = [new Desk(stage, 'a'), new Desk(stage, 'b')]
    for (let round = 0; round < ROUNDS; round++) {
      const dice = desks.map((_, i) => new Dice(round, i))
      const killed = await Promise.all(desks.map((desk, i) => desk.edit(dice[i]!)))
      // What they left is recovered by two at once, who are killed, too.
      for (let starts = dice[0]!.below(3); starts > 0; starts--)
        killed.push(...(await Promise.all(desks.map((desk, i) => desk.start(dice[i]!)))))
      const where = `round ${round}, killed: ${killed.join(', ')}, LSP_WAL_TEST_SEED=${SEED}`

      // What only unsaved files held is offered: it is brought back.
      const recovered = await stage.lspWal('recover')
      if (recovered.status === WAITING) await stage.lspWal('recover', '--finish')
      else expect([recovered.status, recovered.stderr], where).toEqual([0, ''])
      expect(
        desks.flatMap((desk) => desk.faults()),
        where,
      ).toEqual([])
      expect(
        Object.keys(stage.files()).filter((name) => name.includes('.lsp-wal-')),
        where,
      ).toEqual([])
      expect((await stage.lspWal('recover')).stdout, where).toBe('Nothing is waiting to be recovered here.\n')
      expect(faultsOfJournal(stage), where).toEqual([])
      for (const who of killed) tally.add(`runs with ${who} killed`)
    }
  },
  limitMs(60_000 * ROUNDS),
)
