import { LineIndex, type PositionEncoding } from '../edits/line-index.ts'
import { isPosition } from './mirror.ts'

const LONGEST = 100
const BEFORE = /[\p{L}\p{N}\p{M}_$]+$/u
const BEHIND = /^[\p{L}\p{N}\p{M}_$]+/u

/** The name that a position in a text touches; undefined: it touches none. */
export function wordAt(text: Buffer, position: unknown, encoding: PositionEncoding): string | undefined {
  if (!isPosition(position)) return undefined
  const at = new LineIndex(text).positionToByte(position, encoding)
  // A cut through a character is no letter, and ends the word.
  const before = BEFORE.exec(text.toString('utf8', Math.max(0, at - LONGEST), at))?.[0] ?? ''
  const behind = BEHIND.exec(text.toString('utf8', at, at + LONGEST))?.[0] ?? ''
  return before + behind === '' ? undefined : before + behind
}
