import { expect, it } from 'vitest'
import { wordAt } from '../../server/proxy/word-at.ts'

const TEXT = Buffer.from('let größe_2 = $el.x\n😀日本 ()')

it.each<[string, unknown, string | undefined]>([
  ['in the middle of a name', { line: 0, character: 6 }, 'größe_2'],
  ['at its start', { line: 0, character: 4 }, 'größe_2'],
  ['at its end', { line: 0, character: 11 }, 'größe_2'],
  ['at a name with a sign', { line: 0, character: 15 }, '$el'],
  ['between signs', { line: 0, character: 13 }, undefined],
  ['behind a pair of surrogates', { line: 1, character: 2 }, '日本'],
  ['behind the last character', { line: 1, character: 7 }, undefined],
  ['beyond the text', { line: 9, character: 0 }, undefined],
  ['that is none', { line: '0' }, undefined],
  ['that is not there', undefined, undefined],
])('gives the name at a position %s', (_where, position, word) => {
  expect(wordAt(TEXT, position, 'utf-16')).toBe(word)
})
