import { expect, it } from 'vitest'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Machine } from '../disk/machine.ts'
import { hasher } from '../journal/logs.ts'

it('takes a file that has its size and time yet for what it was, and reads every other', async () => {
  const machine = new Machine(hasher)
  machine.platter.put('/w/a', 'one\n')
  const { disk } = machine.run()
  const workspace = new DiskWorkspace(disk, ['/w'])
  const stat = (await disk.stat('/w/a'))!
  const known = { bytes: Buffer.from('then'), size: stat.size, mtimeNs: stat.mtimeNs }
  const read = Buffer.from('one\n')
  for (const [asked, bytes] of [
    [undefined, read],
    [known, known.bytes],
    [{ ...known, size: 5 }, read],
    [{ ...known, mtimeNs: stat.mtimeNs - 1n }, read],
  ] as const)
    expect(await workspace.look('/w/a', asked)).toEqual({ kind: 'file', bytes, stat })
  expect(disk.log.filter(({ name }) => name === 'read')).toHaveLength(3)
  machine.platter.takeAway('/w/a')
  expect(await workspace.look('/w/a', known)).toEqual({ kind: 'absent' })
})

it('says of many paths why each may never be written, or that it may', async () => {
  const machine = new Machine(hasher)
  machine.platter.putFolder('/w/.git')
  machine.platter.put('/elsewhere/b', 'b')
  machine.platter.putLink('/w/link', '/elsewhere/b')
  const workspace = new DiskWorkspace(machine.run().disk, ['/w'])
  const refusals: (string | undefined)[] = []
  const paths = ['/w/a', '/elsewhere/b', '/w/link', '/w/.git/x', '/w/c']
  for await (const refusal of workspace.refusals(paths)) refusals.push(refusal)
  expect(refusals).toEqual([
    undefined,
    '/elsewhere/b is outside the workspace folders',
    '/w/link is outside the workspace folders',
    '/w/.git/x is under .git',
    undefined,
  ])
})
