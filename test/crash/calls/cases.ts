import { constants } from 'node:os'
import { type Dice, SCALE, SEED } from '../seed.ts'
import type { Call, CallFault } from './preload.ts'

const { EIO, ENOSPC, EROFS, EACCES, EDQUOT, EMFILE } = constants.errno
const ERRORS = [EIO, ENOSPC, EROFS, EACCES, EDQUOT, EMFILE]

const isWrite = ({ name }: Call): boolean => /write/.test(name)

/** The program gone before and after each of these calls, and half way through each write. */
export function deaths(calls: readonly Call[]): CallFault[] {
  return calls.flatMap((call, i): CallFault[] => [
    { at: i + 1, how: 'kill-before' },
    { at: i + 1, how: 'kill-after' },
    ...(isWrite(call) ? [{ at: i + 1, how: 'torn' } as const] : []),
  ])
}

/**
 * An error at each of these calls, once and from then on: from 600 on every one, else one of them, in turns, that are
 * others with another seed; and each write cut short, unsaid.
 */
export function failures(calls: readonly Call[]): CallFault[] {
  return calls.flatMap((call, i): CallFault[] => {
    const at = i + 1
    const codes = SCALE >= 600 ? ERRORS : [ERRORS[(i + SEED) % ERRORS.length]!]
    return [
      ...codes.flatMap((code): CallFault[] => [
        { at, how: `errno=${code}` },
        { at, how: `errno=${code}`, isSticky: true },
      ]),
      ...(isWrite(call) ? [{ at, how: 'short' } as const] : []),
    ]
  })
}

/** A few of them; with LSP_WAL_TEST_RUNS so many times as many, and from 100 on all. */
export function chosen<T>(all: readonly T[], few: number, dice: Dice): T[] {
  if (SCALE >= 100) return [...all]
  const left = [...all]
  return Array.from({ length: Math.min(few * SCALE, all.length) }, () =>
    left.splice(dice.below(left.length), 1),
  ).flat()
}
