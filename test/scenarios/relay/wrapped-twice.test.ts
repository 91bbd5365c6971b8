import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LSP_WAL } from '../stage.ts'
import { difference, type Flood, flood, floodArgs, frame } from './messages.ts'
import { FAULT_SERVER, runs, test } from './processes.ts'
import { edit, recorded, Session } from './session.ts'

test('an edit that passes two of lsp-wal is recorded once, by the outer one', async ({
  stage,
  processes,
  expect,
}) => {
  stage.write('a.ts', 'foo\n')
  const inner = join(stage.folder, 'inner')
  const session = await Session.start(stage, processes, (server) =>
    stage.wrapped([], [...LSP_WAL, '--journal', inner, '--', ...server]),
  )
  await session.initialize(stage)
  const bytes = frame(edit(stage, 'a.ts', 'bar'))
  const { toEditor } = await session.exchange({ fromServer: [bytes] })
  expect(difference(toEditor.bytes, bytes)).toBeUndefined()
  expect(recorded(stage.journal)).toEqual(['bar'])
  expect(existsSync(inner)).toBe(false)
})

test('where both have the same journal too', async ({ stage, processes, expect }) => {
  stage.write('a.ts', 'foo\n')
  const session = await Session.start(stage, processes, (server) =>
    stage.wrapped([], stage.wrapped([], server)),
  )
  await session.initialize(stage)
  const bytes = frame(edit(stage, 'a.ts', 'bar'))
  const { toEditor } = await session.exchange({ fromServer: [bytes] })
  expect(difference(toEditor.bytes, bytes)).toBeUndefined()
  expect(recorded(stage.journal)).toEqual(['bar'])
})

test('the end of a server passes two of lsp-wal', async ({ stage, processes, expect }) => {
  const tail: Flood = [[8, 2 ** 20]]
  const server = [...FAULT_SERVER, 'exit', '3', ...floodArgs(tail)]
  const proxy = processes.start(stage.wrapped([], stage.wrapped([], server)))
  const { pid, ppid } = await proxy.announced()
  expect(difference(await proxy.stdout.takeAll(), Buffer.concat([...flood(tail)]))).toBeUndefined()
  expect(await proxy.ended).toBe(3)
  expect([pid, ppid].filter(runs)).toEqual([])
})
