import { UsageError } from './command.ts'

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** A size in bytes; `such`: what it may be, for whoever wrote something else. */
export function bytesOf(text: string, option: string, such: string): number {
  const match = /^(\d{1,12})([KMG]?)i?B?$/i.exec(text)
  if (match === null) throw new UsageError(`${option} takes a size such as ${such}: not ${text}`)
  return Number(match[1]) * UNIT[match[2]!.toUpperCase()]!
}

const HOUR_MS = 60 * 60 * 1000
const SPAN: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS }

/** A time such as `14d`, in milliseconds. */
export function millisecondsOf(text: string, option: string): number {
  if (text === '0') return 0
  const match = /^(\d{1,6})([hdw])$/.exec(text)
  if (match === null)
    throw new UsageError(`${option} takes a time such as 12h, 14d or 2w, 0 or none: not ${text}`)
  return Number(match[1]) * SPAN[match[2]!]!
}

/** "812 B", "3.1 MiB". */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let [size, unit] = [bytes, 0]
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}
