import { existsSync, readFileSync, renameSync } from 'node:fs'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { logged, workspaceEdit } from './desk.ts'

const NOBODY = 2 ** 22 - 4

async function opened(stage: Stage, processes: Processes, options: readonly string[] = []): Promise<Session> {
  const session = await Session.start(stage, processes, (command) => stage.wrapped(options, command))
  await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
  await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  return session
}

/** Has the editor ask about a move, and the server answer with an edit; then `carryOut`, and the editor is gone. */
async function moving(
  stage: Stage,
  processes: Processes,
  carryOut: () => void,
  { to = 'b.ts', options = [] as readonly string[] } = {},
): Promise<void> {
  const session = await opened(stage, processes, options)
  const files = [{ oldUri: stage.uri('a.ts'), newUri: stage.uri(to) }]
  const asked = message({ id: 1, method: 'workspace/willRenameFiles', params: { files } })
  await session.exchange({ fromEditor: [asked] })
  await session.exchange({ fromServer: [message({ id: 1, result: workspaceEdit(stage, 'c.ts', 'bar') })] })
  carryOut()
  session.proxy.stdin.end()
  await session.proxy.ended
}

/** What a start says of it. */
async function start(stage: Stage, processes: Processes): Promise<string> {
  const session = await opened(stage, processes)
  const words = await session.words()
  return words.map(({ params }) => params?.message).join('\n')
}

describe.concurrent('a move that the editor asked about is not carried on by itself', () => {
  test('where the editor did not carry it out', async ({ stage, processes, expect }) => {
    for (const name of ['a.ts', 'c.ts']) stage.write(name, 'foo\n')
    await moving(stage, processes, () => stage.write('c.ts', 'bar\n'))
    expect(await start(stage, processes)).toContain('b.ts was not moved there, or moved on')
    expect(readFileSync(stage.path('a.ts'), 'utf8')).toBe('foo\n')
    expect(existsSync(stage.path('b.ts'))).toBe(false)
  })

  test('where the editor carried out nothing else', async ({ stage, processes, expect }) => {
    for (const name of ['a.ts', 'c.ts']) stage.write(name, 'foo\n')
    await moving(stage, processes, () => renameSync(stage.path('a.ts'), stage.path('b.ts')))
    expect(await start(stage, processes)).toContain('b.ts was moved without the edits that go with it')
    expect(readFileSync(stage.path('c.ts'), 'utf8')).toBe('foo\n')
  })

  test('where the file was moved on since', async ({ stage, processes, expect }) => {
    for (const name of ['a.ts', 'c.ts']) stage.write(name, 'foo\n')
    await moving(stage, processes, () => renameSync(stage.path('a.ts'), stage.path('z.ts')))
    expect(await start(stage, processes)).toContain('b.ts was not moved there, or moved on')
    expect(existsSync(stage.path('b.ts'))).toBe(false)
  })
})

test('a move to a name that another file has, but for its case, is none', async ({
  stage,
  processes,
  expect,
}) => {
  for (const name of ['A.ts', 'a.ts', 'c.ts']) stage.write(name, 'foo\n')
  await moving(stage, processes, () => stage.write('c.ts', 'bar\n'), { to: 'A.ts' })
  expect(logged(stage.journal).map(({ originals }) => Object.keys(originals))).toEqual([[stage.path('c.ts')]])
})

test('an edit is not refused for the size of a file that is moved', async ({ stage, processes, expect }) => {
  stage.write('a.ts', Buffer.alloc(2000))
  stage.write('c.ts', 'foo\n')
  await moving(stage, processes, () => {}, { options: ['--max-intent=1K'] })
  expect(logged(stage.journal).map(({ originals }) => Object.keys(originals))).toEqual([[stage.path('c.ts')]])
})
