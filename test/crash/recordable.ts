import { isUnkept, same } from '../../server/edits/file-bytes.ts'
import type { Intent, PathFacts } from '../../server/journal/intent.ts'
import type { Machine } from '../disk/machine.ts'
import { hasher } from '../journal/logs.ts'

/** An intent with what its recorder finds on the disk at this moment. */
export function recordable(machine: Machine, intent: Intent): Intent {
  const facts = intent.images.map(({ path, before }): [string, PathFacts] => {
    const stat = machine.platter.statOf(machine.platter.tryFind(path, 'follow'))
    if (stat === undefined)
      return [path, before === undefined ? { from: 'disk' } : { from: 'buffer', disk: null }]
    const { size, mtimeNs, mode } = stat
    const onDisk = machine.platter.bytesAt(path)
    if (before !== undefined && (isUnkept(before) || same(onDisk, before)))
      return [path, { from: 'disk', size, mtimeNs, mode }]
    return [path, { from: 'buffer', disk: hasher.hash(onDisk), size, mtimeNs, mode }]
  })
  const at = new Date(machine.clock).toISOString()
  return { ...intent, facts: new Map(facts), about: { ...intent.about, at } }
}
