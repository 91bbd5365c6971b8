import { expect, test } from 'vitest'
import { nearest } from '../../server/cli/command.ts'
import { log } from '../../server/cli/log.ts'
import { show } from '../../server/cli/show.ts'
import { Workplace } from './workplace.ts'

const COMMANDS = ['log', 'show', 'status', 'undo', 'redo', 'recover', 'rename', 'export']

test.each([
  ['stauts', 'status'],
  ['lgo', 'log'],
  ['und', 'undo'],
  ['undoo', 'undo'],
  ['recovre', 'recover'],
  ['gopls', undefined],
  ['x', undefined],
  ['', undefined],
])('who types %s means %s', (typed, meant) => {
  expect(nearest(typed, COMMANDS)).toBe(meant)
})

test('an option that there is not is told with the one that is most like it', async () => {
  const place = new Workplace()
  try {
    await expect(place.run(log, ['--stta'])).rejects.toThrow(/^Unknown option '--stta': is it --stat\?$/)
    await expect(place.run(log, ['--colour'])).rejects.toThrow(/^Unknown option '--colour'$/)
    await expect(place.run(show, ['-x'])).rejects.toThrow(/^Unknown option '-x'$/)
    await expect(place.run(log, ['-n'])).rejects.toThrow(/'-n, --number <value>' argument missing/)
  } finally {
    await place.dispose()
  }
})
