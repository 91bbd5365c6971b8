/**
 * The text that a snippet is inserted as, before anybody types: placeholders by their defaults, tab stops by nothing
 * (LSP, "Snippet Syntax"). Undefined: that depends on the editor (variables, choices, transformations), or it is none.
 */
export function textOfSnippet(snippet: string): string | undefined {
  const reader = new Reader(snippet)
  const parts = reader.parts(0)
  if (parts === undefined || !reader.isAtEnd) return undefined
  const defaults = new Map<string, readonly Part[]>()
  noteDefaults(parts, defaults)
  return rendered(parts, defaults)
}

/** Nobody writes more defaults in one another; a broken server may. */
const DEEPEST = 50

type Part = string | Stop

/** A tab stop, by its number, and the default that stands there. */
interface Stop {
  readonly stop: string
  readonly by: readonly Part[] | undefined
}

const STOP = /\$(?:(\d+)|\{(\d+)([:}]))/y
const ESCAPED = /\\([\\$}])/y
const PLAIN = /[^\\$}]+/y

class Reader {
  readonly #snippet: string
  #at = 0

  constructor(snippet: string) {
    this.#snippet = snippet
  }

  get isAtEnd(): boolean {
    return this.#at === this.#snippet.length
  }

  /** Up to the end, or to the brace that ends a default; `depth`: how many of these it stands in. */
  parts(depth: number): Part[] | undefined {
    const parts: Part[] = []
    while (!this.isAtEnd) {
      const next = this.#snippet[this.#at]
      if (next === '}' && depth > 0) return parts
      const part = next === '$' ? this.#stop(depth) : this.#text()
      if (part === undefined) return undefined
      parts.push(part)
    }
    return depth > 0 ? undefined : parts
  }

  #text(): string {
    const escaped = this.#take(ESCAPED)
    if (escaped !== undefined) return escaped[1]!
    // A brace outside of a default, and a backslash before anything else, stand for themselves.
    return this.#take(PLAIN)?.[0] ?? this.#snippet[this.#at++]!
  }

  #stop(depth: number): Part | undefined {
    const found = this.#take(STOP)
    if (found === undefined) return undefined
    const [, bare, braced, then] = found
    const stop = (bare ?? braced)!
    if (then !== ':') return { stop, by: undefined }
    const by = depth < DEEPEST ? this.parts(depth + 1) : undefined
    if (by === undefined) return undefined
    this.#at++
    return { stop, by }
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#snippet) ?? undefined
    if (found !== undefined) this.#at = pattern.lastIndex
    return found
  }
}

/** What stands at one tab stop stands at all of its number. */
function noteDefaults(parts: readonly Part[], defaults: Map<string, readonly Part[]>): void {
  for (const part of parts) {
    if (typeof part === 'string' || part.by === undefined) continue
    if (!defaults.has(part.stop)) defaults.set(part.stop, part.by)
    noteDefaults(part.by, defaults)
  }
}

function rendered(
  parts: readonly Part[],
  defaults: ReadonlyMap<string, readonly Part[]>,
): string | undefined {
  let text = ''
  for (const part of parts) {
    const more = typeof part === 'string' ? part : textOfStop(part, defaults)
    if (more === undefined) return undefined
    text += more
  }
  return text
}

function textOfStop({ stop, by }: Stop, defaults: ReadonlyMap<string, readonly Part[]>): string | undefined {
  if (by !== undefined) return rendered(by, defaults)
  const there = defaults.get(stop) ?? []
  // With stops in it, it would depend on others in turn, in circles maybe.
  return there.every((part) => typeof part === 'string') ? there.join('') : undefined
}
