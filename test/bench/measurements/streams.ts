import type { LineUp } from '../line-up.ts'
import {
  type Case,
  everyone,
  everyRound,
  heavyRounds,
  type Measurement,
  nowMs,
  type Stage,
} from '../measurement.ts'
import { type Direction, notification } from '../messages.ts'
import { cpuSeconds, HAS_PROC, peakMiB } from '../process-figures.ts'
import { figure, larger, mean, type Row, ratioAtLeast, ratioAtMost } from '../row.ts'
import type { Session } from '../session.ts'
import { meanOfLargest } from '../statistics.ts'

const DIRECTIONS: readonly [Direction, Direction] = ['to editor', 'to server']
const SIZES = [
  { size: 200, name: '200 B' },
  { size: 10 * 1024, name: '10 KiB' },
  { size: 2 ** 20, name: '1 MiB' },
  { size: 64 * 2 ** 20, name: '64 MiB' },
]
const WEIGHED = ['200 B', '1 MiB', '64 MiB']
const TIMED = ['200 B', '1 MiB']
/** Messages above this take long. */
const LARGE = 2 ** 24
/** What flows before anything is known of how fast. */
const FIRST_BYTES = 2 ** 18
/**
 * How long it flows before it is the next contender's turn, and the share of the turns that counts.
 * Tried on two copies of one program: with many short turns, of which the fastest quarter counts, they come out half
 * as far apart as with the median of few long ones.
 */
const TURN_MS = 5
const BEST = 0.25

interface Stream {
  readonly direction: Direction
  /** Of a message's body, in bytes and in words. */
  readonly size: number
  readonly name: string
}

/** Messages in one direction, as fast as they go; what the contender takes for it, where the machine tells. */
export const streams: Measurement = {
  name: 'streams',
  cases: SIZES.flatMap((size) => DIRECTIONS.map((direction) => streamCase({ ...size, direction }))),
  rows: [
    ...SIZES.flatMap(({ name }) => DIRECTIONS.map((direction) => rateRow(direction, name))),
    ...(HAS_PROC ? [...TIMED.map(cpuRow), ...WEIGHED.map(memoryRow)] : []),
  ],
}

function rateRow(direction: Direction, name: string): Row {
  return {
    label: `stream ${direction}, ${name}, MB/s`,
    digits: 0,
    value: figure(keyOf('rate', direction, name)),
    goal: ratioAtLeast(0.9),
  }
}

function cpuRow(name: string): Row {
  const [one, other] = DIRECTIONS
  return {
    label: `CPU, stream, ${name}, s/GB`,
    digits: 2,
    value: mean(keyOf('cpu', one, name), keyOf('cpu', other, name)),
  }
}

function memoryRow(name: string): Row {
  const [one, other] = DIRECTIONS
  return {
    label: `peak memory, stream, ${name}, MiB`,
    digits: 0,
    value: larger(keyOf('peak', one, name), keyOf('peak', other, name)),
    goal: ratioAtMost(1.3),
  }
}

function keyOf(what: 'rate' | 'cpu' | 'peak', direction: Direction, name: string): string {
  return `stream ${direction} ${name} ${what}`
}

function streamCase(stream: Stream): Case {
  return {
    label: `${stream.name} ${stream.direction}`,
    isFor: everyone,
    rounds: stream.size > LARGE ? heavyRounds : everyRound,
    run: (lineUp, stage) => measure(lineUp, stage, stream),
  }
}

/** What is known of a contender's stream. */
interface Flow {
  /** How many messages fill a turn. */
  count: number
  /** Since the warm-up, or since the measurement began. */
  ms: number
  bytes: number
  rates: number[]
  cpuBefore: number | undefined
}

async function measure(lineUp: LineUp, { effort }: Stage, { direction, name, size }: Stream): Promise<void> {
  const frame = notification(direction, size)
  const flows = new Map<string, Flow>()
  await lineUp.open()
  await lineUp.turn(({ contender, session }) => {
    session.ask('bench/prepare', { direction, size })
    const count = Math.ceil(FIRST_BYTES / frame.length)
    flows.set(contender.name, { count, ms: 0, bytes: 0, rates: [], cpuBefore: undefined })
  })
  const flowFor = async (ms: number) => {
    for (let turn = 0; turn < ms / TURN_MS; turn++)
      await lineUp.turn(({ contender, session }) => {
        const flow = flows.get(contender.name)!
        // A message that takes longer than a turn is not sent in all of them.
        if (flow.ms < ms) takeTurn(flow, session, direction, frame)
      })
  }
  await flowFor(effort.warmUpMs)
  await lineUp.turn(({ contender, session }) => {
    const cpuBefore = cpuSeconds(session.child.pid)
    Object.assign(flows.get(contender.name)!, { ms: 0, bytes: 0, rates: [], cpuBefore })
  })
  await flowFor(effort.streamMs)
  await lineUp.turn(({ contender, figures, session }) => {
    const { bytes, cpuBefore, rates } = flows.get(contender.name)!
    figures[keyOf('rate', direction, name)] = meanOfLargest(rates, BEST)
    const { pid } = session.child
    const [cpu, peak] = contender.isProxy ? [cpuSeconds(pid), peakMiB(pid)] : []
    if (cpu !== undefined && cpuBefore !== undefined)
      figures[keyOf('cpu', direction, name)] = (cpu - cpuBefore) / (bytes / 1e9)
    if (peak !== undefined) figures[keyOf('peak', direction, name)] = peak
  })
  await lineUp.close()
}

function takeTurn(flow: Flow, session: Session, direction: Direction, frame: Buffer): void {
  const ms = flowMs(session, direction, frame, flow.count)
  const bytes = flow.count * frame.length
  flow.ms += ms
  flow.bytes += bytes
  flow.rates.push(bytes / 1e6 / (ms / 1e3))
  flow.count = Math.max(1, Math.round((flow.count / ms) * TURN_MS))
}

/** Lets `count` messages flow, and returns how many milliseconds that takes. */
function flowMs(session: Session, direction: Direction, frame: Buffer, count: number): number {
  const { wire } = session
  const start = nowMs()
  if (direction === 'to editor') {
    session.request('bench/send', { count })
    wire.drain(frame, count)
    const end = nowMs()
    session.answer()
    return end - start
  }
  session.request('bench/take', { count, afterMs: 0 })
  wire.pour(frame, count)
  session.answer()
  return nowMs() - start
}
