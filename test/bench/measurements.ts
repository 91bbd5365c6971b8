import type { Measurement } from './measurement.ts'
import { edits } from './measurements/edits.ts'
import { recording } from './measurements/recording.ts'
import { roundTripOn } from './measurements/round-trip.ts'
import { stalls } from './measurements/stalls.ts'
import { start } from './measurements/start.ts'
import { streams } from './measurements/streams.ts'

/** Everything that can be measured, on a machine where processes can be held to these processors. */
export function measurementsOn(cpus: readonly number[]): readonly Measurement[] {
  return [roundTripOn(cpus), streams, start, stalls, edits, recording]
}
