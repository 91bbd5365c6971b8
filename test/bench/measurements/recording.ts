import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { FLOOR_OF_EDITS, LSP_WAL } from '../contenders.ts'
import { heldMs, settleDisk } from '../held-edit.ts'
import type { LineUp } from '../line-up.ts'
import { heavyRounds, type Measurement, type Stage } from '../measurement.ts'
import { pauseMs } from '../pause.ts'
import { peakMiB } from '../process-figures.ts'
import { atMost, figure, ratioAtMost } from '../row.ts'
import { median } from '../statistics.ts'
import { makeWorkspace } from '../workspace.ts'

const FILES = 5000
const FILE_BYTES = 20 * 1024
const REQUEST = 1
/** Until lsp-wal has looked at what became of so many files, and the disk is quiet. */
const PAUSE_MS = 4000

/**
 * A large edit on its way from the server to the editor, and its bare cost, measured right after it on the same disk:
 * the same files read, hashed as they are and normalized, encoded as base64 and JSON, written, and synced once.
 */
export const recording: Measurement = {
  name: 'recording',
  cases: [
    {
      label: 'recording',
      isFor: ({ name }) => name === LSP_WAL,
      rounds: heavyRounds,
      run: measure,
    },
  ],
  rows: [
    {
      label: 'recording 5000 files of 20 KiB, first of a session, ms',
      digits: 0,
      value: figure('recording first'),
      against: { label: 'bare', value: figure('bare first') },
      goal: ratioAtMost(1.5),
    },
    {
      label: 'recording 5000 files of 20 KiB, later, ms',
      digits: 0,
      value: figure('recording later'),
      against: { label: 'bare', value: figure('bare later') },
      goal: ratioAtMost(1.5),
    },
    {
      label: 'peak memory, recording, MiB',
      digits: 0,
      value: figure('recording peak'),
      goal: atMost(200),
    },
  ],
}

async function measure(lineUp: LineUp, { effort, folder, shared }: Stage): Promise<void> {
  const workspace = join(shared, `workspace-${FILES}-large`)
  if (!existsSync(workspace)) makeWorkspace(workspace, FILES, FILE_BYTES)
  // One process for all of it, as lsp-wal is: what is new to the one is new to the other.
  const floor = Child.start({ argv: [...FLOOR_OF_EDITS, join(folder, 'bare.log')] }, folder)
  await lineUp.open(workspace)
  const held: number[] = []
  const bare: number[] = []
  for (let number = 0; number <= Math.min(2, effort.laterEdits); number++) {
    settleDisk(folder)
    await lineUp.turn(({ session }) => void held.push(heldMs(session, workspace, FILES, number)))
    pauseMs(PAUSE_MS)
    settleDisk(folder)
    bare.push(bareMs(floor, workspace))
  }
  await lineUp.turn(({ figures, session }) => {
    for (const [what, [first, ...later]] of [
      ['recording', held],
      ['bare', bare],
    ] as const) {
      figures[`${what} first`] = first!
      figures[`${what} later`] = median(later)!
    }
    const peak = peakMiB(session.child.pid)
    if (peak !== undefined) figures['recording peak'] = peak
  })
  await lineUp.close()
  floor.sayExit()
  await floor.hasExited()
}

function bareMs({ wire }: Child, folder: string): number {
  wire.send({ jsonrpc: '2.0', id: REQUEST, method: 'bare', params: { folder, files: FILES } })
  return wire.receiveAnswer(REQUEST).result as number
}
