import {
  type Position,
  PositionEncodingKind,
  type PrepareRenameResult,
  Range,
} from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { OpenDocument } from '../documents.ts'
import { offsetAt } from '../positions.ts'

const LONGEST = 100

/**
 * The name that is renamed at a position: what the server says that it is, else the one that the position touches;
 * undefined: it touches none.
 */
export function nameAt(
  { uri, languageId, text }: OpenDocument,
  position: Position,
  encoding: PositionEncodingKind = PositionEncodingKind.UTF16,
  prepared?: PrepareRenameResult | null,
): string | undefined {
  const document = TextDocument.create(uri, languageId, 1, text)
  if (prepared && 'placeholder' in prepared) return prepared.placeholder
  const range = prepared && 'range' in prepared ? prepared.range : prepared
  if (Range.is(range)) {
    const [start, end] = [range.start, range.end].map((each) => offsetAt(document, each, encoding))
    return text.slice(start, end) || undefined
  }
  const at = offsetAt(document, position, encoding)
  const before = /[\p{L}\p{N}\p{M}_$]+$/u.exec(text.slice(Math.max(0, at - LONGEST), at))?.[0] ?? ''
  const behind = /^[\p{L}\p{N}\p{M}_$]+/u.exec(text.slice(at, at + LONGEST))?.[0] ?? ''
  return before + behind || undefined
}
