import { readdirSync, renameSync } from 'node:fs'
import { expect } from 'vitest'
import { Mounts, missingMounts } from '../disk/mounts.ts'
import { describeUnless } from '../requirements.ts'
import { message } from './relay/messages.ts'
import { test } from './relay/processes.ts'
import { initialize, initialized, Session } from './relay/session.ts'
import type { Stage } from './stage.ts'

/** Edits that change the case of a name alone, where that does not count. */

const NOBODY = 2 ** 22 - 4

type Files = Record<string, string>
type Changes = (stage: Stage) => readonly object[]

interface Edit {
  readonly name: string
  readonly before: Files
  readonly after: Files
  readonly changes: Changes
}

const rename = (stage: Stage, from: string, to: string) => ({
  kind: 'rename',
  oldUri: stage.uri(from),
  newUri: stage.uri(to),
})
const put = (stage: Stage, path: string, newText: string) => ({
  textDocument: { uri: stage.uri(path), version: null },
  edits: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }, newText }],
})

const EDITS: readonly Edit[] = [
  {
    name: 'a name alone',
    before: { 'a.ts': 'old\n' },
    after: { 'A.ts': 'old\n' },
    changes: (stage) => [rename(stage, 'a.ts', 'A.ts')],
  },
  {
    name: 'a name and its text, with another file beside it',
    before: { 'a.ts': 'old\n', 'b.ts': 'old\n' },
    after: { 'A.ts': 'new\n', 'b.ts': 'new\n' },
    changes: (stage) => [rename(stage, 'a.ts', 'A.ts'), put(stage, 'A.ts', 'new'), put(stage, 'b.ts', 'new')],
  },
  {
    name: 'a name, with the text of another file',
    before: { 'a.ts': 'old\n', 'b.ts': 'old\n' },
    after: { 'A.ts': 'old\n', 'b.ts': 'new\n' },
    changes: (stage) => [rename(stage, 'a.ts', 'A.ts'), put(stage, 'b.ts', 'new')],
  },
  {
    name: 'a folder’s name, with the text of a file in it',
    before: { 'lib/a.ts': 'old\n', 'lib/c.ts': 'old\n', 'b.ts': 'old\n' },
    after: { 'Lib/a.ts': 'new\n', 'Lib/c.ts': 'old\n', 'b.ts': 'new\n' },
    changes: (stage) => [
      rename(stage, 'lib', 'Lib'),
      put(stage, 'Lib/a.ts', 'new'),
      put(stage, 'b.ts', 'new'),
    ],
  },
  {
    name: 'the names of a folder in a folder and of a file in both, with a text',
    before: { 'lib/sub/a.ts': 'old\n', 'lib/sub/c.ts': 'old\n' },
    after: { 'Lib/Sub/A.ts': 'new\n', 'Lib/Sub/c.ts': 'old\n' },
    changes: (stage) => [
      rename(stage, 'lib', 'Lib'),
      rename(stage, 'Lib/sub', 'Lib/Sub'),
      rename(stage, 'Lib/Sub/a.ts', 'Lib/Sub/A.ts'),
      put(stage, 'Lib/Sub/A.ts', 'new'),
    ],
  },
  {
    name: 'a name by way of a third one',
    before: { 'a.ts': 'old\n' },
    after: { 'A.ts': 'new\n' },
    changes: (stage) => [
      rename(stage, 'a.ts', 'b.ts'),
      rename(stage, 'b.ts', 'A.ts'),
      put(stage, 'A.ts', 'new'),
    ],
  },
]

/** Records an edit of a session that dies with it, and has it finished from the shell. */
async function finished(stage: Stage, changes: Changes, label: string): Promise<void> {
  const edit = { documentChanges: changes(stage) }
  const step = { executeCommand: { command: 'edit', arguments: [edit, label], edits: 1 } }
  const before = stage.files()
  await stage.headless(['--die-at', 'before-answer', '--die-with-server'], [step], stage.wrapped())
  expect(stage.files()).toEqual(before)
  expect(await stage.lspWal('recover', '--finish')).toMatchObject({ status: 0 })
}

