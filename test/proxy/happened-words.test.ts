import { expect, it } from 'vitest'
import type { Image } from '../../server/edits/images.ts'
import { happenedWords } from '../../server/proxy/happened-words.ts'
import { intentOf, replaced } from '../journal/intents.ts'

const secret = { path: '/w/.env', before: undefined, after: { kind: 'absent' } } as const

it.each<[string, readonly Image[], string]>([
  ['beside others', [replaced('/w/a', 'old', 'new')], 'u takes it back but for some of it'],
  ['alone', [], 'u cannot take it back'],
])('what is kept out of the log, %s, is said not to be taken back', (_, images, words) => {
  const intent = intentOf('01', images, { withheld: [secret] })
  const refusals = images.map(() => undefined)
  expect(happenedWords(intent, 'u', refusals)).toContain(`; ${words}: /w/.env is kept out of the log`)
})
