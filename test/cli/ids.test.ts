import { expect, test } from 'vitest'
import { resolveId, shownId, typedId } from '../../server/cli/ids.ts'
import type { Entry } from '../../server/history/history.ts'
import { lookUpId } from '../../server/history/ids.ts'

process.env.TZ = 'UTC'

const entries = [
  entry('5be10d33aa', 'Rename `a`'),
  entry('5be10d33ab', 'Rename \x1b[31m'),
  entry('7c1f0a92ff', 'Rename `c`'),
  entry('rename-1', ''),
]

test.each([
  ['@', 'rename-1'],
  ['@-', '7c1f0a92ff'],
  ['@---', '5be10d33aa'],
  ['7', '7c1f0a92ff'],
  ['7C1F', '7c1f0a92ff'],
  ['5be10d33ab', '5be10d33ab'],
  ['ren', 'rename-1'],
])('%s is %s', (text, expected) => {
  expect(resolveId(entries, text).recorded.intent.id).toBe(expected)
})

test.each([
  ['@----', 'there is no @----: only 4 edits recorded here'],
  ['9', "no recorded edit's id begins with 9; see: lsp-wal log --all"],
  ['', 'an empty ID names no edit; see: lsp-wal log'],
  ['@+', "no recorded edit's id begins with @+; see: lsp-wal log --all"],
  ['\x1b[2J', "no recorded edit's id begins with \\x1b[2J; see: lsp-wal log --all"],
  [
    '5',
    '5 may be any of 2:\n' +
      '    5be10d33ab  2026-03-04 10:42:00  Rename \\x1b[31m\n' +
      '    5be10d33aa  2026-03-04 10:42:00  Rename `a`',
  ],
])('%j is refused', (text, message) => {
  expect(() => resolveId(entries, text)).toThrow(expect.objectContaining({ name: 'JournalError', message }))
})

test('an id that is the beginning of another one is still meant by itself', () => {
  const both = [entry('ab', ''), entry('abc', '')]
  expect(resolveId(both, 'ab').recorded.intent.id).toBe('ab')
  expect(lookUpId(both, 'a')).toMatchObject({ kind: 'ambiguous' })
})

test('lists no more candidates than fit a screen', () => {
  const many = Array.from({ length: 12 }, (_, i) => entry(`a${i.toString(16)}`, `n${i}`))
  expect(() => resolveId(many, 'a')).toThrow(/^a may be any of 12:\n( {4}.*\n){8} {4}and 4 more$/)
})

test('nothing recorded is said as that', () => {
  expect(lookUpId([], '@')).toEqual({ kind: 'empty' })
  expect(() => resolveId([], '5')).toThrow('nothing is recorded here yet')
})

test('shows as many digits as tell an id from the others', () => {
  expect(shownId(entries, '7c1f0a92ff')).toBe('7c1f0a92')
  expect(shownId(entries, '5be10d33ab')).toBe('5be10d33ab')
  expect(typedId(entries, '7c1f0a92ff')).toBe('7c1f')
  expect(typedId(entries, '5be10d33aa')).toBe('5be10d33aa')
  expect(shownId([entry('\x1b[2J', '')], '\x1b[2J')).toBe('\\x1b[2J')
})

function entry(id: string, label: string): Entry {
  const info = {
    version: 1 as const,
    session: 's',
    folders: [],
    server: [],
    editor: null,
    host: '',
    boot: '',
    pid: 1,
    start: '',
    startedAt: '2026-03-04T10:40:00Z',
    socket: '',
  }
  const about = { at: '2026-03-04T10:42:00Z', session: 's', road: '', label, server: '' }
  const folders = { made: [], removed: [] }
  const intent = { id, images: [], facts: new Map(), folders, foreign: false, about }
  return {
    session: { path: '', info, claimedBy: undefined },
    recorded: { kind: 'intent', intent, outcomes: [], settled: false },
  }
}
