import { existsSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs'
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
  return { documentChanges: [renameFile(stage), textEdit(stage, 'main.ts', 'bar')] }
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

  test('is followed by the undo of what was edited in it before, and goes where it is said to be', async ({
    stage,
    processes,
    expect,
  }) => {
    stage.write('src/a.ts', 'foo\n')
    stage.write('src/in/b.ts', 'b\n')
    const session = await opened(stage, processes)
    let id = 0
    const applied = async (documentChanges: readonly object[], carryOut: () => void) => {
      const params = { edit: { documentChanges } }
      id++
      await session.exchange({ fromServer: [message({ id, method: 'workspace/applyEdit', params })] })
      carryOut()
      await session.exchange({ fromEditor: [message({ id, result: { applied: true } })] })
    }
    const move = (from: string, to: string) =>
      applied([{ kind: 'rename', oldUri: stage.uri(from), newUri: stage.uri(to) }], () =>
        renameSync(stage.path(from), stage.path(to)),
      )
    await applied([textEdit(stage, 'src/a.ts', 'bar')], () => stage.write('src/a.ts', 'bar\n'))
    await move('src', 'lib')
    await move('lib', 'core')
    session.proxy.stdin.end()
    await session.proxy.ended
    const log = JSON.parse((await stage.lspWal('log', '--json')).stdout) as { id: string }[]
    const [third, second, first] = log.map((entry) => entry.id)

    const steps: [string, string, object][] = [
      ['undo', first!, { 'core/a.ts': 'foo\n', 'core/in/b.ts': 'b\n' }],
      ['undo', second!, { 'src/a.ts': 'foo\n', 'src/in/b.ts': 'b\n' }],
      ['redo', second!, { 'core/a.ts': 'foo\n', 'core/in/b.ts': 'b\n' }],
      ['redo', first!, { 'core/a.ts': 'bar\n', 'core/in/b.ts': 'b\n' }],
      ['undo', third!, { 'lib/a.ts': 'bar\n', 'lib/in/b.ts': 'b\n' }],
      ['undo', second!, { 'src/a.ts': 'bar\n', 'src/in/b.ts': 'b\n' }],
      ['undo', first!, { 'src/a.ts': 'foo\n', 'src/in/b.ts': 'b\n' }],
    ]
    for (const [command, of, files] of steps) {
      expect(await stage.lspWal(command, of)).toMatchObject({ status: 0, stderr: '' })
      expect(stage.files()).toEqual(files)
      // The folder that was left is gone.
      expect(readdirSync(stage.workspace)).toHaveLength(1)
    }
  })
})

function textEdit(stage: Stage, name: string, newText: string): object {
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }
  return { textDocument: { uri: stage.uri(name), version: null }, edits: [{ range, newText }] }
}
