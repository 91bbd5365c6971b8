import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stage } from '../../scenarios/stage.ts'

const SOURCE = fileURLToPath(new URL('faults.c', import.meta.url))
const BUILT = fileURLToPath(new URL('../../.build/crash/', import.meta.url))
const LIBRARY = join(BUILT, 'faults.so')

/** What it takes to build the library; see `describeWith`. */
export const COMPILER = {
  name: 'cc',
  version: ['--version'],
  install: 'apt-get install gcc libc6-dev',
}

export function buildPreload(): void {
  mkdirSync(BUILT, { recursive: true })
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', LIBRARY, SOURCE, '-ldl'])
}

/** What goes wrong with one call of a program, counted from 1; see faults.c. */
export interface CallFault {
  readonly at: number
  readonly how: 'kill-before' | 'kill-after' | 'torn' | 'short' | `errno=${number}`
  readonly isSticky?: boolean
}

/** A call that changes something below the stage's folder. */
export interface Call {
  readonly name: string
  readonly path: string
}

/** The command, with a fault in one of its calls. What it starts in turn is left alone. */
export function withFault(
  stage: Stage,
  fault: CallFault | undefined,
  command: readonly string[],
): readonly string[] {
  const { at, how, isSticky } = fault ?? { at: 0, how: '', isSticky: false }
  return [
    'env',
    `LD_PRELOAD=${LIBRARY}`,
    `FAULT_UNDER=${stage.folder}`,
    `FAULT_LOG=${logOf(stage)}`,
    `FAULT_AT=${at}`,
    `FAULT_HOW=${how}`,
    ...(isSticky === true ? ['FAULT_STICKY=1'] : []),
    // One thread for all calls of the file system, by ordinary system calls: the same order each time.
    'UV_THREADPOOL_SIZE=1',
    'UV_USE_IO_URING=0',
    ...command,
  ]
}

/** The calls that a command has made under {@link withFault}, in their order. */
export function callsOf(stage: Stage): Call[] {
  return readFileSync(logOf(stage), 'latin1')
    .trimEnd()
    .split('\n')
    .map((line) => ({
      name: line.slice(0, line.indexOf(' ')),
      path: line.slice(line.indexOf(' ') + 1),
    }))
}

export function forgetCalls(stage: Stage): void {
  rmSync(logOf(stage), { force: true })
}

/** Beside the stage: what is written there is no call of the program's. */
const logOf = (stage: Stage): string => `${stage.folder}.calls`
