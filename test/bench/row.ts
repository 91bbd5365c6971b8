import type { Figures } from './measurement.ts'

/** How a number is found among what a run measured. */
export type Value = (figures: Figures) => number | undefined

/** A line of the table: one number of every contender, and what lsp-wal's is to be. */
export interface Row {
  readonly label: string
  readonly digits: number
  readonly value: Value
  /** What the value is compared with in place of the floor's: something else that the same run measured. */
  readonly against?: { readonly label: string; readonly value: Value }
  readonly goal?: Goal
}

/** A limit of the ratio to what the row is compared with, or of the value itself. */
export type Goal =
  | { readonly kind: 'ratio at most' | 'ratio at least'; readonly limit: number }
  | { readonly kind: 'at most'; readonly limit: number }

/** Goals, each by what it limits and how. */
export const ratioAtMost = (limit: number): Goal => ({ kind: 'ratio at most', limit })
export const ratioAtLeast = (limit: number): Goal => ({ kind: 'ratio at least', limit })
export const atMost = (limit: number): Goal => ({ kind: 'at most', limit })

/** The value of a row that is one figure. */
export function figure(name: string): Value {
  return (figures) => figures[name]
}

/** The larger of two figures, once both are there. */
export function larger(one: string, other: string): Value {
  return combined(one, other, Math.max)
}

/** The mean of two figures, once both are there. */
export function mean(one: string, other: string): Value {
  return combined(one, other, (a, b) => (a + b) / 2)
}

function combined(one: string, other: string, combine: (a: number, b: number) => number): Value {
  return (figures) => {
    const [a, b] = [figures[one], figures[other]]
    return a === undefined || b === undefined ? undefined : combine(a, b)
  }
}
