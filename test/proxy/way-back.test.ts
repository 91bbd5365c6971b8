import { queryObjects } from 'node:v8'
import { expect, it } from 'vitest'
import { rootAt } from '../../server/journal/root.ts'
import { Session } from '../../server/journal/session.ts'
import type { ClientFacts } from '../../server/proxy/client-facts.ts'
import type { Conversation } from '../../server/proxy/conversation.ts'
import { Mirror } from '../../server/proxy/mirror.ts'
import type { Offer } from '../../server/proxy/offer.ts'
import type { Settlement } from '../../server/proxy/settlement.ts'
import { StartRecovery } from '../../server/proxy/start-recovery.ts'
import { WayBack } from '../../server/proxy/way-back.ts'
import { WorkProgress } from '../../server/proxy/work-progress.ts'
import { Machine } from '../disk/machine.ts'
import { intentOf, replaced } from '../journal/intents.ts'
import { hasher } from '../journal/logs.ts'

const root = rootAt('/j/lsp-wal')
const start = { folders: ['/w'], server: ['server'], editor: null }

it('keeps nothing of what it was asked for once that is done', async () => {
  const machine = new Machine(hasher)
  machine.platter.put('/w/a', 'old')
  const program = machine.run()
  const tell = (problem: unknown) => expect.fail(String(problem))
  const session = new Session(program, root, start, tell)
  const conversation = { show: () => {}, notifyServer: () => {} } as unknown as Conversation
  const wayBack = new WayBack({
    env: program,
    root,
    recover: 'report',
    client: { headless: false, appliesEdits: false, fileOperations: [] } as unknown as ClientFacts,
    start,
    session,
    settlement: { follow: () => {} } as unknown as Settlement,
    mirror: new Mirror(),
    conversation,
    offer: { takenBack: () => {} } as unknown as Offer,
    progress: new WorkProgress(conversation, false, ''),
    tell,
  })
  await wayBack.begin()
  const ask = (more: object) =>
    wayBack.ordered({ v: 1, do: 'recover', folders: ['/w'], dryRun: false, ...more })
  for (let i = 0; i < 20; i++) {
    expect(await ask({})).toEqual({ kind: 'none' })
    expect(await wayBack.recoverAgain()).toBe(false)
  }
  for (let i = 0; i < 5; i++) {
    const dead = machine.run()
    const id = `0${i}`.padEnd(32, '0')
    await new Session(dead, root, start, tell).append(
      intentOf(id, [replaced('/w/a', 'old', 'new')], { facts: new Map() }),
    )
    machine.kill(dead)
    expect(await ask({ id, decision: 'discard' })).toMatchObject({ kind: 'done' })
  }
  expect(queryObjects(StartRecovery, { format: 'count' })).toBe(1)
  await wayBack.end()
  await session.end()
})
