import { existsSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import { workspaceEdit } from './desk.ts'

describe('recover, while an editor has not done with what waits there', () => {
  test('says that it is to be answered there, and changes nothing', async ({ stage, processes, expect }) => {
    stage.write('a.ts', 'foo\n')
    const first = await Session.start(stage, processes)
    // Of an editor that is gone: its id is beyond the largest that a process has.
    await first.exchange({ fromEditor: [initialize(stage, 4_194_305)] })
    await first.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
    await first.exchange({ fromEditor: [initialized] })
    const params = { edit: workspaceEdit(stage, 'a.ts', 'bar') }
    await first.exchange({ fromServer: [message({ id: 'e', method: 'workspace/applyEdit', params })] })
    first.proxy.child.kill('SIGKILL')
    await first.proxy.ended

    const second = await Session.start(stage, processes, (server) => stage.wrapped(['--recover=ask'], server))
    await second.exchange({ fromEditor: [initialize(stage)] })
    // Neither side may be told anything yet.
    expect(await stage.lspWal('recover', '--finish')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^lsp-wal: .*: it is still starting; try again in a moment\n$/),
    })
    await second.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
    await second.exchange({ fromEditor: [initialized] })
    // It is asked there, and not answered.
    expect(await stage.lspWal('recover', '--finish')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^lsp-wal: .*: it deals with that at the moment: see what it asks\n$/),
    })
    expect(stage.files()['a.ts']).toBe('foo\n')
    expect(existsSync(stage.journal)).toBe(true)
  })
})
