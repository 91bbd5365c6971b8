/** How a text is set off on a terminal. Each takes text that nothing hostile is left in. */
export interface Style {
  readonly bold: Paint
  readonly faint: Paint
  readonly good: Paint
  readonly bad: Paint
  readonly warn: Paint
  readonly name: Paint
}

type Paint = (text: string) => string

// ECMA-48, SGR: what switches each on, and what switches only that off again.
const CODES: Readonly<Record<keyof Style, readonly [number, number]>> = {
  bold: [1, 22],
  faint: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  name: [36, 39],
}

const PLAIN: Paint = (text) => text

export function styleFor(colour: boolean): Style {
  const paint = (key: keyof Style): Paint => {
    const [on, off] = CODES[key]
    return colour ? (text) => `\x1b[${on}m${text}\x1b[${off}m` : PLAIN
  }
  return {
    bold: paint('bold'),
    faint: paint('faint'),
    good: paint('good'),
    bad: paint('bad'),
    warn: paint('warn'),
    name: paint('name'),
  }
}
