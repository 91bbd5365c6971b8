import type { Position, PositionEncodingKind, Range } from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import type { OpenDocument } from '../documents.ts'
import { positionAt } from '../positions.ts'
import type { Request, Spot } from './request.ts'

/** There is no such place in the file. */
export class NoSuchSpot extends Error {
  override readonly name = 'NoSuchSpot'
}

/** The range that a request means, as the server counts. @throws NoSuchSpot */
export function rangeOf(
  { start, end = start }: Request,
  { path, uri, languageId, text }: OpenDocument,
  encoding: PositionEncodingKind,
): Range {
  const document = TextDocument.create(uri, languageId, 1, text)
  const positionOf = (offset: number): Position => positionAt(document, offset, encoding)
  if (start === undefined || end === undefined)
    return { start: { line: 0, character: 0 }, end: positionOf(text.length) }
  const range = [start, end].map((spot) => offsetOf(spot, path, text))
  return { start: positionOf(Math.min(...range)), end: positionOf(Math.max(...range)) }
}

/** Lines end where editors have it, in LF; a lone CR is for the server to see. */
function offsetOf({ line, column }: Spot, path: string, text: string): number {
  const lines = text.split('\n')
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length
  if (line > Math.max(count, 1)) throw new NoSuchSpot(`${path} has ${count} lines: there is no line ${line}`)
  const words = lines[line - 1]!.replace(/\r$/, '')
  const bytes = Buffer.from(words)
  if (column > bytes.length + 1)
    throw new NoSuchSpot(`line ${line} of ${path} has ${bytes.length} bytes: there is no column ${column}`)
  // Inside of a character: its start.
  let at = column - 1
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0)
  return before + bytes.toString('utf8', 0, at).length
}
