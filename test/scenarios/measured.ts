import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, run, type Stage } from './stage.ts'

const LONG_MS = 1_200_000

export interface Measured extends Ended {
  /** The most memory that it had resident. */
  readonly mib: number
}

/** Runs a program on Node in the workspace, with little room for what is JavaScript's own. */
export async function measured(stage: Stage, ...program: string[]): Promise<Measured> {
  const peak = join(stage.folder, 'peak')
  const preload = join(stage.folder, 'preload.cjs')
  const write = `require('fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS))`
  writeFileSync(preload, `process.on('exit', () => ${write})`)
  const node = [process.execPath, '--max-old-space-size=64', '--require', preload]
  const ended = await run([...node, ...program], stage.workspace, '', LONG_MS)
  return { ...ended, mib: Number(readFileSync(peak, 'latin1')) / 1024 }
}
