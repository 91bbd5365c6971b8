import { asArray, type Json, Unreadable } from './json-values.ts'

/** Which of the lines of its intent a line is. */
export interface PartNumber {
  /** From 1. */
  readonly index: number
  /** Undefined: not the last one, and only that knows. */
  readonly count: number | undefined
}

export function partAt(meta: Json): PartNumber {
  if (meta.part === undefined) return { index: 1, count: 1 }
  const [index, count] = asArray(meta.part, 'part')
  if (isNumber(index) && (count === undefined || isNumber(count))) return { index, count }
  throw new Unreadable('part is not one or two numbers')
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value)
