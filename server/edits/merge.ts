import { viewOf } from './buffer-view.ts'
import { bareLine, bareWords, indentOf, LineEnds, linesOf, wordsOf } from './merge-lines.ts'
import { type Closeness, regionsOf } from './merge-regions.ts'
import { bomLength } from './utf8.ts'

/** Two changes of one text put together, or where they get in each other's way. */
export type Merged =
  | { readonly kind: 'clean'; readonly bytes: Uint8Array }
  | { readonly kind: 'conflict'; readonly hunks: readonly Hunk[] }
  /** Its lines cannot be compared. */
  | { readonly kind: 'impossible'; readonly reason: string }

/** Lines that both changed, without their ends. Bytes that are no UTF-8 show as U+FFFD. */
export interface Hunk {
  /** The first of them in `ours`, counted from 1. */
  readonly line: number
  readonly base: readonly string[]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

/**
 * Puts what `theirs` made of `base` into `ours`, which came from `base`, too.
 *
 * What `ours` changed in line ends and blanks counts as no change, and stays. Lines that both changed are merged word
 * by word, where each still stands for one.
 * Law: `merge(b, b, t)` is `t`, `merge(b, o, b)` and `merge(b, o, o)` are `o`, byte for byte.
 */
export function merge(base: Uint8Array, ours: Uint8Array, theirs: Uint8Array): Merged {
  const [b, o, t] = [viewOf(base), viewOf(ours), viewOf(theirs)]
  if (b.equals(o)) return { kind: 'clean', bytes: theirs }
  if (b.equals(t) || o.equals(t)) return { kind: 'clean', bytes: ours }
  if ([b, o, t].some((bytes) => bytes.includes(0))) return { kind: 'impossible', reason: 'it is no text' }
  const marks = [b, o, t].map(marksOf) as [number, number, number]
  const sides = {
    base: linesOf(b.subarray(marks[0])),
    ours: linesOf(o.subarray(marks[1])),
    theirs: linesOf(t.subarray(marks[2])),
  }
  const ends = new LineEnds(sides.base, sides.ours)
  const pieces = piecesOf(sides, ends, 'touching', 1)
  if (pieces === undefined) return { kind: 'impossible', reason: 'too much of it differs' }
  const hunks = pieces.flatMap((piece) => piece.hunk ?? [])
  if (hunks.length > 0) return { kind: 'conflict', hunks }
  const lines = pieces.flatMap((piece) => piece.lines ?? [])
  const mark = marks[1] === marks[0] ? t.subarray(0, marks[2]) : o.subarray(0, marks[1])
  return { kind: 'clean', bytes: Buffer.concat([mark, Buffer.from(ends.join(lines), 'latin1')]) }
}

/** How many bytes at its beginning are byte order marks. */
function marksOf(bytes: Buffer): number {
  let at = 0
  while (bomLength(bytes.subarray(at)) > 0) at += bomLength(bytes.subarray(at))
  return at
}

interface Sides {
  readonly base: readonly string[]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

type Piece =
  | { readonly lines: readonly string[]; readonly hunk?: undefined }
  | { readonly hunk: Hunk; readonly lines?: undefined }

/** `line`: where `ours` begins, counted from 1. Undefined: too much differs. */
function piecesOf(sides: Sides, ends: LineEnds, closeness: Closeness, line: number): Piece[] | undefined {
  const [bareBase, bareOurs] = [sides.base.map(bareLine), sides.ours.map(bareLine)]
  const regions = regionsOf(
    { base: bareBase, now: bareOurs },
    { base: sides.base, now: sides.theirs, respelt: sides.theirs.map(bareLine) },
    closeness,
    'lines',
  )
  return regions?.flatMap(({ from, ...spans }): Piece[] => {
    const part: Sides = {
      base: sides.base.slice(...spans.base),
      ours: sides.ours.slice(...spans.ours),
      theirs: sides.theirs.slice(...spans.theirs),
    }
    if (from === 'ours') return [{ lines: part.ours }]
    const at = line + spans.ours[0]
    const lines = from === 'theirs' ? reformatted(part, ends) : oneByOne(part, ends)
    if (lines !== undefined) return [{ lines }]
    // Each line is another one with the indent it had, or as it was: what ours has put between them gets in nobody's way.
    const isLineForLine =
      part.base.length === part.theirs.length &&
      part.base.every((line, i) => indentOf(line) === indentOf(part.theirs[i]!))
    const pieces =
      from === 'both' && closeness === 'touching' && isLineForLine
        ? piecesOf(part, ends, 'overlapping', at)
        : undefined
    return pieces ?? [{ hunk: hunkOf(part, at) }]
  })
}

/** Lines that only `theirs` changed, though in ours they may have other blanks. */
function reformatted(part: Sides, ends: LineEnds): string[] | undefined {
  const { base, ours, theirs } = part
  const areSame = base.every((line, i) => line === ours[i])
  const merged = areSame ? undefined : oneByOne(part, ends)
  if (merged !== undefined) return merged
  // In some languages the indent is the meaning, and blanks may stand in a string: such lines take no others in.
  const isReflowed = base.some((line, i) => line.trimEnd() !== ours[i]?.trimEnd())
  return isReflowed ? undefined : theirs.map((line) => ends.of(line))
}

/** Each line merged on its own; undefined where they are not as many, or one cannot be. */
function oneByOne({ base, ours, theirs }: Sides, ends: LineEnds): string[] | undefined {
  if (base.length !== ours.length || base.length !== theirs.length) return undefined
  const merged: string[] = []
  for (const [i, line] of base.entries()) {
    const one = mergeLine(line, ours[i]!, ends.of(theirs[i]!))
    if (one === undefined) return undefined
    merged.push(one)
  }
  return merged
}

function mergeLine(base: string, ours: string, theirs: string): string | undefined {
  const indent = oneOf(indentOf(base), indentOf(ours), indentOf(theirs))
  const [b, o, t] = [wordsOf(base), wordsOf(ours), wordsOf(theirs)]
  const pair = { base: b, now: t, respelt: bareWords(t) }
  const regions = regionsOf({ base: bareWords(b), now: bareWords(o) }, pair, 'overlapping', 'words')
  if (indent === undefined || regions === undefined || regions.some(({ from }) => from === 'both'))
    return undefined
  const words = regions.flatMap(({ from, ...spans }) => {
    const [base, ours, theirs] = [b.slice(...spans.base), o.slice(...spans.ours), t.slice(...spans.theirs)]
    if (from === 'ours') return ours
    // One word for one: the blanks between them may be a formatter's.
    return base.length === theirs.length
      ? theirs.map((word, i) => respaced(word, base[i]!, ours[i]!))
      : theirs
  })
  return indent + words.join('')
}

function respaced(word: string, base: string, ours: string): string {
  const blanks = (of: string) => of.slice(of.trimEnd().length)
  return word.trimEnd() + (blanks(word) === blanks(base) ? blanks(ours) : blanks(word))
}

function oneOf(base: string, ours: string, theirs: string): string | undefined {
  if (ours === base || ours === theirs) return theirs
  return theirs === base ? ours : undefined
}

function hunkOf({ base, ours, theirs }: Sides, line: number): Hunk {
  return { line, base: base.map(readable), ours: ours.map(readable), theirs: theirs.map(readable) }
}

function readable(line: string): string {
  return Buffer.from(line.replace(/\r?\n$/, ''), 'latin1').toString('utf8')
}
