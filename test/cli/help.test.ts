import { expect, test } from 'vitest'
import { COMMANDS } from '../../server/commands.ts'
import { Workplace } from './workplace.ts'

/** As wide as a terminal half of a screen. */
const COLUMNS = 116

test.each(Object.keys(COMMANDS))('%s --help says how it is used, in lines that fit', async (name) => {
  const place = new Workplace()
  try {
    const { exit, out, err } = await place.run(await COMMANDS[name]!(), ['--help'])
    expect([exit, err]).toEqual([0, ''])
    expect(out).toMatch(new RegExp(`^Usage: lsp-wal ${name}\\b`))
    expect(out.endsWith('\n')).toBe(true)
    expect(out.split('\n').filter((line) => line.length > COLUMNS)).toEqual([])
  } finally {
    await place.dispose()
  }
})
