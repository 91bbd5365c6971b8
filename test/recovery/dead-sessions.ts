import type { Intent } from '../../server/journal/intent.ts'
import type { Outcome } from '../../server/journal/outcomes.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Recovery } from '../../server/recovery/recovery.ts'
import type { Machine } from '../disk/machine.ts'

export const root = rootAt('/j/lsp-wal')
export const start = { folders: ['/w'], server: ['server'], editor: null }

/** A session that recorded these, noted these, and died. */
export function dead(
  machine: Machine,
  intents: readonly Intent[],
  outcomes: readonly Outcome[] = [],
): Promise<void> {
  const bare = intents.map((intent) => ({ ...intent, facts: new Map() }))
  return recorded(machine, bare, outcomes)
}

/** The same with what is said of the files: who writes to one later is seen by its time. */
export async function recorded(
  machine: Machine,
  intents: readonly Intent[],
  outcomes: readonly Outcome[] = [],
): Promise<void> {
  const program = machine.run()
  const session = new Session(program, root, start, fail)
  for (const intent of intents) await session.append(intent)
  for (const outcome of outcomes) session.note(outcome)
  await session.flush()
  machine.kill(program)
}

export async function recovery(
  machine: Machine,
  program = machine.run(),
): Promise<{ recovery: Recovery; workspace: DiskWorkspace; end: () => Promise<void> }> {
  const session = new Session(program, root, start, fail)
  const started = await Recovery.start(program, root, session, start, fail)
  const end = async () => {
    await started.end()
    await session.end()
  }
  return { recovery: started, workspace: new DiskWorkspace(program.disk, ['/w']), end }
}

export function fail(problem: unknown): never {
  throw problem
}

/** What the workspace holds. */
export const tree = (machine: Machine) => machine.platter.tree('/w')
