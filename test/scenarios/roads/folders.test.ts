import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe } from 'vitest'
import { frame, message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { FIRST_THREE, logged } from './desk.ts'

/** The id of no process. */
const NOBODY = 2 ** 22 - 4
const NAMES = ['a.ts', 'b.ts']

/** A second project beside the workspace. */
function secondProject(stage: Stage): string {
  const folder = join(stage.folder, 'second')
  mkdirSync(folder)
  for (const name of NAMES) writeFileSync(join(folder, name), 'foo\n')
  return folder
}

async function opened(stage: Stage, processes: Processes, options: readonly string[] = []): Promise<Session> {
  const session = await Session.start(stage, processes, (command) => stage.wrapped(options, command))
  await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
  await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  return session
}

function added(folder: string): Buffer {
  const event = { added: [{ uri: pathToFileURL(folder).href, name: 'second' }], removed: [] }
  return message({ method: 'workspace/didChangeWorkspaceFolders', params: { event } })
}

function editIn(folder: string): Buffer {
  const edits = [{ range: FIRST_THREE, newText: 'bar' }]
  const changes = Object.fromEntries(NAMES.map((name) => [pathToFileURL(join(folder, name)).href, edits]))
  return frame(
    JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'workspace/applyEdit', params: { edit: { changes } } }),
  )
}

describe.concurrent('a folder that the editor opens later', () => {
  test('is recovered in: its torn edit is finished by the next start there', async ({
    stage,
    processes,
    expect,
  }) => {
    const folder = secondProject(stage)
    stage.write('a.ts', 'foo\n')
    const session = await opened(stage, processes)
    // Something is recorded before, in the first one: the session has its place in the journal by then.
    await session.exchange({ fromServer: [editIn(stage.workspace)] })
    await session.exchange({ fromEditor: [added(folder)] })
    await session.exchange({ fromServer: [editIn(folder)] })
    writeFileSync(join(folder, 'a.ts'), 'bar\n')
    session.proxy.kill('SIGKILL')
    await session.proxy.ended
    const next = { folders: [folder] }
    expect(await stage.headless([], [], stage.wrapped(), next)).toMatchObject({ status: 0 })
    expect(NAMES.map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['bar\n', 'bar\n'])
  })

  test('is one that globs begin at', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    const session = await opened(stage, processes, ['--exclude', '/a.ts'])
    await session.exchange({ fromEditor: [added(folder)] })
    await session.exchange({ fromServer: [editIn(folder)] })
    expect(logged(stage.journal).flatMap(({ originals }) => Object.keys(originals))).toEqual([
      join(folder, 'b.ts'),
    ])
  })

  test('is none that the journal may lie in', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    const session = await opened(stage, processes)
    await session.exchange({ fromEditor: [added(stage.folder)] })
    const { toEditor } = await session.exchange({ fromServer: [editIn(folder)] })
    expect(toEditor.bytes.length).toBe(0)
    expect(toEditor.own[0]?.text).toContain('could not be recorded')
  })
})
