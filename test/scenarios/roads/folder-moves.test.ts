import { existsSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { message } from '../relay/messages.ts'
import { type Processes, test } from '../relay/processes.ts'
import { initialize, initialized, Session } from '../relay/session.ts'
import type { Stage } from '../stage.ts'
import { logged, workspaceEdit } from './desk.ts'

const NOBODY = 2 ** 22 - 4
const FILES = 300
const BYTES = 40_000

async function opened(stage: Stage, processes: Processes, options: readonly string[] = []): Promise<Session> {
  const session = await Session.start(stage, processes, (command) => stage.wrapped(options, command))
  await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
  await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
  await session.exchange({ fromEditor: [initialized] })
  return session
}

/** A folder of twelve megabytes, with a link and a secret in it, and a file that refers to it. */
function furnished(stage: Stage): void {
  for (let n = 0; n < FILES; n++) stage.write(`src/deep/${n % 7}/${n}.ts`, Buffer.alloc(BYTES, n))
  stage.write('src/.env', 'SECRET\n')
  symlinkSync('/nowhere', stage.path('src/link'))
  stage.write('main.ts', 'foo\n')
}

const renameFile = (stage: Stage) => ({ kind: 'rename', oldUri: stage.uri('src'), newUri: stage.uri('lib') })

function edit(stage: Stage): object {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  const text = {
    textDocument: { uri: stage.uri('main.ts'), version: null },
    edits: [{ range, newText: 'bar' }],
  }
  return { documentChanges: [renameFile(stage), text] }
}

const journalBytes = (stage: Stage) =>
  stage
    .journalFiles()
    .filter((name) => name.endsWith('wal.log'))
    .reduce((sum, name) => sum + sizeIn(stage, name), 0)

function sizeIn(stage: Stage, name: string): number {
  const [place, , file] = name.split('/')
  const [session] = logged(stage.journal).map(({ meta }) => (meta as unknown as { session: string }).session)
  return statSync(join(stage.journal, place!, session!, file!)).size
}

async function ended(session: Session): Promise<void> {
  session.proxy.kill('SIGKILL')
  await session.proxy.ended
}

describe.concurrent('a large folder that is moved', () => {
  test('takes little room in the log, and no limit of it, and is undone', async ({
    stage,
    processes,
    expect,
  }) => {
    furnished(stage)
    const before = stage.path('src/deep/3/3.ts')
    const { ino } = statSync(before)
    const session = await opened(stage, processes, ['--max-intent=1K', '--exclude', '.env'])
    const params = { edit: edit(stage) }
    const { toEditor } = await session.exchange({
      fromServer: [message({ id: 7, method: 'workspace/applyEdit', params })],
    })
    expect(toEditor.bytes.toString()).toContain('workspace/applyEdit')
    expect(journalBytes(stage)).toBeLessThan(FILES * 150)
    expect(logged(stage.journal).flatMap(({ originals }) => Object.keys(originals))).toEqual([
      stage.path('main.ts'),
    ])
    renameSync(stage.path('src'), stage.path('lib'))
    stage.write('main.ts', 'bar\n')
    await ended(session)

    expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
    expect(existsSync(stage.path('lib'))).toBe(false)
    // The very file: nothing was written.
    expect(statSync(before).ino).toBe(ino)
    expect([
      readFileSync(stage.path('main.ts'), 'utf8'),
      readFileSync(stage.path('src/.env'), 'utf8'),
    ]).toEqual(['foo\n', 'SECRET\n'])
    expect(await stage.lspWal('redo')).toMatchObject({ status: 0 })
    expect([existsSync(stage.path('src')), existsSync(stage.path('lib/deep/0/0.ts'))]).toEqual([false, true])
  })

  test('is moved on by the next start where it was cut short', async ({ stage, processes, expect }) => {
    furnished(stage)
    const session = await opened(stage, processes)
    const params = { edit: edit(stage) }
    await session.exchange({ fromServer: [message({ id: 7, method: 'workspace/applyEdit', params })] })
    stage.write('main.ts', 'bar\n')
    await ended(session)
    expect(await stage.headless([], [], stage.wrapped())).toMatchObject({ status: 0 })
    expect([existsSync(stage.path('src')), existsSync(stage.path('lib/deep/0/0.ts'))]).toEqual([false, true])
    expect((await stage.lspWal('verify')).stdout).toContain('sound')
  })

  test('goes back with the edit that the editor asked for before it moved it', async ({
    stage,
    processes,
    expect,
  }) => {
    furnished(stage)
    const session = await opened(stage, processes)
    const files = [{ oldUri: stage.uri('src'), newUri: stage.uri('lib') }]
    await session.exchange({
      fromEditor: [message({ id: 1, method: 'workspace/willRenameFiles', params: { files } })],
    })
    await session.exchange({
      fromServer: [message({ id: 1, result: workspaceEdit(stage, 'main.ts', 'bar') })],
    })
    stage.write('main.ts', 'bar\n')
    renameSync(stage.path('src'), stage.path('lib'))
    await ended(session)
    expect(await stage.lspWal('undo')).toMatchObject({ status: 0 })
    expect([existsSync(stage.path('lib')), existsSync(stage.path('src/link'))]).toEqual([false, false])
    expect(existsSync(stage.path('src/deep/6/6.ts'))).toBe(true)
    expect(readFileSync(stage.path('main.ts'), 'utf8')).toBe('foo\n')
  })
})
