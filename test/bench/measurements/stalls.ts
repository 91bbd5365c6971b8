import type { Effort } from '../effort.ts'
import type { Entrant } from '../line-up.ts'
import type { Case, Measurement } from '../measurement.ts'
import { type Direction, notification } from '../messages.ts'
import { pauseMs } from '../pause.ts'
import { HAS_PROC, peakMiB } from '../process-figures.ts'
import { atMost, figure } from '../row.ts'

const SIZE = 10 * 1024
const MIB = 2 ** 20

const STALLS: readonly { readonly direction: Direction; readonly who: string }[] = [
  { direction: 'to editor', who: 'the editor does not read' },
  { direction: 'to server', who: 'the server does not read' },
]

/** One side writes as much as it can while the other does not read; then everything is read, and must be there. */
export const stalls: Measurement = {
  name: 'stalls',
  cases: HAS_PROC ? STALLS.map(({ direction, who }) => stallCase(direction, who)) : [],
  rows: STALLS.flatMap(({ direction, who }) => [
    { label: `peak memory, ${who}, MiB`, digits: 0, value: figure(peakKey(direction)) },
    { label: `above idle, ${who}, MiB`, digits: 0, value: figure(growthKey(direction)), goal: atMost(64) },
  ]),
}

function stallCase(direction: Direction, who: string): Case {
  return {
    label: who,
    isFor: ({ isProxy }) => isProxy,
    rounds: () => 1, // it takes long, and what it measures hardly varies
    run: (lineUp, { effort }) => lineUp.turn((entrant) => stall(entrant, effort, direction)),
  }
}

async function stall(entrant: Entrant, { stalledMiB, stallMs }: Effort, direction: Direction): Promise<void> {
  const session = entrant.start()
  session.initialize()
  session.ask('bench/prepare', { direction, size: SIZE })
  const frame = notification(direction, SIZE)
  const count = Math.ceil((stalledMiB * MIB) / frame.length)
  const idle = peakMiB(session.child.pid)!
  if (direction === 'to editor') {
    session.request('bench/send', { count })
    pauseMs(stallMs)
    session.wire.drain(frame, count)
  } else {
    session.request('bench/take', { count, afterMs: stallMs })
    session.wire.pour(frame, count)
  }
  session.answer()
  const peak = peakMiB(session.child.pid)!
  entrant.figures[peakKey(direction)] = peak
  entrant.figures[growthKey(direction)] = peak - idle
  session.child.sayExit()
  await session.child.hasExited()
}

function peakKey(direction: Direction): string {
  return `stall ${direction} peak`
}

function growthKey(direction: Direction): string {
  return `stall ${direction} growth`
}
