// East Asian wide and full-width blocks (UAX 11), as far as names in code meet them.
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])/u

/** ASCII, Latin, Greek, Cyrillic, dashes, quotes, dots, arrows and the marks of lists: each of one column, and none joins another. */
const NARROW =
  /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u257f\u25cb]*$/

/** Made when it is needed: it takes as long as all the rest of a short list. */
let segmenter: Intl.Segmenter | undefined

function graphemesOf(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** How many columns of a terminal a text takes; it holds neither control characters nor colours. */
export function columnsOf(text: string): number {
  if (NARROW.test(text)) return text.length
  let columns = 0
  for (const { segment } of graphemesOf(text)) columns += widthOf(segment)
  return columns
}

/** The text followed by blanks up to `columns`; a longer one as it is. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** The text, its end replaced by `…` where it takes more than `columns`. */
export function cutTo(text: string, columns: number | undefined): string {
  if (columns === undefined || columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    used += widthOf(segment)
    if (used > columns - 1) break
    kept += segment
  }
  return columns < 1 ? '' : `${kept}…`
}

/** As {@link cutTo}, with the start replaced: of a path the end says more. */
export function cutStartTo(text: string, columns: number | undefined): string {
  if (columns === undefined || columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const { segment } of [...graphemesOf(text)].reverse()) {
    used += widthOf(segment)
    if (used > columns - 1) break
    kept = segment + kept
  }
  return columns < 1 ? '' : `…${kept}`
}

function widthOf(grapheme: string): number {
  return WIDE.test(grapheme) || grapheme.includes('\ufe0f') ? 2 : 1
}
