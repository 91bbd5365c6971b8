import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { message } from '../relay/messages.ts'
import type { Processes } from '../relay/processes.ts'
import { Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'

/** A session that an editor and a server once had; `$ROOT` stands for the workspace. */
export interface Wire {
  /** Which editor and which server, and what happened. */
  readonly of: string
  /** The files that it is about, as they were. */
  readonly project: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

/** What one of them said, what the editor did to the disk, or how it ended. */
export type Step =
  | { readonly editor: object }
  | { readonly server: object }
  | { readonly written: string; readonly text: string }
  | { readonly removed: string }
  | { readonly moved: string; readonly to: string }
  | { readonly end: End }

type End = 'end of input' | 'SIGHUP' | 'SIGKILL'

const FOLDER = new URL('../../fixtures/wires/', import.meta.url)

/** Reads a recorded session: a line for its beginning, and one for each step. */
export function wireOf(name: string, stage: Stage): Wire {
  const recorded = readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8')
  // A path stands in a JSON text there.
  const root = JSON.stringify(stage.workspace).slice(1, -1)
  const [first, ...steps] = recorded.trimEnd().replaceAll('$ROOT', root).split('\n')
  return {
    ...(JSON.parse(first!) as Omit<Wire, 'steps'>),
    steps: steps.map((step) => JSON.parse(step) as Step),
  }
}

/** Plays both sides of a recorded session, with the proxy between them. */
export async function replay(stage: Stage, processes: Processes, { project, steps }: Wire): Promise<void> {
  for (const [name, text] of Object.entries(project)) stage.write(name, text)
  await play(stage, await Session.start(stage, processes), steps)
}

export async function play(stage: Stage, session: Session, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if ('editor' in step) await session.exchange({ fromEditor: [message(step.editor)] })
    else if ('server' in step) await session.exchange({ fromServer: [message(step.server)] })
    else if ('end' in step) await end(session, step.end)
    else onDisk(stage, step)
  }
}

function onDisk(
  stage: Stage,
  step: Exclude<Step, { editor: object } | { server: object } | { end: End }>,
): void {
  if ('written' in step) stage.write(step.written, step.text)
  else if ('removed' in step) rmSync(stage.path(step.removed), { recursive: true })
  else {
    mkdirSync(dirname(stage.path(step.to)), { recursive: true })
    renameSync(stage.path(step.moved), stage.path(step.to))
  }
}

async function end({ proxy }: Session, how: End): Promise<void> {
  if (how === 'end of input') proxy.stdin.end()
  else proxy.kill(how)
  await proxy.ended
}
