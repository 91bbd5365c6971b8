import { expect, test } from 'vitest'
import { placeOf, targetOf } from '../../../server/cli/headless/target.ts'

test.each([
  ['a.ts:2:17', { path: '/w/a.ts', start: { line: 2, column: 17 }, end: undefined }],
  ['/x/a:b.ts:2:17', { path: '/x/a:b.ts', start: { line: 2, column: 17 }, end: undefined }],
  ['a:1:2:3:4', { path: '/w/a:1:2', start: { line: 3, column: 4 }, end: undefined }],
  ['a.ts:2:17-3:1', { path: '/w/a.ts', start: { line: 2, column: 17 }, end: { line: 3, column: 1 } }],
  ['a.ts', { path: '/w/a.ts', start: undefined, end: undefined }],
  ['a.ts:7', { path: '/w/a.ts:7', start: undefined, end: undefined }],
])('%s is a place', (text, target) => {
  expect(targetOf(text, '/w')).toEqual(target)
})

test('lines and columns count from 1', () => {
  expect(() => targetOf('a.ts:0:1', '/w')).toThrow('lines and columns count from 1: not a.ts:0:1')
  expect(() => targetOf('a.ts:1:1-1:0', '/w')).toThrow('lines and columns count from 1')
})

test('a rename has one place', () => {
  expect(placeOf('a.ts:2:17', '/w').start).toEqual({ line: 2, column: 17 })
  for (const text of ['a.ts', 'a.ts:2', 'a.ts:1:2-3:4'])
    expect(() => placeOf(text, '/w')).toThrow(`a place is FILE:LINE:COLUMN: not ${text}`)
})
