import { describe, expect, test } from 'vitest'
import { instant, when } from '../../server/cli/when.ts'

const at = (year: number, month: number, day: number, hours = 0, minutes = 0, seconds = 0): Date =>
  new Date(year, month - 1, day, hours, minutes, seconds)

describe('when', () => {
  // A Wednesday.
  const now = at(2026, 3, 4, 10, 44, 30)
  test.each([
    [at(2026, 3, 4, 10, 44, 30), 'just now'],
    [at(2026, 3, 4, 10, 43, 31), 'just now'],
    [at(2026, 3, 4, 10, 43, 30), '1 min ago'],
    [at(2026, 3, 4, 9, 44, 31), '59 min ago'],
    [at(2026, 3, 4, 9, 44, 30), '09:44'],
    [at(2026, 3, 4, 0, 0, 0), '00:00'],
    [at(2026, 3, 3, 23, 59, 59), 'Tue 23:59'],
    [at(2026, 2, 26, 10, 42), 'Thu 10:42'],
    [at(2026, 2, 25, 10, 42), '2026-02-25'],
    [at(2025, 3, 4, 10, 44), '2025-03-04'],
    [at(2026, 3, 4, 10, 44, 59), 'just now'],
    [at(2026, 3, 4, 11, 0), '2026-03-04 11:00'],
  ])('says of %s: %s', (then, expected) => {
    expect(when(then.toISOString(), now)).toBe(expected)
  })

  test('says minutes across midnight', () => {
    expect(when(at(2026, 3, 3, 23, 50).toISOString(), at(2026, 3, 4, 0, 5))).toBe('15 min ago')
  })

  test.each(['', 'yesterday'])('does not guess what "%s" is', (text) => {
    expect(when(text, now)).toBe('at no known time')
    expect(instant(text)).toBe('at no known time')
  })
})

test('an instant in full is local time', () => {
  expect(instant(at(2026, 3, 4, 9, 5, 7).toISOString())).toBe('2026-03-04 09:05:07')
})
