import { type Case, everyone, everyRound, type Measurement, nowMs } from '../measurement.ts'
import { figure, ratioAtMost } from '../row.ts'
import { meanOfSmallest } from '../statistics.ts'

const KEY = 'start'

const starts: Case = {
  label: 'starts',
  isFor: everyone,
  rounds: everyRound,
  run: async (lineUp, { effort }) => {
    const times = new Map<string, number[]>()
    for (let i = 0; i < effort.starts; i++)
      await lineUp.turn(async (entrant) => {
        const begin = nowMs()
        const session = entrant.start()
        session.initialize()
        const ms = nowMs() - begin
        times.set(entrant.contender.name, [...(times.get(entrant.contender.name) ?? []), ms])
        session.child.sayExit()
        await session.child.hasExited()
      })
    await lineUp.turn(({ contender, figures }) => {
      figures[KEY] = meanOfSmallest(times.get(contender.name)!, 0.5)
    })
  },
}

/** From the spawn of the contender to the server's answer to `initialize`. */
export const start: Measurement = {
  name: 'start',
  cases: [starts],
  rows: [{ label: 'spawn to initialize answer, ms', digits: 0, value: figure(KEY), goal: ratioAtMost(1.2) }],
}
