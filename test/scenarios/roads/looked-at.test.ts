import { readFileSync } from 'node:fs'
import { message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import { outcomes, started, workspaceEdit } from './desk.ts'

/** No process has this id. */
const GONE = 2 ** 22 - 4

test('an action that was only looked at is not carried out after a crash', async ({
  stage,
  processes,
  expect,
}) => {
  stage.write('a.ts', 'foo\n')
  const opened = async () => {
    const session = await Session.start(stage, processes)
    const capabilities = { codeActionProvider: { resolveProvider: true } }
    await session.exchange({ fromEditor: [initialize(stage, GONE)] })
    await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities } })] })
    await session.exchange({ fromEditor: [initialized] })
    return session
  }
  const session = await opened()
  const asked = message({ id: 1, method: 'codeAction/resolve', params: { title: 'Extract', data: 1 } })
  await session.exchange({ fromEditor: [asked] })
  const result = { title: 'Extract', edit: workspaceEdit(stage, 'a.ts', 'bar') }
  await session.exchange({ fromServer: [message({ id: 1, result })] })
  await expect
    .poll(() => outcomes(stage.journal), { timeout: 10_000 })
    .toEqual(['forwarded', 'forwarded: not seen in the editor so far'])
  session.proxy.kill('SIGKILL')
  await session.proxy.ended
  const [word] = await (await opened()).words()
  expect(word?.params?.message).toContain('it was never saved')
  expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe('foo\n')
})

test('the only edit of a menu is not carried out after a crash, if nobody was seen to pick it', async ({
  stage,
  processes,
  expect,
}) => {
  const server = { codeActionProvider: true }
  const { session } = await started(stage, processes, { server, processId: GONE })
  const context = { diagnostics: [], only: ['source.organizeImports'] }
  await session.exchange({
    fromEditor: [message({ id: 1, method: 'textDocument/codeAction', params: { context } })],
  })
  const result = [{ title: 'Organize', edit: workspaceEdit(stage, 'a.ts', 'bar') }]
  await session.exchange({ fromServer: [message({ id: 1, result })] })
  session.proxy.kill('SIGKILL')
  await session.proxy.ended
  const { status, stdout } = await stage.lspWal('recover')
  expect([status, stdout]).toEqual([4, expect.stringContaining('nobody was seen to pick it')])
  expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe('foo\n')
})
