import type { LineUp } from '../line-up.ts'
import { type Case, everyone, everyRound, type Measurement, type Stage } from '../measurement.ts'
import { echoRequest, ID_AT, ID_DIGITS } from '../messages.ts'
import type { Placement } from '../placement.ts'
import { figure, ratioAtMost } from '../row.ts'
import { percentile } from '../statistics.ts'
import type { Wire } from '../wire.ts'

/** Some thousand pass until all code is compiled for good. The large ones are fewer, since they take long. */
const SIZES = [
  { size: 200, name: '200 B', warmUp: 1500, part: 1 },
  { size: 2 * 1024, name: '2 KiB', warmUp: 300, part: 1 },
  { size: 50 * 1024, name: '50 KiB', warmUp: 200, part: 0.4 },
]
/** One after the other, before it is the next contender's turn. */
const ECHOES_A_TURN = 25

/**
 * From a request to its answer, with requests and answers of several sizes.
 * On one processor every hop is a change of process, on two a wake-up of the other.
 */
export function roundTripOn(cpus: readonly number[]): Measurement {
  const cases = casesOn(cpus)
  return {
    name: 'round-trip',
    cases,
    rows: cases.flatMap(({ label }) =>
      SIZES.flatMap(({ name }) => [
        {
          label: `round trip, ${label}, ${name}, p50, µs`,
          digits: 0,
          value: figure(keyOf(label, name, 'p50')),
          goal: ratioAtMost(1.15),
        },
        {
          label: `round trip, ${label}, ${name}, p99, µs`,
          digits: 0,
          value: figure(keyOf(label, name, 'p99')),
        },
      ]),
    ),
  }
}

function casesOn([one, other]: readonly number[]): Case[] {
  if (one === undefined) return [roundTripCase('anywhere', undefined)]
  const onOne = roundTripCase('one core', { ends: one, contender: one })
  return other === undefined ? [onOne] : [onOne, roundTripCase('two cores', { ends: one, contender: other })]
}

function roundTripCase(label: string, placement: Placement | undefined): Case {
  return {
    label,
    isFor: everyone,
    rounds: everyRound,
    ...(placement !== undefined && { placement }),
    run: (lineUp, stage) => measure(lineUp, stage, label),
  }
}

async function measure(lineUp: LineUp, { effort }: Stage, label: string): Promise<void> {
  await lineUp.open()
  for (const { name, part, size, warmUp } of SIZES) {
    const request = echoRequest(size)
    const micros = new Map<string, number[]>()
    await lineUp.turn(({ contender, session }) => {
      micros.set(contender.name, [])
      echoes(session.wire, request, size, warmUp)
    })
    for (let done = 0; done < effort.echoes * part; done += ECHOES_A_TURN)
      await lineUp.turn(({ contender, session }) => {
        micros.get(contender.name)!.push(...echoes(session.wire, request, size, ECHOES_A_TURN))
      })
    await lineUp.turn(({ contender, figures }) => {
      figures[keyOf(label, name, 'p50')] = percentile(micros.get(contender.name)!, 0.5)
      figures[keyOf(label, name, 'p99')] = percentile(micros.get(contender.name)!, 0.99)
    })
  }
  await lineUp.close()
}

/** So many requests with their answers; the microseconds that each took. */
function echoes(wire: Wire, request: Buffer, size: number, count: number): number[] {
  const idAt = request.length - size + ID_AT
  const micros: number[] = []
  for (let i = 0; i < count; i++) {
    const id = String(Number(request.toString('latin1', idAt, idAt + ID_DIGITS)) + 1)
    request.write(id, idAt, 'latin1')
    const start = process.hrtime.bigint()
    wire.write(request)
    const answer = wire.receive()
    const end = process.hrtime.bigint()
    if (answer.length !== size || answer.toString('latin1', ID_AT, ID_AT + ID_DIGITS) !== id)
      throw new Error(`another answer than that to request ${id}: ${answer.toString('latin1', 0, 100)}`)
    micros.push(Number(end - start) / 1000)
  }
  return micros
}

function keyOf(label: string, name: string, what: 'p50' | 'p99'): string {
  return `round trip ${label} ${name} ${what}`
}
