import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import type { Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { started } from './desk.ts'

const TEXT = 'one\ntwo\n'
const ON_DISK = '\ufeffone\r\ntwo\r\n'

/** An editor that has a.ts open, and keeps its buffer when it is asked to delete, or to move, the file. */
async function keeping(
  stage: Stage,
  processes: Processes,
  {
    disk,
    change,
    carryOut,
  }: { readonly disk: string; readonly change: object; readonly carryOut: () => void },
): Promise<Session> {
  const { session } = await started(stage, processes)
  stage.write('a.ts', disk)
  const textDocument = { uri: stage.uri('a.ts'), languageId: 'x', version: 1, text: TEXT }
  await session.exchange({
    fromEditor: [message({ method: 'textDocument/didOpen', params: { textDocument } })],
  })
  const params = { label: 'Take away', edit: { documentChanges: [change] } }
  await session.exchange({ fromServer: [message({ id: 'take', method: 'workspace/applyEdit', params })] })
  carryOut()
  await session.exchange({ fromEditor: [message({ id: 'take', result: { applied: true } })] })
  return session
}

describe.concurrent('a file whose buffer the editor has kept', () => {
  for (const disk of [TEXT, ON_DISK])
    test(`is made again after it was deleted, byte for byte: ${JSON.stringify(disk)}`, async ({
      stage,
      processes,
      expect,
    }) => {
      const change = { kind: 'delete', uri: stage.uri('a.ts') }
      const carryOut = () => rmSync(stage.path('a.ts'))
      await keeping(stage, processes, { disk, change, carryOut })
      expect((await stage.lspWal('undo', '--dry-run')).stdout).toContain('1 file would be written')
      expect(await stage.lspWal('undo')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('1 file written.\n  created  a.ts\n') as string,
      })
      expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe(disk)
      expect((await stage.lspWal('undo')).stdout).toBe('Nothing recorded here is left to be undone.\n')
    })

  test('is made again after it was moved', async ({ stage, processes, expect }) => {
    const change = { kind: 'rename', oldUri: stage.uri('a.ts'), newUri: stage.uri('b.ts') }
    const carryOut = () => renameSync(stage.path('a.ts'), stage.path('b.ts'))
    await keeping(stage, processes, { disk: ON_DISK, change, carryOut })
    expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
    expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe(ON_DISK)
    expect(existsSync(stage.path('b.ts'))).toBe(false)
  })

  test('is left alone where that was changed since', async ({ stage, processes, expect }) => {
    const change = { kind: 'delete', uri: stage.uri('a.ts') }
    const carryOut = () => rmSync(stage.path('a.ts'))
    const session = await keeping(stage, processes, { disk: TEXT, change, carryOut })
    const textDocument = { uri: stage.uri('a.ts'), version: 2 }
    const params = { textDocument, contentChanges: [{ text: 'other\n' }] }
    await session.exchange({ fromEditor: [message({ method: 'textDocument/didChange', params })] })
    const { status, stdout } = await stage.lspWal('undo')
    expect(stdout).toContain('left alone  a.ts: ')
    expect([status, existsSync(stage.path('a.ts'))]).toEqual([3, false])
  })
})
