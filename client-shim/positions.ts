import type { Position, PositionEncodingKind } from 'vscode-languageserver-protocol/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'

/** Farther than any line reaches: the document clamps it to the end of the line, before the line break. */
const END_OF_LINE = 0x7fffffff

/** The UTF-16 offset of a position; one past the end of its line, or of the text, counts as that end. */
export function offsetAt(document: TextDocument, position: Position, encoding: PositionEncodingKind): number {
  if (encoding === 'utf-16') return document.offsetAt(position)
  const start = document.offsetAt({ line: position.line, character: 0 })
  const end = document.offsetAt({ line: position.line, character: END_OF_LINE })
  let offset = start
  let units = 0
  for (const char of document.getText().slice(start, end)) {
    units += unitsOf(char, encoding)
    // A position inside a character is taken back to the character's start.
    if (units > position.character) break
    offset += char.length
  }
  return offset
}

/** The position of a UTF-16 offset that does not lie inside a line break. */
export function positionAt(document: TextDocument, offset: number, encoding: PositionEncodingKind): Position {
  const position = document.positionAt(offset)
  if (encoding === 'utf-16') return position
  const lineStart = offset - position.character
  let character = 0
  for (const char of document.getText().slice(lineStart, offset)) character += unitsOf(char, encoding)
  return { line: position.line, character }
}

function unitsOf(char: string, encoding: PositionEncodingKind): number {
  if (encoding === 'utf-32') return 1
  if (encoding === 'utf-8') return Buffer.byteLength(char)
  throw new Error(`unknown position encoding ${encoding}`)
}
