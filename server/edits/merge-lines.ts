/** A text's lines, each with its end; a character for each byte, so that any bytes come back as they were. */
export function linesOf(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** The blanks that a line begins with. */
export function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)![0]
}

/**
 * A line's words, each with the blanks and the line's end behind it; put together they are the line without its indent.
 * Whatever is no ASCII counts as a letter: no character is ever divided.
 */
export function wordsOf(line: string): string[] {
  return line.slice(indentOf(line).length).match(/(?:[\w$\x80-\xff]+|[^\w$\x80-\xff\s])\s*|\s+/g) ?? []
}

/** A line without what editors and formatters change in it: blanks, its end, a byte order mark. */
export function bareLine(line: string): string {
  return bareWords(wordsOf(line.replace(/^(?:\xef\xbb\xbf)+/, ''))).join(' ')
}

export function bareWords(words: readonly string[]): string[] {
  return words.map((word) => word.trim())
}

/** How a text ends its lines, for lines that are put into it. */
export class LineEnds {
  /** Undefined: as those it came from, so that each line keeps its own. */
  readonly #end: '\n' | '\r\n' | undefined
  readonly #endsLast: boolean

  constructor(base: readonly string[], ours: readonly string[]) {
    const end = mostUsedEnd(ours)
    this.#end = end === mostUsedEnd(base) ? undefined : end
    this.#endsLast = ours.at(-1)?.endsWith('\n') ?? false
  }

  of(line: string): string {
    return this.#end === undefined || !line.endsWith('\n') ? line : line.replace(/\r?\n$/, this.#end)
  }

  /** The lines as one text: only the last may be without an end, and only where the last one was. */
  join(lines: readonly string[]): string {
    const end = this.#end ?? mostUsedEnd(lines)
    const mayBeOpen = (i: number) => i === lines.length - 1 && !this.#endsLast
    return lines.map((line, i) => (line.endsWith('\n') || mayBeOpen(i) ? line : line + end)).join('')
  }
}

function mostUsedEnd(lines: readonly string[]): '\n' | '\r\n' {
  const crlf = lines.filter((line) => line.endsWith('\r\n')).length
  return crlf * 2 > lines.length ? '\r\n' : '\n'
}
