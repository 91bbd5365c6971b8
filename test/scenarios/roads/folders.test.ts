import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe } from 'vitest'
import { frame, message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialize, initialized, type OwnMessage, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { FIRST_THREE, logged, outcomes } from './desk.ts'

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

function changed(added: readonly string[], removed: readonly string[] = []): Buffer {
  const named = (folders: readonly string[]) =>
    folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: 'second' }))
  const event = { added: named(added), removed: named(removed) }
  return message({ method: 'workspace/didChangeWorkspaceFolders', params: { event } })
}

const added = (folder: string) => changed([folder])

/** Of an editor of its own that has only this folder open: it dies with one of two files saved, or with none. */
async function dies(
  stage: Stage,
  processes: Processes,
  folder: string,
  saved: readonly string[],
): Promise<void> {
  const session = await Session.start(stage, processes)
  const params = {
    processId: NOBODY,
    capabilities: { workspace: { applyEdit: true } },
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'second' }],
  }
  await session.exchange({ fromEditor: [message({ id: 'initialize', method: 'initialize', params })] })
  await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  await session.exchange({ fromServer: [editIn(folder)] })
  if (saved.length === 0) {
    await session.exchange({ fromEditor: [message({ id: 7, result: { applied: true } })] })
    while (!outcomes(stage.journal).includes('applied')) await session.exchange({})
  }
  for (const name of saved) writeFileSync(join(folder, name), 'bar\n')
  session.proxy.kill('SIGKILL')
  await session.proxy.ended
}

const textsIn = (folder: string) => NAMES.map((name) => readFileSync(join(folder, name), 'utf8'))

