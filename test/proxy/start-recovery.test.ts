import { beforeEach, expect, it } from 'vitest'
import type { Intent } from '../../server/journal/intent.ts'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import { liveSessions } from '../../server/journal/session-folder.ts'
import type { Conversation } from '../../server/proxy/conversation.ts'
import type { Settlement } from '../../server/proxy/settlement.ts'
import { StartRecovery } from '../../server/proxy/start-recovery.ts'
import { WorkProgress } from '../../server/proxy/work-progress.ts'
import { DiskWorkspace } from '../../server/recovery/disk-workspace.ts'
import { Machine } from '../disk/machine.ts'
import { error, type FaultPlan } from '../disk/memory-disk.ts'
import { intentOf, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')
const where = { folders: ['/w'], server: ['server'], editor: null }

let machine: Machine

beforeEach(() => {
  machine = new Machine(hasher)
  for (const name of ['a/1', 'b/1', 'c/1']) machine.platter.put(`/w/${name}`, 'old')
})

const edits = (id: string, path: string, before = 'old', after = 'new') =>
  intentOf(id, [replaced(path, before, after)], { facts: new Map() })

async function died(...intents: readonly Intent[]): Promise<void> {
  const program = machine.run()
  const session = new Session(program, root, where, () => {})
  for (const intent of intents) await session.append(intent)
  machine.kill(program)
}

/** One start that meets a fault; what the user is told of it. */
async function start(plan: FaultPlan): Promise<string[]> {
  const program = machine.run()
  const told: string[] = []
  const tell = (problem: unknown) => told.push(String(problem))
  const session = new Session(program, root, where, tell)
  const conversation = { show: (_: string, text: string) => told.push(text) } as unknown as Conversation
  const settlement = { follow: () => {} } as unknown as Settlement
  const progress = new WorkProgress(conversation, false, '')
  const setting = { session, settlement, conversation, progress }
  const recovery = new StartRecovery(program, setting, 'auto')
  await recovery.claim(root, where, tell)
  program.disk.plan = plan
  await recovery.carryOut(new DiskWorkspace(program.disk, ['/w']), 'nobody')
  await recovery.end()
  await session.end()
  machine.kill(program)
  return told
}

const failsToSync =
  (folder: string): FaultPlan =>
  (operation) =>
    operation.name === 'syncFolder' && operation.path === folder ? error('EIO') : undefined

it('goes on with the other edits where one cannot be dealt with, and says which and why', async () => {
  await died(edits('01', '/w/a/1'), edits('02', '/w/b/1'))
  await died(edits('03', '/w/c/1'))
  const told = await start(failsToSync('/w/a'))
  expect(machine.platter.tree('/w')).toMatchObject({ 'a/1': 'old', 'b/1': 'new', 'c/1': 'new' })
  expect(told).toEqual([
    '"Rename `total` → `sum`" in 1 file is waiting: cannot syncFolder /w/a: EIO; the next start tries again',
    expect.stringContaining('finished'),
    expect.stringContaining('finished'),
  ])
})

it('names the roll back that it has finished as what can be undone, and not the edit', async () => {
  machine.platter.put('/w/a/1', 'old')
  machine.platter.put('/w/b/1', 'new')
  const files = ['/w/a/1', '/w/b/1']
  const edit = intentOf(
    '01',
    files.map((path) => replaced(path, 'old', 'new')),
    { facts: new Map() },
  )
  const rollBack = intentOf(
    '02',
    files.map((path) => replaced(path, 'new', 'old')),
    {
      facts: new Map(),
      about: { ...edit.about, label: 'Roll back: Rename', purpose: 'roll-back', of: '01' },
    },
  )
  await died(edit, rollBack)
  const told = await start(() => undefined)
  expect(machine.platter.tree('/w')).toMatchObject({ 'a/1': 'old', 'b/1': 'old' })
  expect(told).toEqual([
    'finished "Roll back: Rename" in 2 files: 1 file written; to take it back: lsp-wal undo 02',
  ])
})

it('leaves what shares a file with one that failed to the next start, which does both', async () => {
  await died(edits('01', '/w/a/1'), edits('02', '/w/a/1', 'new', 'newer'), edits('03', '/w/b/1'))
  const told = await start(failsToSync('/w/a'))
  expect(machine.platter.tree('/w')).toMatchObject({ 'a/1': 'old', 'b/1': 'new' })
  expect(told.filter((text) => text.includes('EIO; the next start tries again'))).toHaveLength(2)
  await start(() => undefined)
  expect(machine.platter.tree('/w')).toMatchObject({ 'a/1': 'newer', 'b/1': 'new' })
  expect(await liveSessions(machine.run(), root)).toEqual([])
})
