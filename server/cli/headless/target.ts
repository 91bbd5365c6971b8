import { resolve } from 'node:path'
import { UsageError } from '../command.ts'
import { plainText } from '../text.ts'

/** A place as it is typed: line and column from 1, the column in bytes. */
interface Spot {
  readonly line: number
  readonly column: number
}

export interface Target {
  /** Absolute. */
  readonly path: string
  /** Undefined: the whole file. */
  readonly start: Spot | undefined
  readonly end: Spot | undefined
}

/** FILE:LINE:COLUMN, as `rg --vimgrep` and `lsp-wal files --vimgrep` write it. @throws UsageError */
export function placeOf(text: string, cwd: string): Target {
  const target = targetOf(text, cwd)
  if (target.start === undefined || target.end !== undefined)
    throw new UsageError(`a place is FILE:LINE:COLUMN: not ${plainText(text)}`)
  return target
}

/** FILE, FILE:LINE:COLUMN or FILE:LINE:COLUMN-LINE:COLUMN. @throws UsageError */
export function targetOf(text: string, cwd: string): Target {
  const [, file, line, column, endLine, endColumn] =
    /^(.+):(\d{1,9}):(\d{1,9})(?:-(\d{1,9}):(\d{1,9}))?$/.exec(text) ?? []
  if (file === undefined) return { path: resolve(cwd, text), start: undefined, end: undefined }
  const start = spotOf(text, line!, column!)
  const end = endLine === undefined ? undefined : spotOf(text, endLine, endColumn!)
  return { path: resolve(cwd, file), start, end }
}

function spotOf(text: string, line: string, column: string): Spot {
  const spot = { line: Number(line), column: Number(column) }
  if (spot.line === 0 || spot.column === 0)
    throw new UsageError(`lines and columns count from 1: not ${plainText(text)}`)
  return spot
}
