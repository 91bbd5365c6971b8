import { relative } from 'node:path'
import { isWithin } from '../journal/root.ts'

// Control characters (C0, DEL, C1: an 0x9b alone opens an escape sequence), the separators that some terminals
// take for line ends, what turns the direction of writing and so shows one name as another, lone surrogates.
const HOSTILE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text that servers, editors and file names brought, as it may be shown: on one line, with no escape sequence
 * in it. Control characters are written out (`\x1b`).
 */
export function plainText(text: string): string {
  return text.replace(HOSTILE, (char) => SHORT[char] ?? escapeOf(char.codePointAt(0)!))
}

/** A line of a file as a terminal may show it: tabs stay. */
export function plainLine(text: string): string {
  return text.split('\t').map(plainText).join('\t')
}

/** Text of several lines, as a message may hold them. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainLine).join('\n')
}

/** A path as it is shown: relative to `cwd` where it lies beneath it. */
export function shownPath({ cwd }: { readonly cwd: string }, path: string): string {
  return plainText(pathFrom(cwd, path))
}

/** Relative to `cwd` where it lies beneath it; not fit to be shown. */
export function pathFrom(cwd: string, path: string): string {
  return isWithin(cwd, path) ? relative(cwd, path) || '.' : path
}

/** JSON for a program that may turn out to be a terminal: nothing in it that a terminal obeys. */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value, undefined, 2)
  return `${json.replace(HOSTILE, (char) => (char === '\n' ? char : `\\u${hex(char.codePointAt(0)!, 4)}`))}\n`
}

/** "Nothing is recorded here yet.": a message that is all there is to say. */
export function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.\n`
}

function escapeOf(code: number): string {
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
