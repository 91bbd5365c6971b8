import { existsSync, readFileSync } from 'node:fs'

/** Whether the machine tells what a process takes. */
export const HAS_PROC = existsSync('/proc/self/stat')

const MIB = 2 ** 20
// sysconf(_SC_CLK_TCK), which Linux has fixed at 100 for what it tells programs (man 5 proc_pid_stat, man 7 time).
const TICKS_A_SECOND = 100

/** The most memory that a process had resident so far, in MiB; undefined where nobody tells. */
export function peakMiB(pid: number): number | undefined {
  if (!HAS_PROC) return undefined
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  if (kib === undefined) throw new Error(`no VmHWM of process ${pid}`)
  return (Number(kib) * 1024) / MIB
}

/** Seconds of CPU that a process and its threads took so far, its children's not counted. */
export function cpuSeconds(pid: number): number | undefined {
  if (!HAS_PROC) return undefined
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is a name, in which anything may stand. utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}
