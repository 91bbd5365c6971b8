import { beforeEach, expect, it } from 'vitest'
import { createHasher } from '../../server/edits/hash.ts'
import { excludedBy } from '../../server/proxy/exclusion.ts'
import { Machine } from '../disk/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = new Machine(await createHasher())
  for (const folder of ['/w', '/other/v']) machine.platter.putFolder(folder)
})

async function matched(globs: readonly string[], ...paths: string[]): Promise<string[]> {
  const excluded = (await excludedBy(machine.run().disk, globs, ['/w', '/other/v']))!
  const found: string[] = []
  for (const path of paths) if (await excluded(path)) found.push(path)
  return found
}

it.each([
  [
    '.env',
    ['/w/.env', '/w/sub/.env', '/other/v/.env', '/etc/.env', '/w/.env/x'],
    ['/w/.env.local', '/w/x.env'],
  ],
  ['**/.env*', ['/w/.env', '/w/a/b/.env.local'], ['/w/env', '/w/a.env']],
  ['*.pem', ['/w/k.pem', '/w/a/b/k.pem', '/w/K.PEM', '/home/me/k.pem'], ['/w/k.pem.txt']],
  [
    'secrets/**',
    ['/w/secrets/a', '/w/secrets/b/c', '/other/v/secrets/a'],
    ['/w/sub/secrets/a', '/etc/x/secrets/a'],
  ],
  ['secrets/', ['/w/secrets/a', '/w/sub/secrets/a'], ['/w/secrets']],
  ['/top', ['/w/top', '/w/top/x', '/other/v/top'], ['/w/sub/top', '/etc/top']],
  ['[.]env', ['/w/.env'], ['/w/xenv']],
])('%s matches as in a .gitignore', async (glob, inside, outside) => {
  expect(await matched([glob], ...inside, ...outside)).toEqual(inside)
})

it('takes a path back with a ! that comes later', async () => {
  expect(await matched(['.env*', '!.env.example'], '/w/.env', '/w/.env.example')).toEqual(['/w/.env'])
})

it('sees through links, of a folder and of a file', async () => {
  machine.platter.put('/w/secrets/key', 'x')
  machine.platter.putLink('/w/harmless', '/w/secrets')
  machine.platter.putLink('/w/readme', 'secrets/key')
  machine.platter.putLink('/alias', '/w')
  expect(await matched(['secrets/**'], '/w/harmless/key', '/w/readme', '/alias/secrets/new')).toEqual([
    '/w/harmless/key',
    '/w/readme',
    '/alias/secrets/new',
  ])
})

it('is not there without globs, so that nothing is loaded', async () => {
  expect(await excludedBy(machine.run().disk, [], ['/w'])).toBeUndefined()
})