async function goesBackAndForth(stage: Stage, before: Files, after: Files): Promise<void> {
  expect(stage.files()).toEqual(after)
  for (const [act, files] of [
    ['undo', before],
    ['redo', after],
    ['undo', before],
  ] as const) {
    expect(await stage.lspWal(act)).toMatchObject({ status: 0 })
    expect(stage.files()).toEqual(files)
  }
  expect(await stage.lspWal('status')).toMatchObject({ status: 0 })
  const left = readdirSync(stage.workspace, { recursive: true, encoding: 'utf8' })
  expect(left.filter((name) => name.includes('.lsp-wal'))).toEqual([])
}

function withoutCase(stage: Stage, mounts: Mounts, files: Files): void {
  mounts.bind(mounts.exfat(), stage.workspace)
  for (const [name, text] of Object.entries(files)) stage.write(name, text)
}

describeUnless(
  missingMounts('mkfs.exfat', 'mount.exfat-fuse'),
  'where the case of names does not count',
  () => {
    test.for(EDITS)('$name: finished, undone and redone', async ({ before, after, changes }, { stage }) => {
      using mounts = new Mounts()
      withoutCase(stage, mounts, before)
      await finished(stage, changes, 'Respell')
      expect((await stage.lspWal('log', '-p')).stdout).not.toContain('not known')
      await goesBackAndForth(stage, before, after)
    })

    test('an edit that came before a change of a name is taken back by the new name', async ({ stage }) => {
      using mounts = new Mounts()
      withoutCase(stage, mounts, { 'a.ts': 'old\n' })
      await finished(stage, () => [put(stage, 'a.ts', 'new')], 'Text')
      await finished(stage, () => [rename(stage, 'a.ts', 'A.ts')], 'Name')
      expect(stage.files()).toEqual({ 'A.ts': 'new\n' })
      const log = JSON.parse((await stage.lspWal('log', '--json')).stdout)
      const { id } = log.find(({ label }: { label: string }) => label === 'Text')
      expect(await stage.lspWal('undo', id)).toMatchObject({ status: 0, stderr: '' })
      expect(stage.files()).toEqual({ 'A.ts': 'old\n' })
    })

    test('a folder goes back with what has come into it, and with what was moved in it', async ({
      stage,
    }) => {
      using mounts = new Mounts()
      withoutCase(stage, mounts, { 'lib/a.ts': 'a\n', 'lib/c.ts': 'c\n' })
      await finished(stage, () => [rename(stage, 'lib', 'Lib')], 'Folder')
      stage.write('Lib/theirs.ts', 'theirs\n')
      await finished(stage, () => [rename(stage, 'Lib/a.ts', 'Lib/b.ts')], 'File')
      const log = JSON.parse((await stage.lspWal('log', '--json')).stdout)
      const { id } = log.find(({ label }: { label: string }) => label === 'Folder')
      expect(await stage.lspWal('undo', id)).toMatchObject({ status: 0, stderr: '' })
      expect(stage.files()).toEqual({ 'lib/a.ts': 'a\n', 'lib/c.ts': 'c\n', 'lib/theirs.ts': 'theirs\n' })
    })

    test.for([
      ['a file', 'a.ts', 'A.ts'],
      ['a folder', 'lib', 'Lib'],
    ] as const)('%s that the editor renames itself', async ([_what, from, to], { stage, processes }) => {
      using mounts = new Mounts()
      const moved = (name: string) => (name === 'lib' || name === 'Lib' ? `${name}/a.ts` : name)
      const before = { [moved(from)]: 'old\n', 'b.ts': 'old\n' }
      withoutCase(stage, mounts, before)
      const session = await Session.start(stage, processes, (command) => stage.wrapped([], command))
      await session.exchange({ fromEditor: [initialize(stage, NOBODY)] })
      await session.exchange({ fromServer: [message({ id: 'initialize', result: { capabilities: {} } })] })
      await session.exchange({ fromEditor: [initialized] })
      const files = [{ oldUri: stage.uri(from), newUri: stage.uri(to) }]
      const ask = message({ id: 1, method: 'workspace/willRenameFiles', params: { files } })
      await session.exchange({ fromEditor: [ask] })
      const result = { documentChanges: [put(stage, 'b.ts', 'new')] }
      await session.exchange({ fromServer: [message({ id: 1, result })] })
      stage.write('b.ts', 'new\n')
      renameSync(stage.path(from), stage.path(to))
      session.proxy.kill('SIGKILL')
      await session.proxy.ended
      await goesBackAndForth(stage, before, { [moved(to)]: 'old\n', 'b.ts': 'new\n' })
    })
  },
)
