import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Command, Contender } from './contenders.ts'
import { HAS_PROC } from './process-figures.ts'

/**
 * The processors that things are held to.
 * Left to itself the scheduler lets two processes that talk to each other share one processor at one time and not at
 * another; a message costs two to four times as much in the second case, and which it is stays so for seconds.
 */
export interface Placement {
  /** For the driver, and for a server that is behind a proxy. */
  readonly ends: number
  /** For what the driver starts. */
  readonly contender: number
}

/** The processors that the bench may use, if it can hold anything to one of them (Linux, with util-linux). */
export function pinnableCpus(): number[] {
  if (!HAS_PROC || !isOnPath('taskset')) return []
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first, last] = range.split('-').map(Number)
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, i) => first! + i)
  })
}

/** Whether there is such a program. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/** A contender and its server, each where it belongs; so is whatever they start. */
export function placed(contender: Contender, placement: Placement | undefined): Contender {
  if (placement === undefined) return contender
  const wrap = (server: readonly string[], journal: string): Command => {
    const command = contender.wrap(contender.isProxy ? onCpu(placement.ends, server) : server, journal)
    return { ...command, argv: onCpu(placement.contender, command.argv) }
  }
  return { ...contender, wrap }
}

/** A command line that is held to one processor, with all that it starts. */
export function onCpu(cpu: number, argv: readonly string[]): string[] {
  return ['taskset', '-c', String(cpu), ...argv]
}