/** The first of that sort that the editor is told, or asked. `toServer`: what the server is told until then. */
async function hears(session: Session, what: RegExp, toServer: string[] = []): Promise<OwnMessage> {
  for (;;) {
    const came = await session.exchange({})
    toServer.push(came.toServer.bytes.toString())
    const found = came.toEditor.own.find(({ text }) => what.test(text))
    if (found !== undefined) return found.message
  }
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

describe.concurrent('what a dead session left in a folder that is opened later', () => {
  test('is finished in the running session, and the server is told', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, ['a.ts'])
    const session = await opened(stage, processes)
    expect(textsIn(folder)).toEqual(['bar\n', 'foo\n'])
    await session.exchange({ fromEditor: [added(folder)] })
    const toServer: string[] = []
    await hears(session, /finished .* in 2 files/, toServer)
    expect(toServer.join('')).toContain('didChangeWatchedFiles')
    expect(toServer.join('')).toContain(pathToFileURL(join(folder, 'b.ts')).href)
    expect(textsIn(folder)).toEqual(['bar\n', 'bar\n'])
    session.proxy.stdin.end()
    await session.proxy.ended
    expect(stage.journalFiles().filter((name) => name.startsWith('live'))).toEqual([])
  })

  test('is offered where it was never saved', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, [])
    const session = await opened(stage, processes)
    await session.exchange({ fromEditor: [added(folder)] })
    const { id } = await hears(session, /Bring it back/)
    expect(textsIn(folder)).toEqual(['foo\n', 'foo\n'])
    await session.exchange({ fromEditor: [message({ id, result: { title: 'Bring it back' } })] })
    await hears(session, /finished .* in 2 files/)
    expect(textsIn(folder)).toEqual(['bar\n', 'bar\n'])
  })

  test('is put into the buffers that the editor opens with it', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, ['a.ts'])
    const session = await opened(stage, processes)
    const uri = pathToFileURL(join(folder, 'b.ts')).href
    const textDocument = { uri, languageId: 'typescript', version: 1, text: 'foo\n' }
    await session.exchange({
      fromEditor: [added(folder), message({ method: 'textDocument/didOpen', params: { textDocument } })],
    })
    const asked = await hears(session, /workspace\/applyEdit/)
    expect(JSON.stringify(asked)).toContain(uri)
    // The file under the buffer stays.
    expect(textsIn(folder)).toEqual(['bar\n', 'foo\n'])
  })

  test('is left alone where its folder is closed again at once, and looked at when it is opened again', async ({
    stage,
    processes,
    expect,
  }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, ['a.ts'])
    const session = await opened(stage, processes)
    await session.exchange({ fromEditor: [changed([folder]), changed([], [folder])] })
    const third = join(stage.folder, 'third')
    mkdirSync(third)
    for (const name of NAMES) writeFileSync(join(third, name), 'foo\n')
    await dies(stage, processes, third, ['a.ts'])
    await session.exchange({ fromEditor: [added(third)] })
    await hears(session, /finished .* in 2 files/)
    expect([textsIn(folder), textsIn(third)]).toEqual([
      ['bar\n', 'foo\n'],
      ['bar\n', 'bar\n'],
    ])
    await session.exchange({ fromEditor: [added(folder)] })
    await hears(session, /finished .* in 2 files/)
    expect(textsIn(folder)).toEqual(['bar\n', 'bar\n'])
  })

  test('waits for the first quiet moment where the editor opens it before it says that it is ready', async ({
    stage,
    processes,
    expect,
  }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, ['a.ts'])
    const session = await Session.start(stage, processes)
    await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
    await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
    await session.exchange({ fromEditor: [added(folder)] })
    expect(textsIn(folder)).toEqual(['bar\n', 'foo\n'])
    await session.exchange({ fromEditor: [initialized] })
    await hears(session, /finished .* in 2 files/)
    expect(textsIn(folder)).toEqual(['bar\n', 'bar\n'])
  })

  test('is not asked about a second time in folders that were open before', async ({
    stage,
    processes,
    expect,
  }) => {
    const folder = secondProject(stage)
    for (const name of NAMES) stage.write(name, 'foo\n')
    await dies(stage, processes, stage.workspace, [])
    const session = await opened(stage, processes)
    const { id } = await hears(session, /Bring it back/)
    // The user decides nothing.
    await session.exchange({ fromEditor: [message({ id, result: null })] })
    await dies(stage, processes, folder, ['a.ts'])
    await session.exchange({ fromEditor: [added(folder), added(stage.workspace)] })
    const told = await hears(session, /finished|Bring it back/)
    expect(JSON.stringify(told)).toContain('finished')
    expect(NAMES.map((name) => readFileSync(stage.path(name), 'utf8'))).toEqual(['foo\n', 'foo\n'])
  })

  test('is carried out without a screen before the server hears of the folder', async ({
    stage,
    processes,
    expect,
  }) => {
    const folder = secondProject(stage)
    await dies(stage, processes, folder, ['a.ts'])
    const session = await Session.start(stage, processes)
    const params = {
      processId: NOBODY,
      capabilities: {},
      workspaceFolders: [{ uri: stage.uri('.'), name: 'w' }],
    }
    await session.exchange({ fromEditor: [message({ id: 'initialize', method: 'initialize', params })] })
    await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
    await session.exchange({ fromEditor: [initialized, added(folder)] })
    expect(textsIn(folder)).toEqual(['bar\n', 'bar\n'])
  })

  test('is nothing of a session that runs', async ({ stage, processes, expect }) => {
    const folder = secondProject(stage)
    const other = await opened(stage, processes)
    await other.exchange({ fromEditor: [added(folder)] })
    await other.exchange({ fromServer: [editIn(folder)] })
    writeFileSync(join(folder, 'a.ts'), 'bar\n')
    const third = join(stage.folder, 'third')
    mkdirSync(third)
    for (const name of NAMES) writeFileSync(join(third, name), 'foo\n')
    await dies(stage, processes, third, ['a.ts'])
    const session = await opened(stage, processes)
    await session.exchange({ fromEditor: [changed([folder, third])] })
    await hears(session, /finished .* in 2 files/)
    expect([textsIn(folder), textsIn(third)]).toEqual([
      ['bar\n', 'foo\n'],
      ['bar\n', 'bar\n'],
    ])
  })
})
