import { expect, it } from 'vitest'
import { reachOf } from '../../server/recovery/reach.ts'
import { Machine } from '../disk/machine.ts'
import { hasher } from '../journal/logs.ts'

it.each<[string, string[], string[], string[]]>([
  ['what was recorded, wherever the user is', ['/w', '/v'], ['/x'], ['/w', '/v']],
  ['of the whole disk what is here', ['/'], ['/x', '/w'], ['/x', '/w']],
  ['of the user’s home what is here and in it', ['/users/me'], ['/users/me/p', '/x'], ['/users/me/p']],
  ['of the folder of all homes what is here and in it', ['/users', '/w'], ['/x'], ['/w']],
  ['of a link to the whole disk nothing that is not in it by name', ['/all'], ['/x'], []],
  ['of the user’s home all, where the user works in all of it', ['/users/me'], ['/users/me'], ['/users/me']],
])('takes for the folders that may be written: %s', async (_what, recorded, here, reach) => {
  const machine = new Machine(hasher)
  for (const folder of ['/users/me/p', '/w', '/v', '/x']) machine.platter.putFolder(folder)
  machine.platter.putLink('/all', '/')
  expect(await reachOf(machine.run(), recorded, here)).toEqual(reach)
})
