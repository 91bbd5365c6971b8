/**
 * One case in one round: `driver TASK`, the task in JSON; prints every contender's outcome in JSON.
 * A process of its own, since it blocks: whoever started it can still end it, and all that it started.
 */
import { CONTENDERS, FLOOR_AGAIN } from './contenders.ts'
import type { Effort } from './effort.ts'
import { LineUp } from './line-up.ts'
import { measurementsOn } from './measurements.ts'
import { placed } from './placement.ts'

/** What the driver is to do. */
export interface Task {
  /** Names of a measurement, a case of it, and contenders. */
  readonly measurement: string
  readonly label: string
  readonly contenders: readonly string[]
  readonly effort: Effort
  /** Processors that processes can be held to. */
  readonly cpus: readonly number[]
  readonly folder: string
  readonly shared: string
}

const task = JSON.parse(process.argv[2]!) as Task
const measurement = measurementsOn(task.cpus).find(({ name }) => name === task.measurement)
const found = measurement?.cases.find(({ label }) => label === task.label)
if (found === undefined) throw new Error(`no such task: ${process.argv[2]}`)
const known = [...CONTENDERS, FLOOR_AGAIN]
const contenders = task.contenders
  .flatMap((name) => known.find((each) => each.name === name) ?? [])
  .map((contender) => placed(contender, found.placement))
const lineUp = new LineUp(contenders, task.folder)
await found.run(lineUp, task)
// Who failed may still run; whoever started this sees to them.
process.stdout.write(JSON.stringify(lineUp.outcomes), () => process.exit())
