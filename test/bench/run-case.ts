import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Task } from './driver.ts'
import { type Outcome, whoseTurn } from './line-up.ts'
import type { Case } from './measurement.ts'
import { onCpu } from './placement.ts'

const DRIVER = fileURLToPath(new URL('driver.js', import.meta.url))
const LIMIT_MS = 120_000

/**
 * Runs a case in a driver of its own, in a folder of its own below `shared`; nothing is left of either.
 * Returns the outcomes by contender; where the driver has to be ended, only that of the one that kept it waiting.
 */
export async function runCase(
  { label, placement }: Case,
  about: Omit<Task, 'label' | 'folder'>,
  interrupted: AbortSignal,
): Promise<Readonly<Record<string, Outcome>>> {
  interrupted.throwIfAborted()
  const folder = mkdtempSync(join(about.shared, 'run-'))
  const task: Task = { ...about, label, folder }
  const argv = [process.execPath, DRIVER, JSON.stringify(task)]
  const [file, ...args] = placement === undefined ? argv : onCpu(placement.ends, argv)
  // The leader of a process group: contenders and servers are in it, and end with it.
  const driver = spawn(file!, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = driver
  if (pid === undefined) throw new Error(`cannot start ${DRIVER}`)
  const kill = () => killGroup(pid)
  const limit = setTimeout(kill, LIMIT_MS)
  interrupted.addEventListener('abort', kill)
  try {
    const [output, errors, [status]] = await Promise.all([
      text(driver.stdout),
      text(driver.stderr),
      once(driver, 'exit'),
    ])
    interrupted.throwIfAborted()
    if (status === 0) return JSON.parse(output) as Record<string, Outcome>
    if (status !== null) throw new Error(`${about.measurement}, ${label}: ${errors}`)
    return { [whoseTurn(folder)]: { kind: 'failed', reason: `not done after ${LIMIT_MS / 1000} s` } }
  } finally {
    clearTimeout(limit)
    interrupted.removeEventListener('abort', kill)
    kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left: as it should be.
  }
}
