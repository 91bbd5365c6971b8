const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
/** Not seven: `Mon` on a Monday would be last week's. */
const WEEKDAY_FOR_DAYS = 6

/** When something was, for people, in local time: "just now", "2 min ago", "10:42", "Mon 10:42", "2026-03-01". */
export function when(at: string, now: Date): string {
  const then = new Date(at)
  if (Number.isNaN(then.getTime())) return 'at no known time'
  const age = now.getTime() - then.getTime()
  // A little ahead: the clock of another host, or one that was set back.
  if (Math.abs(age) < MINUTE_MS) return 'just now'
  if (age < 0) return `${dateOf(then)} ${clockOf(then)}`
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`
  if (dateOf(then) === dateOf(now)) return clockOf(then)
  const days = Math.round((midnight(now) - midnight(then)) / (24 * HOUR_MS)) // rounded: a day may have 23 hours
  return days <= WEEKDAY_FOR_DAYS ? `${WEEKDAYS[then.getDay()]} ${clockOf(then)}` : dateOf(then)
}

/** The instant in full, in local time: "2026-03-01 10:42:05". */
export function instant(at: string): string {
  const then = new Date(at)
  if (Number.isNaN(then.getTime())) return 'at no known time'
  return `${dateOf(then)} ${clockOf(then)}:${two(then.getSeconds())}`
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

function dateOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

function clockOf(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

const two = (n: number): string => String(n).padStart(2, '0')
